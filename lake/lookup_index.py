"""Reading the indexes of served tables: rows by subject key in microseconds.

Here: what a server holds. It opens indexes of ``share.*`` and nothing else of the lake. Not here: making them
(``lookup_builder.py``), who may look up what (``serving.lookup``), keyed hashes.
"""

import json
import re
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from resource_catalogue.access_words import ServedEntry
from resource_catalogue.errors import CivicError, LakeError
from resource_catalogue.words import TableName

CURRENT, ENTRY = "current", "entry.json"
"""Names in a table's folder: the link to the index in use, and how the table is asked."""
KEY = "_subject_key"
_TRIES = 2
_NAME = re.compile(r"(\d+)-([0-9a-f-]+)\.sqlite")


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
        self._held = threading.local()
        self._entries: dict[str, tuple[int, ServedEntry]] = {}

    def find(self, table: TableName, keys: Sequence[str]) -> Found:
        """Return the rows of the keys.

        Raises:
            LakeError: The table has no index (yet), or is not a shared one.
            CivicError: Its index cannot be read.
        """
        if table.schema != "share":
            raise LakeError(str(table), "不是共享表 / not a shared table", "share.*")
        for _ in range(_TRIES):
            try:
                name, connection = self._opened(table)
                return Found(int(name.partition("-")[0]), _rows(connection, keys))
            except sqlite3.Error:
                # A swap may have taken the file away between the look at the pointer and the opening.
                self._held.__dict__.pop(table.name, None)
        raise CivicError(
            str(table),
            "查询索引无法读取 / its index for lookups cannot be read",
            "运行写入的索引 / an index as a run wrote it",
            "删除该索引后运行部署 / remove it, then civiclake run",
        )

    def entry(self, table: TableName) -> ServedEntry:
        """Say how a table is asked.

        Raises:
            LakeError: The table has no index (yet).
        """
        path = self._folder / table.name / ENTRY
        try:
            written = path.stat().st_mtime_ns
            held = self._entries.get(table.name)
            if held is None or held[0] != written:
                told = json.loads(path.read_text(encoding="utf-8"))
                entry = ServedEntry(**told | {"key_types": tuple(told["key_types"])})
                held = self._entries[table.name] = (written, entry)
        except FileNotFoundError:
            raise _not_indexed(table) from None
        return held[1]

    def _opened(self, table: TableName) -> tuple[str, sqlite3.Connection]:
        """Return the index in use, opened once per thread: none is closed under another thread's feet."""
        name = current_index(self._folder / table.name)
        if name is None:
            raise _not_indexed(table)
        opened: dict[str, tuple[str, sqlite3.Connection]] = self._held.__dict__
        held = opened.get(table.name)
        if held is None or held[0] != name:
            if held is not None:
                held[1].close()
            # The file never changes: it needs no lock.
            place = f"file:{quote(str(self._folder / table.name / name))}?mode=ro&immutable=1"
            held = opened[table.name] = (name, sqlite3.connect(place, uri=True))
        return held


def _rows(connection: sqlite3.Connection, keys: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    rows: dict[str, list[dict[str, Any]]] = {}
    for key in dict.fromkeys(keys):
        found = connection.execute("select body from rows where subject = ? order by number", (key,))
        if bodies := [json.loads(body) for (body,) in found]:
            rows[key] = bodies
    return rows


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
