"""Tables on disk: where they lie, how they are committed, what they were made from.

Every commit of the platform goes through ``Lake``. A commit records its input versions and a fingerprint of code and
release, so that a stage that finds the same ones can be skipped: a second run writes no version.
"""

import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

import duckdb
import polars as pl
import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, write_deltalake
from deltalake.exceptions import TableNotFoundError
from filelock import FileLock, Timeout

from lake.arrow_rows import arrow_rows
from lake.commit_files import commit_path, commit_words
from lake.compaction import has_crumbled, merge_small_files
from lake.engine import engine_errors, open_engine
from lake.old_versions import forget_before, stale_files
from lake.pinned_tables import Pinned, show
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import LakeError
from resource_catalogue.words import TableName

Data: TypeAlias = pa.Table | pa.RecordBatchReader | pl.DataFrame
Where: TypeAlias = Mapping[str, str | Sequence[str]]
_INPUTS, _FINGERPRINT = "civiclake.inputs", "civiclake.fingerprint"
_CONFIGURATION: dict[str, str | None] = {
    "delta.enableDeletionVectors": "false",
    # Else the library forgets commits of its own accord, those that a grant may reach and those that are evidence too.
    "delta.enableExpiredLogCleanup": "false",
}
_FOLLOWED: dict[str, str | None] = {**_CONFIGURATION, "delta.enableChangeDataFeed": "true"}
"""Configuration of tables whose changes others follow."""
GONE = "_gone"
"""Column of a change that says that the row of its key is to be deleted."""
_LOCK_SECONDS = 120
_MOST_FOLLOWED = 20
"""Commits that an open table is led on by until it is opened afresh: each makes the next write of it slower."""


@dataclass(frozen=True, slots=True)
class Commit:
    """Say what a commit was made from.

    Attributes:
        inputs: Versions of the tables that were read.
        fingerprint: Hash of code and release; two equal commits need not both be made.
    """

    inputs: Mapping[str, int] = field(default_factory=dict)
    fingerprint: str = ""

    def properties(self) -> CommitProperties:
        """Return the form in which the Delta log keeps it."""
        return CommitProperties(
            custom_metadata={
                _INPUTS: json.dumps(dict(self.inputs), sort_keys=True),
                _FINGERPRINT: self.fingerprint,
            },
            max_commit_retries=0,
        )


class Lake:
    """Own the tables below one root folder.

    Args:
        root: Folder of the lake; a table lies at ``<root>/<schema>/<name>``.
        scratch: Folder for locks and spilled data; default a sibling ``tmp`` of the root.
        threads: Threads of the engine; null lets it choose.
        memory_limit: Memory limit of the engine such as ``4GB``.
    """

    def __init__(
        self,
        root: Path,
        scratch: Path | None = None,
        threads: int | None = None,
        memory_limit: str | None = None,
    ) -> None:
        self.root = Path(root).absolute()
        self.scratch = scratch or self.root.parent / "tmp"
        self.threads, self.memory_limit = threads, memory_limit
        self._engine: duckdb.DuckDBPyConnection | None = None
        self._handles: dict[TableName, DeltaTable] = {}
        self._opened: dict[TableName, int] = {}
        self._readings: dict[TableName, tuple[int, pl.DataFrame]] = {}

    @classmethod
    def of(cls, deployment: Deployment) -> "Lake":
        """Open the lake of a deployment with its engine settings."""
        engine = deployment.settings.engine
        return cls(deployment.lake_root, deployment.var / "tmp", engine.threads, engine.memory_limit)

    def path(self, table: TableName) -> Path:
        """Return the folder of a table."""
        return self.root / table.schema / table.name

    def exists(self, table: TableName) -> bool:
        """Tell whether the table has been committed at least once."""
        log = self.path(table) / "_delta_log"
        with suppress(FileNotFoundError, NotADirectoryError), os.scandir(log) as found:
            # Any commit will do: a log of ten thousand is not listed for it.
            return any(entry.name.endswith(".json") for entry in found)
        return False

    def tables(self, *schemas: str) -> list[TableName]:
        """List the tables, of the given schemas only if any are given, in order of name."""
        found = [
            TableName(log.parent.parent.name, log.parent.name)
            for log in self.root.glob("*/*/_delta_log")
            if not schemas or log.parent.parent.name in schemas
        ]
        return sorted(table for table in found if self.exists(table))

    def version(self, table: TableName) -> int | None:
        """Return the current version, or null where there is no table."""
        delta = self._open(table)
        return delta.version() if delta else None

    def identity(self, table: TableName) -> str | None:
        """Return the table's own id: a table that was dropped and made again has another one."""
        delta = self._open(table)
        return str(delta.metadata().id) if delta else None

    def versions(self, tables: Iterable[TableName]) -> dict[str, int]:
        """Return the current versions of the tables that exist, by name."""
        pairs = ((str(table), self.version(table)) for table in tables)
        return {name: version for name, version in pairs if version is not None}

    def row_count(self, table: TableName) -> int:
        """Count the rows of the current version; 0 where there is no table."""
        delta = self._open(table)
        return int(delta.count()) if delta else 0

    def last_commit(self, table: TableName) -> Commit | None:
        """Return what the newest commit recorded, or null where there is none."""
        delta = self._open(table)
        if delta is None:
            return None
        entry = commit_words(self.path(table), delta.version()) or delta.history(1)[0]
        return Commit(json.loads(entry.get(_INPUTS) or "{}"), entry.get(_FINGERPRINT) or "")

    def is_current(self, table: TableName, commit: Commit) -> bool:
        """Tell whether the table's newest commit was made from the same inputs and fingerprint."""
        last = self.last_commit(table)
        return (
            last is not None
            and dict(last.inputs) == dict(commit.inputs)
            and (last.fingerprint == commit.fingerprint)
        )

    def append(self, table: TableName, data: Data, commit: Commit | None = None) -> int:
        """Append rows and return the new version."""
        return self._write(table, data, "append", commit)

    def overwrite(self, table: TableName, data: Data, commit: Commit | None = None) -> int:
        """Replace the whole table, its columns included, and return the new version."""
        return self._write(table, data, "overwrite", commit)

    def replace_where(self, table: TableName, data: Data, where: Where, commit: Commit | None = None) -> int:
        """Replace the rows whose columns have the given values (slices, a delivery) in one commit.

        Args:
            where: Column to text value, or to several of which it has one; all columns must match.
        """
        if not self.exists(table):
            return self.append(table, data, commit)
        return self._write(table, data, "overwrite", commit, _predicate(where))

    def merge(self, table: TableName, data: Data, key: Iterable[str], commit: Commit | None = None) -> int:
        """Insert rows, or update those whose key exists; the caller passes only rows that are new or differ."""
        if not self.exists(table):
            return self.append(table, data, commit)
        on = " and ".join(f"t.{_quoted(k)} = s.{_quoted(k)}" for k in key)
        with self._lock(table), engine_errors(str(table)):
            merger = DeltaTable(str(self.path(table))).merge(
                _arrow(data),
                predicate=on,
                source_alias="s",
                target_alias="t",
                commit_properties=(commit or Commit()).properties(),
            )
            merger.when_matched_update_all().when_not_matched_insert_all().execute()
        return self.version(table) or 0

    def change(self, table: TableName, data: Data, key: Iterable[str], commit: Commit | None = None) -> int:
        """Insert, update or delete rows by key in one commit; a row is deleted where its ``GONE`` is true."""
        on = " and ".join(f"t.{_quoted(k)} = s.{_quoted(k)}" for k in key)
        rows = _arrow(data)
        values = {_quoted(name): f"s.{_quoted(name)}" for name in rows.schema.names if name != GONE}
        with self._lock(table), engine_errors(str(table)):
            merger = DeltaTable(str(self.path(table))).merge(
                rows,
                predicate=on,
                source_alias="s",
                target_alias="t",
                commit_properties=(commit or Commit()).properties(),
            )
            merger.when_matched_delete(f"s.{GONE}").when_matched_update(
                updates=values, predicate=f"not s.{GONE}"
            ).when_not_matched_insert(updates=values, predicate=f"not s.{GONE}").execute()
        return self.version(table) or 0

    def delete_where(self, table: TableName, where: Where, commit: Commit | None = None) -> None:
        """Delete the rows whose columns have the given values; ``where`` as for ``replace_where``."""
        with self._lock(table), engine_errors(str(table)):
            DeltaTable(str(self.path(table))).delete(
                _predicate(where), commit_properties=(commit or Commit()).properties()
            )

    def compact(self, table: TableName) -> bool:
        """Merge a table's small files where it has gathered many; tell whether it did.

        To be called by the stage that has just written the table: readers of versions then see no further change.
        """
        handle = self._open(table)
        if handle is None or not has_crumbled(handle):
            return False
        with self._lock(table), engine_errors(str(table)):
            last = self.last_commit(table) or Commit()
            merge_small_files(DeltaTable(str(self.path(table))), last.properties())
        return True

    def describe(self, table: TableName, text: str) -> bool:
        """Say in a table's own metadata what its readers should know of it; tell whether that was news.

        The commit changes no row and repeats the words of the one before it.
        """
        handle = self._open(table)
        if handle is None or (handle.metadata().description or "") == text:
            return False
        with self._lock(table), engine_errors(str(table)):
            words = (self.last_commit(table) or Commit()).properties()
            DeltaTable(str(self.path(table))).alter.set_table_description(text, commit_properties=words)
        return True

    def erase(self, table: TableName, commit: Commit) -> None:
        """Leave a table without rows, now and in its history: what was erased cannot be read by going back.

        May be repeated: what a killed call left is taken away by the next one.
        """
        if self.exists(table) and not self.is_current(table, commit):
            self.overwrite(table, self.read(table).clear(), commit)
        self.forget(table)

    def forget(self, table: TableName, oldest: int | None = None) -> int:
        """Forget a table's earlier versions: data files, commits, and the statistics of columns in them.

        May be repeated: what a killed call left is taken away by the next one. Who reads a version that goes gets an
        error.

        Args:
            oldest: Oldest version that stays; null keeps the newest alone.

        Returns:
            How many files went.
        """
        if not self.exists(table):
            return 0
        with self._lock(table), engine_errors(str(table)):
            newest = self.version(table) or 0
            return forget_before(self.path(table), newest if oldest is None else min(oldest, newest))

    def has_history(self, table: TableName) -> bool:
        """Tell whether anything is left of versions before the newest."""
        newest = self.version(table)
        return newest is not None and bool(stale_files(self.path(table), newest))

    def drop(self, table: TableName) -> None:
        """Remove a table with its history; a killed call leaves nothing that counts as a table."""
        with self._lock(table):
            self._handles.pop(table, None)
            self._readings.pop(table, None)
            # The log goes first, in one step: without it the files are no table.
            log = self.path(table) / "_delta_log"
            if log.exists():
                log.rename(log.with_name("dropped"))
            shutil.rmtree(self.path(table), ignore_errors=True)

    def clear_remains(self, *schemas: str) -> None:
        """Remove the folders in which a killed drop, or a first commit that was killed, left files of no table."""
        for folder in sorted(found for schema in schemas for found in (self.root / schema).glob("*")):
            table = TableName(folder.parent.name, folder.name)
            if folder.is_dir() and not self.exists(table):
                with self._lock(table):
                    # Asked again: the first commit may have been under way.
                    if not self.exists(table):
                        shutil.rmtree(folder, ignore_errors=True)

    def data_files(self, table: TableName) -> list[Path]:
        """List the data files of a table, those of earlier versions too."""
        log = self.path(table) / "_delta_log"
        return sorted(path for path in self.path(table).rglob("*.parquet") if path.parent != log)

    def connect(self, *tables: TableName) -> duckdb.DuckDBPyConnection:
        """Return a connection with a view per table; of all tables where none is named.

        All connections of one lake share one in-memory engine: loading it costs more than most queries.
        """
        if self._engine is None:
            self._engine = open_engine(self.threads, self.memory_limit, self.scratch / "spill")
        connection = self._engine.cursor()
        connection.execute("set TimeZone = 'UTC'")
        self.register(connection, *(tables or self.tables()))
        return connection

    def register(self, connection: duckdb.DuckDBPyConnection, *tables: TableName) -> None:
        """Show the newest version of tables, each as a view, in a connection that has the delta extension.

        All connections of the engine see that version until the table is registered again.
        """
        show(connection, {table: self._newest(table) for table in tables})

    def _newest(self, table: TableName) -> Pinned | None:
        delta = self._open(table)
        if delta is None:
            return None
        checkpointed_at = 0
        with suppress(FileNotFoundError):
            checkpointed_at = (self.path(table) / "_delta_log" / "_last_checkpoint").stat().st_mtime_ns
        return Pinned(self.path(table), delta.version(), str(delta.metadata().id), checkpointed_at)

    def read(self, table: TableName, version: int | None = None) -> pl.DataFrame:
        """Read a small table whole; an empty frame where there is none.

        The newest reading of each table is kept: system tables are read by many stages of one run.

        Args:
            version: Version to read; null reads the current one.
        """
        delta = self._open(table, version)
        if delta is None:
            return pl.DataFrame()
        known = self._readings.get(table)
        if known is None or known[0] != delta.version():
            frame = pl.from_arrow(arrow_rows(delta, self.path(table)))
            known = (delta.version(), frame if isinstance(frame, pl.DataFrame) else frame.to_frame())
            self._readings[table] = known
        return known[1]

    def query(self, sql: str, *tables: TableName, parameters: list[Any] | None = None) -> pl.DataFrame:
        """Run one query over the named tables and return its rows."""
        connection = self.connect(*tables)
        try:
            with engine_errors(" ".join(map(str, tables)) or "query"):
                return connection.execute(sql, parameters or []).pl()
        finally:
            connection.close()

    def row_hash(self, table: TableName) -> str:
        """Return a hash over all rows, whatever their order or file: equal content, equal hash."""
        connection = self.connect(table)
        try:
            with engine_errors(str(table)):
                columns = [row[0] for row in connection.execute(f"describe {table}").fetchall()]
                listed = ", ".join(_quoted(column) for column in sorted(columns))
                row = connection.execute(
                    f"select count(*), coalesce(bit_xor(hash({listed})), 0), "
                    f"coalesce(sum(hash({listed})::hugeint % 1000000007), 0) from {table}"
                ).fetchone()
        finally:
            connection.close()
        return ":".join(map(str, row or ()))

    def _open(self, table: TableName, version: int | None = None) -> DeltaTable | None:
        """Open a table; the handle of its newest version is kept, so that only new commits are read."""
        if version is not None:
            return DeltaTable(str(self.path(table)), version=version)
        if not self.exists(table):
            self._handles.pop(table, None)
            return None
        handle = self._handles.get(table)
        if handle is None or not self._is_followable(table, handle):
            try:
                handle = self._handles[table] = DeltaTable(str(self.path(table)))
            except TableNotFoundError:
                return None
            self._opened[table] = handle.version()
        elif commit_path(self.path(table), handle.version() + 1).exists():
            handle.update_incremental()
        return handle

    def _is_followable(self, table: TableName, handle: DeltaTable) -> bool:
        """Tell whether an open table is still the one on disk, and has not been led on for too long."""
        is_short = handle.version() - self._opened[table] <= _MOST_FOLLOWED
        return is_short and commit_path(self.path(table), handle.version()).exists()

    @contextmanager
    def _lock(self, table: TableName) -> Iterator[None]:
        folder = self.scratch / "locks"
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f"{table}.lock")
        try:
            lock.acquire(timeout=_LOCK_SECONDS)
        except Timeout:
            raise LakeError(
                str(table),
                "另一进程正在写入 / another process is writing it",
                "同时只有一个写入者 / one writer at a time",
                "等待其结束 / wait for it to end",
            ) from None
        try:
            yield
        finally:
            lock.release()

    def _write(
        self,
        table: TableName,
        data: Data,
        mode: Literal["append", "overwrite"],
        commit: Commit | None,
        predicate: str | None = None,
    ) -> int:
        """Commit once, then re-read the version: an exception alone is no proof that nothing was written."""
        self.path(table).parent.mkdir(parents=True, exist_ok=True)
        with self._lock(table), engine_errors(str(table)):
            handle = self._open(table)
            before = handle.version() if handle else None
            properties = (commit or Commit()).properties()
            target, rows = handle or str(self.path(table)), _arrow(data)
            if mode == "append":
                write_deltalake(
                    target,
                    rows,
                    mode="append",
                    schema_mode="merge",
                    configuration=_FOLLOWED if table.schema == "share" else _CONFIGURATION,
                    commit_properties=properties,
                )
            else:
                write_deltalake(
                    target,
                    rows,
                    mode="overwrite",
                    predicate=predicate,
                    schema_mode="merge" if predicate else "overwrite",
                    configuration=_FOLLOWED if table.schema == "share" else _CONFIGURATION,
                    commit_properties=properties,
                )
            after = self.version(table)
        if after is None or after == before:
            raise LakeError(
                str(table), "提交后没有新版本 / the commit left no new version", "", "再次运行 / run again"
            )
        return after


def _arrow(data: Data) -> pa.Table | pa.RecordBatchReader:
    return data.to_arrow(compat_level=pl.CompatLevel.oldest()) if isinstance(data, pl.DataFrame) else data


def _predicate(where: Where) -> str:
    def condition(column: str, values: str | Sequence[str]) -> str:
        if isinstance(values, str):
            return f"{_quoted(column)} = {_literal(values)}"
        return f"{_quoted(column)} in ({', '.join(map(_literal, values))})"

    return " and ".join(condition(column, values) for column, values in where.items())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
