"""Searching: sealed and unsealed records alike, the newest first."""

import pytest
from audited_city import SUBJECT, Audited, an_access, at

from audit.search import readings, search
from audit.selection import Selection

OTHER = "cd" * 16


@pytest.fixture
def busy(empty: Audited) -> Audited:
    """Return a record of which the first half is sealed."""
    append = empty.record.append
    append(an_access("2026-03-16", request_id="1", subject_key=OTHER))
    append(an_access("2026-03-16", request_id="2", action="query", subject_key="", rows=900))
    append(an_access("2026-03-17", request_id="3", recipient_id="demo_tax", agency_id="tax", grant_id="G-2"))
    empty.record.seal(empty.lake, at("2026-03-17"))
    append(an_access("2026-03-17", request_id="4", result="not_granted", rows=0))
    append(an_access("2026-03-18", request_id="5", action="list", subject_key="", entry="", rows=0))
    append(an_access("2026-03-18", request_id="6", action="file", subject_key="", entry="base.organisation"))
    append(an_access("2026-03-18", request_id="7", action="file", subject_key="", rows=0, result="expired"))
    return empty


def requests(city: Audited, selection: Selection, limit: int = 100) -> str:
    return "".join(record["request_id"] for record in search(city.record, city.lake, selection, limit))


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        (Selection(), "7654321"),
        (Selection(recipient="demo_tax"), "3"),
        (Selection(agency="tax"), "3"),
        (Selection(grant="G-2"), "3"),
        (Selection(entry="base.organisation"), "6"),
        (Selection(action="file"), "76"),
        (Selection(result="answered", action="lookup"), "31"),
        (Selection(subject_keys=(SUBJECT,)), "43"),
        (Selection(subject_keys=(SUBJECT, OTHER)), "431"),
        (Selection(since=at("2026-03-17T00:00:00")), "76543"),
        (Selection(until=at("2026-03-17T00:00:00")), "21"),
        (Selection(since=at("2026-03-16T09:00:00"), until=at("2026-03-17T09:00:00")), "21"),
        (Selection(recipient="nobody"), ""),
    ],
)
def test_a_selection_finds_sealed_and_unsealed_records_alike(
    busy: Audited, selection: Selection, found: str
) -> None:
    assert requests(busy, selection) == found
    busy.record.seal(busy.lake, at("2026-03-18"))
    assert requests(busy, selection) == found


def test_a_limit_keeps_the_newest(busy: Audited) -> None:
    assert requests(busy, Selection(), 2) == "76"
    assert requests(busy, Selection(), 5) == "76543"


def test_who_read_a_subject_names_lookups_by_key_and_marks_what_was_read_in_bulk(busy: Audited) -> None:
    found = readings(busy.record, busy.lake, "base.person", Selection(), (SUBJECT,))
    assert [(one.record["request_id"], one.is_bulk) for one in found] == [
        ("4", False),
        ("3", False),
        ("2", True),
    ]
    early = Selection(until=at("2026-03-17T00:00:00"))
    found = readings(busy.record, busy.lake, "base.person", early, (SUBJECT, OTHER))
    assert [(one.record["request_id"], one.is_bulk) for one in found] == [("2", True), ("1", False)]


def test_a_record_with_nothing_in_it_finds_nothing(empty: Audited) -> None:
    assert search(empty.record, empty.lake, Selection()) == []


def test_lookups_that_found_nothing_do_not_crowd_out_who_read_in_bulk(busy: Audited) -> None:
    unknown = an_access("2026-03-19", subject_key="", rows=0, request_id="x")
    busy.record.append(*[unknown] * 5)
    for _ in range(2):
        found = readings(busy.record, busy.lake, "base.person", Selection(), (SUBJECT,), limit=4)
        assert [one.record["request_id"] for one in found] == ["4", "3", "2"]
        busy.record.seal(busy.lake, at("2026-03-19"))
