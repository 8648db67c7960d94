"""Tell what became of each record of changes: it stands, a later one took its place, or it took a row away.

Computed from ``raw`` by the keys of the records, so that ``standard`` can be held against it. Here: counting per
delivery. Not here: making the table itself (``changed_rows.py``).
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from ingestion.conform import business_keys, conform
from ingestion.raw import read_raw
from ingestion.tombstones import is_deletion, is_whole
from lake import Lake
from lake.engine import engine_errors
from resource_catalogue.resource import Resource
from resource_catalogue.words import raw_table

_BATCH_ROWS = 100_000
_DELIVERY = {
    "delivery_id": pl.String(),
    "_slice": pl.String(),
    "_order_key": pl.String(),
    "_received_at": pl.Datetime("us", "UTC"),
    "_position": pl.Int64(),
}
_COUNTS = """
with ranked as (
    select *, row_number() over (partition by key order by position desc, number desc) as place,
        max(case when is_whole then position end) over () as last_whole
    from records
)
select delivery, count_if(not is_gone and place = 1 and position >= coalesce(last_whole, 0)),
    count_if(not is_gone and place = 1 and position < coalesce(last_whole, 0)),
    count_if(not is_gone and place > 1), count_if(is_gone)
from ranked group by delivery
"""


class Fates(NamedTuple):
    """Count the records of a delivery by what became of them.

    Attributes:
        standing: Newest of their key.
        superseded: Newest of their key, but not in a later delivery of all there is.
        duplicate: A later record of their key took their place.
        deletions: Say that a row is gone.
    """

    standing: int
    superseded: int
    duplicate: int
    deletions: int


def record_fates(
    lake: Lake, resource: Resource, key: bytes, deliveries: Sequence[dict[str, Any]]
) -> dict[str, Fates]:
    """Count what became of the records of deliveries of changes.

    Args:
        key: Secret of the row keys.
        deliveries: Rows of ``ingestion.deliveries`` that count, in order.
    """
    table = raw_table(resource.id)
    filled = [
        (row["delivery_id"], row["slice"], row["order_key"], row["received_at"], position)
        for position, row in enumerate(deliveries)
        if row["rows_loaded"]
    ]
    if not filled or not lake.exists(table):
        return {row["delivery_id"]: Fates(0, 0, 0, 0) for row in deliveries}
    wanted = pl.DataFrame(filled, schema=_DELIVERY, orient="row")
    counting = lake.connect(table)
    with engine_errors(str(table)):
        counting.execute(
            "create temp table records(delivery varchar, position bigint, number bigint, key varchar, "
            "is_gone boolean, is_whole boolean)"
        )
        for frame in read_raw(lake.connect(table), resource, wanted, _BATCH_ROWS):
            counting.register("batch", _records(frame, resource, key).to_arrow())
            counting.execute("insert into records select * from batch")
        found = {delivery: Fates(*counts) for delivery, *counts in counting.execute(_COUNTS).fetchall()}
    return {row["delivery_id"]: found.get(row["delivery_id"], Fates(0, 0, 0, 0)) for row in deliveries}


def _records(frame: pl.DataFrame, resource: Resource, key: bytes) -> pl.DataFrame:
    """Return place and key of records; those without a valid key are known by the whole of what they say."""
    keys = business_keys(frame, resource, key)
    is_keyless = keys.is_null()
    if is_keyless.any():
        whole = pl.from_arrow(conform(frame.filter(is_keyless), resource, key))
        assert isinstance(whole, pl.DataFrame)
        keys = keys.scatter(is_keyless.arg_true(), whole["_row_key"])
    return frame.select("_delivery_id", "_position", "_row_number").with_columns(
        keys.alias("key"),
        is_deletion(frame, resource).alias("is_gone"),
        is_whole(frame, resource).alias("is_whole"),
    )
