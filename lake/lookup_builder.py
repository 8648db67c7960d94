"""Making the indexes of served tables: one database file per version, swapped whole.

Here: bringing indexes up to the tables when a run has built these. Not here: reading them (``lookup_index.py``).
"""

import contextlib
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from lake.engine import engine_errors
from lake.lookup_index import CURRENT, ENTRY, current_index
from lake.store import Lake
from resource_catalogue.access_words import ServedEntry
from resource_catalogue.words import TableName


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
    name = f"{version}-{identity}.duckdb"
    if current_index(folder) == name:
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
    pointer = folder / f"{CURRENT}.new"
    pointer.unlink(missing_ok=True)
    pointer.symlink_to(name)
    pointer.replace(folder / CURRENT)
    for path in folder.iterdir():
        if path.name not in (name, CURRENT, ENTRY):
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
