"""Count working days (工作日) by an announced calendar.

Belongs here: counting. Does not belong here: the calendar's file, and which clock has how many days.

The State Council announces each year's holidays and make-up working days near the end of the year
before. Days past the announced ones are taken as Monday to Friday, and what is counted over them is
provisional: it is counted again when the notice is loaded. The day of receipt is not counted (Civil
Code a201).

>>> calendar = WorkingCalendar("demo", date(2026, 12, 31), {date(2026, 2, 14): True})
>>> calendar.is_working(date(2026, 2, 14)), calendar.is_working(date(2026, 2, 15))
(True, False)
>>> calendar.add_working_days(date(2026, 2, 13), 1)
DueDate(due_on=datetime.date(2026, 2, 14), is_provisional=False)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class DueDate:
    """Say when something is due.

    Attributes:
        due_on: The last day of the limit.
        is_provisional: Whether the limit runs over days whose holidays are not announced yet.
    """

    due_on: date
    is_provisional: bool


@dataclass(frozen=True)
class WorkingCalendar:
    """Hold one version of the working calendar.

    Attributes:
        version: Name of the version, cited by every limit counted with it.
        announced_through: The last day whose holidays are announced.
        days: The days that differ from Monday to Friday, and whether they are worked.
    """

    version: str
    announced_through: date
    days: Mapping[date, bool]

    def is_working(self, day: date) -> bool:
        """Tell whether a day is worked; past the announced days, Monday to Friday.

        Returns:
            True for a working day.
        """
        return self.days.get(day, day.weekday() < 5)

    def is_announced(self, day: date) -> bool:
        """Tell whether the holidays of a day are announced.

        Returns:
            False for days past the announced ones.
        """
        return day <= self.announced_through

    def add_working_days(self, start: date, count: int) -> DueDate:
        """Count a limit in working days.

        Args:
            start: The day of receipt, which is not counted.
            count: Working days; 0 is the same day, or the next working day if it is none.

        Returns:
            The last day of the limit.

        Raises:
            ValueError: If the count is negative.
        """
        if count < 0:
            raise ValueError(f"a limit cannot have {count} working days; expected 0 or more")
        day = start
        while count > 0:
            day += _DAY
            count -= self.is_working(day)
        while not self.is_working(day):
            day += _DAY
        return DueDate(day, not self.is_announced(day))

    def working_days_between(self, start: date, end: date) -> int:
        """Count the working days after one day up to and with another.

        Args:
            start: The day that is not counted.
            end: The last day counted.

        Returns:
            The count, negative if the end lies before the start.
        """
        if end < start:
            return -self.working_days_between(end, start)
        return sum(self.is_working(start + _DAY * step) for step in range(1, (end - start).days + 1))
