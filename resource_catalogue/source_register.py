"""The source register (数源清单, 一数一源): exactly one source per attribute and scope.

One file per base below ``catalogue/source_register/``. No order and no fallback by recency: other agencies' values
are comparisons, never second sources (Yancheng a11¶2, Xinjiang a2(九)).
"""

import datetime as dt
from typing import Literal

from pydantic import Field

from resource_catalogue.model import Label, Period, ResourceId, Strict


class Decided(Strict):
    """Record who decided an entry of the register, by which document, when."""

    by: str
    doc_no: str
    on: dt.date


class RegisterEntry(Strict):
    """Say which one resource decides the attributes within a scope, and which are compared with it."""

    attribute: tuple[str, ...] = Field(min_length=1)
    scope: dict[str, str | bool | int] = Field(default_factory=dict)
    source: ResourceId
    statute: str | None = None
    compare: tuple[ResourceId, ...] = ()
    if_absent: Literal["leave_empty", "provisional"] = "leave_empty"
    valid: Period
    decided: Decided
    note: Label | None = None

    def overlaps(self, other: "RegisterEntry") -> bool:
        """Tell whether both entries could decide the same attribute of the same subject on the same day."""
        shared = set(self.scope) & set(other.scope)
        disjoint = any(self.scope[field] != other.scope[field] for field in shared)
        return (
            bool(set(self.attribute) & set(other.attribute))
            and not disjoint
            and self.valid.overlaps(other.valid)
        )


class SourceRegister(Strict):
    """Hold the register of one base database; ``base`` is a key of the profile's base databases."""

    base: str
    entity: str
    entries: tuple[RegisterEntry, ...]
