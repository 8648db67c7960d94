"""Write ``ingestion.replaced_rows``: which row of a new snapshot stands in the place of a row without a valid key.

Here: what the lake keeps of two deliveries of a slice, and what the one repeats of the other. Not here: how rows are
matched (``replaced_rows.py``).
"""

from dataclasses import dataclass

import polars as pl

from ingestion.replaced_rows import alike, successors
from lake import Lake
from lake.tables import REJECTED_ROWS, REPLACED_ROWS, SCHEMAS
from resource_catalogue.resource import Resource
from resource_catalogue.words import TableName, raw_table, standard_table


def link_replaced_rows(lake: Lake, resource: Resource, old_delivery: str, new_delivery: str) -> None:
    """Find and keep the successors of the old delivery's keyless and rejected rows in the new one."""
    sent = _Sent(lake, resource)
    keyless = _keyless(lake, resource, old_delivery)
    if keyless.is_empty():
        return
    old, new = sent.hashes(old_delivery), sent.hashes(new_delivery)
    # A row that is repeated to the letter keeps its row key and needs no link.
    old_only = old.join(new, on="row_hash", how="anti")
    wanted = keyless.join(old_only, on="row_number", how="semi")["row_number"]
    found = successors(old, new, wanted)
    if found.height < wanted.len():
        new_only = new.join(old, on="row_hash", how="anti")
        left_old = old_only.filter(~pl.col("row_number").is_in(found["old_row_number"].to_list()))
        left_new = new_only.filter(~pl.col("row_number").is_in(found["new_row_number"].to_list()))
        matched = alike(
            sent.texts(old_delivery, left_old["row_number"]), sent.texts(new_delivery, left_new["row_number"])
        )
        found = pl.concat([found, matched.filter(pl.col("old_row_number").is_in(wanted.to_list()))])
    if not found.is_empty():
        _record(lake, resource, old_delivery, new_delivery, found.join(
            keyless, left_on="old_row_number", right_on="row_number"
        ))  # fmt: skip


def unchanged_rows(lake: Lake, resource: Resource, old_delivery: str, new_delivery: str) -> int:
    """Count the old delivery's rows that the new one repeats to the letter."""
    sent = _Sent(lake, resource)
    old, new = (sent.hashes(delivery).group_by("row_hash").len() for delivery in (old_delivery, new_delivery))
    return int(old.join(new, on="row_hash").select(pl.min_horizontal("len", "len_right")).sum().item())


def linked_lines(lake: Lake, resource: Resource, delivery: str) -> pl.DataFrame:
    """Return line and number of the delivery's rows, where rows of an earlier one are linked to them.

    To be read before the delivery is decoded anew: a line stays where it is, its number among the rows may not.
    """
    if not lake.exists(REPLACED_ROWS):
        return pl.DataFrame()
    sql = f"select distinct new_row_number as row_number from {REPLACED_ROWS} where new_delivery_id = ?"
    linked = lake.query(sql, REPLACED_ROWS, parameters=[delivery])
    return linked.join(_lines(lake, resource, delivery), on="row_number")


def relink(lake: Lake, resource: Resource, delivery: str, lines: pl.DataFrame) -> None:
    """Lead links to the same lines of a delivery that was decoded anew; drop those whose line is no row now.

    Args:
        lines: What ``linked_lines`` gave before.
    """
    if lines.is_empty():
        return
    now = _lines(lake, resource, delivery).rename({"row_number": "number_now"})
    moved = lines.join(now, on=["line", "sheet"], how="left").select("row_number", "number_now")
    if moved.filter(pl.col("row_number").ne_missing(pl.col("number_now"))).is_empty():
        return
    sql = f"select * from {REPLACED_ROWS} where new_delivery_id = ?"
    links = lake.query(sql, REPLACED_ROWS, parameters=[delivery])
    led = links.join(moved, left_on="new_row_number", right_on="row_number").drop_nulls("number_now")
    rows = led.with_columns(new_row_number="number_now").select(links.columns).sort("old_row_number")
    table = rows.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(SCHEMAS[REPLACED_ROWS])
    lake.replace_where(REPLACED_ROWS, table, {"new_delivery_id": delivery})


def _lines(lake: Lake, resource: Resource, delivery: str) -> pl.DataFrame:
    """Return row number, line and sheet of every row of a delivery, rejected rows included."""
    schema = pl.Schema({"row_number": pl.Int64, "line": pl.Int64, "sheet": pl.String})
    table = raw_table(resource.id)
    columns = "_row_number as row_number, _line as line, _sheet as sheet"
    split = f"select {columns} from {table} where _delivery_id = ?"
    misfit = f"select row_number, line, sheet from {REJECTED_ROWS} where delivery_id = ?"
    return _of_both(lake, delivery, schema, {table: split, REJECTED_ROWS: misfit})


def _record(
    lake: Lake, resource: Resource, old_delivery: str, new_delivery: str, found: pl.DataFrame
) -> None:
    rows = found.select(
        pl.lit(resource.id).alias("resource_id"),
        pl.lit(old_delivery).alias("old_delivery_id"),
        "old_row_number",
        pl.col("row_key").alias("old_row_key"),
        pl.lit(new_delivery).alias("new_delivery_id"),
        "new_row_number",
    )
    table = rows.sort("old_row_number").to_arrow(compat_level=pl.CompatLevel.oldest())
    lake.replace_where(REPLACED_ROWS, table.cast(SCHEMAS[REPLACED_ROWS]), {"new_delivery_id": new_delivery})


def _keyless(lake: Lake, resource: Resource, delivery: str) -> pl.DataFrame:
    """Return row number and row key of the delivery's rows that have no valid business key."""
    table = standard_table(resource.id)
    schema = pl.Schema({"row_number": pl.Int64, "row_key": pl.String})
    columns = "_row_number as row_number, _row_key as row_key"
    split = f"select {columns} from {table} where _delivery_id = ? and not _has_key"
    misfit = f"select row_number, row_key from {REJECTED_ROWS} where delivery_id = ?"
    return _of_both(lake, delivery, schema, {table: split, REJECTED_ROWS: misfit})


def _of_both(lake: Lake, delivery: str, schema: pl.Schema, queries: dict[TableName, str]) -> pl.DataFrame:
    """Return a delivery's rows by the query of each table that exists: of split rows and of rejected ones."""
    found = [
        lake.query(sql, table, parameters=[delivery]) for table, sql in queries.items() if lake.exists(table)
    ]
    return pl.concat([pl.DataFrame(schema=schema), *found], how="vertical_relaxed")


@dataclass(frozen=True)
class _Sent:
    """Give the rows of a delivery as they were sent, rejected rows included."""

    lake: Lake
    resource: Resource

    def hashes(self, delivery: str) -> pl.DataFrame:
        """Return row number and hash of every row."""
        split = "select _row_number as row_number, hash({columns}) as row_hash from {table} where _delivery_id = ?"
        misfit = "select row_number, hash(text) as row_hash from {table} where delivery_id = ?"
        return self._both(split, misfit, [delivery])

    def texts(self, delivery: str, numbers: pl.Series) -> pl.DataFrame:
        """Return row number and text of some rows, the cells of a split row with commas between them."""
        these = "row_number in (select unnest(?))"
        split = (
            "select _row_number as row_number, concat_ws(',', {columns}) as text from {table} "
            f"where _delivery_id = ? and _{these}"
        )
        misfit = f"select row_number, text from {{table}} where delivery_id = ? and {these}"
        return self._both(split, misfit, [delivery, numbers.to_list()])

    def _both(self, split: str, misfit: str, parameters: list[object]) -> pl.DataFrame:
        table = raw_table(self.resource.id)
        present = set(self.lake.query(f"select * from {table} limit 0", table).columns)
        columns = ", ".join(f'"{c.name}"' for c in self.resource.columns if c.name in present)
        frames = [
            self.lake.query(split.format(columns=columns, table=table), table, parameters=parameters),
            self.lake.query(misfit.format(table=REJECTED_ROWS), REJECTED_ROWS, parameters=parameters)
            if self.lake.exists(REJECTED_ROWS)
            else pl.DataFrame(),
        ]
        return pl.concat([frame for frame in frames if frame.width], how="vertical_relaxed")
