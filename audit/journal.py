"""The journal: one line per access in files by day, chained by hash, on the disk before an append returns.

Here: the lock among processes, the tail, half-written lines, pages (one file per day of the chain). Not here: what a
line says (``access_lines.py``), nor the lake's copy (``sealing.py``).

A record's day is the later one of its own and the last record's: clocks of several processes differ a little, and a
day that is signed must not grow.
"""

import datetime as dt
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from audit.durable import locked, make_folder, write_synced
from audit.verifier import ZERO
from resource_catalogue.errors import CivicError, LakeError
from resource_catalogue.on_disk import to_disk

Line = tuple[dt.date, dict[str, Any]]
"""An access's own day and its fields."""
_PAGE = re.compile(r"\d{4}-\d{2}-\d{2}\.jsonl")
_WINDOW = 1 << 16


class RecordNotWritten(CivicError):
    """The access could not be recorded, hence nothing may be answered."""

    exit_code = 2


@dataclass(frozen=True, slots=True)
class Tail:
    """Say where the chain ends.

    Attributes:
        page: Name of the newest file; empty where there is none.
        size: Bytes of it that are whole lines.
        sequence: Number of the last record, 0 where there is none; ``hash`` its hash.
    """

    page: str = ""
    size: int = 0
    sequence: int = 0
    hash: str = ZERO

    @property
    def day(self) -> dt.date:
        """Return the day of the newest file."""
        return dt.date.fromisoformat(self.page.removesuffix(".jsonl")) if self.page else dt.date.min


class Journal:
    """Own the files of one journal; any number of processes and threads may append.

    Args:
        folder: Where they lie; made at the first append.
        start: Says after which record (number, hash) a journal without records goes on, as after pruning.
    """

    def __init__(self, folder: Path, start: Callable[[], tuple[int, str]] = lambda: (0, ZERO)) -> None:
        self.folder = folder
        self._start = start
        self._known: Tail | None = None

    def append(self, lines: Iterable[Line]) -> int:
        """Append records; they are on the disk when this returns.

        Returns:
            Number of the last record.

        Raises:
            RecordNotWritten: The disk refused; what was written of them is taken back where that is possible.
            LakeError: The end of the journal was changed by hand.
        """
        with self._refusals(), self._held() as pointer:
            tail = self._tail(pointer)
            self._known = None
            for day, group in groupby(lines, key=lambda line: line[0]):
                tail = self._turned(pointer, tail, day)
                tail = self._written(tail, [fields for _, fields in group])
            self._known = tail
        return tail.sequence

    def turn(self, day: dt.date) -> Tail:
        """Let later records go to a page of that day or a later one, so that earlier days are finished.

        Returns:
            The end of the chain.
        """
        with self._refusals(), self._held() as pointer:
            tail = self._tail(pointer)
            if tail.size:
                tail = self._turned(pointer, tail, day)
            self._known = tail
        return tail

    def tail(self) -> Tail:
        """Return where the chain ends now; half a line is moved aside first."""
        if not self.folder.exists():
            return Tail("", 0, *self._start())
        with self._refusals(), self._held() as pointer:
            self._known = self._tail(pointer)
            return self._known

    def pages(self) -> list[tuple[dt.date, Path]]:
        """List the files in order of their day."""
        found = sorted(path for path in self.folder.glob("*.jsonl") if _PAGE.fullmatch(path.name))
        return [(dt.date.fromisoformat(path.stem), path) for path in found]

    def page_lines(self, path: Path) -> Iterator[bytes]:
        """Yield the whole lines of a page."""
        return _whole_lines(path, None)

    def torn(self) -> list[Path]:
        """List the files with what was moved aside after a crash."""
        return sorted(self.folder.glob("*.torn"))

    def lines(self, after: int, until: Tail) -> Iterator[tuple[dt.date, bytes]]:
        """Yield the lines of records after a number, in order, up to an end that was read before."""
        begun = False
        for day, path in self._pages_after(after):
            if path.name > until.page:
                return
            for line in _whole_lines(path, until.size if path.name == until.page else None):
                begun = begun or _is_after(line, after)
                if begun:
                    yield day, line

    def _pages_after(self, after: int) -> list[tuple[dt.date, Path]]:
        """Return the pages from the one that may hold the next record on."""
        pages, wanted = self.pages(), list[tuple[dt.date, Path]]()
        for page in reversed(pages):
            wanted.insert(0, page)
            first = next(_whole_lines(page[1], None), b"")
            if first and not _is_after(first, after + 1):
                break
        return wanted

    @contextmanager
    def _refusals(self) -> Iterator[None]:
        try:
            make_folder(self.folder)
            yield
        except OSError as error:
            raise RecordNotWritten(
                str(self.folder),
                f"存取记录写入失败，未作答复 / the access could not be recorded, nothing was answered "
                f"({error.strerror or type(error).__name__})",
                "可写的磁盘 / a disk that takes it",
                "检查磁盘空间与权限 / check free space and rights",
            ) from None

    @contextmanager
    def _held(self) -> Iterator[int]:
        """Keep other writers out; yields the open file that names the newest page."""
        with locked(self.folder):
            pointer = os.open(self.folder / ".newest", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                yield pointer
            finally:
                os.close(pointer)

    def _tail(self, pointer: int) -> Tail:
        """Return the end of the chain: as known where nobody wrote since, else from the newest lines."""
        known, page = self._known, os.pread(pointer, 64, 0).decode("ascii", "replace")
        if known is None or known.page != page or not page:
            return self._found_tail(pointer)
        with suppress(FileNotFoundError):
            size = (self.folder / page).stat().st_size
            if size == known.size:
                return known
            tail = self._read_tail(page, known.size if size > known.size else 0)
            # A page that was shortened by hand: the chain goes on from what was answered, and the check finds the gap.
            return tail if tail.sequence > known.sequence else replace(known, size=tail.size)
        return replace(known, size=0)

    def _found_tail(self, pointer: int) -> Tail:
        """Look for the end in the newest pages; only tails are read."""
        newest: Tail | None = None
        for _, path in reversed(self.pages()):
            tail = self._read_tail(path.name, 0)
            newest = newest or tail
            if tail.sequence:
                newest = replace(tail, page=newest.page, size=newest.size)
                break
        else:
            sequence, hash_ = self._start()
            newest = replace(newest or Tail(), sequence=sequence, hash=hash_)
        _point(pointer, newest.page)
        return newest

    def _read_tail(self, page: str, start: int) -> Tail:
        path = self.folder / page
        _move_torn_aside(path, start)
        size, window = path.stat().st_size, _WINDOW
        with path.open("rb") as file:
            while size:
                file.seek(max(0, size - window))
                lines = file.read(window).splitlines()
                if len(lines) > 1 or window >= size:
                    return Tail(page, size, *_numbered(lines[-1], path))
                window *= 4
        return Tail(page)

    def _turned(self, pointer: int, tail: Tail, day: dt.date) -> Tail:
        """Open the page of a day where the newest one is of an earlier day."""
        if tail.page and day <= tail.day:
            return tail
        page = f"{day.isoformat()}.jsonl"
        _point(pointer, page)
        os.close(os.open(self.folder / page, os.O_WRONLY | os.O_CREAT, 0o600))
        to_disk(self.folder)
        return replace(tail, page=page, size=0)

    def _written(self, tail: Tail, records: list[dict[str, Any]]) -> Tail:
        sequence, hash_, parts = tail.sequence, tail.hash, list[bytes]()
        for fields in records:
            sequence += 1
            record = {**fields, "sequence": sequence, "previous_hash": hash_}
            hash_ = hashlib.sha256(_canonical(record)).hexdigest()
            parts.append(_canonical({**record, "hash": hash_}))
        data = b"\n".join([*parts, b""])
        descriptor = os.open(self.folder / tail.page, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            write_synced(descriptor, data)
            if not tail.size:
                to_disk(self.folder)
        except OSError:
            # After a failed sync the system may take the bytes for written: nothing may be built on them.
            with suppress(OSError):
                os.ftruncate(descriptor, tail.size)
            raise
        finally:
            os.close(descriptor)
        return Tail(tail.page, tail.size + len(data), sequence, hash_)


def _canonical(record: dict[str, Any]) -> bytes:
    """Return the form of ``verifier.canonical``, for records, in a tenth of its time; a test holds the two equal."""
    return orjson.dumps(record, option=orjson.OPT_SORT_KEYS)


def _point(pointer: int, page: str) -> None:
    """Note which page is the newest, for processes that know another one; without the note they look for it."""
    os.ftruncate(pointer, 0)
    os.pwrite(pointer, page.encode("ascii"), 0)


def _move_torn_aside(path: Path, start: int) -> None:
    """Move what a crash left behind the last whole line into a ``.torn`` file; it was never acknowledged."""
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        whole = _whole_until(file, start, size)
        if whole == size:
            return
        file.seek(whole)
        with path.with_name(path.name + ".torn").open("ab") as aside:
            aside.write(file.read() + b"\n")
            aside.flush()
            os.fsync(aside.fileno())
        file.truncate(whole)
        os.fsync(file.fileno())
    to_disk(path.parent)


def _whole_until(file: BinaryIO, start: int, size: int) -> int:
    """Return where the last whole line ends; zeros, which a lost block leaves, are no line."""
    window = _WINDOW
    while True:
        begin = max(start, size - window)
        file.seek(begin)
        data = file.read(size - begin)
        zero = data.find(b"\0")
        end = data.rfind(b"\n", 0, zero if zero >= 0 else len(data)) + 1
        if end or begin == start:
            return begin + end
        window *= 4


def _numbered(line: bytes, path: Path) -> tuple[int, str]:
    try:
        record = json.loads(line)
        return int(record["sequence"]), str(record["hash"])
    except (ValueError, KeyError, TypeError):
        raise LakeError(
            str(path),
            "最后一行不是存取记录 / the last line is no record of access",
            "由平台写入的行 / lines that the platform wrote",
            "保留现场，从备份恢复该文件 / keep the file as evidence, restore it from a backup",
        ) from None


def _whole_lines(path: Path, size: int | None) -> Iterator[bytes]:
    with path.open("rb") as file:
        read = 0
        for line in file:
            read += len(line)
            if not line.endswith(b"\n") or (size is not None and read > size):
                return
            yield line.rstrip(b"\n")


def _is_after(line: bytes, after: int) -> bool:
    """Tell whether a line's record comes after a number; a line that is no record is shown to whoever checks."""
    try:
        return bool(json.loads(line)["sequence"] > after)
    except (ValueError, KeyError, TypeError):
        return True
