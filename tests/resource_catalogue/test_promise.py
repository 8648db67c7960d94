"""When a delivery is due, and who kept to it: on the shipped calendar, with its holidays and make-up days."""

import datetime as dt
from itertools import pairwise
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resource_catalogue.calendar import load_calendar
from resource_catalogue.due_point import DAY_END, due_point
from resource_catalogue.promise import DAYS_ALLOWED, Promise, promise_of
from resource_catalogue.resource import Frequency, Resource

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = load_calendar()
WORDS = {
    "daily": ["17:00"], "weekly": ["fri", "sun 09:30"], "monthly": ["10", "31", "last 17:00", "wd5"],
    "quarterly": ["1-15", "3-last", "wd10"], "half_yearly": ["6-30 12:00", "wd1"], "yearly": ["03-31", "12-last"],
}  # fmt: skip
POINTS = [(frequency, words) for frequency, said in WORDS.items() for words in said]
pytestmark = pytest.mark.requirement("G-11")


def promise(frequency: Frequency, due: str | None = None) -> Promise:
    """Return a promise on the shipped calendar."""
    return Promise(frequency, due_point(frequency, due), CALENDAR)


def at(text: str) -> dt.datetime:
    """Return an instant in the zone of the tests."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("frequency", "due", "last", "expected"),
    [
        # 2026-02-15 to 23 are holidays, the Saturdays 14 and 28 are worked for them.
        ("daily", "17:00", "2026-02-13T18:00", "2026-02-14T17:00"),
        ("daily", "17:00", "2026-02-14T18:00", "2026-02-24T17:00"),
        ("daily", "17:00", "2026-02-24T16:59", "2026-02-24T17:00"),
        ("weekly", "sat", "2026-02-10T00:00", "2026-02-14T23:59:59.999999"),
        ("weekly", "fri 12:00", "2026-02-17T00:00", "2026-02-24T12:00"),
        ("monthly", "31", "2026-02-03T00:00", "2026-02-28T23:59:59.999999"),
        ("monthly", "10", "2026-02-11T00:00", "2026-03-10T23:59:59.999999"),
        ("monthly", "wd2", "2026-09-30T00:00", "2026-10-09T23:59:59.999999"),
        ("quarterly", "1-05", "2026-09-30T00:00", "2026-10-08T23:59:59.999999"),
        ("half_yearly", "6-last", "2026-01-01T00:00", "2026-06-30T23:59:59.999999"),
        ("yearly", "02-17", "2026-01-01T00:00", "2026-02-24T23:59:59.999999"),
        # Without a point: so long after the last delivery, a last day of rest moved.
        ("monthly", None, "2026-01-08T10:00", "2026-02-24T23:59:59.999999"),
        ("daily", None, "2026-02-13T10:00", "2026-02-24T23:59:59.999999"),
        ("real_time", None, "2026-02-15T10:00", "2026-02-16T23:59:59.999999"),
    ],
)
def test_a_due_instant_keeps_to_the_working_calendar(
    frequency: Frequency, due: str | None, last: str, expected: str
) -> None:
    assert promise(frequency, due).due_after(at(last)) == at(expected)


@given(st.sampled_from(POINTS), st.dates(dt.date(2016, 1, 1), dt.date(2028, 1, 1)), st.times())
def test_due_instants_rise_on_working_days_about_one_period_apart(
    point: tuple[Frequency, str], day: dt.date, time: dt.time
) -> None:
    made = promise(*point)
    since = dt.datetime.combine(day, time, ZONE)
    assert made.point is not None
    instants = made.point.instants(since, CALENDAR)
    before, *after = [next(instants) for _ in range(6)]
    assert before <= since < after[0]
    assert all(one < other for one, other in zip([before, *after], after, strict=False))
    assert all(CALENDAR.is_working(one.date()) for one in after)
    assert all(one.time() == made.point.time for one in after)
    longest = {"daily": 12, "weekly": 18, "monthly": 43, "quarterly": 105, "half_yearly": 197, "yearly": 379}
    assert (after[0] - before).days <= longest[point[0]]
    assert made.due_after(since) == after[0]
    # Whatever instant is asked within a gap, the same point comes next.
    assert made.due_after(before) == after[0]


@given(st.sampled_from(sorted(DAYS_ALLOWED)), st.datetimes(dt.datetime(2016, 1, 1), dt.datetime(2028, 1, 1)))
def test_without_a_point_the_next_is_never_due_before_its_allowance(
    frequency: Frequency, last: dt.datetime
) -> None:
    due = promise(frequency).due_after(last.replace(tzinfo=ZONE))
    days = (due.date() - last.date()).days
    assert due.time() == DAY_END
    assert (
        DAYS_ALLOWED[frequency] <= days <= DAYS_ALLOWED[frequency] + (0 if frequency == "real_time" else 11)
    )


_PROMISED = st.sampled_from([*POINTS, *((one, None) for one in ("daily", "weekly", "monthly", "real_time"))])
_DAYS = st.lists(st.integers(0, 400 * 24 * 60), max_size=12)


@settings(deadline=None)
@given(_PROMISED, _DAYS, st.integers(0, 420))
def test_what_was_owed_adds_up_whatever_came(
    promised: tuple[Frequency, str | None], minutes: list[int], days: int
) -> None:
    begin = at("2025-06-01T00:00")
    came = [begin + dt.timedelta(minutes=one) for one in minutes]
    as_of = begin + dt.timedelta(days=days)
    made = promise(*promised)
    owed = made.owed(begin, came, as_of)
    assert owed == made.owed(begin, [*reversed(came), *came], as_of)
    *closed, last = owed
    assert last.came_at is None
    assert last.due_at >= as_of
    assert all(one.came_at is not None or one.is_late(as_of) for one in closed)
    assert all(one.came_at in came and one.came_at <= as_of for one in closed if one.came_at)
    dues = [one.due_at for one in owed]
    # Two deliveries on days before a holiday are due again on the same day after it.
    assert all(one < other or (made.point is None and one == other) for one, other in pairwise(dues))
    # A missing one is followed by missing ones only: what comes closes all that was owed before.
    missing = [one.came_at is None for one in owed]
    assert missing == sorted(missing)
    assert all((made.days_late(one, as_of) == 0) for one in closed if one.is_on_time)


def test_a_late_delivery_is_remembered_with_its_working_days() -> None:
    made = promise("weekly", "fri")
    came = [at("2026-02-13T10:00"), at("2026-02-25T10:00"), at("2026-03-06T10:00")]
    owed = made.owed(at("2026-02-09T00:00"), came, at("2026-03-08T00:00"))
    # The Friday of the Spring Festival is due on its first working day after, as are those two points one.
    assert [(one.due_at.date().isoformat(), one.is_on_time, made.days_late(one, at("2026-03-08T00:00")))
            for one in owed] == [
        ("2026-02-13", True, 0), ("2026-02-24", False, 1), ("2026-02-27", False, 6), ("2026-03-06", True, 0),
        ("2026-03-13", False, 0),
    ]  # fmt: skip


def test_one_that_comes_soon_after_its_day_does_not_stand_for_the_next_one() -> None:
    made = promise("monthly", "10")
    january = [at("2025-12-09T10:00"), at("2026-01-12T10:00")]
    february = made.owed(at("2025-12-01T00:00"), january, at("2026-02-11T00:00"))
    assert [one.came_at for one in february][1:3] == [at("2026-01-12T10:00"), None]
    assert february[2].is_late(at("2026-02-11T00:00"))
    # One that comes shortly before the next day stands for both.
    shortly = made.owed(at("2025-12-01T00:00"), [january[0], at("2026-02-06T10:00")], at("2026-02-11T00:00"))
    assert [one.is_on_time for one in shortly] == [True, False, True, False]
    assert not any(one.is_late(at("2026-02-11T00:00")) for one in shortly)


def test_before_the_time_of_the_due_day_nothing_is_late() -> None:
    made = promise("daily", "17:00")
    came = [at("2026-03-13T16:00")]
    for as_of, is_late in (
        ("2026-03-16T16:59", False),
        ("2026-03-16T17:00", False),
        ("2026-03-16T17:01", True),
    ):
        owed = made.owed(at("2026-03-13T00:00"), came, at(as_of))
        assert any(one.is_late(at(as_of)) for one in owed) == is_late
    monday = owed[-2]
    assert made.days_late(monday, at("2026-03-16T18:00")) == 0
    assert made.days_late(monday, at("2026-03-18T09:00")) == 2


def test_what_never_came_is_late_from_its_listing_on_period_after_period() -> None:
    made = promise("monthly")
    owed = made.owed(at("2026-01-05T00:00"), [], at("2026-06-01T00:00"))
    assert [one.due_at.date().isoformat() for one in owed] == [
        "2026-02-24", "2026-03-27", "2026-04-27", "2026-05-28", "2026-06-29"
    ]  # fmt: skip
    assert [one.is_late(at("2026-06-01T00:00")) for one in owed] == [True, True, True, True, False]


def a_promised(frequency: str, **more: object) -> Resource:
    """Return a resource with a promise."""
    label, free = {"zh": "登记"}, {"type": "open_to_all"}
    body = {
        "id": "market.entities", "code": "3/1", "name": label, "summary": label, "class": "department",
        "categories": ("x",),
        "agencies": {"collecting": "market", "reviewing": "market", "providing": "market"},
        "obtained_by": "collected", "form": "structured", "format": "file", "subject": "organisation",
        "grain": label, "key": (), "share": free, "open": free, "source": {"path": "*.csv"},
        "columns": [{"name": "status", "zh": "状态", "type": "text"}],
    }  # fmt: skip
    return Resource.model_validate({**body, "update": {"frequency": frequency}, **more})


def test_what_promises_nothing_owes_nothing() -> None:
    kept = {one for one in get_args(Frequency) if promise_of(a_promised(one)) is not None}
    assert set(get_args(Frequency)) - kept == {"irregular", "never"}


@pytest.mark.requirement("G-03")
def test_what_the_upper_tiers_system_reports_owes_no_report_of_its_own() -> None:
    assert promise_of(a_promised("daily", reported_by="upper")) is None


@pytest.mark.parametrize(
    ("frequency", "words"),
    [("daily", "mon"), ("daily", "25:00"), ("weekly", "10"), ("monthly", "32"), ("monthly", "0"), ("monthly", "2-10"),
     ("monthly", "wd16"), ("quarterly", "4-1"), ("quarterly", "15"), ("yearly", "13-01"), ("real_time", "17:00"),
     ("irregular", "10"), ("monthly", "soon"), ("monthly", ""), ("monthly", "17:00")],
)  # fmt: skip
def test_words_that_say_no_point_of_the_period_are_no_due_point(frequency: str, words: str) -> None:
    assert due_point(frequency, words) is None


@pytest.mark.parametrize(
    ("frequency", "words", "zh", "en"),
    [
        ("daily", "17:00", "每个工作日17:00前", "by each working day 17:00"),
        ("weekly", "fri", "每周五前", "by Fri of each week"),
        ("monthly", "last", "每月末前", "by the end of each month"),
        ("monthly", "wd5 12:00", "每月第5个工作日12:00前", "by working day 5 of each month 12:00"),
        ("quarterly", "3-last", "每季度第3个月末前", "by the end of month 3 of each quarter"),
        ("yearly", "03-31", "每年3月末前", "by the end of month 3 of each year"),
        ("yearly", "03-05", "每年3月5日前", "by day 5 of month 3 of each year"),
    ],
)
def test_a_due_point_is_said_in_words(frequency: str, words: str, zh: str, en: str) -> None:
    point = due_point(frequency, words)
    assert point is not None
    assert (point.label.zh, point.label.en) == (zh, en)
