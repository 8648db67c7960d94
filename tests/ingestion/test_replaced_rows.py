"""Rows whose key was wrong are followed to the row that a later delivery has in their place."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_inbox import Inbox, table

from ingestion.replaced_rows import alike, successors


@pytest.mark.requirement("Q-03")
def test_a_mended_row_is_linked_to_the_one_in_its_place(inbox: Inbox) -> None:
    inbox.send(table("1,甲,1", ",乙,2", "3,丙,3", "4,丁,4,多", "5,戊,5"), day=1)
    inbox.send(table("1,甲,1", "2,乙,2", "3,丙,3", "4,丁,4", "5,戊,5"), day=2)
    inbox.ingest_all()
    assert inbox.links() == [(2, 2), (4, 4)]


def test_rows_before_and_after_may_have_come_or_gone_elsewhere(inbox: Inbox) -> None:
    inbox.declare(guard={"max_shrink_pct": 50})
    inbox.send(table("0,零,0", "1,甲,1", ",乙,2", "3,丙,3", "4,丁,4"), day=1)
    inbox.send(table("1,甲,1", "2,乙,2", "3,丙,3", "7,新,7"), day=2)
    inbox.ingest_all()
    assert inbox.links() == [(3, 2)]


def test_nothing_is_guessed_where_the_gap_has_changed(inbox: Inbox) -> None:
    inbox.declare(guard={"max_shrink_pct": 50})
    inbox.send(table("1,甲,1", ",乙,2", ",丙,3", "4,丁,4"), day=1)
    inbox.send(table("1,甲,1", "2,乙,2", "4,丁,4"), day=2)
    inbox.ingest_all()
    assert inbox.links() == []


def test_a_row_repeated_to_the_letter_needs_no_link(inbox: Inbox) -> None:
    inbox.declare(key=())
    inbox.send(table("1,甲,1", "2,乙,2"), day=1)
    inbox.send(table("1,甲,1", "2,乙改,2"), day=2)
    inbox.ingest_all()
    assert inbox.links() == [(2, 2)]


def test_an_accepted_delivery_is_linked_when_it_takes_effect(inbox: Inbox) -> None:
    inbox.send(table("1,甲,1", ",乙,2", "3,丙,3", "4,丁,4"), day=1)
    inbox.ingest()
    inbox.send(table("1,甲,1", "2,乙,2", "3,丙,3"), day=2)
    inbox.ingest()
    assert inbox.links() == []
    inbox.decide(inbox.deliveries()[1]["delivery_id"], "accepted")
    inbox.ingest()
    assert inbox.links() == [(2, 2)]


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=12, unique=True),
    st.data(),
)
def test_rows_mended_in_place_are_found_wherever_they_stand(hashes: list[int], data: st.DataObject) -> None:
    broken = data.draw(st.sets(st.integers(0, len(hashes) - 1)))
    mended = [1000 + h if place in broken else h for place, h in enumerate(hashes)]
    old, new = _sequence(hashes), _sequence(mended)
    wanted = pl.Series([place + 1 for place in sorted(broken)], dtype=pl.Int64)
    found = successors(old, new, wanted).sort("old_row_number").rows()
    assert found == [(place + 1, place + 1) for place in sorted(broken)]


@given(st.lists(st.integers(0, 5), max_size=12), st.lists(st.integers(0, 5), max_size=12))
def test_a_row_has_one_successor_at_most(old: list[int], new: list[int]) -> None:
    wanted = pl.Series(range(1, len(old) + 1), dtype=pl.Int64)
    found = successors(_sequence(old), _sequence(new), wanted)
    assert found["old_row_number"].is_unique().all()
    assert found["new_row_number"].is_unique().all()


def _sequence(hashes: list[int]) -> pl.DataFrame:
    schema = {"row_number": pl.Int64, "row_hash": pl.UInt64}
    return pl.DataFrame({"row_number": range(1, len(hashes) + 1), "row_hash": hashes}, schema=schema)


def test_a_row_that_moved_is_known_by_what_was_right_in_it(inbox: Inbox) -> None:
    inbox.send(table("1,甲,1", "3,丙,3", ",乙公司,22", "?,丁公司,44,多"), day=1)
    inbox.send(table("4,丁公司,44", "1,甲,1", "2,乙公司,22", "3,丙,3"), day=2)
    inbox.ingest_all()
    assert inbox.links() == [(3, 3), (4, 1)]


def test_rows_that_share_nothing_of_their_own_are_not_matched() -> None:
    old = _texts("甲,2020,东区", "乙,2021,东区")
    assert alike(old, _texts("丙,2022,东区")).rows() == []
    assert alike(old, _texts("丙,2020,东区", "丁,2020,西区")).rows() == []


def _texts(*rows: str) -> pl.DataFrame:
    return pl.DataFrame(
        {"row_number": range(1, len(rows) + 1), "text": rows}, schema_overrides={"row_number": pl.Int64}
    )
