"""What all catalogue shapes have in common: strictness, labels, legal bases, share and open types.

Not here: any one kind of entry (each has its own module).
"""

import datetime as dt
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Identifier = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=60)]
ResourceId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*$", max_length=120)]
AgencyId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(_{1,2}[a-z0-9]+)*$", max_length=60)]
DivisionCode = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
AccessType = Literal["open_to_all", "conditional", "none"]

STRICTNESS: dict[str, int] = {"open_to_all": 0, "conditional": 1, "none": 2}
"""Order of share and open types; a column may only be stricter than its resource."""


class Strict(BaseModel):
    """Refuse unknown keys and later changes: a catalogue entry is what its file says, nothing more."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Label(Strict):
    """Hold what a person sees, in Chinese and English."""

    zh: str = Field(min_length=1)
    en: str = ""


class Period(Strict):
    """Hold a period of validity; an open end is null."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)
    from_: dt.date = Field(alias="from")
    to: dt.date | None = None

    def overlaps(self, other: "Period") -> bool:
        """Tell whether both periods share a day."""
        ends_before = self.to is not None and self.to < other.from_
        begins_after = other.to is not None and other.to < self.from_
        return not (ends_before or begins_after)

    def contains(self, day: dt.date) -> bool:
        """Tell whether the day lies in the period, both ends included."""
        return self.from_ <= day and (self.to is None or day <= self.to)


class LegalBasis(Strict):
    """Cite the text that a collection, a share type or an open type rests on (依据)."""

    title: str
    doc_no: str | None = None
    article: str | None = None
    rank: Literal[
        "law",
        "administrative_regulation",
        "local_regulation",
        "department_rule",
        "government_rule",
        "national_provision",
        "normative_document",
    ]


class Access(Strict):
    """Say how far a resource or column may be shared or opened, why, and on what basis."""

    type: AccessType
    reason: Label | None = None
    basis: tuple[LegalBasis, ...] = ()
    condition: Label | None = None
    modes: tuple[Literal["service", "table", "file"], ...] = ()
    review_due_on: dt.date | None = None
    by: AgencyId | None = None
