"""Follow what exists on paper only until it is digitised (非数字化数据; Yancheng a12, Xinjiang a2).

Here: one line per entry of the form ``non_digital``, out of the release. Not here: refusing what is delivered for it
(``ingestion/undigitised.py``), asking for a plan (a check of the catalogue). An entry that gets another form is no
longer here, and has its deliveries and promises like any other.
"""

import datetime as dt
from dataclasses import dataclass

from norms.working_days import WorkingCalendar
from resource_catalogue.calendar import load_calendar
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.resource import DIGITISATION_STATES, Resource, Volume

_NO_PLAN = Label(zh="未登记计划", en="no plan")
_COUNTED = (("pages", "页", "pages"), ("files", "件", "files"), ("metres", "延米", "m of shelf"))


@dataclass(frozen=True, slots=True)
class PaperLine:
    """Say how far the digitisation of one entry has come. One per entry on paper that is not retired.

    Attributes:
        by: Agency that digitises; empty without a plan, as are ``due_on`` and ``volume``.
        working_days: Working days that are left until the planned day, or have passed since, never below 0; null
            without a plan.
        is_late: Whether the planned day has passed.
        is_provisional: Whether the days run over holidays that are not announced yet.
    """

    resource_id: str
    name: Label
    agency_id: str
    by: str
    state: Label
    due_on: dt.date | None
    working_days: int | None
    is_late: bool
    is_provisional: bool
    volume: Label

    @property
    def standing(self) -> Label:
        """Return what is left of the time, or how late it is, in words."""
        if self.working_days is None:
            return Label(zh="—", en="—")
        if self.is_late:
            return Label(zh=f"逾期 {self.working_days} 个工作日", en=f"{self.working_days} working days late")
        return Label(zh=f"剩余 {self.working_days} 个工作日", en=f"{self.working_days} working days left")


def paper_lines(release: Release, day: dt.date, calendar: WorkingCalendar | None = None) -> list[PaperLine]:
    """List the entries on paper: those that are due first, those without a plan last.

    Args:
        calendar: Working calendar; default the shipped one.
    """
    counted = calendar or load_calendar()
    lines = [
        _line(resource, day, counted)
        for resource in release.catalogue.resources.values()
        if not resource.is_digital and release.states.get(resource.id) != "retired"
    ]
    return sorted(lines, key=lambda line: (line.due_on or dt.date.max, line.resource_id))


def _line(resource: Resource, day: dt.date, calendar: WorkingCalendar) -> PaperLine:
    plan = resource.digitisation
    said = (resource.id, resource.name, resource.agency)
    if plan is None:
        nothing = Label(zh="—", en="—")
        return PaperLine(*said, "", _NO_PLAN, None, None, is_late=False, is_provisional=False, volume=nothing)
    return PaperLine(
        *said,
        plan.by,
        DIGITISATION_STATES[plan.state],
        plan.due_on,
        abs(calendar.working_days_between(day, plan.due_on)),
        is_late=plan.due_on < day,
        is_provisional=not calendar.is_announced(max(plan.due_on, day)),
        volume=_volume(plan.volume),
    )


def _volume(volume: Volume) -> Label:
    parts = [(getattr(volume, name), zh, en) for name, zh, en in _COUNTED]
    counted = [(f"{number:,}", zh, en) for number, zh, en in parts if number is not None]
    return Label(
        zh="、".join(f"{number} {zh}" for number, zh, _ in counted) or "—",
        en=", ".join(f"{number} {en}" for number, _, en in counted) or "—",
    )
