"""Write ``ingestion.replaced_rows``: which row of a new snapshot stands in the place of a row without a valid key."""

import polars as pl

from ingestion.replaced_rows import successors
from lake import Lake
from lake.tables import REJECTED_ROWS, REPLACED_ROWS, SCHEMAS
from resource_catalogue.resource import Resource
from resource_catalogue.words import raw_table, standard_table


def link_replaced_rows(lake: Lake, resource: Resource, old_delivery: str, new_delivery: str) -> None:
    """Find and keep the successors of the old delivery's keyless and rejected rows in the new one."""
    keyless = _keyless(lake, resource, old_delivery)
    if keyless.is_empty():
        return
    old, new = (_sequence(lake, resource, delivery) for delivery in (old_delivery, new_delivery))
    # A row that is repeated to the letter keeps its row key and needs no link.
    changed = old.join(new, on="row_hash", how="anti").select("row_number")
    keyless = keyless.join(changed, on="row_number", how="semi")
    found = successors(old, new, keyless["row_number"])
    if found.is_empty():
        return
    rows = found.join(keyless, left_on="old_row_number", right_on="row_number").select(
        pl.lit(resource.id).alias("resource_id"),
        pl.lit(old_delivery).alias("old_delivery_id"),
        "old_row_number",
        pl.col("row_key").alias("old_row_key"),
        pl.lit(new_delivery).alias("new_delivery_id"),
        "new_row_number",
    )
    table = (
        rows.sort("old_row_number")
        .to_arrow(compat_level=pl.CompatLevel.oldest())
        .cast(SCHEMAS[REPLACED_ROWS])
    )
    lake.replace_where(REPLACED_ROWS, table, {"new_delivery_id": new_delivery})


def unchanged_rows(lake: Lake, resource: Resource, old_delivery: str, new_delivery: str) -> int:
    """Count the old delivery's rows that the new one repeats to the letter."""
    old, new = (
        _sequence(lake, resource, delivery).group_by("row_hash").len()
        for delivery in (old_delivery, new_delivery)
    )
    return int(old.join(new, on="row_hash").select(pl.min_horizontal("len", "len_right")).sum().item())


def _keyless(lake: Lake, resource: Resource, delivery: str) -> pl.DataFrame:
    """Return row number and row key of the delivery's rows that have no valid business key."""
    table = standard_table(resource.id)
    frames = [pl.DataFrame(schema={"row_number": pl.Int64, "row_key": pl.String})]
    if lake.exists(table):
        sql = f"select _row_number as row_number, _row_key as row_key from {table} where _delivery_id = ? and not _has_key"
        frames.append(lake.query(sql, table, parameters=[delivery]))
    if lake.exists(REJECTED_ROWS):
        sql = f"select row_number, row_key from {REJECTED_ROWS} where delivery_id = ?"
        frames.append(lake.query(sql, REJECTED_ROWS, parameters=[delivery]))
    return pl.concat(frames, how="vertical_relaxed")


def _sequence(lake: Lake, resource: Resource, delivery: str) -> pl.DataFrame:
    """Return row number and hash of every row of a delivery as it was sent, rejected rows included."""
    table = raw_table(resource.id)
    names = [column.name for column in resource.columns]
    frames = []
    if lake.exists(table):
        present = set(lake.query(f"select * from {table} limit 0", table).columns)
        listed = ", ".join(f'"{name}"' for name in names if name in present)
        sql = f"select _row_number as row_number, hash({listed}) as row_hash from {table} where _delivery_id = ?"
        frames.append(lake.query(sql, table, parameters=[delivery]))
    if lake.exists(REJECTED_ROWS):
        sql = f"select row_number, hash(text) as row_hash from {REJECTED_ROWS} where delivery_id = ?"
        frames.append(lake.query(sql, REJECTED_ROWS, parameters=[delivery]))
    return pl.concat(frames, how="vertical_relaxed")
