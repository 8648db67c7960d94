"""Compare what deliveries say of the same business key, column by column, and count where they differ.

Here: which rows are laid beside each other, and the counting, in the engine, so that memory stays bounded. Not here:
which deliveries are compared, and what is about the past (``restatements.py``).
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import duckdb
import polars as pl

from ingestion.conform import business_keys, conform, raw_labels
from ingestion.header import read_columns
from ingestion.periods import period_end
from ingestion.raw import read_raw
from ingestion.tombstones import is_deletion
from lake import Lake
from lake.engine import engine_errors
from resource_catalogue.resource import Resource
from resource_catalogue.words import raw_table, standard_table

_Row = dict[str, Any]
_BATCH_ROWS = 100_000
_ZONE = "Asia/Shanghai"
_DELIVERY = {
    "delivery_id": pl.String(),
    "_slice": pl.String(),
    "_order_key": pl.String(),
    "_received_at": pl.Datetime("us", "UTC"),
}
_KEYS = "keys(delivery varchar, number bigint, order_key varchar, key varchar, is_gone boolean)"
_PAIRS = "pairs(delivery varchar, number bigint, old_delivery varchar, old_number bigint, said_on date)"
_LAST = "qualify row_number() over (partition by key, delivery order by number desc) = 1"
_SLICES = f"""
insert into pairs
with last as (select delivery, number, key from said {_LAST}),
now as (select * from last where delivery = $now), earlier as (select * from last where delivery = $before)
select $now, n.number, $before, e.number, $said_on::date from now n full join earlier e using (key)
"""
_FOLLOWED = f"""
insert into pairs
with last as (
    select delivery, case when is_gone then null else number end as number, order_key, key from known {_LAST}
),
followed as (
    select delivery, number, lag(delivery) over w as old_delivery, lag(number) over w as old_number,
        lag(order_key) over w as old_order
    from last window w as (partition by key order by order_key, delivery)
)
select delivery, number, old_delivery, old_number, left(old_order, 10)::date from followed
where old_delivery is not null and delivery in (select unnest($new))
"""
_EARLIER = """
union all
select _delivery_id, _row_number, _order_key, _row_key, false from {table}
where _has_key and _row_key in (select key from keys) and _delivery_id not in (select delivery from keys)
"""


class Counted(NamedTuple):
    """Count in how many rows a delivery says something else than an earlier one.

    Attributes:
        column: Null where rows as a whole are counted.
    """

    delivery_id: str
    replaced_delivery_id: str
    column: str | None
    rows_changed: int
    rows_added: int
    rows_removed: int


class ComparedRows:
    """Lay rows of one resource beside earlier ones.

    Args:
        key: Secret of the row keys.
    """

    def __init__(self, lake: Lake, resource: Resource, key: bytes) -> None:
        self._lake, self._resource, self._key = lake, resource, key
        self._columns = [column.name for column in read_columns(resource)]
        self._engine = lake.connect(raw_table(resource.id), standard_table(resource.id))
        texts = "".join(f", c{place} varchar" for place in range(len(self._columns)))
        said = f"said(delivery varchar, number bigint, key varchar, period varchar{texts})"
        for table in (_KEYS, _PAIRS, said):
            self._run(f"create temp table {table}")

    def slices(self, before: _Row, now: _Row, period: str | None) -> list[Counted]:
        """Compare a delivery of a slice with the one that it replaces; what is repeated to the letter is not read.

        Args:
            period: Column that names the period of a row, of which only those that were over on the day of the
                earlier delivery are counted; null counts all.
        """
        self._clear()
        for one, other in ((before, now), (now, before)):
            for frame in self._only_in(one, other):
                self._say(frame, period)
        given = {
            "now": now["delivery_id"],
            "before": before["delivery_id"],
            "said_on": before["order_key"][:10],
        }
        self._run(_SLICES, given)
        return self._counts(period)

    def keys(self, rows: list[_Row], period: str | None) -> list[Counted]:
        """Compare rows of deliveries with the newest earlier row of their key in another delivery.

        A record that says that its row is gone takes it away; one that follows it puts it back.

        Args:
            rows: Deliveries of one group; those of earlier groups are remembered.
            period: As for ``slices``.
        """
        self._clear()
        for frame in self._frames(rows):
            keys = business_keys(frame, self._resource, self._key)
            named = frame.select("_delivery_id", "_row_number", "_order_key").with_columns(
                keys, is_deletion(frame, self._resource).alias("is_gone")
            )
            self._insert("keys", named.drop_nulls("_row_key"))
        table = standard_table(self._resource.id)
        earlier = _EARLIER.format(table=table) if self._lake.exists(table) else ""
        self._run(f"create or replace temp view known as from keys {earlier}")
        self._run(_FOLLOWED, {"new": [row["delivery_id"] for row in rows]})
        for frame in self._paired():
            self._say(frame, period)
        return self._counts(period)

    def _frames(self, rows: list[_Row]) -> Iterator[pl.DataFrame]:
        filled = [
            (row["delivery_id"], row["slice"], row["order_key"], row["received_at"])
            for row in rows
            if row["rows_loaded"]
        ]
        deliveries = pl.DataFrame(filled, schema=_DELIVERY, orient="row")
        reading = self._lake.connect(raw_table(self._resource.id))
        return read_raw(reading, self._resource, deliveries, _BATCH_ROWS)

    def _paired(self) -> Iterator[pl.DataFrame]:
        """Give the rows of both sides of the pairs, as they were sent."""
        sides = self._run(
            "select delivery, number from pairs union select old_delivery, old_number from pairs"
        ).pl()
        listed = ", ".join(f"'{identity}'" for identity in sorted(set(sides["delivery"])))
        if listed:
            sql = (
                f"select r.* from {raw_table(self._resource.id)} r join sides s "
                f"on r._delivery_id = s.delivery and r._row_number = s.number where r._delivery_id in ({listed})"
            )
            yield from self._batches(sql, sides)

    def _only_in(self, one: _Row, other: _Row) -> Iterator[pl.DataFrame]:
        """Give the rows of a delivery that another does not repeat to the letter, as they were sent."""
        table = raw_table(self._resource.id)
        present = [item[0] for item in self._run(f"select * from {table} limit 0").description or ()]
        wanted = {label for column in read_columns(self._resource) for label in raw_labels(column)}
        texts = ", ".join(f'"{name}"' for name in present if name in wanted)
        sql = (
            f"select * from {table} where _delivery_id = '{one['delivery_id']}' and hash({texts}) not in "
            f"(select hash({texts}) from {table} where _delivery_id = '{other['delivery_id']}')"
        )
        return self._batches(sql, pl.DataFrame({"delivery": [one["delivery_id"]]}))

    def _batches(self, sql: str, sides: pl.DataFrame) -> Iterator[pl.DataFrame]:
        """Give the rows of a query a batch at a time, on a connection of its own: another one takes them in."""
        reading = self._lake.connect(raw_table(self._resource.id))
        with engine_errors(str(raw_table(self._resource.id))):
            reading.register("sides", sides.to_arrow())
            for batch in reading.execute(sql).to_arrow_reader(_BATCH_ROWS):
                frame = pl.from_arrow(batch)
                assert isinstance(frame, pl.DataFrame)
                yield frame

    def _say(self, frame: pl.DataFrame, period: str | None) -> None:
        """Keep what rows say: their key, their period and the text of each column as the declaration reads it."""
        blank = {name: pl.lit(None, dtype=kind) for name, kind in _DELIVERY.items() if name.startswith("_")}
        rows = pl.from_arrow(conform(frame.with_columns(**blank), self._resource, self._key))
        assert isinstance(rows, pl.DataFrame)
        texts = [
            pl.coalesce(pl.col(name).cast(pl.String), f"{name}__original").alias(f"c{place}")
            for place, name in enumerate(self._columns)
        ]
        named = self._period(period).alias("period")
        self._insert("said", rows.select("_delivery_id", "_row_number", "_row_key", named, *texts))

    def _period(self, period: str | None) -> pl.Expr:
        if period is None:
            return pl.lit(None, dtype=pl.String)
        if self._resource.column(period).type == "datetime":
            return pl.col(period).dt.convert_time_zone(_ZONE).dt.date().cast(pl.String)
        return pl.col(period).cast(pl.String)

    def _counts(self, period: str | None) -> list[Counted]:
        """Count over the pairs, per pair of deliveries; what does not differ is left out."""
        differs = [f"o.c{place} is distinct from n.c{place}" for place in range(len(self._columns))]
        both = "o.number is not null and n.number is not null"
        alone = "{}.number is not null and {}.number is null"
        any_differs = f"{both} and ({' or '.join(differs)})"
        wholes = ", ".join(
            f"count_if({one})" for one in (any_differs, alone.format("n", "o"), alone.format("o", "n"))
        )
        parts = "".join(f", count_if({both} and {one})" for one in differs)
        self._register_periods()
        found = self._run(
            f"""select p.delivery, p.old_delivery, {wholes}{parts} from pairs p
            left join said n on n.delivery = p.delivery and n.number = p.number
            left join said o on o.delivery = p.old_delivery and o.number = p.old_number
            left join period_ends e on e.period = coalesce(o.period, n.period)
            where {"true" if period is None else "e.ends_on < p.said_on"} group by all order by all"""
        ).fetchall()
        return [one for row in found for one in self._counted(row)]

    def _counted(self, row: tuple[Any, ...]) -> Iterator[Counted]:
        delivery, replaced, changed, added, removed, *by_column = row
        if changed or added or removed:
            yield Counted(delivery, replaced, None, changed, added, removed)
        for name, count in zip(self._columns, by_column, strict=True):
            if count:
                yield Counted(delivery, replaced, name, count, 0, 0)

    def _register_periods(self) -> None:
        """Read each period that occurs once; there are few of them."""
        names = [name for (name,) in self._run("select distinct period from said").fetchall() if name]
        ends = pl.DataFrame(
            {"period": names, "ends_on": [period_end(name) for name in names]},
            schema={"period": pl.String, "ends_on": pl.Date},
        )
        self._engine.register("period_ends", ends.to_arrow())

    def _clear(self) -> None:
        for table in ("pairs", "said"):
            self._run(f"delete from {table}")

    def _insert(self, table: str, rows: pl.DataFrame) -> None:
        self._engine.register("batch", rows.to_arrow())
        self._run(f"insert into {table} select * from batch")

    def _run(self, sql: str, parameters: dict[str, Any] | None = None) -> duckdb.DuckDBPyConnection:
        with engine_errors(f"ingestion.restatements ({self._resource.id})"):
            return self._engine.execute(sql, parameters or {})
