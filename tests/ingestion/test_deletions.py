"""Records of changes may say that a row is gone: it goes, and what took it away is on record."""

from typing import Any

import pytest
from made_inbox import COLUMNS, ID, STANDARD, Inbox, table

from lake import Lake
from lake.tables import DELETED_ROWS, DELETIONS
from resource_catalogue.words import TableName

HEADER = "代码,名称,数量,操作"
CHANGES: dict[str, Any] = {
    "mode": "changes",
    "source": {"issued": r"_(\d{8})\.csv$"},
    "update": {"deleted": {"column": "操作", "values": ["删除", "D"], "whole": ["全量"]}},
}


@pytest.fixture
def changing(inbox: Inbox) -> Inbox:
    inbox.declare(**CHANGES)
    return inbox


def _send(inbox: Inbox, day: int, *rows: str, arrived: int | None = None, name: str = "feed") -> None:
    """Send changes that were issued on a day, and that arrive then or on another day."""
    inbox.send(table(*rows, header=HEADER), f"{name}_202603{day:02}.csv", arrived or day)


def _titles(inbox: Inbox) -> dict[str, str]:
    return dict(inbox.rows("code", "title"))


def _taken_away(inbox: Inbox) -> list[tuple[Any, ...]]:
    """Return of each row that went: file and row where it stood last, file that took it away."""
    files = {one["delivery_id"]: one["file_name"].split("_")[-1][6:8] for one in inbox.deliveries()}
    found = inbox.lake.read(DELETED_ROWS)
    rows = found.select("old_delivery_id", "old_row_number", "new_delivery_id").rows() if found.height else []
    return sorted((files[old], number, files[new]) for old, number, new in rows)


def _told(inbox: Inbox) -> list[tuple[Any, ...]]:
    """Return of each delivery with deletions: how many records say so, how many rows went."""
    files = {one["delivery_id"]: one["file_name"].split("_")[-1][6:8] for one in inbox.deliveries()}
    found = inbox.lake.read(DELETIONS)
    rows = found.select("delivery_id", "rows_marked", "rows_deleted").rows() if found.height else []
    return sorted((files[delivery], *counts) for delivery, *counts in rows)


def test_a_deletion_takes_the_row_of_its_key_and_a_later_record_puts_it_back(changing: Inbox) -> None:
    _send(changing, 1, "1,甲,1,新增", "2,乙,2,新增", "3,丙,3,")
    _send(changing, 2, "2,,,删除", "3,,, D ", "9,,,删除")
    changing.ingest_all(day=2)
    assert _titles(changing) == {"1": "甲"}
    assert _taken_away(changing) == [("01", 2, "02"), ("01", 3, "02")]
    assert _told(changing) == [("02", 3, 2)]
    _send(changing, 3, "2,乙回,2,新增")
    changing.ingest_all(day=3)
    assert _titles(changing) == {"1": "甲", "2": "乙回"}
    assert _taken_away(changing) == [("01", 2, "02"), ("01", 3, "02")]
    assert all(row["reason"] == "" for row in changing.deliveries())


def test_a_late_deletion_that_is_older_than_the_last_change_removes_nothing(changing: Inbox) -> None:
    _send(changing, 1, "1,甲,1,")
    changing.ingest_all(day=1)
    _send(changing, 5, "1,甲新,5,")
    changing.ingest_all(day=5)
    _send(changing, 3, "1,,,删除", arrived=6)
    changing.ingest_all(day=6)
    assert _titles(changing) == {"1": "甲新"}
    # In order it would have gone and come back, and that is what is on record.
    assert _taken_away(changing) == [("01", 1, "03")]


def test_a_late_change_does_not_bring_back_what_was_deleted_after_it(changing: Inbox) -> None:
    _send(changing, 1, "1,甲,1,", "2,乙,2,")
    _send(changing, 5, "1,,,删除")
    changing.ingest_all(day=5)
    _send(changing, 3, "1,甲迟,3,", arrived=6)
    changing.ingest_all(day=6)
    assert _titles(changing) == {"2": "乙"}
    assert _taken_away(changing) == [("03", 1, "05")]
    assert _told(changing) == [("05", 1, 1)]


def test_a_delivery_of_deletions_alone_needs_no_column_but_key_and_mark(inbox: Inbox) -> None:
    columns = [{**column, "required": column["name"] != "amount"} for column in COLUMNS]
    inbox.declare(**CHANGES | {"columns": columns})
    _send(inbox, 1, "1,甲,1,", "2,乙,2,")
    inbox.ingest_all(day=1)
    short = "操作,代码"
    inbox.send(table("删除,2", header=short), "feed_20260302.csv", 2)
    inbox.ingest_all(day=2)
    assert _titles(inbox) == {"1": "甲"}
    assert _told(inbox) == [("02", 1, 1)]
    # Its few columns are no pattern: the next one is held against what came before it.
    _send(inbox, 3, "3,丙,3,")
    inbox.ingest_all(day=3)
    assert [(row["state"], row["reason"]) for row in inbox.deliveries()] == [("loaded", "")] * 3
    inbox.send(table("删除,1", ",4", header=short), "feed_20260304.csv", 4)
    inbox.ingest_all(day=4)
    last = inbox.deliveries()[-1]
    assert last["state"] == "held"
    assert "required columns are missing: 名称" in last["reason"]
    assert _titles(inbox) == {"1": "甲", "3": "丙"}


def test_a_delivery_of_deletions_that_lacks_the_key_or_the_mark_is_held(inbox: Inbox) -> None:
    columns = [{**column, "required": True} for column in COLUMNS]
    inbox.declare(**CHANGES | {"columns": columns})
    inbox.send(table("删除,甲", header="操作,名称"), "feed_20260301.csv", 1)
    inbox.send(table("1,甲", header="代码,名称"), "feed_20260302.csv", 2)
    inbox.ingest_all(day=2)
    assert [row["state"] for row in inbox.deliveries()] == ["held", "held"]
    assert all("required columns are missing" in row["reason"] for row in inbox.deliveries())


def test_deliveries_that_come_together_are_told_apart_by_what_their_records_say(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = [{**column, "required": column["name"] != "amount"} for column in COLUMNS]
    inbox.declare(**CHANGES | {"columns": columns})
    _send(inbox, 1, *(f"{number},甲,1," for number in range(9)))
    inbox.ingest_all(day=1)
    short = "操作,代码"
    for day, rows in ((2, ["删除,1", "D,2"]), (3, ["删除,3", ",4"]), (4, ["删除,5"]), (5, [])):
        inbox.send(table(*rows, header=short), f"feed_202603{day:02}.csv", day)
    asked: list[str] = []
    query = Lake.query

    def counting(lake: Lake, sql: str, *tables: TableName, parameters: list[Any] | None = None) -> Any:
        asked.extend([sql] if '"操作"' in sql and "distinct" in sql else [])
        return query(lake, sql, *tables, parameters=parameters)

    monkeypatch.setattr(Lake, "query", counting)
    inbox.ingest_all(day=5)
    assert [row["state"] for row in inbox.deliveries()] == ["loaded", "loaded", "held", "loaded", "held"]
    assert set(_titles(inbox)) == {"0", "3", "4", "6", "7", "8"}
    assert len(asked) == 1, "one question for all that came together"


def test_in_one_delivery_the_last_record_of_a_key_counts(changing: Inbox) -> None:
    _send(changing, 1, "1,甲,1,", "1,,,删除", "2,,,删除", "2,乙,2,")
    changing.ingest_all()
    assert _titles(changing) == {"2": "乙"}
    assert _taken_away(changing) == []
    assert _told(changing) == [("01", 2, 0)]


def test_a_delivery_of_all_there_is_takes_away_what_it_does_not_have(changing: Inbox) -> None:
    _send(changing, 1, "1,甲,1,", "2,乙,2,", "3,丙,3,")
    changing.ingest_all(day=1)
    _send(changing, 2, "1,甲全,1,全量", "4,丁,4,全量")
    changing.ingest_all(day=2)
    assert _titles(changing) == {"1": "甲全", "4": "丁"}
    assert _taken_away(changing) == [("01", 2, "02"), ("01", 3, "02")]
    assert _told(changing) == [("02", None, 2)] or _told(changing) == [("02", 0, 2)]
    # What comes late is older than all there is.
    _send(changing, 1, "5,戊,5,", arrived=3, name="late")
    changing.ingest_all(day=3)
    assert _titles(changing) == {"1": "甲全", "4": "丁"}


def test_deletions_that_are_declared_later_hold_for_what_came_before(inbox: Inbox) -> None:
    inbox.declare(mode="changes", source=CHANGES["source"])
    _send(inbox, 1, "1,甲,1,", "2,乙,2,")
    _send(inbox, 2, "2,乙,2,删除")
    inbox.ingest_all(day=2)
    assert set(_titles(inbox)) == {"1", "2"}
    assert "操作" in inbox.deliveries()[0]["reason"]
    inbox.declare(2, **CHANGES)
    inbox.ingest_all(day=2)
    assert set(_titles(inbox)) == {"1"}
    assert _taken_away(inbox) == [("01", 2, "02")]


def test_a_second_run_writes_no_version(changing: Inbox) -> None:
    _send(changing, 1, "1,甲,1,", "2,乙,2,")
    _send(changing, 2, "2,,,删除", "7,,,删除")
    changing.ingest_all(day=2)
    _send(changing, 3, "7,,,D")
    changing.ingest_all(day=3)
    before = changing.versions()
    changing.ingest_all(day=3)
    assert changing.versions() == before
    assert changing.lake.row_count(STANDARD) == 1
    assert ID in {row["resource_id"] for row in changing.lake.read(DELETIONS).to_dicts()}


def _gone(inbox: Inbox) -> list[tuple[str, int, str]]:
    """Return of each row that a snapshot took away: file and row where it stood last, file that took it away."""
    files = {one["delivery_id"]: one["file_name"].split("/")[-1][:-4] for one in inbox.deliveries()}
    found = inbox.lake.read(DELETED_ROWS)
    rows = found.select("old_delivery_id", "old_row_number", "new_delivery_id").rows() if found.height else []
    return sorted((files[old], number, files[new]) for old, number, new in rows)


SLICED: dict[str, Any] = {
    "source": {"slice": r"_(?P<year>\d{4})", "issued": r"(\d{8})"},
    "guard": {"max_shrink_pct": 100},
}


def test_rows_that_a_snapshot_no_longer_holds_are_marked_per_slice(inbox: Inbox) -> None:
    inbox.declare(**SLICED)
    inbox.send(table("1,甲,1", "2,乙,2", "3,丙,3"), "20260301_2025.csv", 1)
    inbox.send(table("7,庚,7"), "20260301_2024.csv", 1)
    inbox.send(table("1,甲改,1", "3,丙,3"), "20260302_2025.csv", 2)
    inbox.ingest_all()
    assert _gone(inbox) == [("20260301_2025", 2, "20260302_2025")]
    inbox.send(table("2,乙,2", "3,丙,3"), "20260303_2025.csv", 3)
    inbox.ingest_all()
    assert _gone(inbox)[1:] == [("20260302_2025", 1, "20260303_2025")]
    told = inbox.lake.read(DELETIONS).select("rows_marked", "rows_deleted").rows()
    assert told == [(None, 1), (None, 1)]
    before = inbox.versions()
    inbox.ingest_all()
    assert inbox.versions() == before


def test_what_is_marked_does_not_hang_on_when_snapshots_come(inbox: Inbox) -> None:
    inbox.declare(**SLICED)
    inbox.send(table("1,甲,1", "2,乙,2"), "20260301_2025.csv", 1)
    inbox.ingest_all(day=1)
    inbox.send(table("1,甲,1"), "20260309_2025.csv", 9)
    inbox.ingest_all(day=9)
    assert _gone(inbox) == [("20260301_2025", 2, "20260309_2025")]
    inbox.send(table("1,甲,1", "2,乙,2", "5,戊,5"), "20260305_2025.csv", 10)
    inbox.ingest_all(day=10)
    assert _gone(inbox) == [("20260305_2025", 2, "20260309_2025"), ("20260305_2025", 3, "20260309_2025")]


def test_a_row_whose_wrong_key_was_put_right_is_not_gone(inbox: Inbox) -> None:
    inbox.declare(guard={"max_shrink_pct": 100})
    inbox.send(table("1,甲,1", ",乙,2", "3,丙,3", "4,丁,4"), day=1)
    inbox.send(table("1,甲,1", "2,乙,2", "3,丙,3"), "next.csv", day=2)
    inbox.ingest_all()
    assert _gone(inbox) == [("feed", 4, "next")]


def test_a_killed_marking_is_made_up_for(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox.declare(**SLICED)
    inbox.send(table("1,甲,1", "2,乙,2"), "20260301_2025.csv", 1)
    inbox.send(table("1,甲,1"), "20260302_2025.csv", 2)
    inbox.ingest(day=1)
    append = Lake.append

    def killed(lake: Lake, name: TableName, *rest: Any) -> int:
        if name == DELETIONS:
            raise KeyboardInterrupt
        return append(lake, name, *rest)

    monkeypatch.setattr(Lake, "append", killed)
    with pytest.raises(KeyboardInterrupt):
        inbox.ingest_all()
    monkeypatch.setattr(Lake, "append", append)
    inbox.ingest_all()
    assert _gone(inbox) == [("20260301_2025", 2, "20260302_2025")]
