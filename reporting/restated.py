"""Read what deliveries restated of the past: one entry per delivery and earlier delivery, its columns beside it.

Here: ``ingestion.restatements`` as readers want it. Not here: telling what is restated
(``ingestion/restatements.py``).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from ingestion.deliveries import EFFECTIVE, deliveries_of
from lake import Lake
from lake.tables import RESTATEMENTS


@dataclass(frozen=True, slots=True)
class Restated:
    """Say how far a delivery differs from an earlier one about the past; numbers of rows, no values.

    Attributes:
        columns: In how many rows each column says something else.
    """

    delivery_id: str
    replaced_delivery_id: str
    agency_id: str
    resource_id: str
    slice: str
    file_name: str
    rows_changed: int
    rows_added: int
    rows_removed: int
    columns: dict[str, int]


def restated(lake: Lake, agency: str | None = None, resource: str | None = None) -> list[Restated]:
    """Return what deliveries that count restated, in order of delivery.

    Args:
        agency: Only deliveries of this agency.
        resource: Only deliveries of this resource.
    """
    known = lake.read(RESTATEMENTS)
    return [] if known.is_empty() else list(_entries(known, deliveries_of(lake, resource), agency))


def _entries(known: pl.DataFrame, deliveries: pl.DataFrame, agency: str | None) -> Iterator[Restated]:
    by_delivery: dict[str, list[dict[str, Any]]] = {}
    for row in known.sort("replaced_delivery_id", "column").to_dicts():
        by_delivery.setdefault(row["delivery_id"], []).append(row)
    counting = deliveries.filter(pl.col("state").is_in([str(state) for state in EFFECTIVE]))
    for one in counting.to_dicts():
        rows = by_delivery.get(one["delivery_id"], []) if agency in (None, one["agency_id"]) else []
        for whole in [row for row in rows if row["column"] is None]:
            replaced = whole["replaced_delivery_id"]
            yield Restated(
                **{
                    name: one[name]
                    for name in ("delivery_id", "agency_id", "resource_id", "slice", "file_name")
                },
                **{name: whole[name] for name in ("rows_changed", "rows_added", "rows_removed")},
                replaced_delivery_id=replaced,
                columns={
                    row["column"]: row["rows_changed"]
                    for row in rows
                    if row["column"] and row["replaced_delivery_id"] == replaced
                },
            )
