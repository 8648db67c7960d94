"""Read the deliveries on record as the release in force declares them: their slices, their order, their bytes.

A catalogue entry may be corrected long after its files were taken in. What a delivery is (resource, bytes, day of
arrival) is on record and stays; which slice it is of, when it was issued and how its bytes split into rows follows
from the declaration, and is followed up here when that changes. Otherwise rows of a slice that no longer exists
would stand beside the new ones, and rows of a wrong reading would stand for ever.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any

import polars as pl

from ingestion.arrival import Arrival, recorded_arrival
from ingestion.deliveries import current_slices
from ingestion.header import declared_names, read_columns
from ingestion.landing import landed_copy, rows_stated
from resource_catalogue.deployment import Deployment
from resource_catalogue.resource import Resource

_READING = (
    "encoding", "header_row", "header_lines", "sheet", "rows_at", "delimiter", "widths", "width_unit", "not_data",
    "fill_down",
)  # fmt: skip
"""Fields of ``source`` by which bytes become rows."""


def reading_fingerprint(resource: Resource) -> str:
    """Return the hash of what decoding depends on: fields of ``source``, and the names columns have in files.

    The names count because the header is found by them and ``raw`` is named by them; types, rules, labels in
    English and terms of access do not.
    """
    source = {field: getattr(resource.source, field) for field in _READING}
    if resource.source.rows == "objects":
        source["objects"] = [resource.form, resource.source.objects.model_dump(mode="json")]
    columns = [[column.name, *declared_names(column)] for column in read_columns(resource)]
    body = json.dumps([source, columns], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(body.encode()).hexdigest()[:16]


def arrival_of(row: dict[str, Any], resource: Resource, deployment: Deployment) -> Arrival:
    """Return the arrival of a delivery on record as the declaration in force reads its name.

    Its path is the landed copy, or that in the inbox where nothing has landed.
    """
    folder = deployment.landing / resource.id / row["delivery_id"]
    path = landed_copy(folder, PurePosixPath(row["file_name"]).name) or deployment.inbox / row["file_name"]
    arrival = recorded_arrival(resource, deployment, row["file_name"], row["arrived_at"], path)
    return replace(arrival, rows_stated=rows_stated(folder))


def redeclared(known: pl.DataFrame, resource: Resource, deployment: Deployment) -> list[dict[str, Any]]:
    """Return the rows of deliveries whose slice, issue date or order the declaration in force reads otherwise.

    They keep their ids and all else: the file's name, from which these are read, is on record. So a slice that is
    declared, changed or taken away later holds as if it had always been so, also for files that have left the
    inbox, and no file is taken in twice for it.
    """
    changed = []
    for row in known.to_dicts():
        arrival = recorded_arrival(
            resource, deployment, row["file_name"], row["arrived_at"], deployment.inbox / row["file_name"]
        )
        now = {"slice": arrival.slice, "issued_on": arrival.issued_on, "order_key": arrival.order_key}
        if any(row[name] != value for name, value in now.items()):
            changed.append({**row, **now})
    return changed


def read_otherwise(known: pl.DataFrame, resource: Resource) -> list[dict[str, Any]]:
    """Return the rows of current deliveries that were decoded under another declaration, in order of delivery.

    One that is superseded is left as it was read: no row of it counts. One of an earlier version of the platform,
    which kept no fingerprint, is left too.
    """
    current = current_slices(known, resource)["delivery_id"].to_list()
    stale = pl.col("reading_fingerprint") != reading_fingerprint(resource)
    return known.filter(pl.col("delivery_id").is_in(current) & stale).sort("order_key").to_dicts()


def laid_over(known: pl.DataFrame, rows: Iterable[dict[str, Any]]) -> pl.DataFrame:
    """Return the deliveries with changed rows in the place of those of the same id."""
    changed = pl.from_dicts(list(rows), schema=known.schema)
    return pl.concat([known.join(changed, on="delivery_id", how="anti"), changed])
