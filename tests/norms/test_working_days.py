"""Working days, counted with the calendar that ships."""

from __future__ import annotations

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from norms.working_days import DueDate, WorkingCalendar

CALENDARS = Path(__file__).parents[2] / "resource_catalogue" / "calendars"


def shipped() -> WorkingCalendar:
    described = yaml.safe_load((CALENDARS / "cn.yml").read_text(encoding="utf-8"))
    with (CALENDARS / "cn.csv").open(encoding="utf-8", newline="") as file:
        days = {date.fromisoformat(row["date"]): row["is_working"] == "true" for row in csv.DictReader(file)}
    return WorkingCalendar(described["version"], described["announced_through"], days)


CALENDAR = shipped()


def test_the_calendar_lists_only_days_that_differ_from_monday_to_friday() -> None:
    assert all(is_working != (day.weekday() < 5) for day, is_working in CALENDAR.days.items())
    assert {day.year for day in CALENDAR.days} == set(range(2004, 2027))


@pytest.mark.parametrize("day", [date(2026, 2, 14), date(2026, 2, 28)])
def test_make_up_saturdays_are_worked(day: date) -> None:
    assert day.weekday() == 5
    assert CALENDAR.is_working(day)


@pytest.mark.parametrize(
    ("start", "due_on"),
    [
        (date(2025, 9, 26), date(2025, 10, 10)),
        (date(2026, 2, 12), date(2026, 2, 26)),
        (date(2026, 9, 30), date(2026, 10, 13)),
    ],
)
def test_five_working_days_over_the_holidays(start: date, due_on: date) -> None:
    assert CALENDAR.add_working_days(start, 5) == DueDate(due_on, False)
    assert CALENDAR.working_days_between(start, due_on) == 5


def test_a_limit_past_the_announced_year_is_provisional_and_does_not_fail() -> None:
    assert CALENDAR.add_working_days(date(2026, 12, 28), 10) == DueDate(date(2027, 1, 11), True)


def test_no_days_mean_the_same_day_or_the_next_working_one() -> None:
    assert CALENDAR.add_working_days(date(2026, 2, 12), 0).due_on == date(2026, 2, 12)
    assert CALENDAR.add_working_days(date(2026, 10, 1), 0).due_on == date(2026, 10, 8)


def test_a_negative_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        CALENDAR.add_working_days(date(2026, 1, 5), -1)


@given(st.dates(date(2004, 1, 1), date(2030, 1, 1)), st.integers(1, 60))
def test_counting_forth_and_back_agree(start: date, count: int) -> None:
    due = CALENDAR.add_working_days(start, count)
    assert CALENDAR.is_working(due.due_on)
    assert CALENDAR.working_days_between(start, due.due_on) == count
    assert CALENDAR.working_days_between(start, due.due_on - timedelta(days=1)) == count - 1
    assert due.is_provisional == (due.due_on > date(2026, 12, 31))
