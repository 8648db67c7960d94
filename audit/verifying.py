"""Checking the whole record: chain, hashes, the lake's rows, day roots, signatures, days chained.

Here: the check of a deployment's own files. Not here: that of an export (``verifier.py``).
"""

import datetime as dt
import json
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field

from audit.pruning import LEAST_YEARS, earliest_kept
from audit.record import AccessRecord
from audit.sealing import record_of
from audit.signing import Signer
from audit.verifier import (
    ZERO,
    Chain,
    Document,
    Fault,
    Tree,
    canonical,
    day_links,
    fingerprint_of,
    is_signed,
    record_hash,
)
from lake import Lake
from lake.engine import engine_errors
from lake.tables import ACCESS, SCHEMAS
from resource_catalogue.errors import CivicError

_MOST_FAULTS = 1000
_ROWS = 10_000


@dataclass
class RecordCheck:
    """Report a check of the record.

    Attributes:
        records: Lines that were read; ``rows`` those of them that the lake has.
        days: Signed days; ``unsigned`` the days that are not signed yet, the running one among them.
        head: Hash of the last record; note it elsewhere and give it as the anchor of a later check.
        key: Fingerprint of the signing key.
        torn: Files with half-written lines that were moved aside after a crash; nothing was answered for them.
        faults: Place (number, day or file) and what was found; a thousand at most.
    """

    records: int = 0
    rows: int = 0
    days: int = 0
    unsigned: list[str] = field(default_factory=list)
    head: str = ZERO
    key: str = ""
    torn: list[str] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    @property
    def intact(self) -> bool:
        """Tell whether no fault was found."""
        return not self.faults

    def fault(self, place: str, found: str) -> None:
        """Note a fault."""
        if len(self.faults) < _MOST_FAULTS:
            self.faults.append((place, found))


def verify(record: AccessRecord, lake: Lake, anchor: str | None = None) -> RecordCheck:
    """Check everything; each fault is named with its place.

    Args:
        lake: Has ``audit.access``; what is not copied yet is no fault.
        anchor: Hash of a record or root of a day, noted at an earlier check; it must still be there.
    """
    check = RecordCheck(torn=[path.name for path in record.journal.torn()])
    seen = {ZERO}
    try:
        with record.held() if record.folder.exists() else nullcontext():
            days = _Days(record, check)
            seen |= days.hashes()
            _check_lines(record, lake, days, check, seen, anchor)
    except CivicError as error:
        check.fault(error.where, error.found)
    except (KeyError, TypeError, ValueError) as error:
        check.fault(str(record.folder), f"a signed file is not as it was written ({type(error).__name__})")
    if anchor and anchor not in seen:
        check.fault(anchor, "the anchor is not in the chain: records were replaced or removed")
    return check


class _Days:
    """Hold the signed days while the lines are read."""

    def __init__(self, record: AccessRecord, check: RecordCheck) -> None:
        self._record, self._files, self._check = record, record.files, check
        self._signer = Signer(record.deployment)
        self.documents = self._files.days()
        self.pruned = self._files.pruned()
        self.newest = self._files.newest()
        self._by_day = {document["day"]: document for document in self.documents}
        check.key, check.days = self._signer.key_id, len(self.documents)
        if self.documents and self._public_key() != self._signer.key_id:
            check.fault("public_key.pem", "not the key of the deployment")
        self._check_documents()
        self._check_newest()

    def hashes(self) -> set[str]:
        """Return the hashes that a day or the stub of what was pruned attests."""
        known = [*self.documents, *([self.pruned] if self.pruned else [])]
        return {document[name] for document in known for name in ("root", "last_hash")}

    def close(self, day: str, first: int, chain: Chain, tree: Tree) -> None:
        """Compare the lines of a day with what was signed for it."""
        document = self._by_day.pop(day, None)
        if document is None:
            if self.newest and day <= self.newest["day"]:
                self._check.fault(day, "has records, but the day's signed file is missing")
            elif tree.count:
                self._check.unsigned.append(day)
            return
        found = {"first": first, "last": chain.sequence, "count": tree.count, "root": tree.root()}
        if any(document[name] != value for name, value in found.items()):
            self._check.fault(day, "the records are not those that were signed for the day")

    def finish(self) -> None:
        """Name the signed days whose records are not there, the pruned ones aside."""
        pruned_until = self.pruned["day"] if self.pruned else ""
        for day in sorted(self._by_day):
            if day > pruned_until:
                self._check.fault(day, "the day is signed, but its records are missing")

    def _public_key(self) -> str:
        path = self._files.public_key
        try:
            return fingerprint_of(path.read_bytes())
        except (OSError, ValueError):
            return ""

    def _check_documents(self) -> None:
        for path, document in zip(self._files.day_paths(), self.documents, strict=True):
            self._signed(f"days/{path.name}", document)
            if document.get("day") != path.stem:
                self._check.fault(f"days/{path.name}", "the file of another day")
        if self.documents and (self.documents[0]["first"], self.documents[0]["previous_root"]) != (1, ZERO):
            self._check.fault(self.documents[0]["day"], "not the first day: the days before it are missing")
        for place, found in day_links(self.documents):
            self._check.fault(place, found)
        if self.pruned:
            self._signed("pruned.json", self.pruned)
            self._check_pruned(self.pruned)

    def _check_pruned(self, pruned: Document) -> None:
        day = self._by_day.get(pruned["day"])
        if day is None or any(day[name] != pruned[name] for name in ("root", "last", "last_hash")):
            self._check.fault("pruned.json", f"does not match the signed day {pruned['day']}")
        at = self._record.day(dt.datetime.fromisoformat(pruned["pruned_at"]))
        if not pruned["day"] < pruned["kept_from"] <= earliest_kept(at, LEAST_YEARS).isoformat():
            self._check.fault("pruned.json", "more was removed than retention allows")

    def _check_newest(self) -> None:
        if self.newest is None:
            if self.documents:
                self._check.fault("newest_day.json", "missing")
            return
        self._signed("newest_day.json", self.newest)
        known = self._by_day.get(self.newest["day"])
        if known is None or known["root"] != self.newest["root"]:
            self._check.fault(self.newest["day"], "the newest day's signed file is missing or another one")

    def _signed(self, place: str, document: Document) -> None:
        if not is_signed(document, self._signer.pem):
            self._check.fault(place, "the signature does not hold")


def _check_lines(
    record: AccessRecord, lake: Lake, days: _Days, check: RecordCheck, seen: set[str], anchor: str | None
) -> None:
    tail = record.journal.tail()
    after = record.files.start()
    chain, rows = Chain(*after), _Rows(lake, after[0], check)
    page, first, tree = "", after[0] + 1, Tree()
    for day, line in record.journal.lines(after[0], tail):
        if day.isoformat() != page:
            if page:
                days.close(page, first, chain, tree)
            page, first, tree = day.isoformat(), chain.sequence + 1, Tree()
        found = _taken(line, chain, check)
        if found is not None:
            tree.add(record_hash(found))
            rows.compare(found)
            if found["hash"] == anchor:
                seen.add(anchor)
    if page:
        days.close(page, first, chain, tree)
    days.finish()
    rows.finish()
    check.head = chain.hash


def _taken(line: bytes, chain: Chain, check: RecordCheck) -> Document | None:
    """Follow the chain by one line; null where it is no record."""
    check.records += 1
    try:
        record: Document = json.loads(line)
        faults = list(chain.take(record))
        if not faults and canonical(record) != line:
            faults = [(str(record["sequence"]), "not written as the platform writes")]
    except (ValueError, AttributeError):
        check.fault(f"after {chain.sequence}", "a line that is no record")
        return None
    for place, found in faults:
        check.fault(place, found)
    return record if isinstance(record.get("sequence"), int) and "hash" in record else None


class _Rows:
    """Compare the rows of ``audit.access``, which come in order of number, with the journal's records."""

    def __init__(self, lake: Lake, after: int, check: RecordCheck) -> None:
        self._check = check
        self._rows = _rows_after(lake, after)
        self._next = next(self._rows, None)

    def compare(self, record: Document) -> None:
        """Compare one record with its row."""
        number = record["sequence"]
        while self._next is not None and self._next["sequence"] < number:
            self._check.fault(
                str(self._next["sequence"]), "sealed, but not (or twice) in its place in the journal"
            )
            self._next = next(self._rows, None)
        if self._next is None:
            return
        if self._next["sequence"] > number:
            self._check.fault(str(number), "its row is missing from audit.access")
            return
        if not _is_same(self._next, record):
            self._check.fault(str(number), "its row in audit.access differs from the journal")
        self._check.rows += 1
        self._next = next(self._rows, None)

    def finish(self) -> None:
        """Name the rows that no record of the journal stands for."""
        while self._next is not None:
            self._check.fault(str(self._next["sequence"]), "sealed, but not in the journal")
            self._next = next(self._rows, None)


def _is_same(row: Document, record: Document) -> bool:
    try:
        return canonical(record_of(row)) == canonical(record)
    except (ValueError, TypeError, AttributeError):
        return False


def _rows_after(lake: Lake, after: int) -> Iterator[Document]:
    """Yield the rows in order of number without holding them all."""
    if not lake.exists(ACCESS):
        return
    connection = lake.connect(ACCESS)
    columns = ", ".join(f'"{name}"' for name in SCHEMAS[ACCESS].names)
    sql = f"select {columns} from {ACCESS} where sequence > {int(after)} order by sequence"
    try:
        with engine_errors(str(ACCESS)):
            for batch in connection.execute(sql).to_arrow_reader(_ROWS):
                for row in batch.to_pylist():
                    yield {**row, "at": row["at"].astimezone(dt.UTC)}
    finally:
        connection.close()
