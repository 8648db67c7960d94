"""Ingest a resource: every file that has arrived becomes a delivery, and the current ones become ``standard``.

Order of the stores for one delivery: landing (bytes), raw, rejected rows, then its row in ``ingestion.deliveries``.
Each step may be repeated, so a run killed between any two is made whole by the next.
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from ingestion import guard
from ingestion.connectors import folder
from ingestion.connectors.folder import Arrival
from ingestion.decode import decode_file
from ingestion.decoded import Decoded, RejectedRow
from ingestion.deliveries import EFFECTIVE, apply_decisions, current_slices, deliveries_of, record
from ingestion.header import missing_columns, raw_names, undeclared_columns
from ingestion.landing import delivery_id, land, write_receipt
from ingestion.raw import write_raw
from ingestion.row_keys import keyed_hash
from ingestion.row_links import link_replaced_rows
from ingestion.seen_files import SeenFiles
from ingestion.standard import refresh_standard
from lake import Lake
from lake.tables import REJECTED_ROWS, SCHEMAS
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import DeliveryError
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.words import DeliveryState

ROW_KEY_NAME = "row"
"""Name of the key below ``var/keys/`` that row and subject keys are made with."""


@dataclass(frozen=True, slots=True)
class Ingested:
    """Say what an ingestion of one resource did.

    Attributes:
        new: Ids of deliveries that were new.
        decided: Ids of held deliveries that a decision took effect on.
        slices: Slices of ``standard`` that were written.
        waiting: Deliveries that wait for the next wave, because an earlier one of their slice was just taken.
    """

    resource_id: str
    new: tuple[str, ...]
    decided: tuple[str, ...]
    slices: tuple[str, ...]
    waiting: int = 0


def ingest_resource(
    lake: Lake,
    deployment: Deployment,
    release: Release,
    resource_id: str,
    as_of: dt.datetime,
    slices: set[str] | None = None,
) -> Ingested:
    """Take at most one new delivery per slice in, in order, and bring ``standard`` up to it.

    One at a time, so that every delivery is checked before the next replaces it; ``waiting`` tells how many are
    left for another call.

    Args:
        slices: Only these slices; null takes all.
    """
    resource = release.resource(resource_id)
    seen = SeenFiles(deployment.landing / "seen" / f"{resource_id}.json")
    known = set(deliveries_of(lake, resource_id)["delivery_id"])
    new: dict[str, str] = {}
    waiting = 0
    for arrival in folder.arrivals(resource, deployment, as_of):
        if slices is not None and arrival.slice not in slices:
            continue
        content = seen.hash_of(arrival.path)
        identity = delivery_id(resource_id, arrival.slice, content)
        if identity in known:
            continue
        if arrival.slice in new:
            waiting += 1
            continue
        _Taking(lake, deployment, release, resource, arrival, content, identity, as_of).take()
        known.add(identity)
        new[arrival.slice] = identity
    seen.save()
    decided = apply_decisions(lake, resource_id)
    written = refresh_standard(lake, release, resource, deployment.key(ROW_KEY_NAME))
    return Ingested(resource_id, tuple(new.values()), tuple(decided), tuple(written), waiting)


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """Name a file that has arrived and that no delivery covers yet."""

    resource_id: str
    slice: str
    identity: str


def waiting_files(
    lake: Lake, deployment: Deployment, release: Release, as_of: dt.datetime
) -> list[WaitingFile]:
    """List the files of all listed resources that have arrived by ``as_of`` and are not taken in yet."""
    known = set(deliveries_of(lake)["delivery_id"])
    found: dict[str, WaitingFile] = {}
    for resource in release.listed_resources():
        seen = SeenFiles(deployment.landing / "seen" / f"{resource.id}.json")
        for arrival in folder.arrivals(resource, deployment, as_of):
            identity = delivery_id(resource.id, arrival.slice, seen.hash_of(arrival.path))
            if identity not in known:
                found.setdefault(identity, WaitingFile(resource.id, arrival.slice, identity))
        seen.save()
    return list(found.values())


@dataclass(frozen=True)
class _Outcome:
    """Say how far a delivery came: what was decoded, how many rows, and why it does not count."""

    state: DeliveryState
    reason: str
    decoded: Decoded | None = None
    loaded: int = 0


@dataclass(frozen=True)
class _Taking:
    """Take one new delivery in: land, decode, write raw, guard, record."""

    lake: Lake
    deployment: Deployment
    release: Release
    resource: Resource
    arrival: Arrival
    content: str
    identity: str
    as_of: dt.datetime

    def take(self) -> None:
        """Bring the delivery to its row in ``ingestion.deliveries``, whatever becomes of it."""
        folder_ = self.deployment.landing / self.resource.id / self.identity
        landed = land(self.arrival.path, folder_)
        outcome = self._outcome(landed)
        rejected = outcome.decoded.rejected if outcome.decoded else []
        self._record_rejected(rejected)
        if outcome.state in EFFECTIVE:
            self._link()
        row = self._row(outcome, landed, len(rejected))
        write_receipt(folder_, row)
        record(self.lake, [row])

    def _outcome(self, landed: Path) -> _Outcome:
        try:
            decoded = decode_file(landed, self.resource)
            loaded = write_raw(self.lake, self.resource, self.identity, decoded)
        except DeliveryError as error:
            return _Outcome(DeliveryState.UNREADABLE, f"{error.found}; {error.expected}; {error.remedy}")
        names = raw_names(decoded.header, self.resource)
        reason = self._held_reason(names, loaded, len(decoded.rejected))
        if reason:
            return _Outcome(DeliveryState.HELD, reason, decoded, loaded)
        extra = undeclared_columns(names, self.resource)
        note = f"columns not in the catalogue: {', '.join(extra)}" if extra else ""
        return _Outcome(DeliveryState.LOADED, note, decoded, loaded)

    def _held_reason(self, names: list[str], loaded: int, rejected: int) -> str | None:
        missing = missing_columns(names, self.resource)
        if missing:
            return f"required columns are missing: {', '.join(missing)}"
        before = self._current()
        if before is None or self.resource.update.mode != "snapshot":
            return None
        return guard.shrink_reason(before["rows"], loaded + rejected, self.resource.guard)

    def _current(self) -> dict[str, Any] | None:
        """Return the delivery that stands in the slice now and would be replaced by this one."""
        known = deliveries_of(self.lake, self.resource.id)
        standing = current_slices(known, self.resource).filter(pl.col("_slice") == self.arrival.slice)
        earlier = standing.filter(pl.col("order_key") <= self.arrival.order_key).to_dicts()
        return earlier[0] if earlier else None

    def _record_rejected(self, rejected: list[RejectedRow]) -> None:
        if not rejected:
            return
        rows = [
            {
                "delivery_id": self.identity,
                "resource_id": self.resource.id,
                "row_number": row.row_number,
                "line": row.line,
                "sheet": "",
                "reason": row.reason,
                "text": row.text,
            }
            for row in rejected
        ]
        key = self.deployment.key(ROW_KEY_NAME)
        frame = pl.from_dicts(rows).with_columns(row_key=keyed_hash(pl.col("text"), key))
        table = frame.select(SCHEMAS[REJECTED_ROWS].names).to_arrow(compat_level=pl.CompatLevel.oldest())
        self.lake.replace_where(
            REJECTED_ROWS, table.cast(SCHEMAS[REJECTED_ROWS]), {"delivery_id": self.identity}
        )

    def _link(self) -> None:
        before = self._current()
        if before is not None and self.resource.update.mode == "snapshot":
            link_replaced_rows(self.lake, self.resource, before["delivery_id"], self.identity)

    def _row(self, outcome: _Outcome, landed: Path, rejected: int) -> dict[str, Any]:
        decoded, arrival = outcome.decoded, self.arrival
        return {
            "delivery_id": self.identity,
            "resource_id": self.resource.id,
            "agency_id": self.resource.agency,
            "submitted_by": self.resource.source.submitted_by or self.resource.agency,
            "slice": arrival.slice,
            "file_name": arrival.file_name,
            "sheet": decoded.sheet if decoded else "",
            "content_hash": self.content,
            "size_bytes": landed.stat().st_size,
            "format": decoded.format if decoded else "",
            "encoding": decoded.encoding if decoded else "",
            "header_row": decoded.header_row if decoded else None,
            "rows_received": outcome.loaded + rejected,
            "rows_loaded": outcome.loaded,
            "rows_rejected": rejected,
            "state": str(outcome.state),
            "reason": outcome.reason,
            "issued_on": arrival.issued_on,
            "arrived_at": arrival.arrived_at,
            "received_at": self.as_of.astimezone(dt.UTC),
            "release": self.release.number,
            "order_key": arrival.order_key,
        }
