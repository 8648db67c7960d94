"""The register of joint collection (协同采集登记): one item that several agencies collect together, by agreed duties.

One file per agreement below ``catalogue/joint_collections/``. The parties agree on the split of duties by their
functions and register it (Xinjiang a13¶2; Yinchuan a13¶1). It names no second source: which resource decides an
attribute stays with the source register (``source_register.py``).
"""

import datetime as dt
from typing import Literal

from pydantic import Field

from resource_catalogue.model import AgencyId, Identifier, Label, Period, ResourceId, Strict

Standing = Literal["not_yet", "in_force", "ended"]
STANDINGS: dict[Standing, Label] = {
    "not_yet": Label(zh="尚未生效", en="not yet in force"),
    "in_force": Label(zh="有效", en="in force"),
    "ended": Label(zh="已到期", en="ended"),
}
"""How an agreement stands on a day."""


class JointMember(Strict):
    """Say what one agency does of a joint collection.

    Attributes:
        duty: Its part of the work by the agreement (职责分工).
        scope: What of the item it collects: which subjects, divisions or columns; null means all of its part.
    """

    agency: AgencyId
    duty: Label
    scope: Label | None = None


class Agreed(Strict):
    """Record the agreement: its document number and day."""

    doc_no: str = Field(min_length=1)
    on: dt.date


class JointCollection(Strict):
    """Register one item that several agencies collect together.

    Attributes:
        item: What is collected.
        resources: Entries whose data are collected so; a member collects each of them.
        lead: The agency that answers for the whole; one of the members.
    """

    id: Identifier
    item: Label
    resources: tuple[ResourceId, ...] = Field(min_length=1)
    lead: AgencyId
    members: tuple[JointMember, ...] = Field(min_length=2)
    agreed: Agreed
    valid: Period
    note: Label | None = None

    @property
    def agencies(self) -> tuple[str, ...]:
        """Return the agencies that collect together, in the order of the agreement."""
        return tuple(member.agency for member in self.members)

    def standing(self, on: dt.date) -> Standing:
        """Return how the agreement stands on a day."""
        if self.valid.contains(on):
            return "in_force"
        return "not_yet" if on < self.valid.from_ else "ended"
