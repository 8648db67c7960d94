"""A delivery whose values are suddenly of another type waits for a person, who is told how they differ."""

from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_inbox import MARKER, Inbox

from ingestion.type_guard import Readable, is_flipped, profiles
from reporting.delivery_words import delivery_reason

COLUMNS = (
    {"name": "code", "zh": "代码", "type": "credit_code", "required": True},
    {"name": "issued_on", "zh": "日期", "type": "date"},
    {"name": "amount", "zh": "数量", "type": "integer"},
    {"name": "note", "zh": "备注", "type": "text"},
)
CODES = ("91330100799655058B", "9144030071526726XG", "91110000802100433B", "91350100M000100Y43")
ROWS = [(code, f"2026-02-1{place}", str(place), f"0{place}") for place, code in enumerate(CODES)]
FLIPS = {
    "serials for dates": (1, "4607{}", "issued_on"),
    "scientific codes": (0, "9.1{}E+17", "code"),
    "words for numbers": (2, MARKER + "{}", "amount"),
    "scientific text": (3, "1.{}E+11", "note"),
}


def written(rows: Sequence[tuple[str, ...]]) -> str:
    return "\n".join(["代码,日期,数量,备注", *(",".join(row) for row in rows)]) + "\n"


def flipped(place: int, form: str) -> str:
    return written(
        [(*row[:place], form.format(number), *row[place + 1 :]) for number, row in enumerate(ROWS)]
    )


@pytest.fixture
def typed(inbox: Inbox) -> Inbox:
    inbox.declare(columns=COLUMNS)
    inbox.send(written(ROWS))
    inbox.ingest()
    return inbox


@pytest.mark.parametrize(("place", "form", "column"), FLIPS.values(), ids=FLIPS)
def test_a_column_of_another_type_holds_the_delivery_and_shows_no_value(
    typed: Inbox, place: int, form: str, column: str
) -> None:
    typed.send(flipped(place, form), day=2)
    typed.ingest()
    first, second = typed.deliveries()
    assert (first["state"], second["state"]) == ("loaded", "held")
    assert f"column {column}: 0.0 % of its values read as" in second["reason"]
    assert "100.0 % before" in second["reason"]
    assert MARKER not in second["reason"]
    words = delivery_reason(second["reason"])
    assert words is not None
    assert words.en == second["reason"]
    assert f"信息项 {column}" in words.zh


def test_the_kinds_of_faults_are_told(typed: Inbox) -> None:
    typed.send(flipped(0, "9.1{}E+17"), day=2)
    typed.ingest()
    assert "(scientific_notation 4)" in typed.deliveries()[1]["reason"]


def test_text_may_change_from_figures_to_letters(typed: Inbox) -> None:
    typed.send(flipped(3, "甲{}"), day=2)
    typed.ingest()
    assert typed.deliveries()[1]["state"] == "loaded"


def test_a_first_delivery_is_not_judged_and_neither_is_what_was_wrong_already(inbox: Inbox) -> None:
    inbox.declare(columns=COLUMNS)
    inbox.send(flipped(1, "4607{}"))
    inbox.ingest()
    inbox.send(flipped(1, "4608{}"), day=2)
    inbox.ingest()
    assert [one["state"] for one in inbox.deliveries()] == ["loaded", "loaded"]


def test_what_a_person_accepts_is_what_the_next_delivery_is_compared_with(typed: Inbox) -> None:
    for day, form in ((2, "4607{}"), (3, "4608{}")):
        typed.send(flipped(1, form), day=day)
        typed.ingest()
        held = typed.deliveries()[-1]
        if held["state"] == "held":
            typed.decide(held["delivery_id"], "accepted")
            typed.ingest()
    assert [one["state"] for one in typed.deliveries()] == ["loaded", "accepted", "loaded"]


def test_the_guard_can_be_switched_off(inbox: Inbox) -> None:
    for most, state in ((30, "held"), (100, "loaded")):
        other = Inbox(inbox.deployment.home / str(most), columns=COLUMNS, guard={"max_type_flip_pct": most})
        other.send(written(ROWS))
        other.ingest()
        wrong = [(*row[:1], "4607", *row[2:]) if place else row for place, row in enumerate(ROWS)]
        other.send(written(wrong), day=2)
        other.ingest()
        assert other.deliveries()[1]["state"] == state


def test_small_appended_files_are_compared_one_with_the_other(inbox: Inbox) -> None:
    inbox.declare(columns=COLUMNS, mode="append")
    inbox.send(written(ROWS), name="a.csv")
    inbox.send(written(ROWS[::-1]), name="b.csv", day=2)
    inbox.send(flipped(1, "4607{}"), name="c.csv", day=3)
    inbox.ingest()
    assert [one["state"] for one in inbox.deliveries()] == ["loaded", "loaded", "held"]


def test_a_column_that_the_entry_gives_for_every_row_is_no_flip(inbox: Inbox) -> None:
    given = {"name": "kind", "zh": "种类", "type": "text", "constant": "甲"}
    inbox.declare(columns=[*COLUMNS, given])
    inbox.send(written(ROWS))
    inbox.ingest()
    inbox.send(written(ROWS[::-1]), day=2)
    inbox.ingest()
    assert [row["state"] for row in inbox.deliveries()] == ["loaded", "loaded"]


def test_a_large_delivery_is_sampled_over_its_whole_length(inbox: Inbox) -> None:
    rows = [(CODES[0], "2026-02-10" if n < 9_000 else "46070", "1", "x") for n in range(12_000)]
    inbox.declare(columns=COLUMNS)
    inbox.send(written(rows))
    inbox.ingest()
    one = inbox.delivery()
    found = profiles(inbox.lake, inbox.resource, {one["delivery_id"]: one["rows_loaded"]})
    dates = found[one["delivery_id"]]["issued_on"]
    assert 1_000 <= dates.stated <= 4_000
    assert dates.share == pytest.approx(75, abs=1)


COUNTS = st.integers(0, 50)


@given(read=COUNTS, wrong=COUNTS, read_now=COUNTS, wrong_now=COUNTS, most=st.integers(0, 100))
def test_only_a_fall_beyond_the_bound_is_a_flip(
    read: int, wrong: int, read_now: int, wrong_now: int, most: int
) -> None:
    before = Readable(read + wrong, Counter(other_format=wrong))
    now = Readable(read_now + wrong_now, Counter(other_format=wrong_now))
    if is_flipped(before, now, most):
        assert read / (read + wrong) * 100 - read_now / (read_now + wrong_now) * 100 > most
        assert most < 100
