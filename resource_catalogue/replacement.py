"""Replacement of a resource by another (Xinjiang a24): who takes whose place, from when, and how far it is.

Here: what a release says of it, given which resources have data that count; whose deliveries are refused; the source
register with successors in the places of retired resources. Not here: publishing the retirement
(``lake/retirement.py``), who used the old one (``reporting/replaced.py``).

The new one must be usable before the old one goes: an entry with ``replaced_by`` and ``retires_on`` stays in force past
its day until its successor has a delivery that counts and that no rule blocks. The release then published has it
``retired``: nothing is taken in, owed, built or shared of it any more.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal

from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.source_register import RegisterEntry, SourceRegister

Progress = Literal["announced", "undated", "waiting", "due", "retired"]
PROGRESS: dict[Progress, Label] = {
    "announced": Label(zh="已公告，到期停用", en="announced; retires on its day"),
    "undated": Label(zh="已公告，未定停用日期", en="announced; no day named"),
    "waiting": Label(
        zh="已到停用日期，替代资源尚无可用数据，暂不停用",
        en="past its day, but stays in force: its successor has no usable data yet",
    ),
    "due": Label(zh="已到停用日期，下次运行结束时停用", en="past its day; retires when the next run ends"),
    "retired": Label(zh="已停用，由替代资源接续", en="retired; its successor has taken its place"),
}
"""How far a replacement is."""


@dataclass(frozen=True, slots=True)
class Replacement:
    """Say which resource takes whose place.

    Attributes:
        successor: The resource named; ``standing_in`` the one that stands in now, where that was replaced too.
        days_waiting: Days past ``retires_on`` that it has to wait for its successor; 0 where it does not.
    """

    resource: Resource
    successor: str
    standing_in: str
    retires_on: dt.date | None
    progress: Progress
    days_waiting: int = 0

    @property
    def label(self) -> Label:
        """Say it to a user of the old resource."""
        said, day = PROGRESS[self.progress], self.retires_on
        on_zh, on_en = (f"（{day}）", f" ({day})") if day else ("", "")
        late_zh = f"，已延迟{self.days_waiting}天" if self.days_waiting else ""
        late_en = f", {self.days_waiting} days so far" if self.days_waiting else ""
        return Label(
            zh=f"由 {self.standing_in} 替代{on_zh}：{said.zh}{late_zh}",
            en=f"replaced by {self.standing_in}{on_en}: {said.en}{late_en}",
        )


def replacements(release: Release, usable: Collection[str], on: dt.date) -> list[Replacement]:
    """List the replacements that a release declares, in order of the old resource.

    Args:
        usable: Resources with a delivery that counts and that no rule blocks.
        on: Day for which it is told.
    """
    return [
        _replacement(release, resource, usable, on)
        for resource in release.catalogue.resources.values()
        if resource.replaced_by is not None and release.states.get(resource.id) in ("listed", "retired")
    ]


def replacement_of(release: Release, resource_id: str, by_name: bool = False) -> Label | None:
    """Tell users of a resource what becomes of it; null where it is not replaced.

    Args:
        by_name: Whether the successor is named as the public knows it, not by its id.
    """
    resource = release.catalogue.resources.get(resource_id)
    if resource is None or resource.replaced_by is None:
        return None
    successor, day = standing_in(release, resource.replaced_by), resource.retires_on
    known = release.catalogue.resources.get(successor)
    zh = f"“{known.name.zh}”" if by_name and known else f" {successor} "
    en = (known.name.en or known.name.zh) if by_name and known else successor
    if release.states.get(resource_id) == "retired":
        return Label(zh=f"已停用，由{zh}替代".strip(), en=f"retired; replaced by {en}")
    if day is None:
        return Label(zh=f"将由{zh}替代", en=f"to be replaced by {en}")
    return Label(
        zh=f"将由{zh}替代，{day} 起、待其可用后停用",
        en=f"to be replaced by {en}: retires on {day}, or as soon after as that can be used",
    )


def standing_in(release: Release, resource_id: str) -> str:
    """Return the resource that stands in for one: itself, or the last of its successors if it is retired."""
    seen = {resource_id}
    while release.states.get(resource_id) == "retired":
        resource = release.catalogue.resources.get(resource_id)
        if resource is None or resource.replaced_by is None or resource.replaced_by in seen:
            return resource_id
        resource_id = resource.replaced_by
        seen.add(resource_id)
    return resource_id


def registers_in_force(release: Release) -> list[SourceRegister]:
    """Return the source registers with successors in the places of retired resources."""
    return [_standing(release, register) for register in release.catalogue.registers.values()]


def refusal(release: Release, resource: Resource) -> str:
    """Say why a new delivery of a resource is not taken: what was found, expected, what to do; empty where it is."""
    if release.states.get(resource.id) == "retired":
        successor = standing_in(release, resource.id)
        if successor != resource.id:
            return (
                f"the resource is retired and {successor} has taken its place; a delivery of {successor}; "
                f"send it as {successor}"
            )
    if is_second_report(resource):
        return (
            "the upper tier's system has reported it already; no second report (reported_by: upper); "
            "send nothing, or correct reported_by or source.submitted_by in the entry"
        )
    return ""


def is_second_report(resource: Resource) -> bool:
    """Tell whether a delivery would be a second report beside the upper tier's (Xinjiang a13¶6).

    What another body than the providing agency submits is no second report: it is how the upper tier's data come down.
    """
    sender = resource.source.submitted_by
    return resource.reported_by == "upper" and sender in (None, resource.agency)


def _replacement(release: Release, resource: Resource, usable: Collection[str], on: dt.date) -> Replacement:
    assert resource.replaced_by is not None
    successor, day = resource.replaced_by, resource.retires_on
    stands = standing_in(release, successor)
    said = (resource, successor, stands, day)
    if release.states.get(resource.id) == "retired":
        return Replacement(*said, "retired")
    if day is None:
        return Replacement(*said, "undated")
    if on < day:
        return Replacement(*said, "announced")
    if stands in usable and release.states.get(stands) == "listed":
        return Replacement(*said, "due")
    return Replacement(*said, "waiting", (on - day).days)


def _standing(release: Release, register: SourceRegister) -> SourceRegister:
    entries = tuple(_entry(release, entry) for entry in register.entries)
    return register if entries == register.entries else register.model_copy(update={"entries": entries})


def _entry(release: Release, entry: RegisterEntry) -> RegisterEntry:
    source = standing_in(release, entry.source)
    compare = _others(source, (standing_in(release, one) for one in entry.compare))
    if (source, compare) == (entry.source, entry.compare):
        return entry
    return entry.model_copy(update={"source": source, "compare": compare})


def _others(source: str, compared: Iterable[str]) -> tuple[str, ...]:
    return tuple(one for one in dict.fromkeys(compared) if one != source)
