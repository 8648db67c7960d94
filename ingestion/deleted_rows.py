"""Keep which rows are gone and which delivery took them away: ``ingestion.deleted_rows``, ``ingestion.deletions``.

No value of a row is kept, only its key and where it stood last. Here: the two tables. Not here: which rows are gone:
of changes ``changed_rows.py``, of snapshots ``snapshot_deletions.py``.
"""

from collections.abc import Sequence
from typing import TypeAlias

import polars as pl

from lake import Lake
from lake.tables import DELETED_ROWS, DELETIONS, SCHEMAS
from resource_catalogue.words import TableName

_Where: TypeAlias = dict[str, str | list[str]]


def keep_deletions(
    lake: Lake, resource_id: str, deleted: pl.DataFrame, told: pl.DataFrame, deliveries: Sequence[str] | None
) -> None:
    """Put down what deliveries took away, in the place of what was put down of them before.

    May be repeated: the row of a delivery in ``ingestion.deletions`` comes last, so that without it all is done anew.

    Args:
        deleted: ``row_key``, ``old_delivery_id``, ``old_row_number``, ``new_delivery_id``.
        told: ``delivery_id``, ``replaced_delivery_id``, ``rows_marked``; how many rows each took away
            is counted here.
        deliveries: Those concerned; null for all of the resource.
    """
    counts = deleted.group_by(delivery_id="new_delivery_id").agg(rows_deleted=pl.len().cast(pl.Int64))
    told = told.join(counts, on="delivery_id", how="left").with_columns(pl.col("rows_deleted").fill_null(0))
    for table, column, rows in (
        (
            DELETED_ROWS,
            "new_delivery_id",
            deleted.sort("new_delivery_id", "old_delivery_id", "old_row_number"),
        ),
        (DELETIONS, "delivery_id", told.sort("delivery_id")),
    ):
        where: _Where = {"resource_id": resource_id} if deliveries is None else {column: sorted(deliveries)}
        _put(lake, table, rows.with_columns(resource_id=pl.lit(resource_id)), where)


def deletions_of(lake: Lake, resource_id: str) -> pl.DataFrame:
    """Return what is on record of a resource's deliveries, in the columns of ``ingestion.deletions``."""
    known = lake.read(DELETIONS)
    return known.filter(pl.col("resource_id") == resource_id) if known.height else _blank(DELETIONS)


def _put(lake: Lake, table: TableName, rows: pl.DataFrame, where: _Where) -> None:
    content = pl.concat([_blank(table), rows], how="diagonal_relaxed").select(SCHEMAS[table].names)
    data = content.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(SCHEMAS[table])
    if _is_any(lake, table, where):
        lake.replace_where(table, data, where)
    elif rows.height:
        lake.append(table, data)


def _is_any(lake: Lake, table: TableName, where: _Where) -> bool:
    """Tell whether the table has rows to be replaced: to append costs less."""
    ((column, wanted),) = where.items()
    values = [wanted] if isinstance(wanted, str) else wanted
    if not lake.exists(table) or not values:
        return False
    sql = f"select 1 from {table} where {column} in (select unnest(?)) limit 1"
    return lake.query(sql, table, parameters=[values]).height > 0


def _blank(table: TableName) -> pl.DataFrame:
    frame = pl.from_arrow(SCHEMAS[table].empty_table())
    assert isinstance(frame, pl.DataFrame)
    return frame
