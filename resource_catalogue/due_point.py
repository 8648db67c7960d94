"""When within a period a delivery is due (报送时点): the words of ``update.due`` and the instants they stand for.

Here: reading the words, and the due instant of each period on the working calendar. Not here: how much later than the
delivery before a resource may be that declares no such point, nor who kept to it (``promise.py``).

=============  =======================================================================================
frequency      words
=============  =======================================================================================
daily          ``17:00``: every working day
weekly         ``fri``, ``fri 17:00``
monthly        ``10``, ``last``, ``wd5`` (fifth working day), each with a time or without
quarterly      ``1-15`` (15th of its first month), ``3-last``, ``wd10``, likewise; half-yearly the same
yearly         ``03-31``, ``12-last``, ``wd20``, likewise
=============  =======================================================================================
"""

import calendar as months
import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass

from norms.working_days import WorkingCalendar
from resource_catalogue.model import Label

DAY_END = dt.time(23, 59, 59, 999999)
"""A point that names no time lasts to the end of its day."""
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MONTHS = {"monthly": 1, "quarterly": 3, "half_yearly": 6, "yearly": 12}
"""Months of a period, by frequency."""
WORDS = {
    "daily": "17:00",
    "weekly": "fri | fri 17:00",
    "monthly": "10 | last | wd5 | 10 17:00",
    "quarterly": "1-15 | 3-last | wd10 | 1-15 17:00",
    "half_yearly": "1-15 | 6-last | wd10 | 1-15 17:00",
    "yearly": "03-31 | 12-last | wd20 | 03-31 17:00",
}
"""What ``update.due`` may say, by frequency; the others can have no due point."""
_TIME = re.compile(r"(?:(?P<day>\S+)\s+)?(?P<time>([01]\d|2[0-3]):[0-5]\d)|(?P<only>\S+)")
_IN_MONTHS = re.compile(r"(?:(?P<month>\d{1,2})-)?(?P<day>\d{1,2}|last)|wd(?P<nth>\d{1,2})")
_WEEKDAYS_ZH = "一二三四五六日"
_PERIODS_ZH = {"monthly": "每月", "quarterly": "每季度", "half_yearly": "每半年", "yearly": "每年"}
_PERIODS_EN = {"monthly": "month", "quarterly": "quarter", "half_yearly": "half-year", "yearly": "year"}
_LAST = 31
_WEEK = dt.timedelta(days=7)
_DAY = dt.timedelta(days=1)
_LONGEST_REST = dt.timedelta(days=31)
"""No run of days of rest is longer."""
_FEWEST_WORKING_DAYS = 15
"""No month has fewer, whatever its holidays."""


@dataclass(frozen=True, slots=True)
class DuePoint:
    """Hold when within each period a delivery is due.

    Attributes:
        weekday: 0 is Monday; null unless the period is a week.
        month: Month of the period, the first being 1.
        day: Day of that month; 31 is its last, whatever its length. 0 where ``working_day`` says it.
        working_day: Which working day of the period; 0 where a day says it.
        time: Time of day until which it is on time.
    """

    frequency: str
    weekday: int | None = None
    month: int = 1
    day: int = 0
    working_day: int = 0
    time: dt.time = DAY_END

    @property
    def label(self) -> Label:
        """Say the point in words.

        >>> due_point("monthly", "10 17:00").label.zh
        '每月10日17:00前'
        """
        at = "" if self.time == DAY_END else self.time.strftime("%H:%M")
        zh, en = self._day_words()
        by = f" {at}" if at else ""
        return Label(zh=f"{zh}{at or ''}前", en=f"by {en}{by}")

    def due_on(self, day: dt.date, calendar: WorkingCalendar) -> dt.date | None:
        """Return the due day of the period that a day lies in; null where a daily period is a day of rest.

        A day that is not worked moves to the next that is (Civil Code a203).
        """
        if self.frequency == "daily":
            return day if calendar.is_working(day) else None
        if self.weekday is not None:
            due = day + _DAY * (self.weekday - day.weekday())
            return calendar.add_working_days(due, 0).due_on
        start = self.period_start(day)
        if self.working_day:
            return calendar.add_working_days(start - _DAY, self.working_day).due_on
        due = _in_month(start, self.month - 1, self.day)
        return calendar.add_working_days(due, 0).due_on

    def period_start(self, day: dt.date) -> dt.date:
        """Return the first day of the period that a day lies in."""
        if self.frequency == "daily":
            return day
        if self.weekday is not None:
            return day - _DAY * day.weekday()
        length = MONTHS[self.frequency]
        return day.replace(month=(day.month - 1) // length * length + 1, day=1)

    def next_period(self, start: dt.date) -> dt.date:
        """Return the first day of the period after one that starts on a day."""
        if self.frequency == "daily":
            return start + _DAY
        if self.weekday is not None:
            return start + _WEEK
        return _in_month(start, MONTHS[self.frequency], 1)

    def instants(self, since: dt.datetime, calendar: WorkingCalendar) -> Iterator[dt.datetime]:
        """Yield the due instants from the last one before an instant on, each later than the one before.

        Long holidays may move two points to one day: it is due once.
        """
        # A whole period and the longest rest back: the last point before ``since`` may have moved from there.
        start = self.period_start(since.date() - _LONGEST_REST)
        start = self.period_start(start - _DAY)
        before: dt.datetime | None = None
        for due in self._from(start, since, calendar):
            if due > since and before is not None:
                yield before
                before = None
            if due > since:
                yield due
            else:
                before = due

    def _from(self, start: dt.date, since: dt.datetime, calendar: WorkingCalendar) -> Iterator[dt.datetime]:
        last: dt.date | None = None
        while True:
            day = self.due_on(start, calendar)
            if day is not None and day != last:
                last = day
                yield dt.datetime.combine(day, self.time, since.tzinfo)
            start = self.next_period(start)

    def _day_words(self) -> tuple[str, str]:
        if self.frequency == "daily":
            return "每个工作日", "the end of each working day" if self.time == DAY_END else "each working day"
        if self.weekday is not None:
            return f"每周{_WEEKDAYS_ZH[self.weekday]}", f"{WEEKDAYS[self.weekday].capitalize()} of each week"
        zh, en = _PERIODS_ZH[self.frequency], _PERIODS_EN[self.frequency]
        if self.working_day:
            return f"{zh}第{self.working_day}个工作日", f"working day {self.working_day} of each {en}"
        is_last = self.day == _LAST
        if self.frequency == "monthly":
            return (f"{zh}末", f"the end of each {en}") if is_last else (
                f"{zh}{self.day}日", f"day {self.day} of each {en}"
            )  # fmt: skip
        day_zh, day_en = ("月末", "the end") if is_last else (f"月{self.day}日", f"day {self.day}")
        nth = "" if self.frequency == "yearly" else "第"
        unit = "" if self.frequency == "yearly" else "个"
        return f"{zh}{nth}{self.month}{unit}{day_zh}", f"{day_en} of month {self.month} of each {en}"


def due_point(frequency: str, words: str | None) -> DuePoint | None:
    """Read the words of ``update.due``; null where there are none, or they fit the frequency in no way.

    >>> due_point("weekly", "fri 17:00").time
    datetime.time(17, 0)
    >>> due_point("weekly", "10") is None
    True
    """
    match = _TIME.fullmatch(" ".join((words or "").lower().split()))
    if match is None or frequency not in WORDS:
        return None
    time = dt.time.fromisoformat(match["time"]) if match["time"] else DAY_END
    day = match["only"] or match["day"]
    if frequency == "daily":
        return DuePoint(frequency, time=time) if day is None else None
    if day is None:
        return None
    if frequency == "weekly":
        return DuePoint(frequency, WEEKDAYS.index(day), time=time) if day in WEEKDAYS else None
    return _in_months(frequency, day, time)


def _in_months(frequency: str, words: str, time: dt.time) -> DuePoint | None:
    match = _IN_MONTHS.fullmatch(words)
    if match is None:
        return None
    length = MONTHS[frequency]
    if match["nth"]:
        nth = int(match["nth"])
        fits = 1 <= nth <= _FEWEST_WORKING_DAYS * length
        return DuePoint(frequency, working_day=nth, time=time) if fits else None
    if (match["month"] is None) != (length == 1):
        return None
    month = int(match["month"] or 1)
    day = _LAST if match["day"] == "last" else int(match["day"])
    fits = 1 <= month <= length and 1 <= day <= _LAST
    return DuePoint(frequency, month=month, day=day, time=time) if fits else None


def _in_month(start: dt.date, later: int, day: int) -> dt.date:
    """Return a day of the month so many months after that of a day, its last where it is shorter."""
    count = start.year * 12 + start.month - 1 + later
    year, month = divmod(count, 12)
    return dt.date(year, month + 1, min(day, months.monthrange(year, month + 1)[1]))
