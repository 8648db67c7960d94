"""Procedures as a regulation writes them: kinds of case, their steps, and the limit of each step.

Here: the typed shape of workflows, which are data of a profile. Not here: running them, counting days or
closing cases (``casework/``), nor what a platform promises where the text gives no number (deployment
settings).
"""

from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from resource_catalogue.model import Strict
from resource_catalogue.profile_words import Act, Actor, CaseKind, Condition, Outcome, StartEvent

Article = Annotated[
    str, StringConstraints(pattern=r"^a\d{1,2}(¶\d{1,2})?(\([一二三四五六七八九十]{1,3}\))?$")
]
"""Place in the regulation: article, paragraph ¶, item, such as ``a20¶3(二)``."""

ClockId = Annotated[str, StringConstraints(pattern=r"^D\d{2,3}$")]
Strength = Literal["must", "in_principle", "encouraged"]
"""How binding the words are: 应当/不得, 原则上, 鼓励."""

Rank = Literal[
    "law",
    "administrative_regulation",
    "local_regulation",
    "department_rule",
    "government_rule",
    "national_provision",
    "normative_document",
]
"""Ranks of cited texts: 法律, 行政法规, 地方性法规, 部门规章, 地方政府规章, 国家有关规定, 行政规范性文件."""


def _several(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


Actors = Annotated[tuple[Actor, ...], BeforeValidator(_several), Field(min_length=1)]


class CalendarDue(Strict):
    """Fix a recurring date: the last day of a month, each year or month, not shifted to a working day."""

    each: Literal["year", "month"]
    month: int | None = Field(default=None, ge=1, le=12)
    day: Literal["last"] = "last"

    @model_validator(mode="after")
    def _month_fits(self) -> "CalendarDue":
        if (self.month is not None) != (self.each == "year"):
            raise ValueError(
                "each: year 须有 month，each: month 不得有 / a month for each: year, none for each: month"
            )
        return self


class Limit(Strict):
    """Say by when a step is due.

    ``prescribed`` (规定时限) is a number or calendar date of the text. ``target`` is a word without a number
    (及时, 立即, 定期, 限期): a deployment may promise days for it, shown as the platform's target. ``none``:
    the text says nothing about time.

    Attributes:
        n: Number of units; null without a number.
        unit: What ``n`` counts; ``calendar`` goes with ``calendar`` instead of ``n``.
        bound: ``within`` the limit, or ``at_least`` as long (retention).
        word: The text's own words of time, where it has no number or more than a number.
    """

    n: int | None = Field(default=None, gt=0)
    unit: Literal["working_day", "month", "year", "calendar"] | None = None
    kind: Literal["prescribed", "target", "none"]
    bound: Literal["within", "at_least"] = "within"
    word: str | None = None
    calendar: CalendarDue | None = None

    @model_validator(mode="after")
    def _kind_fits(self) -> "Limit":
        if (self.calendar is not None) != (self.unit == "calendar"):
            raise ValueError(
                "unit: calendar 与日历日期须同时有或同时无 / unit calendar together with a calendar date, or neither"
            )
        counted = self.n is not None and self.unit is not None and self.calendar is None
        silent = self.n is None and self.unit is None
        if self.kind == "prescribed" and not (counted or (self.calendar is not None and self.n is None)):
            raise ValueError(
                "规定时限须有 n 和 unit，或日历日期 / a prescribed limit with n and unit, or with a calendar date"
            )
        if self.kind == "target" and not (silent and self.word):
            raise ValueError(
                "平台目标须引原文用词，不写数字 / a target with the text's word and without a number"
            )
        if self.kind == "none" and not (silent and self.word is None):
            raise ValueError("kind: none 不写数字和用词 / kind none without number and word")
        return self


class Extension(Strict):
    """Say by how much a limit may be extended, and who grants it."""

    n: int = Field(gt=0)
    unit: Literal["working_day", "month"]
    by: Actor
    art: Article


class Refusal(Strict):
    """Say what a refusal must carry, and what ranks of text it may rest on (empty: the text names none)."""

    needs: tuple[Literal["reason", "basis"], ...] = Field(min_length=1)
    ranks: tuple[Rank, ...] = ()

    @model_validator(mode="after")
    def _ranks_need_a_basis(self) -> "Refusal":
        if self.ranks and "basis" not in self.needs:
            raise ValueError("只在须有依据处限定位阶 / ranks only where a basis is needed")
        return self


class Step(Strict):
    """Describe one step of a procedure: who must do what, from when, by when.

    Attributes:
        id: Clock number (D01 to D23) where the text gives a number.
        by: Who acts; several names act jointly, unless ``any_one``: then the one that was addressed.
        starts: Event from which the limit runs.
        start_written: False where the text does not write the start and receipt by the platform is read into
            it.
        at_once_if_possible: The text asks for an immediate answer where one can be given; the limit bounds
            the rest.
        when: Case in which the step applies; null always.
        unless: The text's own reservation for other rules.
        extend: Extension that the text allows.
        outcomes: Results between which the actor decides.
    """

    id: ClockId | None = None
    act: Act
    by: Actors
    any_one: bool = False
    starts: StartEvent
    start_written: bool = True
    limit: Limit
    at_once_if_possible: bool = False
    when: Condition | None = None
    unless: str | None = None
    extend: Extension | None = None
    strength: Strength = "must"
    refusal: Refusal | None = None
    outcomes: tuple[Outcome, ...] = ()
    art: Article

    @model_validator(mode="after")
    def _numbered_when_prescribed(self) -> "Step":
        if (self.id is not None) != (self.limit.kind == "prescribed"):
            raise ValueError(
                "有规定时限才有且须有时钟编号 / a clock number exactly where the limit is prescribed"
            )
        return self


class Procedure(Strict):
    """Describe one kind of case: who raises it and its steps in order.

    Attributes:
        raised_by: Who may raise it, in order: the first that exists in the deployment does; empty for anyone
            concerned.
        also: Further kinds of case that take the same steps.
    """

    raised_by: Annotated[tuple[Actor, ...], BeforeValidator(_several)] = ()
    also: tuple[CaseKind, ...] = ()
    steps: tuple[Step, ...] = Field(min_length=1)
