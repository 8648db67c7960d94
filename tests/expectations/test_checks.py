"""Every check finds the rows planted for it, and no other."""

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import polars as pl
import pytest

from expectations.run import check_resource
from lake import Lake
from lake.tables import DELIVERIES, FINDINGS, REJECTED_ROWS
from resource_catalogue.code_list import Code, CodeList
from tests.expectations.conftest import (
    AS_OF,
    RESOURCE,
    a_delivery,
    a_rejected_row,
    a_release,
    a_resource,
    found,
    write_standard,
    write_system,
)

Row = Mapping[str, Any]


def check(lake: Lake, columns: list[Row], rows: list[Row], **changes: Any) -> dict[str, tuple[str, int, int]]:
    """Write a standard table, check it, and return (state, evaluated, unexpected) by rule."""
    types = changes.pop("types", None)
    resource = a_resource(columns, **changes)
    write_standard(lake, resource, rows, types)
    results = check_resource(lake, a_release(resource), resource.id, AS_OF)
    return {r.rule_id.removeprefix(RESOURCE + ":"): (r.state, r.evaluated, r.unexpected) for r in results}


def test_a_required_value_fails_only_where_nothing_was_sent(lake: Lake) -> None:
    rows: list[Row] = [
        {"code": "A"},
        {},
        {"code__fault": "wrong_length"},
        {"code__fault": "not_stated"},
    ]
    results = check(lake, [{"name": "code", "type": "credit_code", "required": True}], rows)
    assert found(lake) == [
        ("identifier", 3, "code", "wrong_length"),
        ("required", 2, "code", "missing"),
        ("required", 4, "code", "missing"),
    ]
    assert results["required:code"] == ("failed", 4, 2)
    assert results["identifier:code"] == ("failed", 2, 1)
    assert results["noted:code"] == ("passed", 1, 0)


def test_a_note_is_counted_and_is_no_fault(lake: Lake) -> None:
    rows: list[Row] = [{"code": "A", "code__fault": "lower_case"}, {"code": "B"}]
    results = check(lake, [{"name": "code", "type": "citizen_id"}], rows)
    assert found(lake) == [("noted", 1, "code", "lower_case")]
    assert results["identifier:code"] == ("passed", 2, 0)


@pytest.mark.parametrize(
    "kind", ["date", "datetime", "money", "integer", "decimal", "boolean", "phone", "certificate_identifier"]
)
def test_a_value_that_cannot_be_read_as_its_type_fails_type(lake: Lake, kind: str) -> None:
    rows: list[Row] = [{"c__fault": "not_a_value"}, {}]
    results = check(lake, [{"name": "c", "type": kind}], rows)
    assert found(lake) == [("type", 1, "c", "not_a_value")]
    assert results["type:c"] == ("failed", 1, 1)


def test_a_text_longer_than_declared_fails_type_once(lake: Lake) -> None:
    rows: list[Row] = [{"c": "abcd"}, {"c": "abc"}, {"c__fault": "too_long"}, {"c": "中文字数"}]
    results = check(lake, [{"name": "c", "type": "text", "max": 3}], rows)
    assert found(lake) == [("type", n, "c", "too_long") for n in (1, 3, 4)]
    assert results["type:c"] == ("failed", 4, 3)


def test_a_code_must_be_valid_on_the_day_of_collection(lake: Lake) -> None:
    early, late = dt.date(2019, 5, 1), dt.date(2024, 5, 1)
    rows: list[Row] = [
        {"s": "active", "_collected_at": early},
        {"s": "closed", "_collected_at": early},
        {"s": "closed", "_collected_at": late},
        {"s": "paused", "_collected_at": early},
        {"s": "paused"},
        {"s": "closed"},
        {"s": "gone", "_collected_at": late},
        {},
    ]
    results = check(lake, [{"name": "s", "type": "code", "codes": "statuses"}], rows)
    assert found(lake) == [
        ("code_list", 3, "s", "not_valid_on_date"),
        ("code_list", 4, "s", "not_valid_on_date"),
        ("code_list", 6, "s", "not_valid_on_date"),
        ("code_list", 7, "s", "not_in_list"),
    ]
    assert results["code_list:s"] == ("failed", 7, 4)


def test_a_division_is_looked_up_among_the_divisions(lake: Lake) -> None:
    day = dt.date(2010, 1, 1)
    rows: list[Row] = [
        {"d": "320901"},
        {"d": "320902", "_collected_at": day},
        {"d": "320902"},
        {"d": "999999"},
    ]
    check(lake, [{"name": "d", "type": "division"}], rows)
    assert found(lake) == [
        ("code_list", 3, "d", "not_valid_on_date"),
        ("code_list", 4, "d", "not_in_list"),
    ]


def test_every_row_of_a_group_with_one_key_fails_and_incomplete_keys_do_not(lake: Lake) -> None:
    columns: list[Row] = [{"name": "a", "type": "text"}, {"name": "b", "type": "date"}]
    day = dt.date(2020, 1, 1)
    rows: list[Row] = [
        {"a": "x", "b": day, "_row_key": "same"},
        {"a": "x", "b": dt.date(2020, 1, 2)},
        {"a": "x"},
        {"a": "x"},
        {"a": "x", "b": day, "_row_key": "same"},
        {"a": "y", "b": day},
    ]
    results = check(lake, columns, rows, key=("a", "b"))
    assert found(lake) == [("unique", 1, "", "duplicate_key"), ("unique", 5, "", "duplicate_key")]
    assert results["unique:"] == ("failed", 4, 2)
    assert lake.read(FINDINGS)["finding_id"].n_unique() == 2


def test_a_key_of_one_column_is_unique_or_not(lake: Lake) -> None:
    rows: list[Row] = [
        {"a": "x"},
        {"a": "y"},
        {"a": "x"},
        {},
        {},
        {"a__fault": "masked"},
        {"a__fault": "masked"},
    ]
    results = check(lake, [{"name": "a", "type": "credit_code"}], rows, key=("a",))
    assert [one for one in found(lake) if one[0] == "unique"] == [
        ("unique", 1, "", "duplicate_key"),
        ("unique", 3, "", "duplicate_key"),
    ]
    assert results["unique:"] == ("failed", 3, 2)


def test_declared_dates_are_compared_with_each_other_and_with_today(lake: Lake) -> None:
    columns: list[Row] = [{"name": "begun", "type": "date"}, {"name": "ended", "type": "date"}]
    rules = [
        {"id": "in_order", "check": "order", "columns": ["begun", "ended"], "indicator": "0503"},
        {"id": "begun_before_now", "check": "not_future", "columns": ["begun"], "indicator": "0501"},
        {
            "id": "recent", "check": "not_stale", "columns": ["ended"], "indicator": "0502",
            "arguments": {"max_age_days": 30},
        },
    ]  # fmt: skip
    rows: list[Row] = [
        {"begun": dt.date(2026, 3, 1), "ended": dt.date(2026, 3, 1)},
        {"begun": dt.date(2026, 3, 2), "ended": dt.date(2026, 3, 1)},
        {"begun": dt.date(2026, 3, 16)},
        {"begun": dt.date(2026, 3, 17)},
        {"ended": dt.date(2026, 2, 14)},
        {"ended": dt.date(2026, 2, 13)},
    ]
    results = check(lake, columns, rows, rules=rules)
    assert found(lake) == [
        ("not_future", 4, "begun", "in_future"),
        ("not_stale", 6, "ended", "too_old"),
        ("order", 2, "ended", "wrong_order"),
    ]
    assert results["in_order"] == ("failed", 2, 1)
    assert results["begun_before_now"] == ("failed", 4, 1)
    assert results["recent"] == ("failed", 4, 1)


def test_an_instant_is_dated_in_the_zone_of_the_deployment(lake: Lake) -> None:
    rules = [{"id": "past", "check": "not_future", "columns": ["at"], "indicator": "0501"}]
    rows: list[Row] = [
        {"at": dt.datetime(2026, 3, 16, 15, 59, tzinfo=dt.UTC)},
        {"at": dt.datetime(2026, 3, 16, 16, 0, tzinfo=dt.UTC)},
    ]
    check(
        lake, [{"name": "at", "type": "datetime"}], rows, rules=rules, types={"at": pl.Datetime("us", "UTC")}
    )
    assert found(lake) == [("not_future", 2, "at", "in_future")]


def test_rejected_rows_of_current_deliveries_are_findings(lake: Lake, reject: Callable[..., None]) -> None:
    older = a_delivery(delivery_id="d0", order_key="2026-03-01", rows_received=5)
    write_system(lake, DELIVERIES, [older, a_delivery()])
    reject(a_rejected_row(4), {**a_rejected_row(2), "delivery_id": "d0"})
    results = check(lake, [{"name": "c", "type": "integer"}], [{"c": "1"}])
    assert found(lake) == [("rejected_row", 4, "", "too_many_fields")]
    assert results["rejected_row:"] == ("failed", 10, 1)
    row = lake.read(FINDINGS).row(0, named=True)
    assert (row["line"], row["row_key"], row["file_name"]) == (14, "rejected4", "registry/entities.csv")


@pytest.mark.parametrize(
    ("frequency", "days_ago", "state"),
    [
        ("daily", 4, "passed"), ("daily", 5, "failed"), ("monthly", 43, "passed"), ("monthly", 44, "failed"),
        ("yearly", 429, "failed"), ("irregular", 900, "not_assessed"), ("never", 900, "not_assessed"),
        ("real_time", 2, "failed"),
    ],
)  # fmt: skip
@pytest.mark.requirement("G-11", "Q-05")
def test_a_delivery_grows_old_by_its_promised_frequency(
    lake: Lake, frequency: str, days_ago: int, state: str
) -> None:
    arrived = (AS_OF - dt.timedelta(days=days_ago)).astimezone(dt.UTC)
    refused = a_delivery(delivery_id="d2", state="rejected")
    write_system(lake, DELIVERIES, [a_delivery(arrived_at=arrived), refused])
    results = check(lake, [{"name": "c", "type": "integer"}], [{"c": "1"}], update={"frequency": frequency})
    assert results["freshness:"][0] == state
    assert found(lake) == ([("freshness", 0, "", "overdue")] if state == "failed" else [])
    if state == "failed":
        assert lake.read(FINDINGS)["delivery_id"].to_list() == ["d1"]


@pytest.mark.parametrize(
    ("due", "state"), [("fri 17:00", "failed"), ("mon 08:00", "failed"), ("mon 10:00", "passed")]
)
@pytest.mark.requirement("G-11")
def test_a_delivery_is_due_at_its_point_of_the_period_and_no_earlier(
    lake: Lake, due: str, state: str
) -> None:
    last_monday = AS_OF - dt.timedelta(days=7, hours=-1)
    write_system(lake, DELIVERIES, [a_delivery(arrived_at=last_monday.astimezone(dt.UTC))])
    update = {"frequency": "weekly", "due": due}
    results = check(lake, [{"name": "c", "type": "integer"}], [{"c": "1"}], update=update)
    assert results["freshness:"][0] == state


@pytest.mark.requirement("G-11")
def test_the_hour_of_a_due_point_is_looked_at_again_on_the_same_day_and_the_delivery_closes_it(
    lake: Lake,
) -> None:
    friday = a_delivery(arrived_at=(AS_OF - dt.timedelta(days=3)).astimezone(dt.UTC))
    write_system(lake, DELIVERIES, [friday])
    resource = a_resource([{"name": "c", "type": "integer"}], update={"frequency": "daily", "due": "12:00"})
    write_standard(lake, resource, [{"c": "1"}])
    at_nine, at_one = AS_OF, AS_OF + dt.timedelta(hours=4)
    for as_of, lateness in ((at_nine, []), (at_one, [("freshness", 0, "", "overdue")])):
        check_resource(lake, a_release(resource), RESOURCE, as_of)
        assert found(lake) == lateness
    came = a_delivery(delivery_id="d2", order_key="3", arrived_at=at_one.astimezone(dt.UTC))
    write_system(lake, DELIVERIES, [friday, came])
    check_resource(lake, a_release(resource), RESOURCE, at_one + dt.timedelta(minutes=1))
    assert found(lake) == []


@pytest.mark.requirement("G-03")
def test_what_the_upper_tier_reports_is_never_missed(lake: Lake) -> None:
    write_system(lake, DELIVERIES, [])
    results = check(lake, [{"name": "c", "type": "integer"}], [], reported_by="upper")
    assert results["freshness:"] == ("not_assessed", 0, 0)
    assert found(lake) == []


def test_a_held_delivery_did_arrive(lake: Lake) -> None:
    old = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    held = a_delivery(delivery_id="d2", state="held", order_key="2026-03-17")
    write_system(lake, DELIVERIES, [a_delivery(arrived_at=old), held])
    assert check(lake, [{"name": "c", "type": "integer"}], [{"c": "1"}])["freshness:"] == ("passed", 1, 0)


@pytest.mark.requirement("C-13", "G-11")
def test_a_resource_that_never_delivered_is_late_after_it_was_listed_long_enough(lake: Lake) -> None:
    write_system(lake, DELIVERIES, [])
    resource = a_resource([{"name": "c", "type": "integer"}])
    results = {r.check: r.state for r in check_resource(lake, a_release(resource), RESOURCE, AS_OF)}
    assert found(lake) == [("freshness", 0, "", "no_delivery")]
    assert results == {
        "freshness": "failed", "noted": "not_assessed", "rejected_row": "not_assessed",
        "type": "not_assessed",
        "volume": "not_assessed",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("before", "now", "reason"), [(10, 5, None), (10, 4, "shrunk"), (10, 15, None), (10, 16, "grown")]
)
@pytest.mark.requirement("Q-05")
def test_an_abrupt_change_of_volume_falls_on_the_newest_delivery_of_the_slice(
    lake: Lake, before: int, now: int, reason: str | None
) -> None:
    write_system(
        lake,
        DELIVERIES,
        [
            a_delivery(delivery_id="a1", slice="a", rows_loaded=before, order_key="1"),
            a_delivery(delivery_id="a2", slice="a", rows_loaded=now, order_key="3"),
            a_delivery(delivery_id="b1", slice="b", rows_loaded=90, order_key="2"),
            a_delivery(delivery_id="a3", slice="a", rows_loaded=900, order_key="9", state="held"),
        ],
    )
    results = check(lake, [{"name": "c", "type": "integer"}], [{"c": "1"}])
    assert found(lake) == ([("volume", 0, "", reason)] if reason else [])
    assert results["volume:"] == ("failed" if reason else "passed", 1, 1 if reason else 0)
    if reason:
        assert lake.read(FINDINGS)["delivery_id"].to_list() == ["a2"]


def test_a_table_without_rows_is_not_assessed(lake: Lake) -> None:
    columns: list[Row] = [{"name": "a", "type": "credit_code", "required": True}]
    results = check(lake, columns, [], key=("a",))
    assert {results[rule] for rule in ("required:a", "identifier:a", "noted:a", "unique:")} == {
        ("not_assessed", 0, 0)
    }


def test_a_clean_table_has_no_finding(lake: Lake) -> None:
    lists = CodeList("kinds", (Code("1", "a"),))
    columns: list[Row] = [
        {"name": "a", "type": "credit_code", "required": True},
        {"name": "k", "type": "code", "codes": "kinds", "required": True},
    ]
    resource = a_resource(columns, key=("a",))
    write_standard(lake, resource, [{"a": "A", "k": "1"}, {"a": "B", "k": "1"}])
    results = check_resource(lake, a_release(resource, lists=[lists]), RESOURCE, AS_OF)
    assert found(lake) == []
    assert {r.state for r in results} == {"passed", "not_assessed"}
    assert [r.check for r in results if r.state == "not_assessed"] == ["volume"]


def test_system_tables_that_do_not_exist_yet_are_empty_ones(lake: Lake) -> None:
    bare = Lake(lake.root.parent / "bare", threads=1)
    assert not bare.exists(REJECTED_ROWS)
    assert check(bare, [{"name": "c", "type": "integer"}], [{"c": "1"}])["type:c"] == ("passed", 1, 0)
