"""What an agency now says about the past, different from what it said then, is told per delivery and column."""

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_inbox import COLUMNS, ID, MARKER, Inbox, table

from ingestion.deliveries import current_slices, deliveries_of
from ingestion.periods import period_end, slice_end
from ingestion.restatements import Restatements
from ingestion.standing import Standing
from lake.tables import RESTATEMENTS
from resource_catalogue.subject_keys import ROW_KEY_NAME

PERIOD = {"name": "month", "zh": "月份", "type": "text"}
OF_MONTH = {"slice": r"_(\d{6})\.csv$"}
HEADER = "代码,名称,数量,月份"


def restated(inbox: Inbox) -> dict[str | None, tuple[int, int, int]]:
    """Return changed, added and removed rows by column, of all deliveries."""
    found = inbox.lake.read(RESTATEMENTS)
    columns = ("column", "rows_changed", "rows_added", "rows_removed")
    return {name: tuple(counts) for name, *counts in found.select(columns).rows()} if found.height else {}


def sent(inbox: Inbox, *contents: str, name: str = "feed.csv") -> None:
    for day, content in enumerate(contents, start=1):
        inbox.send(content, name=name, day=day)
        inbox.ingest()


def test_a_slice_of_the_past_that_is_sent_again_is_told_by_column(inbox: Inbox) -> None:
    inbox.declare(source=OF_MONTH, guard={"max_shrink_pct": 100})
    first = table("1,甲,1", "2,乙,2", "3,丙,3", "4,丁,4")
    sent(inbox, first, table("1,甲,1", "2,乙改,9", "3,丙,8", f"5,{MARKER},5"), name="feed_202601.csv")
    assert restated(inbox) == {None: (2, 1, 1), "title": (1, 0, 0), "amount": (2, 0, 0)}
    row = inbox.lake.read(RESTATEMENTS).to_dicts()[0]
    one, two = inbox.deliveries()
    assert (row["replaced_delivery_id"], row["delivery_id"]) == (one["delivery_id"], two["delivery_id"])
    assert row["slice"] == "202601"
    assert MARKER not in str(inbox.lake.read(RESTATEMENTS).rows())


@pytest.mark.parametrize(
    ("declared", "name"),
    [
        ({}, "feed.csv"),
        ({"source": OF_MONTH}, "feed_202603.csv"),
        ({"source": {"slice": r"_(\d{6})\.csv$"}}, "feed_329900.csv"),
        ({"source": OF_MONTH, "update": {"frequency": "daily", "about": "now"}}, "feed_202601.csv"),
    ],
    ids=["the state of the day", "a month that is not over", "a division", "declared as of the day"],
)
def test_an_ordinary_change_restates_nothing(inbox: Inbox, declared: dict[str, Any], name: str) -> None:
    inbox.declare(**declared)
    sent(inbox, table("1,甲,1"), table("1,乙,1"), name=name)
    assert restated(inbox) == {}
    assert [one["state"] for one in inbox.deliveries()] == ["loaded", "loaded"]


def test_rows_of_a_past_period_are_told_apart_from_those_of_the_present(inbox: Inbox) -> None:
    update = {"frequency": "daily", "about": "month"}
    inbox.declare(columns=[*COLUMNS, PERIOD], update=update, guard={"max_shrink_pct": 100})
    old = table("1,甲,1,202601", "2,乙,2,2026年2月", "3,丙,3,202603", "4,丁,4,?", header=HEADER)
    new = table("1,甲,9,202601", "3,丙,8,202603", "4,丁,7,?", "5,戊,5,202512", header=HEADER)
    sent(inbox, old, new)
    assert restated(inbox) == {None: (1, 1, 1), "amount": (1, 0, 0)}


def test_another_way_of_writing_says_nothing_else(inbox: Inbox) -> None:
    formats = ["%Y-%m-%d", "%Y年%m月%d日"]
    day = {"name": "day", "zh": "日期", "type": "date", "formats": formats}
    inbox.declare(columns=[*COLUMNS, day], source=OF_MONTH)
    header = "代码,名称,数量,日期"
    old = table("1,甲,1,2026-01-05", "2,乙,2,2026-01-06", header=header)
    new = table("1,甲,1,2026年1月5日", "2,乙,2,2026年1月7日", header=header)
    sent(inbox, old, new, name="feed_202601.csv")
    assert restated(inbox) == {None: (1, 0, 0), "day": (1, 0, 0)}


def test_what_is_appended_once_more_under_its_key_is_told(inbox: Inbox) -> None:
    inbox.declare(mode="append")
    sent(inbox, table("1,甲,1", "2,乙,2"), table("2,乙,9", "3,丙,3"), table("3,丙,3", "2,乙,9"))
    found = inbox.lake.read(RESTATEMENTS).filter(pl.col("column").is_null())
    one, two, _ = inbox.deliveries()
    assert found.select("delivery_id", "replaced_delivery_id", "rows_changed", "rows_added").rows() == [
        (two["delivery_id"], one["delivery_id"], 1, 0)
    ]


def test_files_appended_in_one_wave_are_compared_with_each_other(inbox: Inbox) -> None:
    inbox.declare(mode="append")
    for day, amount in enumerate((1, 2, 2, 3), start=1):
        inbox.send(table(f"1,甲,{amount}", f"{day + 9},x,{day}"), name=f"feed_{day}.csv", day=day)
    inbox.ingest()
    found = inbox.lake.read(RESTATEMENTS).filter(column="amount")
    ids = [one["delivery_id"] for one in inbox.deliveries()]
    pairs = sorted(
        found.select("replaced_delivery_id", "delivery_id").rows(), key=lambda pair: ids.index(pair[0])
    )
    assert pairs == [(ids[0], ids[1]), (ids[2], ids[3])]


def test_a_change_restates_only_what_speaks_of_a_past_period(inbox: Inbox) -> None:
    content = table("1,甲,1,202601", "2,乙,2,202603", header=HEADER)
    later = table("1,甲,5,202601", "2,乙,5,202603", header=HEADER)
    for about, expected in ((None, {}), ("month", {None: (1, 0, 0), "amount": (1, 0, 0)})):
        update = {"frequency": "daily", "mode": "changes", **({"about": about} if about else {})}
        other = Inbox(inbox.deployment.home / str(about), columns=[*COLUMNS, PERIOD], update=update)
        sent(other, content, later)
        assert restated(other) == expected


def test_a_deletion_of_what_speaks_of_a_past_period_is_told(inbox: Inbox) -> None:
    deleted = {"column": "操作", "values": ["删除"]}
    update = {"frequency": "daily", "mode": "changes", "about": "month", "deleted": deleted}
    inbox.declare(columns=[*COLUMNS, PERIOD], update=update)
    header = f"{HEADER},操作"
    sent(
        inbox,
        table("1,甲,1,202601,", "2,乙,2,202603,", header=header),
        table("1,,,,删除", "2,,,,删除", header=header),
    )
    assert restated(inbox) == {None: (0, 0, 1)}


def test_a_run_that_was_killed_before_the_register_tells_the_same_again(inbox: Inbox) -> None:
    inbox.declare(source=OF_MONTH)
    content = (table("1,甲,1", "2,乙,2"), table("1,甲,2", "2,乙,3"))
    sent(inbox, *content, name="feed_202601.csv")
    before = inbox.lake.row_hash(RESTATEMENTS)
    first, second = (
        deliveries_of(inbox.lake, ID).filter(delivery_id=one["delivery_id"]) for one in inbox.deliveries()
    )
    standing = Standing(current_slices(first, inbox.resource), inbox.resource)
    key = inbox.deployment.key(ROW_KEY_NAME)
    Restatements(inbox.lake, inbox.release, inbox.resource, key).record(second.to_dicts(), standing)
    assert inbox.lake.row_hash(RESTATEMENTS) == before


def test_a_held_delivery_restates_when_a_person_accepts_it(inbox: Inbox) -> None:
    inbox.declare(source=OF_MONTH)
    sent(inbox, table("1,甲,1", "2,乙,2"), table("1,乙,1"), name="feed_202601.csv")
    assert restated(inbox) == {}
    inbox.decide(inbox.deliveries()[1]["delivery_id"], "accepted")
    inbox.ingest()
    assert restated(inbox) == {None: (1, 0, 1), "title": (1, 0, 0)}


NAMES = st.dates(dt.date(1900, 1, 1), dt.date(2099, 12, 31))


@given(NAMES)
def test_a_day_is_read_however_it_is_written(day: dt.date) -> None:
    forms = ("%Y%m%d", "%Y-%m-%d", "%Y年%m月%d日", "%Y/%m/%d")
    assert {period_end(day.strftime(form)) for form in forms} == {day}
    assert slice_end(f"甲/{day.year}/{day.month:02}") == period_end(f"{day.year}-{day.month:02}")


@given(st.text(max_size=10))
def test_any_text_is_a_period_or_none(text: str) -> None:
    found = period_end(text)
    assert found is None or str(found.year) in text
