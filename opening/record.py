"""The record of what is opened: one row per dataset in ``opening.datasets``, written only when it changes.

Here: reading and writing that row. Not here: what it says (``publish.py``).
"""

from collections.abc import Mapping
from typing import Any

import polars as pl
import pyarrow as pa

from lake import Lake
from lake.tables import OPENED, SCHEMAS


def recorded(lake: Lake, dataset: str) -> dict[str, Any] | None:
    """Return the row of a dataset, or null where it was never recorded."""
    if not lake.exists(OPENED):
        return None
    rows = lake.read(OPENED).filter(pl.col("dataset") == dataset)
    return rows.row(0, named=True) if len(rows) else None


def record(lake: Lake, row: Mapping[str, Any]) -> bool:
    """Write the row of a dataset unless it stands there already; tell whether it was written."""
    if recorded(lake, row["dataset"]) == dict(row):
        return False
    lake.merge(OPENED, pa.Table.from_pylist([dict(row)], schema=SCHEMAS[OPENED]), ["dataset"])
    return True
