"""The catalogue page (目录页): every entry with its types, whether it has data, and the attachment rate per agency.

Here: gathering and writing ``var/report/catalogue.html``. Not here: what the figures are (``catalogue_coverage.py``).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lake import Lake
from reporting.catalogue_coverage import CatalogueCoverage, catalogue_coverage
from reporting.page import template, write_page
from resource_catalogue.deployment import Deployment
from resource_catalogue.joint_collection import STANDINGS, JointCollection
from resource_catalogue.model import Label
from resource_catalogue.profile_parts import TypeNames
from resource_catalogue.release import ENTRY_STATES, Release
from resource_catalogue.resource import FREQUENCIES, Resource


@dataclass(frozen=True, slots=True)
class EntryLine:
    """Describe one entry. One per resource of the release.

    Attributes:
        share: Type of the resource; its columns may be stricter. ``open`` the same for opening.
        has_data: Whether a delivery of it counts.
        is_on_paper: Whether it waits to be digitised.
    """

    id: str
    name: Label
    agency: str
    state: str
    share: str
    open: str
    frequency: str
    columns: int
    has_data: bool
    is_on_paper: bool


@dataclass(frozen=True, slots=True)
class JointLine:
    """Describe one registered joint collection (协同采集登记) and how its agreement stands."""

    joint: JointCollection
    standing: Label
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class CataloguePage:
    """Hold what the page shows."""

    deployment: Label
    profile: Label
    coverage: CatalogueCoverage
    entries: tuple[EntryLine, ...]
    agencies: Mapping[str, Label]
    share_types: Mapping[str, Label]
    open_types: Mapping[str, Label]
    states: Mapping[str, Label]
    frequencies: Mapping[str, Label]
    joint: tuple[JointLine, ...]


def write_catalogue_page(deployment: Deployment, lake: Lake, release: Release, as_of: dt.datetime) -> Path:
    """Write the catalogue page; the same content leaves the file untouched."""
    page = gather_catalogue(deployment, lake, release, as_of.date())
    path = deployment.var / "report" / "catalogue.html"
    return write_page(path, template("catalogue.html.j2").render(page=page))


def gather_catalogue(deployment: Deployment, lake: Lake, release: Release, day: dt.date) -> CataloguePage:
    """Gather what the page shows of a release on a day."""
    coverage = catalogue_coverage(release, lake)
    without = {*coverage.total.without_data, *coverage.total.on_paper}
    lines = tuple(_line(release, one, without) for _, one in sorted(release.catalogue.resources.items()))
    known = {agency.id: agency.name for agency in release.catalogue.agencies.values()}
    unknown = {line.agency_id: Label(zh=line.agency_id) for line in coverage.agencies}
    return CataloguePage(
        deployment=deployment.settings.deployment.name,
        profile=release.profile.label(day),
        coverage=coverage,
        entries=lines,
        agencies={**unknown, **known},
        share_types=_names(release.profile.share_types),
        open_types=_names(release.profile.open_types),
        states={str(state): label for state, label in ENTRY_STATES.items()},
        frequencies={str(word): label for word, label in FREQUENCIES.items()},
        joint=tuple(
            JointLine(one, STANDINGS[one.standing(day)], one.standing(day) == "in_force")
            for _, one in sorted(release.catalogue.joint_collections.items())
        ),
    )


def _line(release: Release, resource: Resource, without_data: set[str]) -> EntryLine:
    state = release.states.get(resource.id, "draft")
    return EntryLine(
        id=resource.id,
        name=resource.name,
        agency=resource.agency,
        state=state,
        share=resource.share.type,
        open=resource.open.type,
        frequency=resource.update.frequency,
        columns=len(resource.columns),
        has_data=state == "listed" and resource.id not in without_data,
        is_on_paper=not resource.is_digital,
    )


def _names(types: TypeNames) -> dict[str, Label]:
    """Return the profile's words by type; a type that the text does not have is shown by its plain name."""
    plain = Label(zh="有条件", en="conditional")
    return {"open_to_all": types.open_to_all, "conditional": types.conditional or plain, "none": types.none}
