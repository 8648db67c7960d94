"""Record what arrives for retired resources as refused, with what to do: send it to the successor (Xinjiang a24).

Here: resources that no run takes in any more. Not here: why a delivery is refused
(``resource_catalogue/replacement.py``), nor listed resources, whose refusals ``waiting.py`` gives.
"""

import datetime as dt

from ingestion.connectors.folder import unclaimed_files
from ingestion.deliveries import current_slices, deliveries_of, record
from ingestion.standing import Standing
from ingestion.taking import Taking
from ingestion.waiting import new_deliveries
from lake import Lake
from resource_catalogue.deployment import Deployment
from resource_catalogue.release import Release
from resource_catalogue.replacement import refusal
from resource_catalogue.resource import Resource
from resource_catalogue.sources.folder import FolderSource


def refuse_arrivals(lake: Lake, deployment: Deployment, release: Release, as_of: dt.datetime) -> int:
    """Record each new file of a retired and replaced resource as a delivery that was not taken.

    A file that a listed resource claims, such as the successor in the same folder, is that one's.

    Returns:
        How many files were refused now.
    """
    retired = [r for r in release.catalogue.resources.values() if release.states.get(r.id) == "retired"]
    replaced = [resource for resource in retired if refusal(release, resource)]
    if not replaced:
        return 0
    unclaimed = set(unclaimed_files(deployment, release.listed_resources(), as_of))
    return sum(_refused(lake, deployment, release, resource, as_of, unclaimed) for resource in replaced)


def _refused(
    lake: Lake,
    deployment: Deployment,
    release: Release,
    resource: Resource,
    as_of: dt.datetime,
    unclaimed: set[str],
) -> int:
    known = deliveries_of(lake, resource.id)
    is_folder = isinstance(resource.source, FolderSource)
    new = [
        one
        for one in new_deliveries(deployment, release, resource, as_of, known, set())
        if one.before is None and one.arrival.fault
        if not is_folder or one.arrival.file_name in unclaimed
    ]
    taking = Taking(lake, deployment, release, resource, as_of)
    rows = taking.take(new, Standing(current_slices(known, resource), resource))
    record(lake, [*rows.values()])
    return len(rows)
