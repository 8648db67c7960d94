"""Making the indexes of served tables: one SQLite file per version, swapped whole.

Here: bringing indexes up to the tables when a run has built these. Not here: reading them (``lookup_index.py``).
"""

import contextlib
import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import duckdb

from lake.engine import engine_errors
from lake.lookup_index import CURRENT, ENTRY, KEY, current_index
from lake.store import Lake
from resource_catalogue.access_words import ServedEntry
from resource_catalogue.words import TableName

_BATCH_ROWS = 50_000


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
        _describe(folder / table.name / ENTRY, served[table])
    return made


def _describe(path: Path, served: ServedEntry) -> None:
    text = json.dumps(asdict(served), ensure_ascii=False)
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        with _drafting(path) as draft:
            draft.write_text(text, encoding="utf-8")


def _build(lake: Lake, folder: Path, table: TableName) -> bool:
    version, identity = lake.version(table), lake.identity(table)
    name = f"{version}-{identity}.sqlite"
    if current_index(folder) == name:
        return False
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _drafting(folder / name) as draft:
        _fill(lake, table, draft)
    pointer = folder / f"{CURRENT}.new"
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(name)
    pointer.replace(folder / CURRENT)
    for path in folder.iterdir():
        if path.name not in (name, CURRENT, ENTRY):
            path.unlink()
    return True


def _fill(lake: Lake, table: TableName, draft: Path) -> None:
    """Write every row as JSON below its key, in the order of keys: the file grows at its end only."""
    connection = lake.connect(table)
    index = sqlite3.connect(draft, isolation_level=None)
    try:
        with engine_errors(str(table)):
            for pragma in ("journal_mode = off", "synchronous = off", "locking_mode = exclusive"):
                index.execute(f"pragma {pragma}")
            index.execute(
                "create table rows (subject text, number integer, body text, primary key (subject, number)) "
                "without rowid"
            )
            rows = connection.execute(_rows_sql(connection, table))
            index.execute("begin")
            while batch := rows.fetchmany(_BATCH_ROWS):
                index.executemany("insert into rows values (?, ?, ?)", batch)
            index.execute("commit")
    finally:
        index.close()
        connection.close()
    with draft.open("rb") as written:
        os.fsync(written.fileno())


def _rows_sql(connection: duckdb.DuckDBPyConnection, table: TableName) -> str:
    """Return the query of key, number within the key, and the other columns as one JSON text."""
    described = connection.execute(f"describe {table}").fetchall()
    members = ", ".join(f"'{name}', {_json_value(name, kind)}" for name, kind, *_ in described if name != KEY)
    return (
        f"select {KEY}, row_number() over (partition by {KEY}), cast(json_object({members}) as varchar) "
        f"from {table} where {KEY} is not null order by 1, 2"
    )


def _json_value(name: str, kind: str) -> str:
    """Return a value as JSON keeps it whole: amounts as text with their decimals, instants by ISO 8601."""
    if kind.startswith("DECIMAL"):
        return f'cast("{name}" as varchar)'
    if kind.startswith("TIMESTAMP"):
        return f"strftime(\"{name}\" at time zone 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')"
    return f'"{name}"'


@contextlib.contextmanager
def _drafting(path: Path) -> Iterator[Path]:
    """Give a place to write; it gets its name when it is whole."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)
    yield draft
    draft.chmod(0o600)
    draft.replace(path)
