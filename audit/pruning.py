"""Pruning: whole days at the start of the chain that are older than retention, and nothing else.

Here: what may go, the signed word on it, removing it for good: afterwards no file of journal or table holds a word
of it. Not here: the check that nothing else went (``verifying.py``).
Records are kept for three years at least (Xinjiang a15¶2 「不得少于三年」).
"""

import datetime as dt
import json
from collections import deque
from dataclasses import dataclass

import pyarrow as pa

from audit.record import AccessRecord
from audit.sealing import followed
from audit.signing import Signer
from audit.verifier import Chain, Document, Tree
from lake import Lake
from lake.engine import engine_errors
from lake.tables import ACCESS, SCHEMAS
from resource_catalogue.errors import LakeError
from resource_catalogue.on_disk import to_disk

LEAST_YEARS = 3
"""Years below which no setting may go."""
_ROWS = 50_000


@dataclass(frozen=True, slots=True)
class Pruned:
    """Report what was pruned.

    Attributes:
        days: Days whose records were removed; ``records`` their number.
        kept_from: Day from which on records must be kept.
    """

    days: tuple[dt.date, ...]
    records: int
    kept_from: dt.date


def prune(record: AccessRecord, lake: Lake, as_of: dt.datetime) -> Pruned:
    """Remove the signed days that are older than ``settings.audit.retention_years``; a killed call may be repeated.

    Age is counted to the last record where ``as_of`` lies after it: a wrong clock removes nothing. The signed days
    themselves stay: they are small, and old exports are checked by them.

    Raises:
        LakeError: The records that would go are not those that were signed: they are evidence and stay.
    """
    today = min([record.day(as_of), *_last_day(record)])
    kept_from = earliest_kept(today, record.deployment.settings.audit.retention_years)
    if not record.folder.exists():
        return Pruned((), 0, kept_from)
    with record.held():
        start = record.files.start()
        going = [
            day
            for day in record.files.days()
            if day["last"] > start[0] and day["day"] < kept_from.isoformat()
        ]
        if going:
            _check_signed(record, start, going)
            _attest(record, going[-1], kept_from, as_of)
        _remove(record, lake)
    days = tuple(dt.date.fromisoformat(day["day"]) for day in going)
    return Pruned(days, sum(day["count"] for day in going), kept_from)


def earliest_kept(today: dt.date, years: int) -> dt.date:
    """Return the earliest day whose records must still be kept.

    >>> earliest_kept(dt.date(2028, 2, 29), 3)
    datetime.date(2025, 2, 28)
    """
    try:
        return today.replace(year=today.year - years)
    except ValueError:
        return today.replace(year=today.year - years, day=28)


def _last_day(record: AccessRecord) -> list[dt.date]:
    """Return the day of the last record by its own instant: a seal by a wrong clock begins a page of a later day.

    Raises:
        LakeError: The last line is no record.
    """
    record.journal.tail()
    pages = [path for _, path in record.journal.pages() if path.stat().st_size]
    last = [json.loads(line) for path in pages[-1:] for line in deque(record.journal.page_lines(path), 1)]
    return [record.day(dt.datetime.fromisoformat(one["at"])) for one in last]


def _check_signed(record: AccessRecord, start: tuple[int, str], going: list[Document]) -> None:
    """Refuse to remove records that are not those that were signed."""
    pages, chain = dict(record.journal.pages()), Chain(*start)
    for document in going:
        path, tree = pages.get(dt.date.fromisoformat(document["day"])), Tree()
        for one in followed(chain, record.journal.page_lines(path) if path else ()):
            tree.add(one["hash"])
        if (tree.root(), chain.sequence) != (document["root"], document["last"]):
            raise LakeError(
                f"存取记录 / record of access {document['day']}",
                "与当日签名不符，未清理 / not the records that were signed for the day; nothing was removed",
                "未被改动的记录 / records as they were written",
                "运行 civiclake audit verify / run civiclake audit verify",
            )


def _attest(record: AccessRecord, last: Document, kept_from: dt.date, as_of: dt.datetime) -> None:
    named = {name: last[name] for name in ("day", "root", "last", "last_hash")}
    said = {
        **named,
        "kept_from": kept_from.isoformat(),
        "retention_years": record.deployment.settings.audit.retention_years,
        "pruned_at": as_of.astimezone(dt.UTC).isoformat(),
    }
    record.files.write_pruned(Signer(record.deployment).signed("pruned", said))


def _remove(record: AccessRecord, lake: Lake) -> None:
    """Remove what the signed word covers: rows first, then pages, so that a killed call can be repeated."""
    pruned = record.files.pruned()
    if pruned is None:
        return
    _remove_rows(lake, pruned["last"])
    # The former versions of the table still hold the rows, and their log the least and greatest value of each column.
    lake.forget(ACCESS)
    for day, path in record.journal.pages():
        if day.isoformat() <= pruned["day"]:
            path.unlink()
    to_disk(record.journal.folder)


def _remove_rows(lake: Lake, last: int) -> None:
    if not lake.exists(ACCESS):
        return
    old = lake.query(f"select count(*) as n from {ACCESS} where sequence <= {int(last)}", ACCESS).item()
    if not old:
        return
    connection = lake.connect(ACCESS)
    try:
        with engine_errors(str(ACCESS)):
            kept = connection.execute(
                f"select * from {ACCESS} where sequence > {int(last)} order by sequence"
            ).to_arrow_reader(_ROWS)
        shape = SCHEMAS[ACCESS]
        batches = (batch.select(shape.names).cast(shape) for batch in kept)
        lake.overwrite(ACCESS, pa.RecordBatchReader.from_batches(shape, batches))
    finally:
        connection.close()
