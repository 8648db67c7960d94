"""Keep pushed requests durably until their records are cut into a delivery, and their keys for longer.

One SQLite database per resource below ``landing/pushed/``. What ``accept`` returned is on disk. A key that comes again
with the same body gets the same receipt; the places of bodies are the order of acknowledgement and are never given
twice. Two processes use a database at once. The one that answers is the only one that writes, so that no request ever
waits for a lock; the one that drains reads, and notes beside the database what a delivery has. With each group of
requests that it keeps, and when there are none, the writer takes away what is noted.

Here: the database. Not here: HTTP (``serving/push``), nor segments (``connectors/push.py``).
"""

import datetime as dt
import hashlib
import json
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ingestion.spool import Spool
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import CivicError
from resource_catalogue.on_disk import to_disk

_NAME, _TAKEN = "requests.sqlite", "taken.json"
_BUSY_SECONDS = 2.0
_CHUNK, _CHUNK_BYTES = 200, 1 << 20
"""How many bodies, of how many bytes, are taken away beside those that a transaction keeps: requests wait for it."""
_WRITER_PAGES = 8000
"""Pages of the log at which the process that answers writes them back itself; the draining one does before."""
_TABLES = """
create table if not exists store (id text not null);
create table if not exists keys (
  key text not null unique, digest blob not null, receipt text not null, records integer not null,
  accepted_at text not null
);
create table if not exists bodies (
  place integer primary key autoincrement, form text not null, body blob not null
);
"""

Form = Literal["json", "lines"]
"""How a body holds its records: a JSON document, or one object per line."""


class NotKept(CivicError):
    """The disk or the database refuses: nothing may be acknowledged. The engine's own text is withheld."""

    exit_code = 7


@dataclass(frozen=True, slots=True)
class PushedRequest:
    """Hold one request whose body was checked.

    Attributes:
        key: Idempotency key, chosen by the client.
        records: How many records the body holds.
    """

    key: str
    body: bytes
    form: Form
    records: int


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Say what became of a request.

    Attributes:
        receipt: Names the request from now on; null where the key came before with another body.
        is_replayed: Whether it was kept before.
    """

    receipt: str | None
    records: int
    is_replayed: bool


@dataclass(frozen=True, slots=True)
class WaitingBody:
    """Hold a body that no delivery has yet.

    Attributes:
        place: Its place in the order of acknowledgement.
    """

    place: int
    form: Form
    body: bytes


@dataclass(frozen=True, slots=True)
class _Taken:
    """Say what is no longer needed.

    Attributes:
        store: Identity of the database of which it is said.
        until: Place of the last body that a delivery has.
        keys_before: Instant before which keys were accepted that may be forgotten.
    """

    store: str = ""
    until: int = 0
    keys_before: str = ""


def cut_until(spool: Spool, identity: str) -> int:
    """Return the place of the last body of a database that stands in a delivery; 0 where none does."""
    return int(spool.cursor(identity) or 0)


class WaitingRecords:
    """Read the requests of one resource, beside the process that keeps them, and note what was taken.

    Attributes:
        identity: Names the database: one that was lost and made again gives its places anew.
    """

    def __init__(self, folder: Path, base: sqlite3.Connection, identity: str) -> None:
        self._folder, self._base, self.identity = folder, base, identity

    @classmethod
    def of(cls, folder: Path) -> "WaitingRecords | None":
        """Open the requests of a folder; null where none was ever kept.

        Raises:
            NotKept: The database cannot be read.
        """
        if not (folder / _NAME).exists():
            return None
        with _told(folder):
            base = _connected(folder)
            # Whoever makes the database has perhaps only just begun.
            is_made = base.execute("select 1 from sqlite_master where name = 'store'").fetchone()
            if is_made:
                return cls(folder, base, _identity(base) or "")
            base.close()
        return None

    def close(self) -> None:
        """Close the database."""
        self._base.close()

    def is_waiting(self, after: int) -> bool:
        """Tell whether there is a body behind a place."""
        with _told(self._folder):
            found = self._base.execute("select 1 from bodies where place > ? limit 1", (after,)).fetchone()
            return found is not None

    def waiting(self, after: int) -> Iterator[WaitingBody]:
        """Give the bodies behind a place, in the order of acknowledgement."""
        rows = self._base.execute(
            "select place, form, body from bodies where place > ? order by place", (after,)
        )
        for place, form, body in rows:
            yield WaitingBody(place, form, body)

    def note_taken(self, until: int, keys_before: dt.datetime) -> None:
        """Note that a delivery has the bodies up to a place, and before when keys may be forgotten."""
        taken = _Taken(self.identity, until, keys_before.astimezone(dt.UTC).isoformat())
        with _told(self._folder):
            draft = self._folder / f".{_TAKEN}"
            draft.write_text(json.dumps(asdict(taken)), encoding="utf-8")
            draft.replace(self._folder / _TAKEN)
            # Here, where nobody waits, as far as it goes; the writer does the rest when its log is long.
            self._base.execute("pragma wal_checkpoint(passive)")


class PushedRecords:
    """Keep the requests of one resource, each commit synced; of several processes that do, one waits for the other.

    Raises:
        NotKept: The database cannot be opened or made.
    """

    def __init__(self, deployment: Deployment, resource_id: str) -> None:
        self._folder = folder = PushedRecords.folder(deployment, resource_id)
        self._taken, self._noted_at = _Taken(), 0
        is_new = not (folder / _NAME).exists()
        with _told(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._base = _connected(folder)
            self._base.execute("pragma journal_mode = wal")
            self._base.execute("pragma synchronous = full")
            self._base.execute(f"pragma wal_autocheckpoint = {_WRITER_PAGES}")
            self.identity = self._laid_out()
            self._begin_behind(cut_until(Spool.of(deployment, resource_id), self.identity))
            if is_new:
                for made in (folder, folder.parent, folder.parent.parent):
                    to_disk(made)

    def close(self) -> None:
        """Close the database."""
        self._base.close()

    @staticmethod
    def folder(deployment: Deployment, resource_id: str) -> Path:
        """Return where the requests of a resource are kept."""
        return deployment.landing / "pushed" / resource_id

    def accept(self, requests: Sequence[PushedRequest], at: dt.datetime) -> list[Acknowledgement]:
        """Keep requests, all in one transaction and one sync; on return they are durable.

        Raises:
            NotKept: None of them is kept.
        """
        now = at.astimezone(dt.UTC).isoformat()
        with _told(self._folder), self._transaction():
            self._tidy(2 * len(requests), 2 * sum(len(request.body) for request in requests))
            return self._accepted(requests, now)

    def tidy(self) -> bool:
        """Take away some of what is noted as taken, where no request does it along; tell whether anything was left."""
        with _told(self._folder), self._transaction():
            return self._tidy(_CHUNK, _CHUNK_BYTES)

    def _tidy(self, rows: int, size: int) -> bool:
        taken = self._noted()
        last = self._last_of(taken.until, rows, size)
        if last is not None:
            self._base.execute("delete from bodies where place <= ?", (last,))
        forgotten = self._base.execute(
            "delete from keys where rowid in "
            "(select rowid from (select rowid, accepted_at from keys order by rowid limit ?) "
            "where accepted_at < ?)",
            (rows, taken.keys_before),
        )
        return last is not None or forgotten.rowcount > 0

    def _last_of(self, until: int, rows: int, size: int) -> int | None:
        """Return the place of the last body that is taken away next; null where none is left."""
        sql = "select place, length(body) from bodies where place <= ? order by place limit ?"
        last, taken = None, 0
        for place, length in self._base.execute(sql, (until, rows)).fetchall():
            if last is not None and taken + length > size:
                break
            last, taken = place, taken + length
        return last

    def _noted(self) -> _Taken:
        """Return what is noted as taken; nothing where it was noted of another database."""
        path = self._folder / _TAKEN
        with suppress(FileNotFoundError, ValueError, TypeError):
            noted_at = path.stat().st_mtime_ns
            if noted_at != self._noted_at:
                taken = _Taken(**json.loads(path.read_text(encoding="utf-8")))
                self._taken = taken if taken.store == self.identity else _Taken()
                self._noted_at = noted_at
        return self._taken

    def _laid_out(self) -> str:
        """Make the tables where they are not there yet; return the identity of the database."""
        with self._transaction():
            for statement in filter(str.strip, _TABLES.split(";")):
                self._base.execute(statement)
            identity = _identity(self._base)
            if identity is None:
                identity = secrets.token_hex(8)
                self._base.execute("insert into store values (?)", (identity,))
        return identity

    def _begin_behind(self, place: int) -> None:
        """Give no place that a delivery has: a database put back from a backup knows nothing of the last ones."""
        with self._transaction():
            given = self._base.execute("select seq from sqlite_sequence where name = 'bodies'").fetchone()
            if given is None:
                self._base.execute("insert into sqlite_sequence values ('bodies', ?)", (place,))
            elif given[0] < place:
                self._base.execute("update sqlite_sequence set seq = ? where name = 'bodies'", (place,))

    def _accepted(self, requests: Sequence[PushedRequest], now: str) -> list[Acknowledgement]:
        """Keep what is new, in few statements: each hands the interpreter over to the thread that answers, and back."""
        asked = f"select key, digest, receipt, records from keys where key in {_places(1, len(requests))}"
        keys = [request.key for request in requests]
        known = {row[0]: row[1:] for row in self._base.execute(asked, keys)}
        told, new_keys, new_bodies = [], [], []
        for request in requests:
            digest = hashlib.sha256(request.body).digest()
            if before := known.get(request.key):
                told.append(Acknowledgement(before[1] if before[0] == digest else None, before[2], True))
                continue
            receipt = secrets.token_hex(16)
            known[request.key] = (digest, receipt, request.records)
            new_keys += [request.key, digest, receipt, request.records, now]
            new_bodies += [request.form, request.body]
            told.append(Acknowledgement(receipt, request.records, False))
        if new_keys:
            count = len(new_bodies) // 2
            self._base.execute(f"insert into keys values {_places(count, 5)}", new_keys)
            self._base.execute(f"insert into bodies (form, body) values {_places(count, 2)}", new_bodies)
        return told

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._base.execute("begin immediate")
        try:
            yield
            self._base.execute("commit")
        except BaseException:
            if self._base.in_transaction:
                self._base.execute("rollback")
            raise


def _places(rows: int, columns: int) -> str:
    """Return places for the values of a statement.

    >>> _places(2, 3)
    '(?,?,?),(?,?,?)'
    """
    return ",".join([f"({','.join('?' * columns)})"] * rows)


def _connected(folder: Path) -> sqlite3.Connection:
    # Its thread is the caller's business: one at a time.
    return sqlite3.connect(
        folder / _NAME, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
    )


def _identity(base: sqlite3.Connection) -> str | None:
    found = base.execute("select id from store").fetchone()
    return str(found[0]) if found else None


@contextmanager
def _told(folder: Path) -> Iterator[None]:
    """Tell a refusal of the disk or the database without the engine's words.

    Raises:
        NotKept: In its place.
    """
    try:
        yield
    except (sqlite3.Error, OSError) as error:
        raise NotKept(
            str(folder),
            f"推送的记录未能保存 / pushed records cannot be kept ({_kind(error)})",
            "可写的磁盘 / a disk that can be written",
            "检查磁盘空间与权限 / check free space and rights",
        ) from None


def _kind(error: Exception) -> str:
    return getattr(error, "sqlite_errorname", None) or type(error).__name__
