"""What has arrived for a resource: one file, when, of which slice, issued when.

Here: reading slice and day of issue from a file's name, whichever connector brought it. Not here: finding the files
(``connectors/folder.py`` in the inbox, ``spool.py`` among those fetched).
"""

import datetime as dt
import os
import re
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
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*://[^/]*/")
"""Begins the name of a file that was fetched from another machine."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """Describe one file that has arrived for a resource.

    Attributes:
        file_name: Path below the inbox; address, without credentials, of what was fetched.
        slice: Values of the slice pattern's groups joined by ``/``; ``all`` where the resource has no slices.
        arrived_at: In the deployment's zone: its day is compared with days of issue.
        fault: Why the file cannot be taken in: what was found, what was expected, what to do. Empty where it can.
        rows_stated: How many rows a manifest states of it; null where none does.
    """

    path: Path
    file_name: str
    slice: str
    issued_on: dt.date | None
    arrived_at: dt.datetime
    fault: str = ""
    rows_stated: int | None = None

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


def recorded_arrival(
    resource: Resource, deployment: Deployment, file_name: str, arrived_at: dt.datetime, path: Path
) -> Arrival:
    """Return the arrival of a delivery on record, its slice and issue date as the declaration in force reads them.

    Args:
        file_name: Path below the inbox, or address, as recorded.
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


def day_of(name: str) -> dt.date | None:
    """Return the day of arrival that a folder's name says; null where it is none."""
    try:
        day = dt.date.fromisoformat(name) if _DAY.fullmatch(name) else None
    except ValueError:
        return None
    return day if day and day.year >= _FIRST_YEAR else None


def sayable(name: str | bytes) -> str:
    """Return a name as text that can be stored; names written under a GB system are read as such."""
    written = os.fsencode(name)
    for encoding in ("utf-8", "gb18030"):
        try:
            return written.decode(encoding)
        except UnicodeDecodeError:
            continue
    return written.decode("utf-8", "backslashreplace")


def _below(file_name: str, deployment: Deployment) -> str:
    """Return the part of a file's name that patterns are laid on: below the day of arrival, or below the server."""
    elsewhere = _ELSEWHERE.match(file_name)
    if elsewhere:
        return file_name[elsewhere.end() :]
    first, _, rest = file_name.partition("/")
    is_dated = deployment.settings.ingestion.arrival == "folder" and rest and day_of(first)
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
