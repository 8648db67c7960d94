"""Limits: which number of days a step has, on what basis, and the day it ends.

Here: reading the profile's step into the terms of a clock, and counting. Not here: what a regulation says
(profile), which days are worked (calendar). Only a number of the text is ``prescribed`` (规定时限); days
promised by the deployment for a word such as 限期 are a ``target``, never prescribed; without either there is
no date.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

from casework.models import Case, Clock
from norms.working_days import WorkingCalendar
from resource_catalogue.calendar import load_calendar
from resource_catalogue.errors import CaseError
from resource_catalogue.procedure import Step
from resource_catalogue.profile import Profile
from resource_catalogue.settings import TargetSettings

Basis = Literal["prescribed", "target", "none"]
WORKING_DAY = "working_day"
PROMPTLY = "及时"
"""Word of the texts for which a deployment may promise days; 立即 is at once and has none."""


@dataclass(frozen=True)
class Limits:
    """Hold what clocks are counted with.

    Attributes:
        calendar: Working days.
        targets: The deployment's promises for words without a number.
    """

    calendar: WorkingCalendar = field(default_factory=load_calendar)
    targets: TargetSettings = field(default_factory=TargetSettings)


@dataclass(frozen=True, slots=True)
class Terms:
    """Hold the terms of a clock, which stay until the case is finished whatever later profiles say.

    Attributes:
        step: Act that is due.
        clock_number: The regulation's clock such as ``D02``; null without a prescribed limit.
        n: Working days; null without a date.
        citation: Title, article and ``id@version`` that the duty rests on.
    """

    step: str
    clock_number: str | None
    starts: str
    n: int | None
    basis: Basis
    article: str
    citation: str

    @classmethod
    def of_clock(cls, clock: Clock) -> "Terms":
        """Return the terms that an earlier clock of the case ran under."""
        basis: Basis = (
            "prescribed" if clock.kind == "prescribed" else "target" if clock.kind == "target" else "none"
        )
        return cls(
            clock.step, clock.clock_number, clock.starts, clock.limit_n, basis, clock.article, clock.citation
        )


def rectification_terms(profile: Profile, targets: TargetSettings) -> Terms:
    """Return the terms under which a rectification task is issued.

    Raises:
        CaseError: The profile's limit is not in working days, which this room cannot count.
    """
    procedure = profile.cases["rectification"]
    step = next((step for step in procedure.steps if "source_agency" in step.by), procedure.steps[0])
    return step_terms(profile, "rectification", step, targets)


def step_terms(profile: Profile, kind: str, step: Step, targets: TargetSettings) -> Terms:
    """Return the terms of a step of a kind of case.

    Raises:
        CaseError: The profile's limit is not in working days, which this room cannot count.
    """
    if step.limit.kind != "prescribed":
        n = _promised(kind, step, targets)
        return _terms(profile, step, n, "none" if n is None else "target")
    if step.limit.unit != WORKING_DAY:
        raise CaseError(
            profile.reference,
            f"时限单位为 / a limit in {step.limit.unit}",
            WORKING_DAY,
            "改用工作日 / count working days",
        )
    return _terms(profile, step, step.limit.n, "prescribed")


def start_clock(
    terms: Terms, case_id: str, round_: int, received_at: dt.datetime, day: dt.date, limits: Limits
) -> Clock:
    """Start a clock at receipt: arrival in the agency's inbox. Its civil day is not counted."""
    clock = Clock(
        case_id=case_id,
        round=round_,
        step=terms.step,
        clock_number=terms.clock_number,
        starts=terms.starts,
        started_at=received_at,
        limit_n=terms.n,
        unit=WORKING_DAY if terms.n is not None else "none",
        kind=terms.basis,
        article=terms.article,
        citation=terms.citation,
    )
    set_due(clock, day, limits)
    return clock


def clock_of(case: Case) -> Clock:
    """Return the clock of a case that was issued under one.

    Raises:
        CaseError: It has none: the state was changed from outside.
    """
    if case.clock is None:
        raise CaseError(
            case.id,
            "任务没有时钟 / a task without a clock",
            "每轮一个时钟 / one clock per round",
            "校验台账 / verify the ledger",
        )
    return case.clock


def set_due(clock: Clock, day: dt.date, limits: Limits) -> bool:
    """Count the last day of a clock that started on a day; tell whether that changed it."""
    before = (clock.due_on, clock.is_provisional, clock.calendar)
    clock.calendar = limits.calendar.version
    if clock.limit_n is None:
        clock.due_on, clock.is_provisional = None, False
    else:
        due = limits.calendar.add_working_days(day, clock.limit_n)
        clock.due_on, clock.is_provisional = due.due_on, due.is_provisional
    return before != (clock.due_on, clock.is_provisional, clock.calendar)


def _promised(kind: str, step: Step, targets: TargetSettings) -> int | None:
    """Return the working days that the deployment promises where the text has no number; null for none."""
    if kind == "rectification":
        return targets.rectification_working_days
    return targets.promptly_working_days if step.limit.word == PROMPTLY else None


def _terms(profile: Profile, step: Step, n: int | None, basis: Basis) -> Terms:
    return Terms(step.act, step.id, step.starts, n, basis, step.art, profile.citation(step))
