"""The record of what is opened and of what was withdrawn.

Here: reading and writing ``opening.datasets`` (one row per dataset: what lies open now, written only when it
changes) and ``opening.withdrawals`` (one row per withdrawal, never changed: what lay open until then). Not here:
what they say (``publish.py``, ``withdraw.py``).
"""

import hashlib
from collections.abc import Mapping
from typing import Any

import polars as pl
import pyarrow as pa

from lake import Lake
from lake.tables import OPENED, SCHEMAS, WITHDRAWALS

NOTHING_OPEN: Mapping[str, Any] = {"rows": 0, "k": None, "manifest_hash": "", "files": []}
"""What the record of a dataset says of which nothing lies open."""


def recorded(lake: Lake, dataset: str) -> dict[str, Any] | None:
    """Return the row of a dataset, or null where it was never recorded."""
    if not lake.exists(OPENED):
        return None
    rows = lake.read(OPENED).filter(pl.col("dataset") == dataset)
    return rows.row(0, named=True) if len(rows) else None


def recorded_datasets(lake: Lake) -> list[str]:
    """List the datasets that are recorded with files lying open."""
    rows = lake.read(OPENED)
    return sorted(rows.filter(pl.col("files").list.len() > 0)["dataset"]) if len(rows) else []


def record(lake: Lake, row: Mapping[str, Any]) -> bool:
    """Write the row of a dataset unless it stands there already; tell whether it was written."""
    if recorded(lake, row["dataset"]) == dict(row):
        return False
    lake.merge(OPENED, pa.Table.from_pylist([dict(row)], schema=SCHEMAS[OPENED]), ["dataset"])
    return True


def withdrawal_id(dataset: str, manifest_hash: str, release: int) -> str:
    """Return the identity of a withdrawal: this publication, under this release; a killed one is not told twice."""
    return hashlib.sha256(f"{dataset}\n{manifest_hash}\n{release}".encode()).hexdigest()[:16]


def record_withdrawal(lake: Lake, row: Mapping[str, Any]) -> None:
    """Append a withdrawal unless a killed run has recorded it already."""
    known = lake.read(WITHDRAWALS)
    if len(known) and row["withdrawal_id"] in known["withdrawal_id"].to_list():
        return
    lake.append(WITHDRAWALS, pa.Table.from_pylist([dict(row)], schema=SCHEMAS[WITHDRAWALS]))
