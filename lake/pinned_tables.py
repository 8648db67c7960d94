"""Show Delta tables to an engine as they are at one version, opened once for all queries until the next version.

DuckDB's reader opens a table, in a thread of its own, each time that a view over ``delta_scan`` is bound: when it is
created and again in every query, 10 to 25 ms each. A table that is attached at a version is opened once; queries then
cost 3 ms. What is attached is named by table, version and the table's own id, so that the engine itself says
what it shows, and nothing has to be remembered beside it.

Not here: which version is the newest (``store.py``).
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import duckdb

from resource_catalogue.words import TableName

_SHOWING = threading.Lock()
"""Threads of one engine must not take away what another has just put in place."""


@dataclass(frozen=True, slots=True)
class Pinned:
    """Name one version of a table.

    Attributes:
        folder: Where the table lies.
        version: Version of its log.
        identity: The table's own id: one that was dropped and made again counts its versions anew.
        checkpointed_at: When the log's last checkpoint was written, in ns since 1970; 0 where there is none. Commits
            that it takes the place of may be gone, and who opened the table before would look for them.
    """

    folder: Path
    version: int
    identity: str
    checkpointed_at: int


def show(connection: duckdb.DuckDBPyConnection, tables: Mapping[TableName, Pinned | None]) -> None:
    """Let ``schema.name`` show the version that each table is given; who is reading another goes on reading it.

    Args:
        connection: Connection of an engine that has the delta extension; all connections of the engine see the same.
        tables: By name; null where there is no such table: then nothing is shown under its name.
    """
    with _SHOWING:
        attached = _attached(connection)
        for table, pinned in tables.items():
            wanted = _alias(table, pinned) if pinned else None
            stale = [name for name in attached.get(str(table), ()) if name != wanted]
            if pinned and wanted and wanted not in attached.get(str(table), ()):
                _attach(connection, table, pinned, wanted)
            for name in stale:
                connection.execute(f"detach database if exists {_quoted(name)}")


def _attach(connection: duckdb.DuckDBPyConnection, table: TableName, pinned: Pinned, alias: str) -> None:
    place = str(pinned.folder).replace("'", "''")
    connection.execute(
        f"attach if not exists '{place}' as {_quoted(alias)} "
        f"(type delta, pin_snapshot, version {pinned.version})"
    )
    try:
        connection.execute(f"create schema if not exists {_quoted(table.schema)}")
        connection.execute(f"create or replace view {_view(table)} as select * from {_quoted(alias)}")
    except duckdb.Error:
        # Else the next one would take the table for shown.
        connection.execute(f"detach database if exists {_quoted(alias)}")
        raise


def _attached(connection: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    """Return what is attached of each table."""
    found: dict[str, list[str]] = {}
    for (name,) in connection.execute(
        "select database_name from duckdb_databases() where contains(database_name, '@')"
    ).fetchall():
        found.setdefault(name.partition("@")[0], []).append(name)
    return found


def _alias(table: TableName, pinned: Pinned) -> str:
    return f"{table}@{pinned.version}@{pinned.identity}@{pinned.checkpointed_at}"


def _view(table: TableName) -> str:
    return f"{_quoted(table.schema)}.{_quoted(table.name)}"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
