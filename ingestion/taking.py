"""Take new deliveries in: land their bytes, decode them, write ``raw``, judge whether they may count.

Order of the stores: landing, raw, rejected rows, links to replaced rows, receipt; last, by the caller, the row in
``ingestion.deliveries``. Each step may be repeated, so a run killed between any two is made whole by the next. Small
files go through the stores together, because a commit costs more than they do.
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any

import polars as pl

from ingestion.declared import arrival_of, reading_fingerprint
from ingestion.decode import decode_file
from ingestion.decoded import Decoded
from ingestion.deliveries import EFFECTIVE
from ingestion.judging import Judge, together
from ingestion.landing import land, write_receipt
from ingestion.raw import gathered, write_raw, write_raw_of_many
from ingestion.row_keys import keyed_hash
from ingestion.row_links import link_replaced_rows, linked_lines, relink
from ingestion.standing import Standing
from ingestion.waiting import NewDelivery
from lake import Lake
from lake.tables import REJECTED_ROWS, SCHEMAS
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import DeliveryError
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.subject_keys import ROW_KEY_NAME
from resource_catalogue.words import DeliveryState

_SMALL_BYTES, _GROUP_BYTES, _GROUP_FILES = 1 << 20, 1 << 25, 500
"""Files up to the first size are taken together: as many as the second holds, but not more than the third says."""
_HELD_BYTES = 1 << 28
"""How much of decoded files is held in memory before no more is added."""
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


@dataclass
class _Read:
    """Hold a delivery whose bytes have landed.

    Attributes:
        rows: How many rows of it stand in ``raw``; null where they are not written yet.
        error: Why it cannot be read; with it, nothing of it stands in ``raw``.
    """

    new: NewDelivery
    size: int
    decoded: Decoded | None = None
    rows: int | None = None
    error: DeliveryError | None = None


def groups(waiting: Iterable[NewDelivery]) -> Iterator[list[NewDelivery]]:
    """Part deliveries into groups that go through the stores together; a large file is alone in its group."""
    group: list[NewDelivery] = []
    total = 0
    for one in waiting:
        size = _size(one)
        if group and (total + size > _GROUP_BYTES or len(group) == _GROUP_FILES or size > _SMALL_BYTES):
            yield group
            group, total = [], 0
        group.append(one)
        # Behind a large file a new group begins.
        total += size if size <= _SMALL_BYTES else _GROUP_BYTES
    if group:
        yield group


def _size(new: NewDelivery) -> int:
    try:
        return 0 if new.arrival.fault else new.arrival.path.stat().st_size
    except OSError:
        return 0


@dataclass(frozen=True)
class Taking:
    """Take deliveries of one resource in.

    Attributes:
        in_raw: Which of those to be taken have rows in ``raw``, or among the rejected, already.
    """

    lake: Lake
    deployment: Deployment
    release: Release
    resource: Resource
    as_of: dt.datetime
    in_raw: frozenset[str] = frozenset()

    @cached_property
    def judge(self) -> Judge:
        """Return the judge of the deliveries, who remembers what was looked at."""
        return Judge(self.lake, self.resource)

    def take(self, group: list[NewDelivery], standing: Standing) -> dict[str, dict[str, Any]]:
        """Bring the deliveries of a group to their receipts.

        Returns:
            The row of each for ``ingestion.deliveries``, whatever became of it, by id; without those whose file is
            still being written, or is gone.
        """
        found: dict[str, dict[str, Any]] = {}
        read = [self._read(one) for one in group if not one.arrival.fault]
        self._write_small([one for one in read if one is not None])
        by_id = {one.new.identity: one for one in read if one is not None}
        for new in group:
            if new.arrival.fault:
                refused = _Outcome(DeliveryState.UNREADABLE, new.arrival.fault)
                found[new.identity] = self._received(new, refused, 0)
            elif (one := by_id.get(new.identity)) is not None:
                row = found[new.identity] = self._received(new, self._outcome(one, standing), one.size)
                standing.add(row)
        return found

    def _read(self, new: NewDelivery) -> _Read | None:
        """Land a file and begin to decode it; null where it is still being written, or is gone."""
        try:
            name = PurePosixPath(new.arrival.file_name).name
            landed = land(new.arrival.path, self._folder(new.identity), new.content, name)
        except FileNotFoundError:
            landed = None
        if landed is None:
            return None
        one = _Read(new, landed.stat().st_size)
        try:
            one.decoded = decode_file(landed, self.resource)
        except DeliveryError as error:
            one.error = error
        return one

    def _write_small(self, read: list[_Read]) -> None:
        """Write the rows of small files together; those of others, and those written before, are written one by one."""
        small: dict[str, Decoded] = {}
        held = 0
        for one in read:
            is_small = one.size <= _SMALL_BYTES and one.new.identity not in self.in_raw
            # A small file may unfold to a large table: those behind it are written one by one.
            if one.decoded and is_small and held < _HELD_BYTES:
                try:
                    small[one.new.identity], size = gathered(one.decoded)
                    held += size
                except DeliveryError as error:
                    one.error = error
        if len(small) < 2:
            return
        counts = write_raw_of_many(self.lake, self.resource, small)
        self._record_rejected(small, [])
        self.judge.prepare(counts, small)
        for one in read:
            one.rows = counts.get(one.new.identity)

    def _outcome(self, one: _Read, standing: Standing) -> _Outcome:
        """Judge a delivery, and lead rows of the one that it replaces to it."""
        arrival = one.new.arrival
        before = standing.before(arrival.slice, arrival.order_key)
        if one.error is not None:
            return _unreadable(one.error)
        assert one.decoded is not None
        try:
            if one.rows is None:
                one.rows = self._kept(one.new.identity, one.decoded, one.new.identity in self.in_raw)
            like = before or standing.newest(arrival.order_key)
            outcome = self._judged(one.new, one.decoded, one.rows, before, like)
        except DeliveryError as error:
            outcome = _unreadable(error)
        if outcome.state in EFFECTIVE:
            self.link(one.new.identity, before)
        return outcome

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
        arrival = arrival_of(row, self.resource, self.deployment)
        landed = land(arrival.path, self._folder(identity), content) if arrival.path.is_file() else None
        if landed is None:
            reading = reading_fingerprint(self.resource)
            said = (row["reason"] or "").removesuffix(_NOT_KEPT).removesuffix("; ")
            return {**row, "reading_fingerprint": reading, "reason": together(said, _NOT_KEPT)}
        new = NewDelivery(arrival, content, identity, row)
        lines = linked_lines(self.lake, self.resource, identity)
        try:
            decoded = decode_file(landed, self.resource)
            loaded = self._kept(identity, decoded, is_again=True)
            said = (
                row["reason"]
                if row["state"] == DeliveryState.ACCEPTED
                else self.judge.remarks(identity, decoded)
            )
            outcome = _Outcome(DeliveryState(row["state"]), said, decoded, loaded)
            relink(self.lake, self.resource, identity, lines)
        except DeliveryError as error:
            outcome = _unreadable(error)
        return self._received(new, outcome, landed.stat().st_size)

    def link(self, identity: str, before: dict[str, Any] | None) -> None:
        """Link rows of the delivery that stood in a slice, if any did, to those that take their place."""
        if before is not None:
            link_replaced_rows(self.lake, self.resource, before["delivery_id"], identity)

    def _judged(
        self,
        new: NewDelivery,
        decoded: Decoded,
        loaded: int,
        before: dict[str, Any] | None,
        like: dict[str, Any] | None,
    ) -> _Outcome:
        """Judge whether a delivery may count.

        Args:
            loaded: How many rows of it stand in ``raw``.
            before: The delivery that it would replace.
            like: The one whose columns it should have: that, else the newest before it.
        """
        reason = self.judge.reason(new, decoded, loaded, before, like)
        state = DeliveryState.HELD if reason else DeliveryState.LOADED
        return _Outcome(state, reason or self.judge.remarks(new.identity, decoded), decoded, loaded)

    def _kept(self, identity: str, decoded: Decoded, is_again: bool) -> int:
        """Write what was decoded, and return how many rows there are."""
        loaded = write_raw(self.lake, self.resource, identity, decoded, is_again)
        self._record_rejected({identity: decoded}, [identity] if is_again else [])
        return loaded

    def _folder(self, identity: str) -> Path:
        return self.deployment.landing / self.resource.id / identity

    def _record_rejected(self, decoded: Mapping[str, Decoded], again: Iterable[str]) -> None:
        """Write the rejected rows of deliveries in one commit.

        Args:
            again: Those taken again, under a better declaration perhaps: what was rejected then need not be now.
        """
        for identity in again:
            if self.lake.exists(REJECTED_ROWS):
                self.lake.delete_where(REJECTED_ROWS, {"delivery_id": identity})
        frames = [_rejected(identity, one) for identity, one in decoded.items() if one.rejected]
        if not frames:
            return
        key = self.deployment.key(ROW_KEY_NAME)
        frame = pl.concat(frames).with_columns(
            resource_id=pl.lit(self.resource.id), row_key=keyed_hash(pl.col("text"), key)
        )
        schema = SCHEMAS[REJECTED_ROWS]
        table = frame.select(schema.names).to_arrow(compat_level=pl.CompatLevel.oldest()).cast(schema)
        self.lake.append(REJECTED_ROWS, table)

    def _received(self, new: NewDelivery, outcome: _Outcome, size: int) -> dict[str, Any]:
        """Write the receipt of a delivery and return its row."""
        row = self._row(new, outcome, size)
        folder = self._folder(new.identity)
        folder.parent.mkdir(parents=True, exist_ok=True)
        write_receipt(folder, {**row, "rows_stated": new.arrival.rows_stated})
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
            "columns": self.judge.columns(new.identity, decoded) if decoded else None,
        }


def _rejected(identity: str, decoded: Decoded) -> pl.DataFrame:
    rows = decoded.rejected
    columns = {
        "row_number": [row.row_number for row in rows],
        "line": [row.line for row in rows],
        "reason": [row.reason for row in rows],
        "text": [row.text for row in rows],
        "sheet": [decoded.sheet if row.sheet is None else row.sheet for row in rows],
    }
    return pl.DataFrame(columns).with_columns(delivery_id=pl.lit(identity))


def _unreadable(error: DeliveryError) -> _Outcome:
    return _Outcome(DeliveryState.UNREADABLE, together(error.found, error.expected, error.remedy))
