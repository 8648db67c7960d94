"""Write ``standard.*`` (标准库): the rows of the current deliveries, conformed to the release.

A slice is replaced in one commit. When the resource's entry (or this code) changed, the whole table is conformed
anew from ``raw``; otherwise only what the new deliveries bring.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl
import pyarrow as pa

from ingestion.changed_rows import WHOLE, Laid, laid, needed_standing
from ingestion.conform import conform, standard_schema
from ingestion.deleted_rows import keep_deletions
from ingestion.deliveries import current_slices, deliveries_of
from ingestion.raw import read_raw
from ingestion.tombstones import is_deletion, is_whole
from lake import Commit, Lake
from lake.store import GONE
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.words import raw_table, standard_table

CONFORM_VERSION = "1"
"""Raise it when conforming changes, so that every table is conformed anew."""
_BATCH_ROWS = 100_000
_MOST_SLICES = 500
"""How many slices are written in one commit, and until how many rows more are added to it."""

_PER_DELIVERY = {
    "delivery_id": pl.String(),
    "_slice": pl.String(),
    "_order_key": pl.String(),
    "_received_at": pl.Datetime("us", "UTC"),
}
_Delivery = dict[str, Any]
"""A row of ``current_slices``."""


def refresh_standard(lake: Lake, release: Release, resource: Resource, key: bytes) -> list[str]:
    """Bring a resource's standard table up to its current deliveries.

    Returns:
        The slices that were written; none where nothing changed.
    """
    wanted = (
        current_slices(deliveries_of(lake, resource.id), resource).sort("order_key", "delivery_id").to_dicts()
    )
    table = _Table(lake, resource, key, conforming(release, resource))
    return table.merged(wanted) if resource.update.mode == "changes" else table.replaced(wanted)


def conforming(release: Release, resource: Resource) -> str:
    """Return the fingerprint of code and entry that rows are conformed by."""
    return f"{CONFORM_VERSION}:{release.entry_hash(resource.id)}"


@dataclass(frozen=True)
class _Table:
    """Bring one standard table up to date.

    Attributes:
        fingerprint: Code and entry that rows are conformed by; rows of another are conformed anew.
    """

    lake: Lake
    resource: Resource
    key: bytes
    fingerprint: str

    def replaced(self, wanted: list[_Delivery]) -> list[str]:
        """Replace the slices whose delivery changed, and drop those that have none any more."""
        table, commit = standard_table(self.resource.id), Commit(fingerprint=self.fingerprint)
        if self._fingerprint() != self.fingerprint:
            self.lake.overwrite(table, self._reader(wanted), commit)
            return [one["_slice"] for one in wanted]
        present = self._present()
        changed = [one for one in wanted if self._is_changed(one, present)]
        for group in _groups(one for one in changed if one["_slice"] not in present):
            self.lake.append(table, self._reader(group), commit)
        for group in _groups(one for one in changed if one["_slice"] in present):
            slices = [one["_slice"] for one in group]
            self.lake.replace_where(table, self._reader(group), {"_slice": slices}, commit)
        gone = sorted(set(present) - {one["_slice"] for one in wanted})
        if gone:
            self.lake.delete_where(table, {"_slice": gone}, commit)
        return [one["_slice"] for one in changed] + gone

    def merged(self, wanted: list[_Delivery]) -> list[str]:
        """Lay deliveries of changes over each other: a later row replaces the earlier one of its key.

        The newest commit's fingerprint names the deliveries that are in the table, in order. Where they are the
        first of those wanted, the others are laid over them; otherwise the table is made anew.
        """
        table, last = standard_table(self.resource.id), self._fingerprint()
        sequences = self._sequences(wanted)
        done = next((n for n in reversed(range(len(sequences))) if sequences[n] == last), None)
        missing = wanted[done or 0 :]
        if done is not None and not missing:
            return []
        records = self._records(missing)
        standing = self._standing(records, is_anew=done is None)
        result = laid(records, standing)
        self._keep(result, is_anew=done is None)
        commit = Commit(fingerprint=sequences[-1])
        if done is None:
            self.lake.overwrite(table, self._as_arrow(result.newest.filter(~pl.col(GONE)).drop(GONE)), commit)
        else:
            is_felt = ~pl.col(GONE) | pl.col("_row_key").is_in(standing["_row_key"].implode())
            self._change(result.newest.filter(is_felt), commit)
        return [one["_slice"] for one in missing]

    def _sequences(self, deliveries: list[_Delivery]) -> list[str]:
        """Return the fingerprint of a table that holds the first delivery, the first two, and so on; of none first."""
        digest = hashlib.sha256()
        found = [f"{self.fingerprint}:{digest.hexdigest()}"]
        for place, one in enumerate(deliveries):
            digest.update(f"\n{one['delivery_id']}".encode() if place else one["delivery_id"].encode())
            found.append(f"{self.fingerprint}:{digest.hexdigest()}")
        return found

    def _records(self, deliveries: list[_Delivery]) -> pl.DataFrame:
        """Return the rows of deliveries, conformed, with what each record says of its row."""
        frames = [standard_schema(self.resource).empty_table()]
        marks = [pl.DataFrame(schema={GONE: pl.Boolean, WHOLE: pl.Boolean})]
        for frame in self._frames(deliveries):
            frames.append(conform(frame, self.resource, self.key))
            marks.append(
                pl.DataFrame({GONE: is_deletion(frame, self.resource), WHOLE: is_whole(frame, self.resource)})
            )
        rows = pl.from_arrow(pa.concat_tables(frames))
        assert isinstance(rows, pl.DataFrame)
        return pl.concat([rows, pl.concat(marks)], how="horizontal")

    def _standing(self, records: pl.DataFrame, *, is_anew: bool) -> pl.DataFrame:
        """Return key and place of the rows that the table has now and that deletions among the records may meet."""
        table, keys = standard_table(self.resource.id), needed_standing(records)
        none = records.select("_row_key", "_delivery_id", "_row_number").clear()
        if is_anew or (keys is not None and keys.is_empty()):
            return none
        condition, parameters = (
            ("true", []) if keys is None else ("_row_key in (select unnest(?))", [keys.to_list()])
        )
        sql = f"select _row_key, _delivery_id, _row_number from {table} where {condition}"
        return pl.concat([none, self.lake.query(sql, table, parameters=parameters)])

    def _keep(self, result: Laid, *, is_anew: bool) -> None:
        """Put down what deletions took away; where no delivery has any, nothing is asked of the lake."""
        ids = sorted({*result.marked["delivery_id"], *result.deleted["new_delivery_id"]})
        told = pl.DataFrame({"delivery_id": ids}, schema={"delivery_id": pl.String})
        told = told.join(result.marked, on="delivery_id", how="left")
        if ids or (is_anew and self.resource.deleted):
            keep_deletions(self.lake, self.resource.id, result.deleted, told, None if is_anew else ids)

    def _change(self, rows: pl.DataFrame, commit: Commit) -> None:
        table = standard_table(self.resource.id)
        if rows.is_empty():
            # Nothing changes but the sequence of deliveries that the table holds: a change of no rows is no commit.
            self.lake.append(table, standard_schema(self.resource).empty_table(), commit)
        else:
            self.lake.change(table, self._as_arrow(rows), ["_row_key"], commit)

    def _as_arrow(self, rows: pl.DataFrame) -> pa.Table:
        schema = standard_schema(self.resource)
        if GONE in rows.columns:
            schema = schema.append(pa.field(GONE, pa.bool_()))
        return rows.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema)

    def _fingerprint(self) -> str | None:
        last = self.lake.last_commit(standard_table(self.resource.id))
        return last.fingerprint if last else None

    def _present(self) -> dict[str, str]:
        """Return the delivery that stands in each slice of the table."""
        table = standard_table(self.resource.id)
        rows = self.lake.query(f"select distinct _slice, _delivery_id from {table}", table)
        return dict(zip(rows["_slice"], rows["_delivery_id"], strict=True))

    @staticmethod
    def _is_changed(one: _Delivery, present: dict[str, str]) -> bool:
        standing = present.get(one["_slice"])
        is_empty_as_before = standing is None and one["rows_loaded"] == 0
        return standing != one["delivery_id"] and not is_empty_as_before

    def _frames(self, deliveries: list[_Delivery]) -> Iterator[pl.DataFrame]:
        """Give the raw rows of deliveries, with what is the same for all rows of one beside them."""
        filled = [
            (one["delivery_id"], one["_slice"], one["order_key"], one["received_at"])
            for one in deliveries
            if one["rows_loaded"]
        ]
        # The connection is opened here: the writer may not open another Delta table while it pulls.
        connection = self.lake.connect(raw_table(self.resource.id))
        wanted = pl.DataFrame(filled, schema=_PER_DELIVERY, orient="row")
        return read_raw(connection, self.resource, wanted, _BATCH_ROWS)

    def _reader(self, deliveries: list[_Delivery]) -> pa.RecordBatchReader:
        frames = self._frames(deliveries)
        batches = (
            batch for frame in frames for batch in conform(frame, self.resource, self.key).to_batches()
        )
        return pa.RecordBatchReader.from_batches(standard_schema(self.resource), batches)


def _groups(deliveries: Iterable[_Delivery]) -> Iterator[list[_Delivery]]:
    """Part deliveries into groups that are committed together; a large one may make its group alone."""
    group: list[_Delivery] = []
    for one in deliveries:
        if group and (len(group) == _MOST_SLICES or sum(o["rows_loaded"] for o in group) > _BATCH_ROWS):
            yield group
            group = []
        group.append(one)
    if group:
        yield group
