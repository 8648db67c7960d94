"""Sealing: the journal's lines become rows of ``audit.access``, and each finished day a signed Merkle root.

Here: copying what is not copied yet, signing days in order. Not here: checking it all again (``verifying.py``). A seal
that was killed is finished by the next one.
"""

import datetime as dt
import json
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa

from audit.journal import Tail
from audit.record import AccessRecord
from audit.signing import Signer
from audit.verifier import ZERO, Chain, Document, Tree, canonical
from lake import Lake
from lake.tables import ACCESS, SCHEMAS
from resource_catalogue.errors import LakeError

_ROWS_PER_COMMIT = 50_000
DISK_ALARM = 0.7
"""Share of a disk from which its filling is told: the record must not be what stops for want of space."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """Report a seal.

    Attributes:
        copied: Records that became rows; ``days`` the days that were signed.
        head: Hash of the last record, which may be noted elsewhere as an anchor.
        disk_used: Share of the record's disk that is full.
    """

    copied: int = 0
    days: tuple[dt.date, ...] = ()
    head: str = ZERO
    disk_used: float = 0.0


def seal(record: AccessRecord, lake: Lake, as_of: dt.datetime) -> Sealed:
    """Copy what is new into ``audit.access`` and sign the days before that of ``as_of``.

    Raises:
        LakeError: The journal was changed; nothing from there on is copied or signed.
    """
    if not record.journal.folder.exists():
        return Sealed()
    today = record.day(as_of)
    with record.held():
        tail = record.journal.turn(today)
        signer = Signer(record.deployment)
        record.files.write_public_key(signer.pem)
        copied = _copy(record, lake, tail)
        days = tuple(_sign_days(record, signer, today))
    usage = shutil.disk_usage(record.folder)
    return Sealed(copied, days, tail.hash, usage.used / usage.total)


def row_of(record: Document) -> Document:
    """Return a record as a row of ``audit.access``."""
    detail = canonical(record["detail"]).decode()
    return {**record, "at": dt.datetime.fromisoformat(record["at"]), "detail": detail}


def record_of(row: Document) -> Document:
    """Return the record that a row of ``audit.access`` was made from."""
    at = row["at"].astimezone(dt.UTC).isoformat(timespec="microseconds")
    return {**row, "at": at, "detail": json.loads(row["detail"])}


def last_copied(lake: Lake) -> tuple[int, str] | None:
    """Return number and hash of the last record that is a row; null where there is none."""
    if not lake.exists(ACCESS):
        return None
    newest = lake.query(f"select sequence, hash from {ACCESS} order by sequence desc limit 1", ACCESS).rows()
    return newest[0] if newest else None


def followed(chain: Chain, lines: Iterable[bytes]) -> Iterator[Document]:
    """Yield the records of lines as long as each one follows.

    Raises:
        LakeError: One does not; it is named.
    """
    for line in lines:
        try:
            record = json.loads(line)
            faults = list(chain.take(record))
        except (ValueError, AttributeError):
            faults = [(f"after {chain.sequence}", "not a record")]
        if faults:
            place, found = faults[0]
            raise LakeError(
                f"存取记录 / record of access {place}",
                f"记录链不完整 / the chain does not hold ({found})",
                "未被改动的记录 / records as they were written",
                "先 civiclake audit verify，保留现场，再从备份恢复 / run civiclake audit verify, keep the files as "
                "evidence, then restore them from a backup",
            )
        yield record


def _copy(record: AccessRecord, lake: Lake, tail: Tail) -> int:
    after = max(last_copied(lake) or (0, ZERO), record.files.start())
    lines = (line for _, line in record.journal.lines(after[0], tail))
    records, copied = followed(Chain(*after), lines), 0
    while rows := [row_of(one) for one in islice(records, _ROWS_PER_COMMIT)]:
        lake.append(ACCESS, pa.Table.from_pylist(rows, schema=SCHEMAS[ACCESS]))
        copied += len(rows)
    return copied


def _sign_days(record: AccessRecord, signer: Signer, today: dt.date) -> Iterator[dt.date]:
    """Sign the finished days that are not signed yet, in order."""
    files = record.files
    before = next(reversed(files.days()), None) or files.pruned()
    signed_until = dt.date.fromisoformat(before["day"]) if before else dt.date.min
    for day, path in record.journal.pages():
        if not signed_until < day < today:
            continue
        document = _day_of(day, record.journal.page_lines(path), before)
        if document["count"]:
            before = signer.signed("day", document)
            files.write_day(day, before)
            yield day
    if before is not None:
        named = {name: before[name] for name in ("day", "root", "last", "last_hash")}
        files.write_newest(signer.signed("newest-day", named))


def _day_of(day: dt.date, lines: Iterable[bytes], before: Document | None) -> Document:
    start = (before["last"], before["last_hash"]) if before else (0, ZERO)
    chain, tree = Chain(*start), Tree()
    for one in followed(chain, lines):
        tree.add(one["hash"])
    return {
        "day": day.isoformat(),
        "first": start[0] + 1,
        "last": chain.sequence,
        "count": tree.count,
        "last_hash": chain.hash,
        "root": tree.root(),
        "previous_root": before["root"] if before else ZERO,
    }
