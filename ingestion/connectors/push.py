"""Cut the pushed records that wait into segments, each a delivery of JSON lines in the order of acknowledgement.

How far records are cut stands in the same line of the spool's journal that makes the segment count. So a run killed
before it has cut nothing, one killed after it has bodies left that the next one notes as taken: no record is lost,
none stands in two segments.
"""

import datetime as dt
from collections.abc import Iterator

from ingestion import json_text
from ingestion.asking import Asked
from ingestion.pushed_records import PushedRecords, WaitingBody, WaitingRecords, cut_until
from ingestion.spool import Draft, Spool
from resource_catalogue.sources.push import PushSource

_REMEMBERED = 500


def fetch(source: PushSource, spool: Spool, asked: Asked) -> None:
    """Cut everything that waits.

    Raises:
        NotKept: The database of pushed requests cannot be read or written.
    """
    records = WaitingRecords.of(PushedRecords.folder(asked.deployment, asked.resource.id))
    if records is None:
        return
    keys_before = asked.as_of - dt.timedelta(days=source.keep_keys_days)
    try:
        cut = cut_until(spool, records.identity)
        spool.forget_parts()
        # A segment every few seconds: only the newest say anything still.
        spool.shorten(_REMEMBERED)
        while (last := _segment(records, cut, source.max_bytes, spool, asked)) > cut:
            cut = last
        records.note_taken(cut, keys_before)
    finally:
        records.close()


def _segment(records: WaitingRecords, cut: int, max_bytes: int, spool: Spool, asked: Asked) -> int:
    """Keep one segment in the spool and return the place of its last body; where nothing waits, that before it."""
    name = f"push://{asked.resource.id}/records.jsonl"
    draft = spool.draft(f"{name}\n{records.identity}\n{cut}")
    draft.restart()
    last = _write(draft, records.waiting(cut), max_bytes)
    if last:
        spool.keep(draft, name, asked.as_of, last, records.identity)
    else:
        draft.restart()
    return last or cut


def _write(draft: Draft, waiting: Iterator[WaitingBody], max_bytes: int) -> int:
    """Write the records of bodies line by line, up to a size; return the place of the last one, 0 for none."""
    last = 0
    with draft.append() as file:
        for one in waiting:
            lines = b"".join(line + b"\n" for line in _lines(one))
            if last and file.tell() + len(lines) > max_bytes:
                break
            file.write(lines)
            last = one.place
        # Equal records that are pushed again are news: the bytes differ where no reader minds.
        file.write(format(last, "b").replace("0", " ").replace("1", "\t").encode() + b"\n")
    return last


def _lines(one: WaitingBody) -> Iterator[bytes]:
    """Give each record of a body on a line, the digits of its numbers as they were sent."""
    if one.form == "lines":
        yield from filter(bytes.strip, one.body.split(b"\n"))
        return
    document = json_text.parsed(one.body)
    for record in document if isinstance(document, list) else [document]:
        yield json_text.written(record).encode()
