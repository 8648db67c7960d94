"""The versions of the opened datasets: each publication with its instant, rows and the hash of its manifest.

Here: reading them from the record of opening (``record.py``), whose own versions keep what it said before. Not here:
the earlier files, which are not kept.
"""

import json
from pathlib import Path

from lake import Lake
from lake.tables import OPENED
from opening.catalogue_shape import CATALOGUE_FORMAT, PublicCatalogue, PublicVersion
from opening.manifest import Json


def publications(lake: Lake, path: Path, listed: set[str]) -> dict[str, list[PublicVersion]]:
    """List the publications of each dataset, oldest first.

    What the former catalogue tells is kept, and only newer versions of the record are read; all are where there is
    none, or where it lacks a dataset that is listed again.
    """
    current = lake.version(OPENED)
    known, read_to = _former(path)
    recorded = set(lake.read(OPENED)["dataset"]) if current is not None else set()
    if not recorded & listed <= known.keys():
        known, read_to = {}, -1
    for version in range(read_to + 1, (current if current is not None else -1) + 1):
        for row in lake.read(OPENED, version).iter_rows(named=True):
            _note(known.setdefault(row["dataset"], []), row)
    return known


def _former(path: Path) -> tuple[dict[str, list[PublicVersion]], int]:
    try:
        former: PublicCatalogue = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}, -1
    if former.get("format") != CATALOGUE_FORMAT or former["record_version"] is None:
        return {}, -1
    return {entry["id"]: entry["versions"] for entry in former["datasets"]}, former["record_version"]


def _note(versions: list[PublicVersion], row: Json) -> None:
    """Add a publication unless it is the newest known one; a refusal or a withdrawal publishes nothing."""
    newest = versions[-1]["manifest_hash"] if versions else ""
    if row["manifest_hash"] and row["manifest_hash"] != newest:
        versions.append(
            {
                "opened_at": row["opened_at"].isoformat(),
                "rows": row["rows"],
                "manifest_hash": row["manifest_hash"],
                "release": row["release"],
            }
        )
