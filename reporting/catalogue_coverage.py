"""How far the catalogue and the data agree, per agency: the attachment rate (挂接率) and what stands on one side only.

Here: counts and lists out of the release in force, the register of deliveries and the standard tables. Not here: how
they are printed (``cli``), nor when data are late (a rule of freshness).
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from ingestion.deliveries import EFFECTIVE, deliveries_of
from lake import Lake
from resource_catalogue.model import AccessType, Label
from resource_catalogue.release import EntryState, Release
from resource_catalogue.resource import Resource
from resource_catalogue.words import resource_table_name

ABSENT: Label = Label(zh="目录中没有", en="not in the catalogue")
"""What is said of data whose entry the release does not have."""
_TYPES: tuple[AccessType, ...] = ("open_to_all", "conditional", "none")


@dataclass(frozen=True, slots=True)
class Unlisted:
    """Name data that no listed entry answers for.

    Attributes:
        state: State of the entry in the release; null where the release does not have it.
    """

    resource_id: str
    state: EntryState | None


@dataclass(frozen=True, slots=True)
class AgencyCoverage:
    """Say how far one agency's entries and data agree. One per agency that has any of either.

    Attributes:
        entries: Entries of the release, in whatever state; ``listed`` those that count.
        by_share: Listed entries by share type; ``by_open`` by open type.
        with_data: Listed entries with at least one delivery that counts (loaded, or accepted by a person).
        without_data: Listed entries that have none, though they could.
        on_paper: Listed entries that have none because they exist on paper only.
        unlisted: Deliveries that count, or standard rows, whose entry is not listed.
    """

    agency_id: str
    entries: int
    listed: int
    by_share: dict[AccessType, int]
    by_open: dict[AccessType, int]
    with_data: int
    without_data: tuple[str, ...]
    unlisted: tuple[Unlisted, ...]
    on_paper: tuple[str, ...] = ()

    @property
    def attachment_rate(self) -> float | None:
        """Return listed entries with data per listed entry (挂接率) that is not on paper; null where there is none."""
        digital = self.listed - len(self.on_paper)
        return self.with_data / digital if digital else None


@dataclass(frozen=True, slots=True)
class CatalogueCoverage:
    """Hold the coverage of every agency, in order of id, and of all together.

    Attributes:
        release: Number of the release that was compared.
        total: All agencies together; its ``agency_id`` is empty.
    """

    release: int
    agencies: tuple[AgencyCoverage, ...]
    total: AgencyCoverage


def catalogue_coverage(release: Release, lake: Lake) -> CatalogueCoverage:
    """Compare a release with the data that lie in the lake.

    Args:
        release: Whose entries count.
        lake: Its deliveries and standard tables; a lake without any has no data.
    """
    with_data = _delivered(lake)
    unlisted = _unlisted(release, with_data | _filled_tables(release, lake))
    resources = list(release.catalogue.resources.values())
    concerned = {one.agency for one in resources} | {agency for agency, _ in unlisted}
    agencies = tuple(
        _coverage(
            agency,
            [one for one in resources if one.agency == agency],
            [one for of, one in unlisted if of == agency],
            release,
            with_data,
        )
        for agency in sorted(concerned)
    )
    total = _coverage("", resources, [one for _, one in unlisted], release, with_data)
    return CatalogueCoverage(release.number, agencies, total)


def _coverage(
    agency: str, entries: list[Resource], unlisted: list[Unlisted], release: Release, with_data: set[str]
) -> AgencyCoverage:
    listed = [one for one in entries if release.states.get(one.id) == "listed"]
    share, opened = Counter(one.share.type for one in listed), Counter(one.open.type for one in listed)
    return AgencyCoverage(
        agency_id=agency,
        entries=len(entries),
        listed=len(listed),
        by_share={kind: share[kind] for kind in _TYPES},
        by_open={kind: opened[kind] for kind in _TYPES},
        with_data=sum(one.id in with_data for one in listed),
        without_data=tuple(sorted(one.id for one in listed if one.is_digital and one.id not in with_data)),
        unlisted=tuple(unlisted),
        on_paper=tuple(sorted(one.id for one in listed if not one.is_digital and one.id not in with_data)),
    )


def _delivered(lake: Lake) -> set[str]:
    """Return the resources that have a delivery whose rows count."""
    states = [str(state) for state in EFFECTIVE]
    return set(deliveries_of(lake).filter(pl.col("state").is_in(states))["resource_id"])


def _filled_tables(release: Release, lake: Lake) -> set[str]:
    """Return the resources whose standard tables have rows, such as those of an entry that has gone."""
    names = {resource_table_name(entry): entry for entry in release.catalogue.resources}
    tables = [table for table in lake.tables("standard") if lake.row_count(table) > 0]
    return {names.get(table.name) or _resource_of(table.name, release) for table in tables}


def _resource_of(table: str, release: Release) -> str:
    """Return the id that a table's name stands for: agencies' ids may hold the same two underscores."""
    owners = [agency for agency in release.catalogue.agencies if table.startswith(f"{agency}__")]
    agency = max(owners, key=len, default=table.rpartition("__")[0])
    return f"{agency}.{table[len(agency) + 2 :]}"


def _unlisted(release: Release, with_data: set[str]) -> list[tuple[str, Unlisted]]:
    """Return what has data and no listed entry, with the agency that answers for it."""

    def found() -> Iterator[tuple[str, Unlisted]]:
        for resource in sorted(with_data):
            state = release.states.get(resource)
            entry = release.catalogue.resources.get(resource)
            if state != "listed":
                yield entry.agency if entry else resource.split(".")[0], Unlisted(resource, state)

    return list(found())
