"""Which entry of the source register decides an attribute of a subject, and what it makes of each resource.

Here: finding the entry by attribute, scope and day, and its legal citation. Not here: choosing values (dbt
models). Implements 一数一源 as the register states it (Yancheng a11¶2, Xinjiang a2(九)).
"""

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import Literal

from lake.claims import ANY_SCOPE, scope_values
from resource_catalogue.entities import Entity
from resource_catalogue.model import Label
from resource_catalogue.profile import Profile, load_profile, shipped_profile_ids
from resource_catalogue.release import Release
from resource_catalogue.replacement import registers_in_force
from resource_catalogue.source_register import RegisterEntry

Role = Literal["source", "provisional", "comparison", "unregistered"]
ROLE_LABELS: dict[Role, Label] = {
    "source": Label(zh="数源", en="registered source"),
    "provisional": Label(zh="暂代（数源缺失时）", en="provisional, where the source is silent"),
    "comparison": Label(zh="比对", en="comparison"),
    "unregistered": Label(zh="未列入数源清单", en="not in the source register"),
}


@dataclass(frozen=True, slots=True)
class Decision:
    """Say which entry of the register decides an attribute.

    Attributes:
        scope: Subjects it holds for; empty for all.
        statute: Key of the statutory source it follows; ``citation`` the text behind it.
        if_absent: ``leave_empty`` or ``provisional``.
        doc_no: Document by which ``decided_by`` decided on ``decided_on``.
    """

    source: str
    compare: tuple[str, ...]
    scope: dict[str, str]
    if_absent: str
    statute: str | None
    citation: str | None
    decided_by: str
    doc_no: str
    decided_on: dt.date
    valid_from: dt.date
    valid_to: dt.date | None
    note: str


def entry_for(
    release: Release, entity: Entity, attribute: str, scope: str, day: dt.date
) -> RegisterEntry | None:
    """Return the entry that decides an attribute within a scope on a day; null where none does.

    Args:
        release: Catalogue release with the register.
        entity: Kind of entity.
        attribute: Attribute of it.
        scope: Scope key of the claim, as ``claims.*`` carries it.
        day: Day on which the entry must hold.
    """
    fields = [name for name, values in scope_values(release, entity).items() if values]
    standing = dict(zip(fields, scope.split("|"), strict=False)) if scope != ANY_SCOPE else {}
    for register in registers_in_force(release):
        if register.entity != entity.name:
            continue
        for entry in register.entries:
            covers = all(standing.get(name) == str(value) for name, value in entry.scope.items())
            if attribute in entry.attribute and covers and entry.valid.contains(day):
                return entry
    return None


def decision_of(entry: RegisterEntry, release: Release) -> Decision:
    """Return what a person reads about an entry."""
    return Decision(
        source=entry.source,
        compare=entry.compare,
        scope={name: str(value) for name, value in entry.scope.items()},
        if_absent=entry.if_absent,
        statute=entry.statute,
        citation=_citation(entry.statute, release.profile) if entry.statute else None,
        decided_by=entry.decided.by,
        doc_no=entry.decided.doc_no,
        decided_on=entry.decided.on,
        valid_from=entry.valid.from_,
        valid_to=entry.valid.to,
        note=both(entry.note) if entry.note else "",
    )


def both(label: Label) -> str:
    """Return a label in one line, both languages."""
    return f"{label.zh} / {label.en}" if label.en and label.en != label.zh else label.zh


def role_of(entry: RegisterEntry | None, resource: str) -> Role:
    """Return what an entry makes of a resource."""
    if entry is None or resource not in (entry.source, *entry.compare):
        return "unregistered"
    if resource == entry.source:
        return "source"
    return "provisional" if entry.if_absent == "provisional" else "comparison"


def _citation(statute: str, current: Profile) -> str | None:
    """Return the text a statutory source stands in, maybe of another jurisdiction than the release's."""
    owner = statute.split(".")[0]
    if owner != current.id and owner not in shipped_profile_ids():
        return None
    profile = current if owner == current.id else _shipped(owner)
    cited = profile.statutory_sources.get(statute)
    return profile.citation(cited) if cited else None


@cache
def _shipped(profile_id: str) -> Profile:
    return load_profile(profile_id)
