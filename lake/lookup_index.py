"""Reading the indexes of served tables: rows by subject key in under a millisecond.

Here: what a server holds. It opens indexes of ``share.*`` and nothing else of the lake. Not here: making them
(``lookup_builder.py``), who may look up what (``serving.lookup``), keyed hashes.
"""

import json
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from lake.engine import engine_errors
from resource_catalogue.access_words import ServedEntry
from resource_catalogue.errors import LakeError
from resource_catalogue.words import TableName

CURRENT, ENTRY = "current", "entry.json"
"""Names in a table's folder: the link to the index in use, and how the table is asked."""
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
            told = json.loads((self._folder / table.name / ENTRY).read_text(encoding="utf-8"))
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
        name = current_index(self._folder / table.name)
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


def current_index(folder: Path) -> str | None:
    """Return the file name of the index in use; null where there is none."""
    try:
        name = (folder / CURRENT).readlink().name
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
