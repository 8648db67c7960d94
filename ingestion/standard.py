"""Write ``standard.*`` (标准库): the rows of the current deliveries, conformed to the release.

A slice is replaced in one commit. When the resource's entry (or this code) changed, the whole table is conformed
anew from ``raw``; otherwise only the slices whose delivery changed.
"""

from collections.abc import Iterator
from typing import Any

import duckdb
import polars as pl
import pyarrow as pa

from ingestion.conform import conform, standard_schema
from ingestion.deliveries import current_slices, deliveries_of
from ingestion.raw import read_raw
from lake import Commit, Lake
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.words import raw_table, standard_table

CONFORM_VERSION = "1"
"""Raise it when conforming changes, so that every table is conformed anew."""
_BATCH_ROWS = 100_000


def refresh_standard(lake: Lake, release: Release, resource: Resource, key: bytes) -> list[str]:
    """Bring a resource's standard table up to its current deliveries.

    Returns:
        The slices that were written; none where nothing changed.
    """
    table = standard_table(resource.id)
    commit = Commit(fingerprint=f"{CONFORM_VERSION}:{release.entry_hash(resource.id)}")
    wanted = current_slices(deliveries_of(lake, resource.id), resource).to_dicts()
    last = lake.last_commit(table)
    if last is None or last.fingerprint != commit.fingerprint:
        return _rebuild(lake, resource, key, wanted, commit)
    present = _present(lake, resource)
    if resource.update.mode == "changes":
        stale = {row["delivery_id"] for row in wanted} - set(present.values())
        return _rebuild(lake, resource, key, wanted, commit) if stale else []
    return _replace(lake, resource, key, wanted, present, commit)


def _rebuild(lake: Lake, resource: Resource, key: bytes, wanted: list[dict[str, Any]], commit: Commit) -> list[str]:
    schema = standard_schema(resource)
    with lake.connect(raw_table(resource.id)) as connection:
        batches = (batch for row in wanted for batch in _conformed(connection, resource, key, row))
        data: pa.Table | pa.RecordBatchReader = pa.RecordBatchReader.from_batches(schema, batches)
        if resource.update.mode == "changes":
            data = _newest(data.read_all())
        lake.overwrite(standard_table(resource.id), data, commit)
    return [row["_slice"] for row in wanted]


def _replace(
    lake: Lake,
    resource: Resource,
    key: bytes,
    wanted: list[dict[str, Any]],
    present: dict[str, str],
    commit: Commit,
) -> list[str]:
    table, schema = standard_table(resource.id), standard_schema(resource)
    written = []
    for row in wanted:
        if present.get(row["_slice"]) == row["delivery_id"] or row["rows_loaded"] == 0 and row["_slice"] not in present:
            continue
        with lake.connect(raw_table(resource.id)) as connection:
            reader = pa.RecordBatchReader.from_batches(schema, _conformed(connection, resource, key, row))
            lake.replace_where(table, reader, {"_slice": row["_slice"]}, commit)
        written.append(row["_slice"])
    for gone in sorted(set(present) - {row["_slice"] for row in wanted}):
        lake.delete_where(table, {"_slice": gone}, commit)
        written.append(gone)
    return written


def _conformed(
    connection: duckdb.DuckDBPyConnection, resource: Resource, key: bytes, row: dict[str, Any]
) -> Iterator[pa.RecordBatch]:
    constants = {
        "_slice": row["_slice"],
        "_order_key": row["order_key"],
        "_received_at": row["received_at"],
    }
    for frame in read_raw(connection, resource, row["delivery_id"], _BATCH_ROWS):
        yield from conform(frame, resource, key, constants).to_batches()


def _newest(rows: pa.Table) -> pa.Table:
    """Keep the newest row per row key: in ``changes`` mode a later delivery replaces rows, not slices."""
    frame = pl.from_arrow(rows)
    assert isinstance(frame, pl.DataFrame)
    newest = frame.sort("_order_key", "_row_number").unique("_row_key", keep="last", maintain_order=True)
    return newest.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(rows.schema)


def _present(lake: Lake, resource: Resource) -> dict[str, str]:
    """Return the delivery that stands in each slice of the table."""
    table = standard_table(resource.id)
    rows = lake.query(f"select distinct _slice, _delivery_id from {table}", table)
    return dict(zip(rows["_slice"], rows["_delivery_id"], strict=True))
