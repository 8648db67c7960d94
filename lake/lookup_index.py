"""Indexes of served tables: one database file per version, found by subject key in under a millisecond.

Here: making the index of a version when the version is there, swapping it whole, and finding rows by key. It opens
``share.*`` only. Not here: who may look up what (``serving.lookup``), nor keyed hashes.
"""

import contextlib
import json
import re
import shutil
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from lake.engine import engine_errors
from lake.store import Lake
from resource_catalogue.access_words import ServedEntry
from resource_catalogue.errors import LakeError
from resource_catalogue.words import TableName

_CURRENT, _ENTRY = "current", "entry.json"
_NAME = re.compile(r"(\d+)-([0-9a-f-]+)\.duckdb")
_THREADS = 2


@dataclass(frozen=True, slots=True)
class Found:
    """Hold the rows of one lookup.

    Attributes:
        version: Version of the table that was read.
        rows: Rows by subject key; a key without rows is absent. A row has the table's columns but the key.
    """

    version: int
    rows: dict[str, list[dict[str, Any]]]


def build_indexes(lake: Lake, folder: Path, served: Mapping[TableName, ServedEntry]) -> list[TableName]:
    """Bring the index of every served table up to its version, and drop the others; return those made anew.

    A killed call leaves the former index in use, and the next one goes on.

    Args:
        folder: Where indexes lie, a folder per table.
        served: How each table is asked.
    """
    wanted = [table for table in served if lake.exists(table)]
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for stale in {path.name for path in folder.iterdir()} - {table.name for table in wanted}:
        shutil.rmtree(folder / stale)
    made = [table for table in wanted if _build(lake, folder / table.name, table)]
    for table in wanted:
        _describe(folder / table.name / _ENTRY, served[table])
    return made


class LookupIndex:
    """Find rows by subject key; a newer index is taken up with the next call.

    Args:
        folder: As ``build_indexes`` was given.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, tuple[str, duckdb.DuckDBPyConnection]] = {}
        self._lock = threading.Lock()

    def find(self, table: TableName, keys: Sequence[str]) -> Found:
        """Return the rows of the keys.

        Raises:
            LakeError: The table has no index (yet), or is not a shared one.
        """
        if table.schema != "share":
            raise LakeError(str(table), "不是共享表 / not a shared table", "share.*")
        name, connection = self._opened(table)
        with engine_errors(str(table)):
            cursor = connection.cursor()
            # Placeholders for each key: only so does the engine use the index for many.
            marks = ", ".join("?" for _ in keys)
            result = cursor.execute(f"select * from rows where _subject_key in ({marks})", list(keys))
            names = [column[0] for column in result.description or ()]
            fetched = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
        rows: dict[str, list[dict[str, Any]]] = {}
        for row in fetched:
            rows.setdefault(row.pop("_subject_key"), []).append(row)
        return Found(int(name.partition("-")[0]), rows)

    def entry(self, table: TableName) -> ServedEntry:
        """Say how a table is asked.

        Raises:
            LakeError: The table has no index (yet).
        """
        try:
            told = json.loads((self._folder / table.name / _ENTRY).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise _not_indexed(table) from None
        return ServedEntry(told["entry"], told["entity"], tuple(told["key_types"]), told["as_of"])

    def close(self) -> None:
        """Close all indexes."""
        with self._lock:
            for _, connection in self._held.values():
                connection.close()
            self._held.clear()

    def _opened(self, table: TableName) -> tuple[str, duckdb.DuckDBPyConnection]:
        name = _current(self._folder / table.name)
        if name is None:
            raise _not_indexed(table)
        held = self._held.get(table.name)
        if held is None or held[0] != name:
            with self._lock:
                # Who reads the former one keeps it to the end of the call: nothing is closed under a reader.
                held = self._held[table.name] = (name, _open(self._folder / table.name / name))
        return held


def _not_indexed(table: TableName) -> LakeError:
    return LakeError(
        str(table),
        "尚无查询索引 / it has no index for lookups yet",
        "运行之后的共享表 / a table that a run has built",
        "运行部署 / civiclake run",
    )


def _describe(path: Path, served: ServedEntry) -> None:
    text = json.dumps(asdict(served), ensure_ascii=False)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        with _drafting(path) as draft:
            draft.write_text(text, encoding="utf-8")


def _build(lake: Lake, folder: Path, table: TableName) -> bool:
    version, identity = lake.version(table), lake.identity(table)
    name = f"{version}-{identity}.duckdb"
    if _current(folder) == name:
        return False
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _drafting(folder / name) as draft, engine_errors(str(table)):
        connection = lake.connect(table)
        try:
            connection.execute(f"attach '{draft}' as made")
            connection.execute(f"create table made.rows as select * from {table} order by _subject_key")
            connection.execute("create index by_subject on made.rows (_subject_key)")
            connection.execute("detach made")
        finally:
            connection.close()
    pointer = folder / f"{_CURRENT}.new"
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(name)
    pointer.replace(folder / _CURRENT)
    for path in folder.iterdir():
        if path.name not in (name, _CURRENT, _ENTRY):
            path.unlink()
    return True


@contextlib.contextmanager
def _drafting(path: Path) -> Iterator[Path]:
    """Give a place to write; it gets its name when it is whole."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    yield draft
    draft.chmod(0o600)
    draft.replace(path)


def _current(folder: Path) -> str | None:
    try:
        name = (folder / _CURRENT).readlink().name
    except FileNotFoundError:
        return None
    return name if _NAME.fullmatch(name) else None


def _open(path: Path) -> duckdb.DuckDBPyConnection:
    with engine_errors(path.parent.name):
        connection = duckdb.connect(str(path), read_only=True, config={"threads": _THREADS})
        connection.execute("set TimeZone = 'UTC'")
        # The index is read from disk at its first use: not on somebody's time.
        connection.execute("select count(*) from rows where _subject_key = ''")
    return connection
