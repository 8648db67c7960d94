"""The clock of the servers starts where it is told and moves."""

import datetime as dt

import pytest

from serving.clock import ServingClock


def test_the_clock_moves_on_from_a_pinned_instant() -> None:
    start, seconds = dt.datetime(2026, 3, 1, 9, tzinfo=dt.timezone(dt.timedelta(hours=8))), [50.0]
    clock = ServingClock(start, lambda: seconds[0])
    assert clock() == start
    seconds[0] += 3600.5
    assert clock() == start + dt.timedelta(hours=1, milliseconds=500)
    assert clock().tzinfo is start.tzinfo


def test_the_clock_moves_by_itself() -> None:
    clock = ServingClock(dt.datetime(2026, 3, 1, tzinfo=dt.UTC))
    first = clock()
    assert first >= dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    assert clock() >= first


def test_an_instant_without_a_zone_is_no_start() -> None:
    with pytest.raises(ValueError, match="time zone"):
        ServingClock(dt.datetime(2026, 3, 1))
