"""Find the files of a resource in the deployment's inbox.

The inbox is a folder. With ``arrival = "folder"`` its first level names the day a file arrived
(``2026-03-16/...``) and the resource's pattern is matched below that level; a file whose day lies after ``as_of``
has not arrived yet. With ``file`` a file arrived at its own time, with ``run`` when a run first sees it.
"""

import datetime as dt
import re
from dataclasses import dataclass
from pathlib import Path

from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

_WHOLE = "all"


@dataclass(frozen=True, slots=True)
class Arrival:
    """Describe one file that has arrived for a resource.

    Attributes:
        file_name: Path below the inbox.
        slice: Values of the slice pattern's groups joined by ``/``; ``all`` where the resource has no slices.
        arrived_at: In the deployment's zone: its day is compared with days of issue.
    """

    path: Path
    file_name: str
    slice: str
    issued_on: dt.date | None
    arrived_at: dt.datetime

    @property
    def order_key(self) -> str:
        """Return the text by which deliveries of a slice are ordered: issue date, else arrival, then path."""
        day = self.issued_on or self.arrived_at.date()
        return f"{day.isoformat()}|{self.arrived_at.astimezone(dt.UTC).isoformat()}|{self.file_name}"


def arrivals(resource: Resource, deployment: Deployment, as_of: dt.datetime) -> list[Arrival]:
    """List the files that have arrived for a resource by ``as_of``, in order of delivery.

    Raises:
        DeliveryError: An arrival folder's name is not a date.
    """
    inbox = deployment.inbox
    found = []
    for folder, arrived_at in _arrival_folders(inbox, deployment, as_of):
        for path in folder.glob(resource.source.path):
            instant = arrived_at or _file_time(path, deployment, as_of)
            if path.is_file() and instant <= as_of:
                found.append(_arrival(path, folder, inbox, resource, instant))
    return sorted(found, key=lambda arrival: arrival.order_key)


def _arrival_folders(
    inbox: Path, deployment: Deployment, as_of: dt.datetime
) -> list[tuple[Path, dt.datetime | None]]:
    if deployment.settings.ingestion.arrival != "folder":
        return [(inbox, None)] if inbox.is_dir() else []
    folders = sorted(path for path in inbox.glob("*") if path.is_dir())
    return [
        (folder, arrived_at)
        for folder in folders
        if (arrived_at := _folder_time(folder, deployment)) <= as_of
    ]


def _folder_time(folder: Path, deployment: Deployment) -> dt.datetime:
    try:
        day = dt.date.fromisoformat(folder.name)
    except ValueError:
        raise DeliveryError(
            str(folder),
            "the folder's name is not a date",
            "YYYY-MM-DD, the day of arrival",
            "rename the folder",
        ) from None
    return dt.datetime.combine(day, dt.time(0), deployment.settings.zone())


def _file_time(path: Path, deployment: Deployment, as_of: dt.datetime) -> dt.datetime:
    zone = deployment.settings.zone()
    if deployment.settings.ingestion.arrival == "run":
        return as_of.astimezone(zone)
    return dt.datetime.fromtimestamp(path.stat().st_mtime, zone)


def _arrival(path: Path, folder: Path, inbox: Path, resource: Resource, arrived_at: dt.datetime) -> Arrival:
    below = path.relative_to(folder).as_posix()
    source = resource.source
    return Arrival(
        path,
        path.relative_to(inbox).as_posix(),
        _slice(source.slice, below),
        _issue_date(source.issued, below),
        arrived_at,
    )


def _slice(pattern: str | None, below: str) -> str:
    match = re.search(pattern, below) if pattern else None
    if match is None:
        return _WHOLE
    return "/".join(filter(None, match.groups())) or match.group(0)


def _issue_date(pattern: str | None, below: str) -> dt.date | None:
    match = re.search(pattern, below) if pattern else None
    digits = re.sub(r"[^0-9]", "", match.group(1)) if match else ""
    try:
        return dt.date.fromisoformat(digits) if digits else None
    except ValueError:
        return None
