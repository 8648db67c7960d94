"""Many small files go through the stores together and come out as if each had been taken alone."""

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import test_killed_runs
from made_inbox import MARKER, STANDARD, Inbox, table
from test_workbooks import xlsx

from ingestion import taking
from lake.tables import DELIVERIES, REJECTED_ROWS
from resource_catalogue.words import DeliveryState

SLICED = {"path": "bureau/*", "slice": r"(\w)\.csv"}
BY_RUN = {"received_at": dt.datetime, "reading_fingerprint": str}


def fill(inbox: Inbox) -> None:
    """Send files of every kind: right, with rejected rows, without rows, broken, of another header, and a large one."""
    inbox.send(table("1,甲,1", "2,乙,2"), "a.csv", day=1)
    inbox.send(table("3,丙,3", "4,丁,4,多"), "b.csv", day=2)
    inbox.send(table(), "c.csv", day=3)
    inbox.send('[{"代码": "5", "名称": "戊", "数量": "5"}, {"代码": "6"', "d.csv", day=4)
    inbox.send(table("7,庚,7", "8,辛,8,多,多"), "e.csv", day=5)
    inbox.send(table(*(f"1{n},壬,{n}" for n in range(300))), "f.csv", day=6)


def told(inbox: Inbox) -> list[dict[str, Any]]:
    return [{name: value for name, value in row.items() if name not in BY_RUN} for row in inbox.deliveries()]


def one_by_one(home: Path, inbox: Inbox, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Inbox:
    """Take the same files in each alone, under the same keys."""
    other = Inbox(home, **changes)
    keys = other.deployment.var / "keys"
    keys.mkdir(parents=True)
    keys.joinpath("row.key").write_bytes(inbox.deployment.key("row"))
    fill(other)
    monkeypatch.setattr(taking, "_GROUP_FILES", 1)
    other.ingest_all()
    return other


@pytest.mark.parametrize("mode", ["append", "changes", "snapshot"])
def test_files_taken_together_give_what_each_alone_gives(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    source = SLICED if mode == "snapshot" else {}
    inbox.declare(mode=mode, source=source)
    monkeypatch.setattr(taking, "_SMALL_BYTES", 2_000)
    fill(inbox)
    assert inbox.ingest().waiting == 0
    alone = one_by_one(tmp_path / "alone", inbox, monkeypatch, mode=mode, source=source)
    states = [row["state"] for row in inbox.deliveries()]
    assert states == [*["loaded"] * 3, "unreadable", *["loaded"] * 2]
    assert told(inbox) == told(alone)
    assert inbox.rejected() == alone.rejected()
    assert inbox.rows("_slice", "_row_key", "code", "amount") == alone.rows(
        "_slice", "_row_key", "code", "amount"
    )
    assert len(inbox.rows("code")) == 304


def test_small_files_cost_one_commit_of_each_table(inbox: Inbox) -> None:
    inbox.declare(mode="append")
    for number in range(30):
        inbox.send(table(f"{number},甲,{number}"), f"{number}.csv")
    inbox.ingest()
    assert inbox.versions() == {"raw.bureau__feed": 0, str(DELIVERIES): 0, str(STANDARD): 0}
    inbox.send(table("99,甲,1"), "more.csv", day=2)
    inbox.ingest()
    assert set(inbox.versions().values()) == {1}


def test_changed_slices_are_replaced_together(inbox: Inbox) -> None:
    inbox.declare(source=SLICED)
    for name in "abcd":
        inbox.send(table(f"{name}1,甲,1", f"{name}2,乙,2"), f"{name}.csv", day=1)
    inbox.ingest()
    for name in "bcde":
        inbox.send(table(f"{name}1,甲,1", f"{name}9,丙,9"), f"{name}.csv", day=2)
    before = inbox.versions()[str(STANDARD)]
    inbox.ingest()
    codes = sorted(code for (code,) in inbox.rows("code"))
    assert codes == ["a1", "a2", "b1", "b9", "c1", "c9", "d1", "d9", "e1", "e9"]
    # Slice e is new and appended; b, c and d are replaced in one commit.
    assert inbox.versions()[str(STANDARD)] == before + 2


def test_a_file_with_other_columns_than_the_one_before_it_in_the_same_run_is_held(inbox: Inbox) -> None:
    inbox.declare(mode="append")
    inbox.send(table("1,甲,1"), "a.csv", day=1)
    inbox.send(table("2,2,乙", header="代码,数量,名称"), "b.csv", day=2)
    inbox.send(table("3,丙,3"), "c.csv", day=3)
    inbox.ingest()
    assert [row["state"] for row in inbox.deliveries()] == ["loaded", "held", "loaded"]
    assert [code for (code,) in inbox.rows("code")] == ["1", "3"] or len(inbox.rows("code")) == 2


def test_a_workbook_that_breaks_among_small_files_is_refused_alone_and_tells_no_value(
    inbox: Inbox, tmp_path: Path
) -> None:
    inbox.declare(mode="append")
    whole = xlsx(tmp_path / "a.xlsx", [["代码", "名称", "数量"], ["1", MARKER, 1]]).read_bytes()
    inbox.send(whole[: len(whole) // 2], "a.xlsx", day=1)
    inbox.send(table("2,乙,2"), "b.csv", day=2)
    inbox.send(table("3,丙,3"), "c.csv", day=3)
    inbox.ingest()
    assert [row["state"] for row in inbox.deliveries()] == ["unreadable", "loaded", "loaded"]
    assert MARKER not in str(inbox.deliveries())


@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("after", range(1, 5))
def test_a_run_killed_while_it_takes_many_is_made_whole_by_the_next(
    inbox: Inbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int, is_done: bool
) -> None:
    inbox.declare(mode="append")
    fill(inbox)
    with monkeypatch.context() as killer:
        test_killed_runs.killing(killer, after, is_done)
        with pytest.raises(test_killed_runs.Killed):
            inbox.ingest()
    inbox.ingest_all()
    alone = one_by_one(tmp_path / "alone", inbox, monkeypatch, mode="append")
    assert inbox.rows("_row_key", "code") == alone.rows("_row_key", "code")
    assert inbox.rejected() == alone.rejected()
    assert sum(row["state"] == DeliveryState.LOADED for row in inbox.deliveries()) == 5
    assert str(REJECTED_ROWS) in inbox.versions()
