"""Find the files of a resource in the deployment's inbox.

The inbox is a folder. With ``arrival = "folder"`` its first level names the day a file arrived
(``2026-03-16/...``) and the resource's pattern is matched below that level; a file whose day lies after ``as_of``
has not arrived yet. With ``file`` a file arrived at its own time, with ``run`` when a run first sees it.

A manifest or checksum file is no file of any resource (``manifests.py``). Every file is judged by itself: one that
cannot count is given with its ``fault``, and the others go on.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from ingestion.arrival import Arrival, day_of, recorded_arrival, sayable
from ingestion.manifests import is_manifest, may_be_manifest
from resource_catalogue.deployment import Deployment
from resource_catalogue.resource import Resource
from resource_catalogue.sources.folder import FolderSource


def arrivals(resource: Resource, deployment: Deployment, as_of: dt.datetime) -> list[Arrival]:
    """List the files that have arrived for a resource by ``as_of``, in order of delivery.

    A file in a folder whose name is no date arrived at ``as_of``, with that as its fault.
    """
    if not isinstance(resource.source, FolderSource):
        return []
    found = [
        arrival
        for folder, arrived_at, fault in _arrival_folders(deployment, as_of)
        for path in folder.glob(resource.source.path)
        if not (may_be_manifest(path.name) and is_manifest(path))
        if (arrival := _arrived(path, resource, deployment, as_of, arrived_at, fault)) is not None
    ]
    return sorted(found, key=lambda arrival: arrival.order_key)


def undated_folders(deployment: Deployment) -> list[str]:
    """List what to tell about folders of the inbox whose names should be days of arrival and are none.

    Files in them that a resource claims are recorded as unreadable deliveries; this names the folders themselves,
    so that one whose files nobody claims is seen too.
    """
    if deployment.settings.ingestion.arrival != "folder":
        return []
    folders = sorted(path for path in deployment.inbox.glob("*") if path.is_dir())
    names = [sayable(folder.name) for folder in folders if day_of(folder.name) is None]
    return [f"{deployment.inbox.name}/{name}: {_undated(name)}" for name in names]


def unclaimed_files(deployment: Deployment, resources: Iterable[Resource], as_of: dt.datetime) -> list[str]:
    """List the files of the inbox that no resource claims, by path below it, so that none goes unnoticed."""
    patterns = [one.source.path for one in resources if isinstance(one.source, FolderSource)]
    found: list[str] = []
    for folder, _, _ in _arrival_folders(deployment, as_of):
        claimed = {path for pattern in patterns for path in folder.glob(pattern)}
        # A link to nowhere is no file of the resource whose pattern it meets.
        found += [
            sayable(path.relative_to(deployment.inbox).as_posix())
            for path in folder.rglob("*")
            if not path.is_dir() and (path not in claimed or not path.exists())
            if not (may_be_manifest(path.name) and path.exists() and is_manifest(path))
        ]
    return sorted(found)


def arrival_folders(deployment: Deployment, as_of: dt.datetime) -> list[Path]:
    """List the folders in which what has arrived by ``as_of`` lies."""
    return [path for path, _, _ in _arrival_folders(deployment, as_of)]


def _arrival_folders(
    deployment: Deployment, as_of: dt.datetime
) -> Iterator[tuple[Path, dt.datetime | None, str]]:
    """Give the folders to search, when their files arrived if they say so, and what is wrong with their names."""
    inbox = deployment.inbox
    if deployment.settings.ingestion.arrival != "folder":
        yield inbox, None, ""
        return
    for folder in sorted(path for path in inbox.glob("*") if path.is_dir()):
        day = day_of(folder.name)
        if day is None:
            yield folder, as_of, _undated(sayable(folder.name))
            continue
        arrived_at = dt.datetime.combine(day, dt.time(0), deployment.settings.zone())
        if arrived_at <= as_of:
            yield folder, arrived_at, ""


def _undated(name: str) -> str:
    return (
        f"the arrival folder's name {name} is not a date; YYYY-MM-DD, the day of arrival; rename the folder"
    )


def _arrived(
    path: Path,
    resource: Resource,
    deployment: Deployment,
    as_of: dt.datetime,
    arrived_at: dt.datetime | None,
    fault: str,
) -> Arrival | None:
    """Return a file's arrival; null where there is none: a folder, not arrived yet, gone in the meantime."""
    file_name = sayable(path.relative_to(deployment.inbox).as_posix())
    try:
        if not path.is_file():
            return None
        instant = arrived_at or _file_time(path, deployment, as_of)
    except FileNotFoundError:
        return None
    except OSError as error:
        return recorded_arrival(resource, deployment, file_name, arrived_at or as_of, path).refused(error)
    if instant > as_of:
        return None
    return replace(recorded_arrival(resource, deployment, file_name, instant, path), fault=fault)


def _file_time(path: Path, deployment: Deployment, as_of: dt.datetime) -> dt.datetime:
    zone = deployment.settings.zone()
    if deployment.settings.ingestion.arrival == "run":
        return as_of.astimezone(zone)
    # In whole seconds, as ``as_of`` counts: a file of this very second has arrived.
    return dt.datetime.fromtimestamp(path.stat().st_mtime, zone).replace(microsecond=0)
