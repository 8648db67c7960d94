"""What a resource promised (更新频率、报送时点) and how it kept it: due instants against deliveries (G-11).

Here: when the next delivery is due, and for each due instant passed whether and when the delivery came. Not here: the
words of a due point (``due_point.py``), reading deliveries (``lake``), findings (``expectations``).

A resource with a due point owes one delivery per period, by that point. One without owes the next delivery so long
after the last: the longest length of the period and a grace, in working days where it is daily. A last day that is
not worked moves to the next working day (Civil Code a203), but not in real time. ``irregular`` and ``never`` promise
nothing; neither does a resource that the upper tier's system reports (Xinjiang a13¶6), nor one on paper.
"""

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from norms.working_days import WorkingCalendar
from resource_catalogue.calendar import load_calendar
from resource_catalogue.due_point import DAY_END, DuePoint, due_point
from resource_catalogue.model import Label
from resource_catalogue.resource import FREQUENCIES, Frequency, Resource

DAYS_ALLOWED: Mapping[str, int] = {
    "real_time": 1,
    "weekly": 7 + 3,
    "monthly": 31 + 10,
    "quarterly": 92 + 15,
    "half_yearly": 184 + 30,
    "yearly": 366 + 60,
}
"""Calendar days from one delivery to the next, by frequency: the longest period and a grace."""
WORKING_DAYS_ALLOWED: Mapping[str, int] = {"daily": 1 + 1}
"""Working days likewise."""
PERIOD_DAYS: Mapping[str, int] = {
    "real_time": 1, "weekly": 7, "monthly": 31, "quarterly": 92, "half_yearly": 184, "yearly": 366,
}  # fmt: skip
"""Days after which one that is late owes the next delivery too; one working day for ``daily``."""
_NEVER_MOVED = "real_time"


@dataclass(frozen=True, slots=True)
class Owed:
    """Hold one delivery that was owed.

    Attributes:
        due_at: Last instant at which it is on time.
        came_at: When it came; null where it has not come yet.
    """

    due_at: dt.datetime
    came_at: dt.datetime | None

    @property
    def is_on_time(self) -> bool:
        """Tell whether it came in time."""
        return self.came_at is not None and self.came_at <= self.due_at

    def is_late(self, as_of: dt.datetime) -> bool:
        """Tell whether it is missing after it was due."""
        return self.came_at is None and as_of > self.due_at


@dataclass(frozen=True, slots=True)
class Promise:
    """Hold what a resource promised.

    Attributes:
        point: When within a period it is due; null where each delivery is due so long after the one before.
    """

    frequency: Frequency
    point: DuePoint | None
    calendar: WorkingCalendar

    @property
    def label(self) -> Label:
        """Say the promise in words."""
        said = FREQUENCIES[self.frequency]
        if self.point is None:
            return said
        return Label(zh=f"{said.zh}（{self.point.label.zh}）", en=f"{said.en} ({self.point.label.en})")

    @property
    def allowed(self) -> Label:
        """Say within what a delivery is expected."""
        if self.point is not None:
            return self.point.label
        if self.frequency in WORKING_DAYS_ALLOWED:
            days = WORKING_DAYS_ALLOWED[self.frequency]
            return Label(zh=f"{days}个工作日内", en=f"within {days} working days")
        days = DAYS_ALLOWED[self.frequency]
        return Label(zh=f"{days}天内", en=f"within {days} days")

    def due_after(self, last: dt.datetime) -> dt.datetime:
        """Return when the next delivery is due, after one at an instant, or after listing."""
        if self.point is not None:
            return next(due for due in self.point.instants(last, self.calendar) if due > last)
        return self._at_end(last, self._allowed_from(last.date()))

    def owed(
        self, since: dt.datetime, deliveries: Iterable[dt.datetime], as_of: dt.datetime
    ) -> tuple[Owed, ...]:
        """List what was owed by an instant, and last what is owed next.

        Args:
            since: When the resource was listed: one that never delivers is late from then on.
            deliveries: Instants of deliveries that came, in any order and zone.
            as_of: The instant; what came after it is not seen.

        Returns:
            In order of due instants; the last one has not come.
        """
        zone = as_of.tzinfo
        came = sorted({one.astimezone(zone) for one in deliveries if one <= as_of})
        begun = since.astimezone(zone)
        return (*(self._by_point(begun, came, as_of) if self.point else self._by_gap(begun, came, as_of)),)

    def days_late(self, owed: Owed, as_of: dt.datetime) -> int:
        """Count the working days that a delivery came, or is, late; 0 on the day it was due."""
        until = (owed.came_at or as_of).date()
        return max(0, self.calendar.working_days_between(owed.due_at.date(), until))

    def _by_gap(self, since: dt.datetime, came: Sequence[dt.datetime], as_of: dt.datetime) -> Iterator[Owed]:
        """Follow from each day with a delivery to the next; days of silence owe again each period."""
        days = [one for n, one in enumerate(came) if n == 0 or one.date() > came[n - 1].date()]
        first = self.due_after(min([since, *days[:1]]))
        begins = days[1:] if days and days[0] <= since else days
        for one in begins:
            due = first
            while due < one:
                yield Owed(due, one)
                due = self._next_missed(due)
            if one <= first:
                yield Owed(first, one)
            first = self.due_after(one)
        yield from self._missed(first, as_of)

    def _missed(self, due: dt.datetime, as_of: dt.datetime) -> Iterator[Owed]:
        while True:
            yield Owed(due, None)
            if due >= as_of:
                return
            due = self._next_missed(due)

    def _by_point(
        self, since: dt.datetime, came: Sequence[dt.datetime], as_of: dt.datetime
    ) -> Iterator[Owed]:
        """Give each due instant its delivery: the first of its window, else the first after it.

        One that came late in the first half of the next window was the last period's; the next still owes its own.
        """
        assert self.point is not None
        begins = None
        for before, due in pairwise(self.point.instants(since, self.calendar)):
            begins = before if begins is None else max(begins, before)
            place = bisect_right(came, begins)
            inside = came[place] if place < len(came) and came[place] <= due else None
            if inside is None and due >= as_of:
                yield Owed(due, None)
                return
            after = bisect_right(came, due)
            late = came[after] if after < len(came) else None
            yield Owed(due, inside or late)
            begins = late if late and not inside and self._closes_only(due, late) else due

    def _closes_only(self, due: dt.datetime, late: dt.datetime) -> bool:
        """Tell whether a late delivery is that of the period past only: it came in the first half of the next."""
        return late - due <= (self.due_after(due) - due) / 2

    def _next_missed(self, due: dt.datetime) -> dt.datetime:
        if self.frequency in WORKING_DAYS_ALLOWED:
            return self._at_end(due, self.calendar.add_working_days(due.date(), 1).due_on)
        return self._at_end(due, self._moved(due.date() + dt.timedelta(days=PERIOD_DAYS[self.frequency])))

    def _allowed_from(self, day: dt.date) -> dt.date:
        if self.frequency in WORKING_DAYS_ALLOWED:
            return self.calendar.add_working_days(day, WORKING_DAYS_ALLOWED[self.frequency]).due_on
        return self._moved(day + dt.timedelta(days=DAYS_ALLOWED[self.frequency]))

    def _moved(self, day: dt.date) -> dt.date:
        return day if self.frequency == _NEVER_MOVED else self.calendar.add_working_days(day, 0).due_on

    @staticmethod
    def _at_end(like: dt.datetime, day: dt.date) -> dt.datetime:
        return dt.datetime.combine(day, DAY_END, like.tzinfo)


def promise_of(resource: Resource, calendar: WorkingCalendar | None = None) -> Promise | None:
    """Return what a resource promised; null where it promised nothing.

    Args:
        calendar: Working calendar; default the shipped one.
    """
    frequency = resource.update.frequency
    if resource.reported_by == "upper" or not resource.is_digital:
        return None
    if frequency not in DAYS_ALLOWED and frequency not in WORKING_DAYS_ALLOWED:
        return None
    return Promise(frequency, due_point(frequency, resource.update.due), calendar or load_calendar())
