"""Keep pushed requests durably until their records are cut into a delivery, and their keys for longer.

One SQLite database per resource below ``landing/pushed/``. What ``accept`` returned is on disk. A key that comes again
with the same body gets the same receipt; the places of bodies are the order of acknowledgement and are never given
twice. Two processes use a database at once: the one that answers adds, the one that drains takes away.

Here: the database. Not here: HTTP (``serving/push``), nor segments (``connectors/push.py``).
"""

import datetime as dt
import hashlib
import secrets
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import CivicError
from resource_catalogue.on_disk import to_disk

_NAME = "requests.sqlite"
_BUSY_SECONDS = 2.0
_CHUNK, _CHUNK_BYTES = 200, 1 << 20
"""How many bodies, of how many bytes, are taken away in one transaction: the other process waits for no longer."""
_PAUSE_SECONDS = 0.015
"""Between two such: longer than the other process sleeps before it asks for the lock again."""
_OLD_KEYS = 20_000
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


class PushedRecords:
    """Keep the requests of one resource.

    Args:
        folder: Where the database lies; made if need be.
        is_answering: Whether this is the process that acknowledges: each of its commits is synced.

    Raises:
        NotKept: The database cannot be opened or made.
    """

    def __init__(self, folder: Path, is_answering: bool) -> None:
        self._where = str(folder)
        is_new = not (folder / _NAME).exists()
        with self._told():
            folder.mkdir(parents=True, exist_ok=True)
            # Its thread is the caller's business: one at a time.
            self._base = sqlite3.connect(
                folder / _NAME, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            self._base.execute("pragma journal_mode = wal")
            self._base.execute(f"pragma synchronous = {'full' if is_answering else 'normal'}")
            self._base.execute(f"pragma wal_autocheckpoint = {_WRITER_PAGES}")
            self.identity = self._laid_out()
            if is_new:
                for made in (folder, folder.parent, folder.parent.parent):
                    to_disk(made)

    @staticmethod
    def folder(deployment: Deployment, resource_id: str) -> Path:
        """Return where the requests of a resource are kept."""
        return deployment.landing / "pushed" / resource_id

    @staticmethod
    def exists(folder: Path) -> bool:
        """Tell whether anything was ever pushed into a folder."""
        return (folder / _NAME).exists()

    def close(self) -> None:
        """Close the database."""
        self._base.close()

    def accept(self, requests: Sequence[PushedRequest], at: dt.datetime) -> list[Acknowledgement]:
        """Keep requests, all in one transaction and one sync; on return they are durable.

        Raises:
            NotKept: None of them is kept.
        """
        now = at.astimezone(dt.UTC).isoformat()
        with self._told(), self._transaction():
            return [self._accepted(request, now) for request in requests]

    def is_waiting(self) -> bool:
        """Tell whether there are records that no delivery has yet."""
        with self._told():
            return self._base.execute("select 1 from bodies limit 1").fetchone() is not None

    def waiting(self, after: int) -> Iterator[WaitingBody]:
        """Give the bodies behind a place, in the order of acknowledgement."""
        rows = self._base.execute(
            "select place, form, body from bodies where place > ? order by place", (after,)
        )
        for place, form, body in rows:
            yield WaitingBody(place, form, body)

    def clear(self, until: int) -> None:
        """Take away the bodies up to a place: a delivery has them."""
        with self._told():
            while (last := self._chunk_end(until)) is not None:
                self._base.execute("delete from bodies where place <= ?", (last,))
                time.sleep(_PAUSE_SECONDS)
            self._base.execute("pragma wal_checkpoint(passive)")

    def _chunk_end(self, until: int) -> int | None:
        """Return the last of the places that are taken away next; null where none is left."""
        sql = "select place, length(body) from bodies where place <= ? order by place limit ?"
        last, size = None, 0
        for place, length in self._base.execute(sql, (until, _CHUNK)).fetchall():
            if last is not None and size + length > _CHUNK_BYTES:
                break
            last, size = place, size + length
        return last

    def forget_keys(self, before: dt.datetime) -> None:
        """Forget the oldest keys, as far as they were accepted before an instant."""
        limit = before.astimezone(dt.UTC).isoformat()
        sql = (
            "delete from keys where rowid in "
            f"(select rowid from (select rowid, accepted_at from keys order by rowid limit {_CHUNK}) "
            "where accepted_at < ?)"
        )
        with self._told():
            for _ in range(_OLD_KEYS // _CHUNK):
                if not self._base.execute(sql, (limit,)).rowcount:
                    return
                time.sleep(_PAUSE_SECONDS)

    def _laid_out(self) -> str:
        """Make the tables where they are not there yet; return the identity of the database."""
        with self._transaction():
            for statement in filter(str.strip, _TABLES.split(";")):
                self._base.execute(statement)
            found = self._base.execute("select id from store").fetchone()
            identity = str(found[0]) if found else secrets.token_hex(8)
            if not found:
                self._base.execute("insert into store values (?)", (identity,))
        return identity

    def _accepted(self, request: PushedRequest, now: str) -> Acknowledgement:
        digest = hashlib.sha256(request.body).digest()
        known = self._base.execute(
            "select digest, receipt, records from keys where key = ?", (request.key,)
        ).fetchone()
        if known:
            return Acknowledgement(known[1] if known[0] == digest else None, known[2], True)
        receipt = secrets.token_hex(16)
        row = (request.key, digest, receipt, request.records, now)
        self._base.execute("insert into keys values (?, ?, ?, ?, ?)", row)
        self._base.execute("insert into bodies (form, body) values (?, ?)", (request.form, request.body))
        return Acknowledgement(receipt, request.records, False)

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

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise NotKept(
                self._where,
                f"推送的记录未能保存 / pushed records cannot be kept ({_kind(error)})",
                "可写的磁盘 / a disk that can be written",
                "检查磁盘空间与权限 / check free space and rights",
            ) from None


def _kind(error: Exception) -> str:
    return getattr(error, "sqlite_errorname", None) or type(error).__name__
