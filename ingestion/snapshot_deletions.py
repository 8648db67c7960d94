"""Find the rows that a snapshot no longer holds: of the one before it in its slice, in order of delivery.

What follows depends on the deliveries alone, not on when they came: one that comes late between two others is compared
with both, and the two are no longer compared with each other. Row keys are taken from ``standard`` where it holds the
delivery, else made from ``raw``, so that it may be done at any time.

Here: which snapshots are compared, and their row keys. Not here: the tables (``deleted_rows.py``).
"""

from collections.abc import Iterator

import numpy as np
import polars as pl

from ingestion.conform import as_sent, readings
from ingestion.deleted_rows import deletions_of, keep_deletions
from ingestion.deliveries import effective_deliveries
from ingestion.raw import read_raw
from ingestion.row_keys import row_key
from ingestion.standard import conforming
from lake import Lake
from lake.tables import REPLACED_ROWS
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.words import raw_table, standard_table

_BATCH_ROWS = 100_000
_DIGITS = 15
"""Digits of a row key by which two are first compared: as many as a number of 64 bits holds."""


def mark_deleted_rows(
    lake: Lake, release: Release, resource: Resource, deliveries: pl.DataFrame, key: bytes
) -> int:
    """Put down which rows each snapshot took away, where that is not on record yet.

    Args:
        deliveries: Deliveries of the resource, as ``deliveries_of`` gives them.
        key: Secret of the row keys.

    Returns:
        How many snapshots were compared.
    """
    if resource.update.mode != "snapshot":
        return 0
    pairs = _pairs(deliveries, resource)
    known = deletions_of(lake, resource.id).select("delivery_id", known="replaced_delivery_id")
    wanted = pairs.drop_nulls("replaced_delivery_id").join(known, on="delivery_id", how="left")
    wanted = wanted.filter(pl.col("known").ne_missing(pl.col("replaced_delivery_id"))).drop("known")
    needless = known.join(pairs.drop_nulls("replaced_delivery_id"), on="delivery_id", how="anti")
    concerned = [*wanted["delivery_id"], *needless["delivery_id"]]
    if concerned:
        last = lake.last_commit(standard_table(resource.id))
        is_conformed = last is not None and last.fingerprint == conforming(release, resource)
        compared = _Compared(lake, resource, key, is_conformed)
        frames = [compared.deleted(old, new) for new, old in wanted.rows()]
        deleted = pl.concat(frames) if frames else _NONE
        keep_deletions(lake, resource.id, deleted, wanted, concerned)
    return wanted.height


_NONE = pl.DataFrame(
    schema={
        "row_key": pl.String,
        "old_delivery_id": pl.String,
        "old_row_number": pl.Int64,
        "new_delivery_id": pl.String,
    }
)


def _pairs(deliveries: pl.DataFrame, resource: Resource) -> pl.DataFrame:
    """Return ``delivery_id`` and ``replaced_delivery_id`` of the snapshots that count; null for a slice's first."""
    effective = effective_deliveries(deliveries, resource).sort("slice", "order_key", "delivery_id")
    return effective.select("delivery_id", replaced_delivery_id=pl.col("delivery_id").shift(1).over("slice"))


class _Compared:
    """Compare snapshots of a resource by their row keys.

    Args:
        is_conformed: Whether ``standard`` has the row keys that the declaration in force gives.
    """

    def __init__(self, lake: Lake, resource: Resource, key: bytes, is_conformed: bool) -> None:
        self._lake, self._resource, self._key, self._is_conformed = lake, resource, key, is_conformed

    def deleted(self, old: str, new: str) -> pl.DataFrame:
        """Return the rows of the old snapshot that the new one neither has nor puts right in their place."""
        held = np.sort(np.concatenate([np.empty(0, np.int64), *map(_numbers, self._keys(new))]))
        frames = [frame.filter(~_is_in(_numbers(frame), held)) for frame in self._keys(old)]
        gone = pl.concat([_NONE.select("row_key", "old_row_number"), *frames])
        gone = gone.unique("row_key", keep="last", maintain_order=True)
        gone = gone.join(self._mended(old, new), on="old_row_number", how="anti", maintain_order="left")
        return gone.select(
            "row_key",
            pl.lit(old).alias("old_delivery_id"),
            "old_row_number",
            pl.lit(new).alias("new_delivery_id"),
        )

    def _keys(self, delivery: str) -> Iterator[pl.DataFrame]:
        """Give ``row_key`` and ``old_row_number`` of a delivery's rows, a batch at a time."""
        is_standing = False
        for frame in self._standing(delivery) if self._is_conformed else ():
            is_standing = True
            yield frame
        if not is_standing:
            yield from self._made(delivery)

    def _standing(self, delivery: str) -> Iterator[pl.DataFrame]:
        table = standard_table(self._resource.id)
        sql = f"select _row_key as row_key, _row_number as old_row_number from {table} where _delivery_id = ?"
        for batch in self._lake.connect(table).execute(sql, [delivery]).to_arrow_reader(_BATCH_ROWS):
            frame = pl.from_arrow(batch)
            assert isinstance(frame, pl.DataFrame)
            yield frame

    def _made(self, delivery: str) -> Iterator[pl.DataFrame]:
        """Make the row keys from what was sent."""
        connection = self._lake.connect(raw_table(self._resource.id))
        one = pl.DataFrame({"delivery_id": [delivery]})
        for raw in read_raw(connection, self._resource, one, _BATCH_ROWS) if self._is_there else ():
            sent = raw.select(
                "_row_number",
                *(as_sent(raw, column).alias(f"{column.name}__sent") for column in self._resource.columns),
            )
            values = [
                readings(sent[f"{name}__sent"], self._resource.column(name))["value"].alias(name)
                for name in self._resource.key
            ]
            texts = [f"{column.name}__sent" for column in self._resource.columns]
            keyed, _ = row_key(self._resource, texts, self._key)
            yield sent.with_columns(values).select(keyed.alias("row_key"), old_row_number="_row_number")

    @property
    def _is_there(self) -> bool:
        return self._lake.exists(raw_table(self._resource.id))

    def _mended(self, old: str, new: str) -> pl.DataFrame:
        """Return the numbers of the old rows whose wrong key the new snapshot put right."""
        if not self._lake.exists(REPLACED_ROWS):
            return _NONE.select("old_row_number")
        sql = f"select old_row_number from {REPLACED_ROWS} where new_delivery_id = ? and old_delivery_id = ?"
        return self._lake.query(sql, REPLACED_ROWS, parameters=[new, old])


def _numbers(rows: pl.DataFrame) -> np.ndarray:
    return rows["row_key"].str.slice(0, _DIGITS).str.to_integer(base=16).to_numpy()


def _is_in(numbers: np.ndarray, held: np.ndarray) -> pl.Series:
    places = np.searchsorted(held, numbers)
    found = np.zeros(len(numbers), bool)
    inside = places < len(held)
    found[inside] = held[places[inside]] == numbers[inside]
    return pl.Series(found)
