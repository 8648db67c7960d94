"""Searching the record: sealed rows and the lines that are not sealed yet, the newest first.

Here: search, and who read one subject's record. Not here: who may ask that (``cli``), nor showing it.
"""

import json
from collections import deque
from dataclasses import dataclass, replace

from audit.record import AccessRecord
from audit.sealing import last_copied, record_of
from audit.selection import Selection
from audit.verifier import ZERO, Document
from lake import Lake
from lake.tables import ACCESS, SCHEMAS

_FIELDS = frozenset(SCHEMAS[ACCESS].names)


@dataclass(frozen=True, slots=True)
class Reading:
    """Say of one access that it read a subject, or may have read it among others.

    Attributes:
        is_bulk: It read rows of the entry without naming a subject.
    """

    record: Document
    is_bulk: bool


def search(record: AccessRecord, lake: Lake, selection: Selection, limit: int = 1000) -> list[Document]:
    """Return the newest records that a selection admits, the newest first.

    Args:
        limit: Most records to return.
    """
    after = max(last_copied(lake) or (0, ZERO), record.files.start())[0]
    newest: deque[Document] = deque(maxlen=limit)
    for _, line in record.journal.lines(after, record.journal.tail()):
        found = _parsed(line)
        if found is not None and selection.admits(found):
            newest.append(found)
    return [*reversed(newest), *_sealed(lake, selection, after, limit - len(newest))]


def readings(
    record: AccessRecord, lake: Lake, entry: str, period: Selection, keys: tuple[str, ...], limit: int = 1000
) -> list[Reading]:
    """Return who read one subject of an entry: accesses by its key, and those that read many rows of the entry.

    Args:
        period: Its instants bound the search.
        keys: Keyed hashes that stand for the subject in the entry.
    """
    keyed = search(record, lake, replace(period, entry=entry, subject_keys=keys), limit)
    bulk = search(record, lake, replace(period, entry=entry, in_bulk=True), limit)
    found = [*(Reading(one, False) for one in keyed), *(Reading(one, True) for one in bulk)]
    return sorted(found, key=lambda reading: -int(reading.record["sequence"]))[:limit]


def _sealed(lake: Lake, selection: Selection, until: int, limit: int) -> list[Document]:
    if limit <= 0 or not lake.exists(ACCESS):
        return []
    where, parameters = selection.condition()
    columns = ", ".join(f'"{name}"' for name in SCHEMAS[ACCESS].names)
    where = f"{where} and sequence <= {int(until)}"
    sql = f"select {columns} from {ACCESS} where {where} order by sequence desc limit {int(limit)}"
    return [record_of(row) for row in lake.query(sql, ACCESS, parameters=parameters).to_dicts()]


def _parsed(line: bytes) -> Document | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.keys() >= _FIELDS else None
