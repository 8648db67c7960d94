"""What a run records: nothing twice, no value, a crash as a crash, few scans."""

import datetime as dt
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from expectations.check import ROWS
from expectations.results import RuleResult, forget_unlisted
from expectations.run import check_resource
from lake import Lake
from lake.tables import DELIVERIES, FINDINGS, REJECTED_ROWS, RESULTS
from resource_catalogue.resource import Resource
from resource_catalogue.words import standard_table
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

MARKER = "王小明PLANTED"
COLUMNS: list[Mapping[str, Any]] = [
    {"name": "code", "type": "credit_code", "required": True},
    {"name": "status", "type": "code", "codes": "statuses"},
    {"name": "begun", "type": "date"},
    {"name": "note", "type": "text", "max": 3},
]
RULES = [{"id": "past", "check": "not_future", "columns": ["begun"], "indicator": "0501"}]


def planted() -> tuple[Resource, list[Mapping[str, Any]]]:
    resource = a_resource(COLUMNS, key=("code",), rules=RULES)
    rows: list[Mapping[str, Any]] = [
        {"code": MARKER, "status": MARKER, "note": MARKER, "begun": dt.date(2031, 1, 1)},
        {"code": MARKER, "code__fault": "lower_case", "code__original": MARKER.lower()},
        {"code__fault": "wrong_length", "code__original": MARKER + "1"},
        {"code": "B", "status": "active", "begun": dt.date(2020, 1, 1)},
    ]
    return resource, rows


def versions(lake: Lake) -> tuple[int | None, int | None]:
    return lake.version(RESULTS), lake.version(FINDINGS)


def by_check(results: list[RuleResult]) -> dict[str, str]:
    return {r.rule_id.removeprefix(RESOURCE + ":"): r.state for r in results}


def test_a_second_run_writes_no_version_and_returns_the_same(lake: Lake) -> None:
    resource, rows = planted()
    write_standard(lake, resource, rows)
    first = check_resource(lake, a_release(resource), RESOURCE, AS_OF)
    before = versions(lake)
    assert check_resource(lake, a_release(resource), RESOURCE, AS_OF) == first
    assert check_resource(lake, a_release(resource), RESOURCE, AS_OF + dt.timedelta(hours=2)) == first
    assert versions(lake) == before


def test_another_resource_s_delivery_evaluates_nothing_again(lake: Lake) -> None:
    resource, rows = planted()
    write_standard(lake, resource, rows)
    first = check_resource(lake, a_release(resource), RESOURCE, AS_OF)
    write_system(lake, DELIVERIES, [a_delivery(), a_delivery(delivery_id="x", resource_id="other.thing")])
    assert check_resource(lake, a_release(resource), RESOURCE, AS_OF) == first


def test_the_next_day_evaluates_only_the_rules_that_count_days(lake: Lake) -> None:
    resource, rows = planted()
    write_standard(lake, resource, rows)
    check_resource(lake, a_release(resource), RESOURCE, AS_OF)
    results = check_resource(lake, a_release(resource), RESOURCE, AS_OF + dt.timedelta(days=1))
    today = (AS_OF + dt.timedelta(days=1)).astimezone(dt.UTC)
    assert {r.check for r in results if r.as_of == today} == {"code_list", "freshness", "not_future"}


def test_a_finding_that_persists_keeps_the_day_it_was_first_seen(lake: Lake) -> None:
    resource = a_resource([{"name": "code", "type": "credit_code"}])
    faulty = {"code__fault": "masked"}
    write_standard(lake, resource, [{**faulty, "_row_key": "old"}, {**faulty, "_row_key": "gone"}])
    check_resource(lake, a_release(resource), RESOURCE, AS_OF)
    later = AS_OF + dt.timedelta(days=1)
    write_standard(
        lake, resource, [{"code": "A"}, {**faulty, "_row_key": "old"}, {**faulty, "_row_key": "new"}]
    )
    check_resource(lake, a_release(resource), RESOURCE, later)
    seen = {row["row_key"]: (row["row_number"], row["first_seen"]) for row in lake.read(FINDINGS).to_dicts()}
    assert seen == {"old": (2, AS_OF), "new": (3, later)}


def test_a_rule_that_is_no_longer_declared_leaves_nothing_behind(lake: Lake) -> None:
    resource, rows = planted()
    write_standard(lake, resource, rows)
    check_resource(lake, a_release(resource), RESOURCE, AS_OF)
    assert ("not_future", 1, "begun", "in_future") in found(lake)
    without = resource.model_copy(update={"rules": ()})
    results = check_resource(lake, a_release(without), RESOURCE, AS_OF)
    assert "not_future" not in {r.check for r in results} | {one[0] for one in found(lake)}
    assert "not_future" not in lake.read(RESULTS)["check"].to_list()


@pytest.mark.parametrize("check", ["required", "identifier", "noted", "code_list", "unique", "type", "past"])
def test_removing_any_rule_is_visible_in_the_results(
    lake: Lake, check: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resource, rows = planted()
    write_standard(lake, resource, [*rows, {}])
    complete = by_check(check_resource(lake, a_release(resource), RESOURCE, AS_OF))
    from expectations import rule

    kept = rule.rules_of(resource, a_release(resource))
    fewer = tuple(r for r in kept if check not in r.rule_id.split(":"))
    monkeypatch.setattr("expectations.run.rules_of", lambda *_: fewer)
    reduced = by_check(check_resource(lake, a_release(resource), RESOURCE, AS_OF))
    missing = {name for name in complete if check in name.split(":")}
    assert missing
    assert any(complete[name] == "failed" for name in missing)
    assert set(complete) - set(reduced) == missing


def test_no_planted_value_reaches_a_table_a_log_or_the_screen(
    lake: Lake, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    resource, rows = planted()
    write_standard(lake, resource, rows)
    write_system(lake, REJECTED_ROWS, [a_rejected_row(9, text=MARKER)])
    results = check_resource(lake, a_release(resource), RESOURCE, AS_OF)
    assert {r.check for r in results if r.state == "failed"} == {
        "code_list", "identifier", "noted", "not_future", "rejected_row", "type", "unique",
    }  # fmt: skip
    out = capfd.readouterr()
    kept = [
        json.dumps(lake.read(table).to_dicts(), default=str, ensure_ascii=False)
        for table in (RESULTS, FINDINGS)
    ]
    for text in (*kept, repr(results), caplog.text, out.out, out.err):
        assert MARKER.lower() not in text.lower()


def test_findings_say_where_the_row_stands(lake: Lake) -> None:
    resource, rows = planted()
    write_standard(lake, resource, rows)
    write_system(lake, DELIVERIES, [a_delivery(sheet="Sheet1")])
    check_resource(lake, a_release(resource), RESOURCE, AS_OF)
    frame = lake.read(FINDINGS).filter(pl.col("check") == "identifier")
    row = frame.row(0, named=True)
    assert (row["file_name"], row["sheet"], row["line"], row["row_number"], row["row_key"]) == (
        "registry/entities.csv", "Sheet1", 13, 3, "key3",
    )  # fmt: skip
    assert (row["agency_id"], row["release"], row["profile"], row["severity"]) == (
        "registry", 3, "profile@1", "error",
    )  # fmt: skip


def test_a_rule_that_crashes_is_reported_and_the_others_are_not_disturbed(
    lake: Lake, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    rules = [
        {"id": "text_past", "check": "not_future", "columns": ["note"], "indicator": "0501"},
        {"id": "past", "check": "not_future", "columns": ["begun"], "indicator": "0501"},
    ]
    resource = a_resource(COLUMNS, rules=rules)
    write_standard(lake, resource, planted()[1])
    results = check_resource(lake, a_release(resource), RESOURCE, AS_OF)
    states = {r.rule_id: (r.state, r.error) for r in results}
    assert states[f"{RESOURCE}:text_past"] == ("crashed", "ConversionException")
    assert [r.rule_id for r in results if r.state == "crashed"] == [f"{RESOURCE}:text_past"]
    assert states[f"{RESOURCE}:past"] == ("failed", "")
    stored = lake.read(RESULTS).filter(pl.col("state") == "crashed")
    assert stored.select("rule_id", "evaluated", "unexpected").rows() == [(f"{RESOURCE}:text_past", 0, 0)]
    out = capfd.readouterr()
    for text in (repr(results), caplog.text, out.out, out.err):
        assert MARKER not in text


def test_a_crash_keeps_the_findings_and_writes_nothing_twice(lake: Lake) -> None:
    resource, rows = planted()
    write_standard(lake, resource, rows)
    check_resource(lake, a_release(resource), RESOURCE, AS_OF)
    before = [one for one in found(lake) if one[0] == "not_future"]
    broken = lake.read(standard_table(RESOURCE)).drop("begun")
    lake.overwrite(standard_table(RESOURCE), broken)
    states = by_check(check_resource(lake, a_release(resource), RESOURCE, AS_OF))
    assert (states["past"], states["type:begun"], states["type:note"]) == ("crashed", "crashed", "failed")
    assert [one for one in found(lake) if one[0] == "not_future"] == before != []
    written = versions(lake)
    assert by_check(check_resource(lake, a_release(resource), RESOURCE, AS_OF)) == states
    assert versions(lake) == written


def test_counts_that_the_rows_do_not_bear_out_are_a_crash(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    from expectations.checks import all_checks

    resource, rows = planted()
    write_standard(lake, resource, rows)
    check = all_checks()["identifier"]
    wrong = type(check.failing(_rule(resource, "identifier")))("true", "'x'")
    monkeypatch.setattr(type(check), "failing", lambda *_: wrong)
    results = {
        r.check: (r.state, r.error) for r in check_resource(lake, a_release(resource), RESOURCE, AS_OF)
    }
    assert results["identifier"] == ("crashed", "CountsDisagree")
    assert results["unique"] == ("failed", "")


def test_the_number_of_scans_does_not_grow_with_the_number_of_rules(
    lake: Lake, tmp_path: Path, statements: list[str]
) -> None:
    def scans(width: int) -> tuple[int, int]:
        columns = [{"name": f"c{n}", "type": "credit_code", "required": True} for n in range(width)]
        resource = a_resource(columns)
        other = Lake(tmp_path / f"wide{width}", threads=1)
        write_system(other, DELIVERIES, [a_delivery()])
        write_standard(other, resource, [{}])
        statements.clear()
        results = check_resource(other, a_release(resource), RESOURCE, AS_OF)
        return len(results), sum("checked_rows" in one and "pg_catalog" not in one for one in statements)

    few, many = scans(1), scans(12)
    assert many[0] > 3 * few[0]
    assert few[1] == many[1] <= 3


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Record every statement that Great Expectations sends."""
    import sqlalchemy as sa
    from sqlalchemy.engine import Engine

    sent: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        sent.append(statement)

    sa.event.listen(Engine, "before_cursor_execute", note)
    yield sent
    sa.event.remove(Engine, "before_cursor_execute", note)


def test_a_resource_that_is_listed_no_more_is_forgotten(lake: Lake) -> None:
    resource, rows = planted()
    write_standard(lake, resource, rows)
    check_resource(lake, a_release(resource), RESOURCE, AS_OF)
    other = a_resource(COLUMNS, id="other.thing")
    assert forget_unlisted(lake, a_release(resource)) == []
    assert forget_unlisted(lake, a_release(other)) == [RESOURCE]
    assert lake.read(RESULTS).is_empty()
    assert lake.read(FINDINGS).is_empty()


def test_an_empty_answer_over_rows_is_not_taken_for_zero() -> None:
    from expectations.check import Metric
    from expectations.engine import measure

    connection = duckdb.connect()
    connection.execute("create table batch as select null::bigint as a, 1 as b")
    nothing, one = Metric("column.sum", "a"), Metric("column.sum", "b")
    assert measure(connection, "batch", [nothing, one]).values == {ROWS: 1, one: 1}
    connection.execute("delete from batch")
    assert measure(connection, "batch", [nothing, one]).values == {ROWS: 0, nothing: 0, one: 0}


def _rule(resource: Resource, check: str) -> Any:
    from expectations.rule import rules_of

    return next(rule for rule in rules_of(resource, a_release(resource)) if rule.check == check)
