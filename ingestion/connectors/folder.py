"""Find the files of a resource in the deployment's inbox.

The inbox is a folder. With ``arrival = "folder"`` its first level names the day a file arrived
(``2026-03-16/...``) and the resource's pattern is matched below that level; a file whose day lies after ``as_of``
has not arrived yet. With ``file`` a file arrived at its own time, with ``run`` when a run first sees it.

Every file is judged by itself: one that cannot count is given with its ``fault``, and the others go on.
"""

import datetime as dt
import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from resource_catalogue.deployment import Deployment
from resource_catalogue.resource import Resource

_WHOLE = "all"
_DAY = re.compile(r"\d{4}-?\d{2}-?\d{2}")
_FIRST_YEAR = 1900
"""A day before it is a slip of the pen; the very first days cannot even be told in another zone."""
_NOT_IN_NAMES = re.compile(r"\.{3,}|[\x00-\x1f\x7f]")
"""What the name of a slice may not hold, because the orchestrator takes no partition of such a name."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Describe one file that has arrived for a resource.

    Attributes:
        file_name: Path below the inbox.
        slice: Values of the slice pattern's groups joined by ``/``; ``all`` where the resource has no slices.
        arrived_at: In the deployment's zone: its day is compared with days of issue.
        fault: Why the file cannot be taken in: what was found, what was expected, what to do. Empty where it can.
    """

    path: Path
    file_name: str
    slice: str
    issued_on: dt.date | None
    arrived_at: dt.datetime
    fault: str = ""

    @property
    def order_key(self) -> str:
        """Return the text by which deliveries of a slice are ordered: issue date, else arrival, then path."""
        day = self.issued_on or self.arrived_at.date()
        return f"{day.isoformat()}|{self.arrived_at.astimezone(dt.UTC).isoformat()}|{self.file_name}"

    def refused(self, error: OSError) -> "Arrival":
        """Return the arrival as one whose bytes the system does not give."""
        return replace(
            self,
            fault=f"the file cannot be opened ({type(error).__name__}); a file that the platform may read; "
            "give it the right to read the file, or have it sent again",
        )


def arrivals(resource: Resource, deployment: Deployment, as_of: dt.datetime) -> list[Arrival]:
    """List the files that have arrived for a resource by ``as_of``, in order of delivery.

    A file in a folder whose name is no date arrived at ``as_of``, with that as its fault.
    """
    found = [
        arrival
        for folder, arrived_at, fault in _arrival_folders(deployment, as_of)
        for path in folder.glob(resource.source.path)
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
    names = [_sayable(folder.name) for folder in folders if _day_of(folder.name) is None]
    return [f"{deployment.inbox.name}/{name}: {_undated(name)}" for name in names]


def unclaimed_files(deployment: Deployment, resources: Iterable[Resource], as_of: dt.datetime) -> list[str]:
    """List the files of the inbox that no resource claims, by path below it, so that none goes unnoticed."""
    patterns = [resource.source.path for resource in resources]
    found: list[str] = []
    for folder, _, _ in _arrival_folders(deployment, as_of):
        claimed = {path for pattern in patterns for path in folder.glob(pattern)}
        # A link to nowhere is no file of the resource whose pattern it meets.
        found += [
            _sayable(path.relative_to(deployment.inbox).as_posix())
            for path in folder.rglob("*")
            if not path.is_dir() and (path not in claimed or not path.exists())
        ]
    return sorted(found)


def recorded_arrival(
    resource: Resource, deployment: Deployment, file_name: str, arrived_at: dt.datetime, path: Path
) -> Arrival:
    """Return the arrival of a delivery on record, its slice and issue date as the declaration in force reads them.

    Args:
        file_name: Path below the inbox, as recorded.
        path: Where its bytes lie now.
    """
    source, below = resource.source, _below(file_name, deployment)
    return Arrival(
        path,
        file_name,
        _slice(source.slice, below),
        _issue_date(source.issued, below),
        arrived_at.astimezone(deployment.settings.zone()),
    )


def _arrival_folders(
    deployment: Deployment, as_of: dt.datetime
) -> Iterator[tuple[Path, dt.datetime | None, str]]:
    """Give the folders to search, when their files arrived if they say so, and what is wrong with their names."""
    inbox = deployment.inbox
    if deployment.settings.ingestion.arrival != "folder":
        yield inbox, None, ""
        return
    for folder in sorted(path for path in inbox.glob("*") if path.is_dir()):
        day = _day_of(folder.name)
        if day is None:
            yield folder, as_of, _undated(_sayable(folder.name))
            continue
        arrived_at = dt.datetime.combine(day, dt.time(0), deployment.settings.zone())
        if arrived_at <= as_of:
            yield folder, arrived_at, ""


def _day_of(name: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(name) if _DAY.fullmatch(name) else None
    except ValueError:
        return None
    return day if day and day.year >= _FIRST_YEAR else None


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
    file_name = _sayable(path.relative_to(deployment.inbox).as_posix())
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


def _sayable(name: str) -> str:
    """Return a name as text that can be stored; names written under a GB system are read as such."""
    written = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return written.decode(encoding)
        except UnicodeDecodeError:
            continue
    return written.decode("utf-8", "backslashreplace")


def _below(file_name: str, deployment: Deployment) -> str:
    """Return the part of a file's name that patterns are laid on: below the day of arrival, if it has one."""
    first, _, rest = file_name.partition("/")
    is_dated = deployment.settings.ingestion.arrival == "folder" and rest and _day_of(first)
    return rest if is_dated else file_name


def _slice(pattern: str | None, below: str) -> str:
    match = re.search(pattern, below) if pattern else None
    if match is None:
        return _WHOLE
    name = "/".join(filter(None, match.groups())) or match.group(0)
    return _NOT_IN_NAMES.sub("_", name) or _WHOLE


def _issue_date(pattern: str | None, below: str) -> dt.date | None:
    match = re.search(pattern, below) if pattern else None
    digits = re.sub(r"[^0-9]", "", match.group(1) or "") if match else ""
    try:
        return dt.date.fromisoformat(digits) if digits else None
    except ValueError:
        return None
