"""Write ``standard.*`` (标准库): the rows of the current deliveries, conformed to the release.

A slice is replaced in one commit. When the resource's entry (or this code) changed, the whole table is conformed
anew from ``raw``; otherwise only what the new deliveries bring.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

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
    fingerprint = f"{CONFORM_VERSION}:{release.entry_hash(resource.id)}"
    table = _Table(lake, resource, key, fingerprint)
    return table.merged(wanted) if resource.update.mode == "changes" else table.replaced(wanted)


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
        for one in changed:
            self.lake.replace_where(table, self._reader([one]), {"_slice": one["_slice"]}, commit)
        gone = sorted(set(present) - {one["_slice"] for one in wanted})
        for slice_name in gone:
            self.lake.delete_where(table, {"_slice": slice_name}, commit)
        return [one["_slice"] for one in changed] + gone

    def merged(self, wanted: list[_Delivery]) -> list[str]:
        """Lay deliveries of changes over each other: a later row replaces the earlier one of its key.

        The newest commit's fingerprint names the deliveries that are in the table, in order. Where they are the
        first of those wanted, the others are laid over them; otherwise the table is made anew.
        """
        table, last = standard_table(self.resource.id), self._fingerprint()
        commit = Commit(fingerprint=self._sequence(wanted))
        done = next((n for n in range(len(wanted), -1, -1) if self._sequence(wanted[:n]) == last), None)
        missing = wanted[done or 0 :]
        if done is None:
            self.lake.overwrite(table, _newest(self._reader(wanted).read_all()), commit)
        elif missing:
            self.lake.merge(table, _newest(self._reader(missing).read_all()), ["_row_key"], commit)
        return [one["_slice"] for one in missing]

    def _sequence(self, deliveries: list[_Delivery]) -> str:
        ids = "\n".join(one["delivery_id"] for one in deliveries)
        return f"{self.fingerprint}:{hashlib.sha256(ids.encode()).hexdigest()}"

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

    def _reader(self, deliveries: list[_Delivery]) -> pa.RecordBatchReader:
        filled = [
            (one["delivery_id"], one["_slice"], one["order_key"], one["received_at"])
            for one in deliveries
            if one["rows_loaded"]
        ]
        # The connection is opened here: the writer may not open another Delta table while it pulls.
        connection = self.lake.connect(raw_table(self.resource.id))
        frames = read_raw(
            connection, self.resource, pl.DataFrame(filled, schema=_PER_DELIVERY, orient="row"), _BATCH_ROWS
        )
        batches = (
            batch for frame in frames for batch in conform(frame, self.resource, self.key).to_batches()
        )
        return pa.RecordBatchReader.from_batches(standard_schema(self.resource), batches)


def _newest(rows: pa.Table) -> pa.Table:
    """Keep the newest row per row key."""
    frame = pl.from_arrow(rows)
    assert isinstance(frame, pl.DataFrame)
    newest = frame.sort("_order_key", "_row_number").unique("_row_key", keep="last", maintain_order=True)
    return newest.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(rows.schema)
