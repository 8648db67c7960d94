"""Keep what was fetched from another machine until it is taken in, and remember what was fetched.

One folder per resource below ``landing/fetched/``. A file counts from the moment its line stands whole in the journal:
the same line remembers by what it will be known again and how far the source was read (its cursor). So a run killed at
any point neither skips anything nor fetches it as something new.

Here: files, journal, half-fetched parts. Not here: asking a source (``connectors/``), nor taking files in.
"""

import contextlib
import datetime as dt
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

from filelock import FileLock

from ingestion.arrival import Arrival, recorded_arrival
from resource_catalogue.deployment import Deployment
from resource_catalogue.on_disk import to_disk
from resource_catalogue.resource import Resource

_KEY_LENGTH = 32
_HAIR = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """Remember one file that was fetched: one line of the journal.

    Attributes:
        remote_id: What tells it from every other thing the source may give.
        name: Address under which deliveries name it, without credentials.
        cursor: How far the source was read with it; ``scope`` what the cursor is one of.
        digest: Checksum of what was read, for what is read as it stands each time.
        number: How many files were kept with it; 0 in lines of earlier versions, which are all there.
        rows_stated: How many rows a manifest states of it; null where none does.
    """

    remote_id: str
    name: str
    arrived_at: str
    scope: str = ""
    cursor: Any = None
    digest: str = ""
    number: int = 0
    rows_stated: int | None = None

    @property
    def arrival(self) -> dt.datetime:
        """Return when it arrived."""
        return dt.datetime.fromisoformat(self.arrived_at)

    @property
    def key(self) -> str:
        """Return the name of the local file; what a far machine calls it is no path here."""
        return _key(self.remote_id)


class Draft:
    """Hold a file that is being fetched.

    Attributes:
        size: How many bytes of it are there already.
    """

    def __init__(self, path: Path, remote_id: str) -> None:
        self.path, self.remote_id = path, remote_id

    @property
    def size(self) -> int:
        """Return how many bytes are there."""
        return self.path.stat().st_size if self.path.exists() else 0

    def append(self) -> IO[bytes]:
        """Open it to go on where it ended."""
        return self.path.open("ab")

    def restart(self) -> None:
        """Forget what was fetched of it."""
        self.path.unlink(missing_ok=True)

    def digest(self, algorithm: str) -> str:
        """Return a checksum of what is there."""
        with self.path.open("rb") as file:
            return hashlib.file_digest(file, algorithm).hexdigest()


class Spool:
    """Keep what was fetched for one resource.

    Args:
        folder: Its folder; made when something is kept.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._journal = folder / "fetched.jsonl"
        self._files, self._parts = folder / "files", folder / "parts"
        self._read()

    @classmethod
    def of(cls, deployment: Deployment, resource_id: str) -> "Spool":
        """Return the spool of a resource."""
        return cls(deployment.landing / "fetched" / resource_id)

    @contextlib.contextmanager
    def sole(self) -> Iterator[None]:
        """Fetch alone: another process waits and finds what this one has kept."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with FileLock(self.folder / ".lock"):
            self._read()
            yield

    @property
    def count(self) -> int:
        """Return how many files were ever kept."""
        return max([len(self._kept), *(one.number for one in self._kept.values())])

    @property
    def latest(self) -> dt.datetime | None:
        """Return when the last of the files arrived; null where nothing was ever kept."""
        return max(self._latest.values(), default=None)

    def knows(self, remote_id: str) -> bool:
        """Tell whether something was fetched already."""
        return remote_id in self._kept

    def cursor(self, scope: str) -> Any:
        """Return how far the source was read; null where nothing of that scope was."""
        found = [one.cursor for one in self._kept.values() if one.scope == scope and one.cursor is not None]
        return found[-1] if found else None

    def is_last(self, name: str, digest: str) -> bool:
        """Tell whether what was read is what was read last, so that it is no news."""
        return [one.digest for one in self._kept.values() if one.name == name][-1:] == [digest]

    def times(self, name: str, digest: str) -> int:
        """Return how often it was read before: a source may go back to an earlier state, which is news again."""
        return sum(one.digest == digest for one in self._kept.values() if one.name == name)

    def draft(self, remote_id: str) -> Draft:
        """Begin a file, or go on with one begun by an earlier run: the same id means the same bytes."""
        self._parts.mkdir(parents=True, exist_ok=True)
        return Draft(self._parts / f"{_key(remote_id)}.part", remote_id)

    def forget_parts(self) -> None:
        """Remove parts that are no use any more; called when all that there is was fetched."""
        for path in self._parts.glob("*.part"):
            path.unlink(missing_ok=True)

    def keep(
        self,
        draft: Draft,
        name: str,
        arrived_at: dt.datetime,
        cursor: Any = None,
        scope: str = "",
        digest: str = "",
        rows_stated: int | None = None,
    ) -> None:
        """Keep a file that is whole, and with it how far the source was read.

        What comes later under the same name arrives later, be it by a hair: the run's clock may stand still.
        """
        if name in self._latest:
            arrived_at = max(arrived_at, self._latest[name] + _HAIR)
        instant = arrived_at.astimezone(dt.UTC).isoformat()
        number = self.count + (draft.remote_id not in self._kept)
        kept = Kept(draft.remote_id, name, instant, scope, cursor, digest, number, rows_stated)
        self._files.mkdir(parents=True, exist_ok=True)
        to_disk(draft.path)
        draft.path.replace(self._files / kept.key)
        to_disk(self._files)
        self._write(kept)
        self._remember(kept)

    def shorten(self, lines: int) -> None:
        """Forget all but the newest lines of the journal and those whose file is still here, where there are many.

        For sources that give nothing twice: another would have what is forgotten fetched anew.
        """
        ones = list(self._kept.values())
        if len(ones) <= 2 * lines:
            return
        newest = ones[-lines:]
        kept = [one for one in ones[:-lines] if (self._files / one.key).exists()] + newest
        draft = self._journal.with_suffix(".part")
        draft.write_bytes(b"".join(map(_line, kept)))
        to_disk(draft)
        draft.replace(self._journal)
        to_disk(self.folder)
        self._read()

    def arrivals(self, resource: Resource, deployment: Deployment, as_of: dt.datetime) -> list[Arrival]:
        """List the files that are kept and not taken in yet, in order of delivery."""
        found = [
            replace(
                recorded_arrival(resource, deployment, one.name, one.arrival, self._files / one.key),
                rows_stated=one.rows_stated,
            )
            for one in self._kept.values()
            if (self._files / one.key).exists()
        ]
        until = as_of + dt.timedelta(seconds=1)
        return sorted((one for one in found if one.arrived_at < until), key=lambda one: one.order_key)

    def drop(self, arrival: Arrival) -> None:
        """Let a file go whose bytes have landed and whose delivery is on record."""
        if arrival.path.parent == self._files:
            arrival.path.unlink(missing_ok=True)

    def _read(self) -> None:
        self._kept: dict[str, Kept] = {}
        self._latest: dict[str, dt.datetime] = {}
        for one in self._lines():
            self._remember(one)

    def _remember(self, kept: Kept) -> None:
        self._kept[kept.remote_id] = kept
        self._latest[kept.name] = kept.arrival

    def _lines(self) -> Iterator[Kept]:
        with contextlib.suppress(FileNotFoundError):
            for line in self._journal.read_bytes().split(b"\n")[:-1]:
                yield Kept(**json.loads(line))

    def _write(self, kept: Kept) -> None:
        """Write a line of the journal behind the last whole one."""
        with self._journal.open("a+b") as file:
            if file.tell() and not _ends_whole(file):
                file.seek(0)
                file.truncate(file.read().rfind(b"\n") + 1)
            file.write(_line(kept))
            file.flush()
            os.fsync(file.fileno())
        to_disk(self.folder)


def _line(kept: Kept) -> bytes:
    values = {name: getattr(kept, name) for name in Kept.__slots__}
    return json.dumps(values, ensure_ascii=False).encode() + b"\n"


def _ends_whole(file: IO[bytes]) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _key(remote_id: str) -> str:
    return hashlib.sha256(remote_id.encode()).hexdigest()[:_KEY_LENGTH]
