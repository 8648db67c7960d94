"""A corrected entry holds as if it had always been so, for deliveries that were taken in before it too."""

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from made_inbox import ID, RAW, Inbox, table

from ingestion.declared import reading_fingerprint
from lake.tables import DELIVERIES, REPLACED_ROWS

AREA = {"slice": r"_(?P<area>[a-z]+)\.csv$"}
ONE, TWO = table("1,甲,1"), table("2,乙,2")
NOTES = table("甲区（2家）,,", "1,甲,1", "2,乙,2")
"""Its first row is a heading within the table."""


def two_areas(inbox: Inbox) -> None:
    """Send one file of each of two areas, and take them in."""
    inbox.send(ONE, "x_east.csv", 1)
    inbox.send(TWO, "x_west.csv", 2)
    inbox.ingest_all()


def as_if_always(home: Path, inbox: Inbox, **changes: Any) -> list[tuple[Any, ...]]:
    """Return the standard rows of a deployment that got the same inbox under a declaration from the first day."""
    other = Inbox(home, **changes)
    shutil.copytree(inbox.deployment.inbox, other.deployment.inbox)
    other.ingest_all()
    return sorted(other.rows("_slice", "code", "title"))


def settled(inbox: Inbox) -> bool:
    """Tell whether nothing waits and a further run changes nothing."""
    before = inbox.versions()
    inbox.ingest()
    return inbox.waiting() == [] and inbox.versions() == before


@pytest.mark.parametrize("is_inbox_cleared", [False, True])
def test_slices_declared_later_part_the_deliveries_that_came_before(
    inbox: Inbox, tmp_path: Path, is_inbox_cleared: bool
) -> None:
    two_areas(inbox)
    assert inbox.rows("_slice", "code") == [("all", "2")]
    expected = as_if_always(tmp_path / "other", inbox, source=AREA)
    ids = {one["delivery_id"] for one in inbox.deliveries()}
    if is_inbox_cleared:
        shutil.rmtree(inbox.deployment.inbox)
    inbox.declare(number=2, source=AREA)
    assert len(inbox.waiting()) == 2
    inbox.ingest_all()
    assert sorted(inbox.rows("_slice", "code", "title")) == expected
    assert {one["delivery_id"] for one in inbox.deliveries()} == ids
    assert [one["slice"] for one in inbox.deliveries()] == ["east", "west"]
    assert settled(inbox)


def test_slices_taken_away_leave_the_newest_delivery_alone_and_all_on_record(
    inbox: Inbox, tmp_path: Path
) -> None:
    inbox.declare(source=AREA)
    two_areas(inbox)
    assert len(inbox.rows("code")) == 2
    inbox.declare(number=2)
    inbox.ingest_all()
    assert sorted(inbox.rows("_slice", "code", "title")) == as_if_always(tmp_path / "other", inbox)
    assert [(one["slice"], one["state"]) for one in inbox.deliveries()] == [("all", "loaded")] * 2
    assert settled(inbox)


def test_slices_named_otherwise_replace_the_old_ones(inbox: Inbox, tmp_path: Path) -> None:
    inbox.declare(source=AREA)
    two_areas(inbox)
    other = {"slice": r"_(?P<initial>[a-z])[a-z]+\.csv$"}
    inbox.declare(number=2, source=other)
    inbox.ingest_all()
    assert sorted(inbox.rows("_slice", "code", "title")) == as_if_always(tmp_path / "o", inbox, source=other)
    inbox.send(table("3,丙,3"), "y_east.csv", 3)
    assert inbox.ingest().slices == ("e",)
    assert sorted(inbox.rows("_slice", "code")) == [("e", "3"), ("w", "2")]


@pytest.mark.parametrize("mode", ["append", "changes"])
def test_slices_declared_later_take_no_file_in_twice(inbox: Inbox, mode: str) -> None:
    inbox.declare(mode=mode)
    two_areas(inbox)
    inbox.declare(number=2, mode=mode, source=AREA)
    inbox.ingest_all()
    assert sorted(inbox.rows("code")) == [("1",), ("2",)]
    assert len(inbox.deliveries()) == 2
    assert settled(inbox)


@pytest.mark.parametrize("mode", ["append", "snapshot"])
def test_equal_bytes_of_two_slices_count_once_when_the_slices_are_one(inbox: Inbox, mode: str) -> None:
    inbox.declare(mode=mode, source=AREA)
    inbox.send(ONE, "x_east.csv", 1)
    inbox.send(ONE, "x_west.csv", 2)
    inbox.ingest_all()
    assert len(inbox.rows("code")) == 2
    inbox.declare(number=2, mode=mode)
    inbox.ingest_all()
    assert inbox.rows("code") == [("1",)]
    assert len(inbox.deliveries()) == 2


def test_equal_bytes_get_a_delivery_of_their_own_where_the_id_is_taken(inbox: Inbox) -> None:
    inbox.send(ONE, "x_east.csv", 1)
    inbox.ingest()
    inbox.declare(number=2, source=AREA)
    inbox.send(ONE, "x_1.csv", 2)
    inbox.ingest_all()
    assert sorted(inbox.rows("_slice", "code")) == [("all", "1"), ("east", "1")]
    assert len({one["delivery_id"] for one in inbox.deliveries()}) == 2
    assert settled(inbox)


def test_a_corrected_issue_date_orders_the_deliveries_anew(inbox: Inbox) -> None:
    inbox.send(table("1,新,1"), "list_20260220.csv", 1)
    inbox.send(table("1,旧,1"), "list_20260110.csv", 2)
    inbox.ingest_all()
    assert inbox.rows("title") == [("旧",)]
    inbox.declare(number=2, source={"issued": r"_(\d{8})"})
    inbox.ingest_all()
    assert inbox.rows("title") == [("新",)]
    assert [str(one["issued_on"]) for one in inbox.deliveries()] == ["2026-01-10", "2026-02-20"]
    assert settled(inbox)


READINGS = {
    "not_data": (NOTES, {"not_data": "（[0-9]+家）"}, ["1", "2"]),
    "delimiter": ("代码;名称;数量\n1;甲,乙;1\n", {"delimiter": ","}, None),
    "header_row": (table("代码,名称,数量", "1,甲,1"), {"header_row": 2}, ["1"]),
    "rows_at": (
        json.dumps({"features": [{"代码": "1"}], "more": [{"代码": "2"}]}), {"rows_at": "more"}, ["2"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", READINGS)
@pytest.mark.parametrize("is_inbox_cleared", [False, True])
def test_a_corrected_reading_decodes_what_landed_anew(
    inbox: Inbox, name: str, is_inbox_cleared: bool
) -> None:
    content, source, codes = READINGS[name]
    inbox.send(content)
    inbox.ingest()
    before = inbox.delivery()
    assert [code for (code,) in inbox.rows("code")] != codes
    if is_inbox_cleared:
        shutil.rmtree(inbox.deployment.inbox)
    inbox.declare(number=2, source=source)
    assert inbox.waiting() == [f"{before['delivery_id']}@2"]
    assert inbox.ingest().read_anew == (before["delivery_id"],)
    now = inbox.delivery()
    assert now["delivery_id"] == before["delivery_id"]
    assert (now["received_at"], now["order_key"]) == (before["received_at"], before["order_key"])
    if codes is None:
        assert now["state"] == "unreadable"
    else:
        assert [code for (code,) in inbox.rows("code")] == codes
        assert len(inbox.rows("code", table=RAW)) == now["rows_loaded"] == len(codes)
    assert settled(inbox)


def test_rejected_rows_and_counts_are_recorded_anew(inbox: Inbox) -> None:
    inbox.send(table("甲区（2家）", "1,甲,1", "2,乙,2"))
    inbox.ingest()
    assert (inbox.delivery()["rows_loaded"], inbox.delivery()["rows_rejected"]) == (2, 1)
    inbox.declare(number=2, source={"not_data": "（[0-9]+家）$"})
    inbox.ingest()
    one = inbox.delivery()
    assert (one["rows_received"], one["rows_loaded"], one["rows_rejected"], one["release"]) == (2, 2, 0, 2)
    assert (inbox.rejected(), inbox.rows("_row_number", "code")) == ([], [(1, "1"), (2, "2")])
    receipt = inbox.deployment.landing / ID / f"{one['delivery_id']}.json"
    assert json.loads(receipt.read_text(encoding="utf-8"))["rows_loaded"] == 2


def test_rows_that_are_not_rejected_any_more_are_gone_where_all_were(inbox: Inbox) -> None:
    inbox.send(table("甲区（2家）"))
    inbox.ingest()
    assert len(inbox.rejected()) == 1
    inbox.declare(number=2, source={"not_data": "（[0-9]+家）$"})
    inbox.ingest()
    assert (inbox.rejected(), inbox.delivery()["rows_rejected"]) == ([], 0)


def test_what_does_not_change_the_reading_decodes_nothing_anew(inbox: Inbox) -> None:
    inbox.send(ONE)
    inbox.ingest()
    columns = [column.model_dump(by_alias=True) for column in inbox.resource.columns]
    columns[2]["type"] = "text"
    inbox.declare(number=2, columns=columns, guard={"max_shrink_pct": 50}, source={"submitted_by": "other"})
    before = inbox.lake.version(RAW)
    done = inbox.ingest()
    assert (done.read_anew, done.slices, inbox.lake.version(RAW)) == ((), ("all",), before)


def test_a_renamed_column_keeps_its_values(inbox: Inbox) -> None:
    inbox.send(ONE)
    inbox.ingest()
    columns = [column.model_dump(by_alias=True) for column in inbox.resource.columns]
    columns[1]["name"] = "full_name"
    inbox.declare(number=2, columns=columns)
    inbox.ingest()
    assert inbox.rows("full_name") == [("甲",)]


def test_a_correction_holds_no_delivery_and_keeps_a_persons_decision(inbox: Inbox) -> None:
    inbox.send(table("（1家）,,", *[f"{n},名称,{n}" for n in range(5)]), day=1)
    inbox.ingest()
    inbox.send(table("（1家）,,", "1,名称,1"), day=2)
    inbox.ingest()
    inbox.decide(inbox.deliveries()[1]["delivery_id"], "accepted")
    inbox.ingest()
    reason = inbox.deliveries()[1]["reason"]
    inbox.declare(number=2, source={"not_data": "（[0-9]家）"})
    inbox.ingest()
    now = inbox.deliveries()[1]
    assert (now["state"], now["reason"], now["rows_loaded"]) == ("accepted", reason, 1)
    assert settled(inbox)


def test_a_delivery_that_can_no_longer_be_read_gives_way_to_the_one_before(inbox: Inbox) -> None:
    inbox.send(table("旧题,,", "代码,名称,数量", "1,旧,1", header="某市,,"), day=1)
    inbox.send(table("1,新,1"), day=2)
    inbox.ingest_all()
    assert inbox.rows("title") == [("新",)]
    inbox.declare(number=2, source={"header_row": 3})
    inbox.ingest()
    assert [one["state"] for one in inbox.deliveries()] == ["loaded", "unreadable"]
    assert inbox.rows("title") == [("旧",)]
    assert settled(inbox)
    inbox.declare(number=3)
    inbox.ingest_all()
    assert inbox.rows("title") == [("新",)]


def test_links_are_led_to_the_same_lines_of_a_delivery_read_anew(inbox: Inbox) -> None:
    inbox.send(table("1,甲,1", ",乙,2", "3,丙,3"), day=1)
    inbox.send(table("说明,,", "1,甲,1", "2,乙,2", "3,丙,3"), day=2)
    inbox.ingest_all()
    assert inbox.links() == [(2, 3)]
    inbox.declare(number=2, source={"not_data": "^说明$"})
    inbox.ingest()
    assert inbox.links() == [(2, 2)]
    assert inbox.lake.read(REPLACED_ROWS).height == 1


def test_a_register_of_an_earlier_version_is_read_widened_and_left_as_it_is(inbox: Inbox) -> None:
    inbox.send(NOTES, day=1)
    inbox.ingest()
    old = inbox.lake.read(DELIVERIES).drop("reading_fingerprint")
    inbox.lake.overwrite(DELIVERIES, old)
    inbox.declare(number=2, source={"not_data": "（[0-9]+家）"})
    assert (inbox.waiting(), inbox.ingest().read_anew) == ([], ())
    assert inbox.lake.read(DELIVERIES).equals(old)
    inbox.send(NOTES + "3,丙,3\n", day=2)
    inbox.ingest()
    assert [one["reading_fingerprint"] for one in inbox.deliveries()] == [
        None,
        reading_fingerprint(inbox.resource),
    ]
    assert [code for (code,) in inbox.rows("code")] == ["1", "2", "3"]


def test_bytes_that_are_lost_are_named_and_their_rows_kept(inbox: Inbox) -> None:
    inbox.send(NOTES)
    inbox.ingest()
    shutil.rmtree(inbox.deployment.landing / ID)
    shutil.rmtree(inbox.deployment.inbox)
    inbox.declare(number=2, source={"not_data": "（[0-9]+家）"})
    inbox.ingest()
    assert "missing or damaged" in inbox.delivery()["reason"]
    assert (inbox.delivery()["state"], len(inbox.rows("code"))) == ("loaded", 3)
    assert settled(inbox)


def test_a_run_killed_while_reading_anew_is_made_whole_by_the_next(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    inbox.send(NOTES)
    inbox.ingest()
    inbox.declare(number=2, source={"not_data": "（[0-9]+家）"})
    for target in (
        "ingestion.taking.write_receipt",
        "ingestion.ingest.record",
        "ingestion.ingest.refresh_standard",
    ):
        with monkeypatch.context() as killer:
            killer.setattr(target, die)
            with pytest.raises(KeyboardInterrupt):
                inbox.ingest()
    inbox.ingest_all()
    assert inbox.rows("code") == [("1",), ("2",)]
    assert len(inbox.lake.read(RAW).filter(pl.col("code").is_not_null())) == 2
    assert settled(inbox)
