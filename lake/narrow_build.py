"""Bring a base table up to its claims by those subjects alone about whom a claim came, changed or went.

Here: which subjects those are, by the files that the standard tables gained and lost since the table's newest commit,
and the rows that follow. Not here: whether a model may be built this way (its ``subject`` says so, in its own file),
nor the whole build (``dbt_plugin.py``), to which everything goes that cannot be told apart here.

A model that names a ``subject`` promises that a row of it follows from the claims about that one subject and from the
source register, from nothing else. What a run costs then grows with what arrived, not with the base.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa

from lake.claims import claim_inputs, show_claims
from lake.delta_files import DataFile, TableRefused, VersionMissing
from lake.delta_log import DeltaLog
from lake.store import GONE, Commit, Lake
from resource_catalogue.release import Release
from resource_catalogue.words import TableName

_LARGEST_SHARE = 4
"""A change of more than one in so many subjects is built whole: that reads each table once and writes one file."""


@dataclass(frozen=True, slots=True)
class SubjectModel:
    """Name a model whose rows each follow from one subject's claims.

    Attributes:
        table: The table that it fills.
        staged: View of its whole query.
        entity: Entity whose claims it reads.
    """

    table: TableName
    staged: str
    entity: str

    @property
    def key(self) -> str:
        """Return the column that names the subject."""
        return f"{self.entity}_key"

    @property
    def subjects(self) -> str:
        """Return the name of the table of subjects that are built anew."""
        return f"{self.staged}__subjects"


@dataclass(frozen=True, slots=True)
class _Moved:
    """Hold the data files that a table gained and lost between two versions."""

    added: list[Path]
    removed: list[Path]


def build_narrowly(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    release: Release,
    model: SubjectModel,
    commit: Commit,
) -> bool | None:
    """Commit the rows of the subjects whose claims are not those that the table was made from.

    Args:
        connection: Engine that has the model's view and those of its claims.
        commit: What the rows are to be made from; the table's newest commit says what they were made from.

    Returns:
        Whether a row had to be changed; null where the table must be built whole.
    """
    since = lake.last_commit(model.table)
    moved = _moved(lake, release, model, since, commit) if since else None
    if moved is None:
        return None
    cursor = connection.cursor()
    try:
        return (
            _commit_changes(cursor, lake, model, commit)
            if _is_staged(cursor, lake, release, model, moved)
            else None
        )
    finally:
        for name in ("__subjects", "__new", "__old"):
            cursor.execute(f"drop table if exists {model.staged}{name}")


def _is_staged(
    cursor: duckdb.DuckDBPyConnection, lake: Lake, release: Release, model: SubjectModel, moved: list[_Moved]
) -> bool:
    """Compute the rows of the changed subjects; tell whether they are few and the model's own."""
    try:
        if not _list_subjects(cursor, lake, model, moved):
            return False
        with _narrowed(cursor, lake, release, model):
            cursor.execute(f"create or replace table {model.staged}__new as select * from {model.staged}")
        return _is_kept_to(cursor, model)
    except duckdb.Error:
        # Files of two shapes that do not meet, say: the whole build goes on, or tells what is wrong.
        return False


def _moved(
    lake: Lake, release: Release, model: SubjectModel, since: Commit, commit: Commit
) -> list[_Moved] | None:
    """Return what moved in each table that changed; null where more changed than claims, or it cannot be told."""
    if since.fingerprint != commit.fingerprint or since.inputs.keys() != commit.inputs.keys():
        return None
    claimed = {str(table) for table in claim_inputs(release, model.entity)}
    changed = [name for name, version in commit.inputs.items() if since.inputs[name] != version]
    if not claimed.issuperset(changed):
        return None
    built_at = _committed_at(lake, model.table)
    found = []
    for name in changed:
        moved = _moved_files(lake, TableName.parse(name), since.inputs[name], commit.inputs[name], built_at)
        if moved is None:
            return None
        found.append(moved)
    return found


def _committed_at(lake: Lake, table: TableName) -> int:
    return DeltaLog(lake.path(table), str(table)).commit(lake.version(table) or 0).at_ms


def _moved_files(lake: Lake, table: TableName, first: int, last: int, built_at: int) -> _Moved | None:
    """Return the files of a table that came and went; null where a commit, or a file, is no longer there."""
    log = DeltaLog(lake.path(table), str(table))
    added, removed = dict[str, DataFile](), dict[str, DataFile]()
    try:
        # A table that was dropped and made again counts its versions anew: the one that was read is older than
        # what was made from it.
        if last < first or log.commit(first).at_ms > built_at:
            return None
        for version in range(first + 1, last + 1):
            done = log.commit(version)
            removed.update((file.path, file) for file in done.removes)
            added.update((file.path, file) for file in done.adds)
    except (VersionMissing, TableRefused):
        return None
    both = added.keys() & removed.keys()
    sides = [[file for path, file in side.items() if path not in both] for side in (added, removed)]
    places = [[log.place(file) for file in side] for side in sides]
    if any(file.partition_values for side in sides for file in side):
        return None
    paths = [[place for place in side if place is not None] for side in places]
    return _Moved(*paths) if paths == places else None


def _list_subjects(
    cursor: duckdb.DuckDBPyConnection, lake: Lake, model: SubjectModel, moved: list[_Moved]
) -> bool:
    """Note the subjects of the rows that came or went; tell whether they are few beside the table's."""
    key = f"_{model.entity}_key"
    parts = [_changed_keys(key, one) for one in moved if one.added or one.removed]
    parts = parts or [f'select cast(null as varchar) as "{key}" where false']
    cursor.execute(
        f'create or replace table {model.subjects} as select distinct "{key}" as subject from '
        f'({" union all ".join(parts)}) where "{key}" is not null'
    )
    counted = cursor.execute(f"select count(*) from {model.subjects}").fetchone()
    return counted is not None and counted[0] * _LARGEST_SHARE <= lake.row_count(model.table)


def _changed_keys(key: str, moved: _Moved) -> str:
    """Return the query of the subjects in the rows that only one side has: a rewritten file repeats most of them."""
    if not (moved.added and moved.removed):
        return f'select "{key}" from {_files(moved.added or moved.removed)}'
    added, removed = (f"select * from {_files(side)}" for side in (moved.added, moved.removed))
    names = f"select * from {_files([*moved.added, *moved.removed])} where false"
    new, old = (f"({names} union all by name {side})" for side in (added, removed))
    return f'select "{key}" from (({new} except all {old}) union all ({old} except all {new}))'


def _files(paths: list[Path]) -> str:
    listed = ", ".join("'" + str(path).replace("'", "''") + "'" for path in paths)
    return f"read_parquet([{listed}], union_by_name = true)"


@contextmanager
def _narrowed(
    cursor: duckdb.DuckDBPyConnection, lake: Lake, release: Release, model: SubjectModel
) -> Iterator[None]:
    """Let the view of claims show the listed subjects alone."""
    show_claims(cursor, lake, release, model.entity, f"select subject from {model.subjects}")
    try:
        yield
    finally:
        show_claims(cursor, lake, release, model.entity)


def _is_kept_to(cursor: duckdb.DuckDBPyConnection, model: SubjectModel) -> bool:
    """Tell whether the model made at most one row for each subject that it was given, and none for others."""
    found = cursor.execute(
        f'select count(*), count(distinct n."{model.key}") from {model.staged}__new as n '
        f'semi join {model.subjects} as s on s.subject = n."{model.key}"'
    ).fetchone()
    made = cursor.execute(f"select count(*) from {model.staged}__new").fetchone()
    return found is not None and made is not None and found == (made[0], made[0])


def _commit_changes(
    cursor: duckdb.DuckDBPyConnection, lake: Lake, model: SubjectModel, commit: Commit
) -> bool:
    """Commit the rows that are new, differ or are gone; tell whether there were any."""
    new, old, key = f"{model.staged}__new", f"{model.staged}__old", model.key
    lake.register(cursor, model.table)
    cursor.execute(
        f"create or replace table {old} as select t.* from {model.table} as t "
        f'semi join {model.subjects} as s on s.subject = t."{key}"'
    )
    counted = cursor.execute(f"select (select count(*) from {old}), (select count(*) from {new})").fetchone()
    if counted is None or counted == (0, 0):
        return False
    changed = (
        f"select *, false as {GONE} from (select * from {new} except all select * from {old}) "
        f'union all by name select o.*, true as {GONE} from {old} as o anti join {new} as n using ("{key}")'
    )
    if not counted[0]:
        lake.append(model.table, _reader(cursor, f"select * from {new}"), commit)
    elif cursor.execute(f"select 1 from ({changed}) limit 1").fetchone() is None:
        return False
    else:
        lake.change(model.table, _reader(cursor, changed), [key], commit)
    lake.compact(model.table)
    return True


def _reader(cursor: duckdb.DuckDBPyConnection, sql: str) -> pa.RecordBatchReader:
    return cursor.execute(sql).to_arrow_reader(100_000)
