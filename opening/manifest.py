"""The manifest beside an opened dataset's files: what it is, where it comes from, how it was decided.

Here: the shape of ``manifest.json`` and its reading. Not here: row ids (they would re-identify): open data
are traced to deliveries and to the decision.
"""

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl

from lake import Lake
from lake.tables import DELIVERIES
from masking.decision import Decision
from masking.masks import masks
from masking.protection import Protected
from masking.published import Published
from opening.attribution import agency_name, attribution
from opening.files import DataFile
from resource_catalogue.dataset import Dataset, DatasetColumn
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.words import standard_table

MANIFEST = "manifest.json"
Json = dict[str, Any]


def source_deliveries(lake: Lake, release: Release, dataset: Dataset) -> list[Json]:
    """Say which deliveries the current rows of each source come from.

    Returns:
        One entry per source resource, with its agency and deliveries in order of id.
    """
    return [_source(lake, release, resource_id) for resource_id in dataset.sources]


def _source(lake: Lake, release: Release, resource_id: str) -> Json:
    resource = release.resource(resource_id)
    return {
        "resource": resource_id,
        "name": _both(resource.name),
        "agency": resource.agency,
        "agency_name": _both(agency_name(release, resource.agency)),
        "deliveries": _deliveries(lake, resource_id),
    }


def _deliveries(lake: Lake, resource_id: str) -> list[Json]:
    table = standard_table(resource_id)
    if not lake.exists(table):
        return []
    current = lake.query(f"select distinct _delivery_id as delivery_id from {table}", table)
    known = lake.read(DELIVERIES) if lake.exists(DELIVERIES) else pl.DataFrame()
    if not known.is_empty():
        dates = known.select("delivery_id", "issued_on", "arrived_at").unique("delivery_id")
        current = current.join(dates, on="delivery_id", how="left")
    return [
        {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in row.items()}
        for row in current.sort("delivery_id").iter_rows(named=True)
    ]


def build_manifest(
    *,
    release: Release,
    dataset: Dataset,
    decision: Decision,
    protected: Protected,
    files: Sequence[DataFile],
    sources: list[Json],
    platform: Label,
    as_of: dt.datetime,
    fingerprint: str,
) -> Json:
    """Build the manifest of one publication."""
    line = attribution(release, dataset, platform, as_of.date())
    return {
        "dataset": dataset.id,
        "title": _both(dataset.title),
        "summary": _both(dataset.summary),
        "agency": {"id": dataset.agency, "name": _both(agency_name(release, dataset.agency))},
        "entry": dataset.entry,
        "kind": dataset.kind,
        "open_type": _open_type(release, dataset),
        "categories": list(dataset.categories),
        "keywords": list(dataset.keywords),
        "update_frequency": dataset.update_frequency,
        "as_of": as_of.isoformat(),
        "rows": len(protected.frame),
        "files": [asdict(file) for file in files],
        "columns": _columns(decision, protected.frame),
        "minimum_cell": {
            "k_asked": decision.k,
            "k_reached": protected.k_reached,
            "suppressed_cells": protected.suppressed_cells,
            "suppressed_totals": protected.suppressed_totals,
        },
        "catalogue_release": {"number": release.number, "hash": release.hash},
        "profile": {"id": release.profile.reference, **_both(release.profile.label(as_of.date()))},
        "sources": sources,
        "attribution": {"fields": list(line.fields), "article": line.article, **_both(line.line)}
        if line
        else None,
        "decision": {"verdict": "opened", "fingerprint": fingerprint},
    }


def _open_type(release: Release, dataset: Dataset) -> Json:
    name = getattr(release.profile.open_types, dataset.open_type)
    return {"type": dataset.open_type, **(_both(name) if name else {})}


def _columns(decision: Decision, frame: pl.DataFrame) -> list[Json]:
    """Describe every published column: type, role, label before and after, mask, source columns."""
    found = []
    for admitted in decision.columns:
        column = admitted.column
        entry: Json = {
            "name": column.name,
            "zh": column.zh,
            "en": column.en,
            "type": str(frame.schema[column.name]),
            "role": column.role,
            "label_of_sources": admitted.before,
            "label": admitted.after,
            "sources": list(admitted.sources),
        }
        if column.mask:
            described = _both(masks()[column.mask].DESCRIPTION)
            entry["mask"] = {"name": column.mask, "arguments": dict(column.arguments), **described}
        found.append(entry)
    return found


def _both(label: Label) -> Json:
    return {"zh": label.zh, "en": label.en}


def published_of(manifest: Json) -> Published:
    """Return what a manifest says was published, in the form in which it is judged again."""
    columns = manifest["columns"]
    return Published(
        dataset=manifest["dataset"],
        kind=manifest["kind"],
        open_type=manifest["open_type"]["type"],
        columns=tuple(_declared(column) for column in columns),
        sources={column["name"]: tuple(column["sources"]) for column in columns},
        k_reached=manifest["minimum_cell"]["k_reached"],
    )


def _declared(column: Json) -> DatasetColumn:
    mask = column.get("mask", {})
    return DatasetColumn(
        name=column["name"],
        zh=column["zh"],
        en=column["en"],
        role=column["role"],
        mask=mask.get("name"),
        arguments=mask.get("arguments", {}),
    )


def manifest_bytes(manifest: Json) -> bytes:
    """Write a manifest, the same bytes for the same content."""
    return (json.dumps(manifest, ensure_ascii=False, indent=2) + "\n").encode()


def read_manifest(folder: Path) -> Json | None:
    """Read the manifest of a published folder; null where there is none or it is cut off."""
    path = folder / MANIFEST
    try:
        loaded: Json = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return loaded
