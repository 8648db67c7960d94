"""Take one new delivery in: land its bytes, decode them, write ``raw``, judge whether it may count.

Order of the stores: landing, raw, rejected rows, links to replaced rows, receipt; last, by the caller, the row in
``ingestion.deliveries``. Each step may be repeated, so a run killed between any two is made whole by the next.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

import polars as pl

from ingestion import guard
from ingestion.connectors.folder import Arrival
from ingestion.decode import decode_file
from ingestion.decoded import Decoded
from ingestion.deliveries import EFFECTIVE
from ingestion.header import missing_columns, raw_names, undeclared_columns
from ingestion.landing import land, write_receipt
from ingestion.raw import write_raw
from ingestion.row_keys import keyed_hash
from ingestion.row_links import link_replaced_rows, unchanged_rows
from lake import Lake
from lake.tables import REJECTED_ROWS, SCHEMAS
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import DeliveryError
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.words import DeliveryState

ROW_KEY_NAME = "row"
"""Name of the key below ``var/keys/`` that row and subject keys are made with."""
_NAMED_COLUMNS = 20


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """Hold an arrival whose bytes no delivery covers yet, with their hash and its identity."""

    arrival: Arrival
    content: str
    identity: str


@dataclass(frozen=True, slots=True)
class _Outcome:
    """Say how far a delivery came: what was decoded, how many rows, and why it does not count."""

    state: DeliveryState
    reason: str
    decoded: Decoded | None = None
    loaded: int = 0

    @property
    def rejected(self) -> int:
        """Return how many rows could not be split."""
        return len(self.decoded.rejected) if self.decoded else 0


@dataclass(frozen=True)
class Taking:
    """Take deliveries of one resource in, at most one per slice.

    Attributes:
        standing: Current deliveries of the resource by slice, as ``current_slices`` gives them.
        in_raw: Deliveries whose rows stand in ``raw`` already.
    """

    lake: Lake
    deployment: Deployment
    release: Release
    resource: Resource
    as_of: dt.datetime
    standing: pl.DataFrame
    in_raw: frozenset[str]

    def take(self, new: NewDelivery) -> dict[str, Any] | None:
        """Bring a delivery to its receipt and return its row for ``ingestion.deliveries``.

        Returns:
            The row, whatever became of the delivery; null where its file is still being written.
        """
        folder = self.deployment.landing / self.resource.id / new.identity
        landed = land(new.arrival.path, folder, new.content)
        if landed is None:
            return None
        try:
            outcome = self._loaded(new, decode_file(landed, self.resource))
        except DeliveryError as error:
            outcome = _Outcome(DeliveryState.UNREADABLE, f"{error.found}; {error.expected}; {error.remedy}")
        if outcome.state in EFFECTIVE:
            self.link(new.identity, new.arrival.slice, new.arrival.order_key)
        row = self._row(new, outcome, landed.stat().st_size)
        write_receipt(folder, row)
        return row

    def link(self, identity: str, slice_name: str, order_key: str) -> None:
        """Link rows of the delivery that stands in a slice to those that take their place."""
        before = self._before(slice_name, order_key)
        if before is not None:
            link_replaced_rows(self.lake, self.resource, before["delivery_id"], identity)

    def _loaded(self, new: NewDelivery, decoded: Decoded) -> _Outcome:
        is_again = new.identity in self.in_raw
        loaded = write_raw(self.lake, self.resource, new.identity, decoded, is_again)
        self._record_rejected(new.identity, decoded)
        names = raw_names(decoded.header, self.resource)
        reason = self._held_reason(new, names, loaded + len(decoded.rejected))
        if reason:
            return _Outcome(DeliveryState.HELD, reason, decoded, loaded)
        return _Outcome(
            DeliveryState.LOADED, _remarks(decoded, undeclared_columns(names, self.resource)), decoded, loaded
        )

    def _held_reason(self, new: NewDelivery, names: list[str], rows: int) -> str | None:
        missing = missing_columns(names, self.resource)
        if missing:
            return f"required columns are missing: {', '.join(missing)}"
        before = self._before(new.arrival.slice, new.arrival.order_key)
        if before is None:
            return None
        limits = self.resource.guard
        reason = guard.shrink_reason(before["rows"], rows, limits)
        if reason is None and guard.bounds_change(limits):
            unchanged = unchanged_rows(self.lake, self.resource, before["delivery_id"], new.identity)
            reason = guard.change_reason(before["rows"], unchanged, limits)
        return reason

    def _before(self, slice_name: str, order_key: str) -> dict[str, Any] | None:
        """Return the delivery that a snapshot would replace: the one that stands in its slice, if it is earlier."""
        if self.resource.update.mode != "snapshot":
            return None
        earlier = self.standing.filter((pl.col("_slice") == slice_name) & (pl.col("order_key") <= order_key))
        return next(iter(earlier.to_dicts()), None)

    def _record_rejected(self, identity: str, decoded: Decoded) -> None:
        rejected = decoded.rejected
        frame = pl.DataFrame(
            {
                "row_number": [row.row_number for row in rejected],
                "line": [row.line for row in rejected],
                "reason": [row.reason for row in rejected],
                "text": [row.text for row in rejected],
            }
        ).with_columns(
            delivery_id=pl.lit(identity), resource_id=pl.lit(self.resource.id), sheet=pl.lit(decoded.sheet)
        )
        if not rejected:
            if identity in self.in_raw and self.lake.exists(REJECTED_ROWS):
                # Taken again under a better declaration: what was rejected then is not rejected now.
                self.lake.delete_where(REJECTED_ROWS, {"delivery_id": identity})
            return
        frame = frame.with_columns(row_key=keyed_hash(pl.col("text"), self.deployment.key(ROW_KEY_NAME)))
        schema = SCHEMAS[REJECTED_ROWS]
        table = frame.select(schema.names).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema)
        self.lake.replace_where(REJECTED_ROWS, table, {"delivery_id": identity})

    def _row(self, new: NewDelivery, outcome: _Outcome, size: int) -> dict[str, Any]:
        decoded, arrival = outcome.decoded, new.arrival
        return {
            "delivery_id": new.identity,
            "resource_id": self.resource.id,
            "agency_id": self.resource.agency,
            "submitted_by": self.resource.source.submitted_by or self.resource.agency,
            "slice": arrival.slice,
            "file_name": arrival.file_name,
            "sheet": decoded.sheet if decoded else "",
            "content_hash": new.content,
            "size_bytes": size,
            "format": decoded.format if decoded else "",
            "encoding": decoded.encoding if decoded else "",
            "header_row": decoded.header_row if decoded else None,
            "rows_received": outcome.loaded + outcome.rejected,
            "rows_loaded": outcome.loaded,
            "rows_rejected": outcome.rejected,
            "state": str(outcome.state),
            "reason": outcome.reason,
            "issued_on": arrival.issued_on,
            "arrived_at": arrival.arrived_at.astimezone(dt.UTC),
            "received_at": self.as_of.astimezone(dt.UTC),
            "release": self.release.number,
            "order_key": arrival.order_key,
        }


def _remarks(decoded: Decoded, undeclared: list[str]) -> str:
    """Say what a reader should know about a delivery that counts; names of columns and numbers only."""
    remarks = []
    if undeclared:
        more = ", …" if len(undeclared) > _NAMED_COLUMNS else ""
        remarks.append(f"columns not in the catalogue: {', '.join(undeclared[:_NAMED_COLUMNS])}{more}")
    if decoded.passed_over:
        remarks.append(f"headings and notes passed over: {decoded.passed_over}")
    return "; ".join(remarks)
