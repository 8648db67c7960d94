"""Take one new delivery in: land its bytes, decode them, write ``raw``, judge whether it may count.

Order of the stores: landing, raw, rejected rows, links to replaced rows, receipt; last, by the caller, the row in
``ingestion.deliveries``. Each step may be repeated, so a run killed between any two is made whole by the next.
"""

import datetime as dt
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from ingestion import guard
from ingestion.declared import arrival_of, reading_fingerprint
from ingestion.decode import decode_file
from ingestion.decoded import Decoded
from ingestion.deliveries import EFFECTIVE
from ingestion.header import missing_columns, raw_names, undeclared_columns
from ingestion.header_guard import header_change
from ingestion.landing import land, write_receipt
from ingestion.raw import write_raw
from ingestion.row_keys import keyed_hash
from ingestion.row_links import link_replaced_rows, linked_lines, relink, unchanged_rows
from ingestion.waiting import NewDelivery
from lake import Lake
from lake.tables import REJECTED_ROWS, SCHEMAS
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import DeliveryError
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.subject_keys import ROW_KEY_NAME
from resource_catalogue.words import DeliveryState

_NAMED_COLUMNS = 20
_UNORDERED = frozenset({"json", "jsonl", "geojson", "xml"})
"""Forms in which each row names its columns, so that their order says nothing."""
_NOT_KEPT = "the bytes in landing are missing or damaged, so they are not read under the new declaration"


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
        in_raw: Deliveries whose rows stand in ``raw``, or among the rejected, already.
    """

    lake: Lake
    deployment: Deployment
    release: Release
    resource: Resource
    as_of: dt.datetime
    in_raw: frozenset[str]

    def take(self, new: NewDelivery, standing: pl.DataFrame) -> dict[str, Any] | None:
        """Bring a delivery to its receipt and return its row for ``ingestion.deliveries``.

        Args:
            standing: Current deliveries of the resource by slice, as ``current_slices`` gives them.

        Returns:
            The row, whatever became of the delivery; null where its file is still being written, or is gone.
        """
        folder, arrival = self.deployment.landing / self.resource.id / new.identity, new.arrival
        if arrival.fault:
            folder.parent.mkdir(parents=True, exist_ok=True)
            return self._received(folder, new, _Outcome(DeliveryState.UNREADABLE, arrival.fault), 0)
        try:
            landed = land(arrival.path, folder, new.content, PurePosixPath(arrival.file_name).name)
        except FileNotFoundError:
            landed = None
        if landed is None:
            return None
        before = self._before(standing, arrival.slice, arrival.order_key)
        try:
            like = before or self._newest(standing, arrival.order_key)
            outcome = self._judged(new, decode_file(landed, self.resource), before, like)
        except DeliveryError as error:
            outcome = _unreadable(error)
        if outcome.state in EFFECTIVE:
            self.link(new.identity, arrival.slice, arrival.order_key, standing)
        return self._received(folder, new, outcome, landed.stat().st_size)

    def read_anew(self, row: dict[str, Any]) -> dict[str, Any]:
        """Decode a delivery that counts once more, from its landed bytes, under the declaration in force.

        Its rows, rejected rows and counts become what they would be had it always been declared so. It is not held
        for that: how much an agency sent was judged when it came, and a correction of the catalogue is reviewed
        by two. Where the bytes can no longer be read at all, it does not count any more.

        Args:
            row: Its row in ``ingestion.deliveries``.

        Returns:
            The row as it is now.
        """
        identity, content = row["delivery_id"], row["content_hash"]
        folder = self.deployment.landing / self.resource.id / identity
        arrival = arrival_of(row, self.resource, self.deployment)
        landed = land(arrival.path, folder, content) if arrival.path.is_file() else None
        if landed is None:
            reading = reading_fingerprint(self.resource)
            said = (row["reason"] or "").removesuffix(_NOT_KEPT).removesuffix("; ")
            return {**row, "reading_fingerprint": reading, "reason": _together(said, _NOT_KEPT)}
        new = NewDelivery(arrival, content, identity, row)
        lines = linked_lines(self.lake, self.resource, identity)
        try:
            decoded = decode_file(landed, self.resource)
            loaded, names = self._kept(identity, decoded, is_again=True)
            said = row["reason"] if row["state"] == DeliveryState.ACCEPTED else self._remarks(decoded, names)
            outcome = _Outcome(DeliveryState(row["state"]), said, decoded, loaded)
            relink(self.lake, self.resource, identity, lines)
        except DeliveryError as error:
            outcome = _unreadable(error)
        return self._received(folder, new, outcome, landed.stat().st_size)

    def link(self, identity: str, slice_name: str, order_key: str, standing: pl.DataFrame) -> None:
        """Link rows of the delivery that stands in a slice to those that take their place."""
        before = self._before(standing, slice_name, order_key)
        if before is not None:
            link_replaced_rows(self.lake, self.resource, before["delivery_id"], identity)

    def _judged(
        self,
        new: NewDelivery,
        decoded: Decoded,
        before: dict[str, Any] | None,
        like: dict[str, Any] | None,
    ) -> _Outcome:
        """Judge whether a delivery may count.

        Args:
            before: The delivery that it would replace.
            like: The one whose columns it should have: that, else the newest before it.
        """
        loaded, names = self._kept(new.identity, decoded, new.identity in self.in_raw)
        reason = self._held_reason(new, names, loaded + len(decoded.rejected), before)
        reason = _together(_stale(new), reason, self._header_reason(names, decoded, like))
        if reason:
            return _Outcome(DeliveryState.HELD, reason, decoded, loaded)
        return _Outcome(DeliveryState.LOADED, self._remarks(decoded, names), decoded, loaded)

    def _kept(self, identity: str, decoded: Decoded, is_again: bool) -> tuple[int, list[str]]:
        """Write what was decoded; return how many rows there are, and the names of their columns."""
        loaded = write_raw(self.lake, self.resource, identity, decoded, is_again)
        self._record_rejected(identity, decoded)
        return loaded, raw_names(decoded.header, self.resource)

    def _held_reason(
        self, new: NewDelivery, names: list[str], rows: int, before: dict[str, Any] | None
    ) -> str | None:
        missing = missing_columns(names, self.resource)
        if missing:
            return _missing(missing)
        if before is None:
            return None
        limits = self.resource.guard
        reason = guard.shrink_reason(before["rows"], rows, limits)
        if reason is None and guard.bounds_change(limits):
            unchanged = unchanged_rows(self.lake, self.resource, before["delivery_id"], new.identity)
            reason = guard.change_reason(before["rows"], unchanged, limits)
        return reason

    @staticmethod
    def _header_reason(names: list[str], decoded: Decoded, like: dict[str, Any] | None) -> str:
        """Say how the columns differ from those that the resource had; empty where they do not, or none had any."""
        if like is None or not like["columns"]:
            return ""
        change = header_change(like["columns"], names)
        if decoded.format in _UNORDERED:
            change = replace(change, moved=False)
        return change.reason

    def _remarks(self, decoded: Decoded, names: list[str]) -> str:
        missing = missing_columns(names, self.resource)
        said = _remarks(decoded, undeclared_columns(names, self.resource))
        return _together(_missing(missing) if missing else "", said)

    def _before(self, standing: pl.DataFrame, slice_name: str, order_key: str) -> dict[str, Any] | None:
        """Return the delivery that a snapshot would replace: the one that stands in its slice, if it is earlier."""
        if self.resource.update.mode != "snapshot":
            return None
        earlier = standing.filter((pl.col("_slice") == slice_name) & (pl.col("order_key") <= order_key))
        return next(iter(earlier.to_dicts()), None)

    @staticmethod
    def _newest(standing: pl.DataFrame, order_key: str) -> dict[str, Any] | None:
        """Return the newest of the deliveries that count and come before one, whatever their slice."""
        earlier = standing.filter(pl.col("order_key") <= order_key).sort("order_key").tail(1)
        return next(iter(earlier.to_dicts()), None)

    def _record_rejected(self, identity: str, decoded: Decoded) -> None:
        rejected = decoded.rejected
        frame = pl.DataFrame(
            {
                "row_number": [row.row_number for row in rejected],
                "line": [row.line for row in rejected],
                "reason": [row.reason for row in rejected],
                "text": [row.text for row in rejected],
                "sheet": [decoded.sheet if row.sheet is None else row.sheet for row in rejected],
            }
        ).with_columns(delivery_id=pl.lit(identity), resource_id=pl.lit(self.resource.id))
        if not rejected:
            if identity in self.in_raw and self.lake.exists(REJECTED_ROWS):
                # Taken again under a better declaration: what was rejected then is not rejected now.
                self.lake.delete_where(REJECTED_ROWS, {"delivery_id": identity})
            return
        frame = frame.with_columns(row_key=keyed_hash(pl.col("text"), self.deployment.key(ROW_KEY_NAME)))
        schema = SCHEMAS[REJECTED_ROWS]
        table = frame.select(schema.names).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema)
        self.lake.replace_where(REJECTED_ROWS, table, {"delivery_id": identity})

    def _received(self, folder: Path, new: NewDelivery, outcome: _Outcome, size: int) -> dict[str, Any]:
        """Write the receipt of a delivery and return its row."""
        row = self._row(new, outcome, size)
        write_receipt(folder, row)
        return row

    def _row(self, new: NewDelivery, outcome: _Outcome, size: int) -> dict[str, Any]:
        decoded, arrival = outcome.decoded, new.arrival
        received_at = new.before["received_at"] if new.before else self.as_of
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
            "received_at": received_at.astimezone(dt.UTC),
            "release": self.release.number,
            "order_key": arrival.order_key,
            "reading_fingerprint": reading_fingerprint(self.resource),
            "columns": raw_names(decoded.header, self.resource) if decoded else None,
        }


def _unreadable(error: DeliveryError) -> _Outcome:
    return _Outcome(DeliveryState.UNREADABLE, _together(error.found, error.expected, error.remedy))


def _stale(new: NewDelivery) -> str:
    return f"the same bytes as delivery {new.stale_of}, which a later one replaced" if new.stale_of else ""


def _missing(columns: list[str]) -> str:
    return f"required columns are missing: {', '.join(columns)}"


def _together(*said: str | None) -> str:
    return "; ".join(filter(None, said))


def _remarks(decoded: Decoded, undeclared: list[str]) -> str:
    """Say what a reader should know about a delivery that counts; names of columns and numbers only."""
    remarks = []
    if undeclared:
        more = ", …" if len(undeclared) > _NAMED_COLUMNS else ""
        remarks.append(f"columns not in the catalogue: {', '.join(undeclared[:_NAMED_COLUMNS])}{more}")
    if decoded.passed_over:
        remarks.append(f"headings and notes passed over: {decoded.passed_over}")
    for name in dict.fromkeys(decoded.odd_lines.values()):
        lines = sorted(line for line, found in decoded.odd_lines.items() if found == name)
        shown = ", ".join(map(str, lines[:_NAMED_COLUMNS])) + (", …" if len(lines) > _NAMED_COLUMNS else "")
        kind = f"lines in {name} among {decoded.encoding}" if name else "lines with destroyed characters"
        remarks.append(f"{kind}: {len(lines)} ({shown})")
    remarks += decoded.remarks
    return "; ".join(remarks)
