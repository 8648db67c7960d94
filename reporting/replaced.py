"""Resources that others replace, and who uses them (Xinjiang a24: users of the old resource are told).

Here: one line per replaced resource, with grants and datasets that rest on it, for the report and ``feeds replaced``.
Not here: when a resource retires (``resource_catalogue/replacement.py``, ``lake/retirement.py``).
"""

import datetime as dt
from dataclasses import dataclass

from casework.access_transitions import OPEN_GRANT_STATES
from casework.grants import list_grants
from casework.state import State
from lake import Lake
from lake.retirement import replacements_on
from resource_catalogue.model import Label
from resource_catalogue.release import Release


@dataclass(frozen=True, slots=True)
class GrantOnOld:
    """Name a grant on a replaced resource, and the body that must turn to the successor."""

    grant: str
    recipient: str
    state: str


@dataclass(frozen=True, slots=True)
class ReplacedLine:
    """Say what becomes of one replaced resource. One per entry with ``replaced_by`` that is listed or retired.

    Attributes:
        said: The whole in words: by what, on which day, how far it is.
        days_waiting: Days past its day that it waits for its successor's data; 0 where it does not.
        grants: Grants on it that are not over.
        datasets: Listed datasets that rest on it.
    """

    resource_id: str
    name: Label
    agency_id: str
    successor: str
    retires_on: dt.date | None
    progress: str
    said: Label
    days_waiting: int
    grants: tuple[GrantOnOld, ...]
    datasets: tuple[str, ...]


def replaced_resources(
    lake: Lake, release: Release, as_of: dt.datetime, state: State | None = None
) -> list[ReplacedLine]:
    """List replaced resources in order of id.

    Args:
        as_of: The instant, in the deployment's zone.
        state: Operational state, for grants; null where there is none.
    """
    return [
        ReplacedLine(
            one.resource.id,
            one.resource.name,
            one.resource.agency,
            one.standing_in,
            one.retires_on,
            one.progress,
            one.label,
            one.days_waiting,
            _grants(state, one.resource.id),
            tuple(
                dataset.id
                for dataset in release.listed_datasets()
                if one.resource.id in (dataset.entry, *dataset.sources)
            ),
        )
        for one in replacements_on(lake, release, as_of)
    ]


def _grants(state: State | None, resource_id: str) -> tuple[GrantOnOld, ...]:
    if state is None:
        return ()
    found = list_grants(state, states=[str(one) for one in OPEN_GRANT_STATES], entry=resource_id)
    return tuple(GrantOnOld(case.grant.id, case.grant.recipient_id, case.state) for case in found)
