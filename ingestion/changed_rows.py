"""Lay records of changes over each other: the newest of a key counts, and a deletion takes its row away.

A delivery of all there is takes away every row that it does not have. Here: what follows from records, in memory. Not
here: how a record says what it is (``tombstones.py``), nor the tables (``standard.py``, ``deleted_rows.py``).
"""

from dataclasses import dataclass

import polars as pl

from lake.store import GONE

WHOLE = "_whole"
"""Column of records: whether one comes in a delivery of all there is."""
_ORDER = ("_order_key", "_delivery_id", "_row_number")
_STANDING = ("_row_key", "_delivery_id", "_row_number")


@dataclass(frozen=True, slots=True)
class Laid:
    """Say what records come to.

    Attributes:
        newest: The newest record per row key, with ``GONE``.
        deleted: One row per row that a delivery took away: ``row_key``, ``old_delivery_id``, ``old_row_number``,
            ``new_delivery_id``.
        marked: ``delivery_id`` and ``rows_marked``: how many records of it say that they are deletions.
    """

    newest: pl.DataFrame
    deleted: pl.DataFrame
    marked: pl.DataFrame


def laid(records: pl.DataFrame, standing: pl.DataFrame) -> Laid:
    """Lay records over what stands.

    Args:
        records: Rows under the schema of ``standard``, with ``GONE`` and ``WHOLE``.
        standing: ``_row_key``, ``_delivery_id``, ``_row_number`` of the rows that the table has now, at least those
            whose key a deletion has; all where there is a delivery of all there is.
    """
    marked = (
        records.filter(GONE).group_by(delivery_id="_delivery_id").agg(rows_marked=pl.len().cast(pl.Int64))
    )
    # Of several records of a key in one delivery the last one counts: what came and went within it was never seen.
    records = records.sort(_ORDER).unique(["_delivery_id", "_row_key"], keep="last", maintain_order=True)
    records = _with_absent(records, standing)
    newest = records.unique("_row_key", keep="last", maintain_order=True).drop(WHOLE)
    return Laid(newest, _deleted(records, standing), marked.sort("delivery_id"))


def needed_standing(records: pl.DataFrame) -> pl.Series | None:
    """Return the row keys that must be looked up in the table for ``laid``; null for all."""
    return None if records[WHOLE].any() else records.filter(GONE)["_row_key"].unique()


def _with_absent(records: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """Put in a deletion for each row that a delivery of all there is does not have, before its own records."""
    whole = records.filter(WHOLE).select(*_ORDER[:2]).unique(maintain_order=True)
    for order_key, delivery in whole.rows():
        own = pl.col("_delivery_id") == delivery
        is_tied = (pl.col("_order_key") == order_key) & (pl.col("_delivery_id") < delivery)
        before = records.filter((pl.col("_order_key") < order_key) | is_tied)
        known = pl.concat([standing.select("_row_key"), before.select("_row_key")]).unique()
        absent = known.join(records.filter(own), on="_row_key", how="anti").select(
            "_row_key",
            _order_key=pl.lit(order_key),
            _delivery_id=pl.lit(delivery),
            _row_number=pl.lit(0, pl.Int64),
            **{GONE: pl.lit(value=True), WHOLE: pl.lit(value=True)},
        )
        records = pl.concat([records, absent], how="diagonal").select(records.columns)
    return records.sort(_ORDER) if whole.height else records


def _deleted(records: pl.DataFrame, standing: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that were there until a delivery took them away."""
    keys = records.filter(GONE).select("_row_key").unique()
    before = standing.select(*_STANDING, pl.lit(value=False).alias(GONE), is_new=pl.lit(value=False))
    after = records.select(*_STANDING, GONE, is_new=pl.lit(value=True))
    earlier = {name: pl.col(name).shift(1).over("_row_key") for name in (*_STANDING[1:], GONE)}
    return (
        pl.concat([before, after])
        .join(keys, on="_row_key", how="semi", maintain_order="left")
        .with_columns(
            old_delivery_id=earlier["_delivery_id"],
            old_row_number=earlier["_row_number"],
            was_there=~earlier[GONE],
        )
        .filter(pl.col("is_new") & pl.col(GONE) & pl.col("was_there").fill_null(value=False))
        .select(
            row_key="_row_key",
            old_delivery_id="old_delivery_id",
            old_row_number="old_row_number",
            new_delivery_id="_delivery_id",
        )
    )
