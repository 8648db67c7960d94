"""Scan the files as they will lie on the portal, after everything that could have gone wrong has.

Here: reading back every file, Parquet's statistics and metadata included, and looking for identifiers. A column that
holds what was looked at in another file is not looked at again. Not here: what counts as a find
(``masking/evidence.py``). Names of files and columns are looked at too.
"""

from collections.abc import Mapping
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from lake.engine import engine_errors
from masking.evidence import Evidence, Expected, find_evidence
from opening.manifest import MANIFEST
from opening.read_back import READERS, read_back

_AROUND = "file and column names"
_NOTHING_EXPECTED: Mapping[str, Expected] = {}
_Seen = dict[str, list[pl.Series]]


def scan_files(folder: Path, expected: Mapping[str, Expected]) -> list[Evidence]:
    """Scan every data file and manifest of a folder.

    Args:
        folder: The folder as it will be published.
        expected: What each column is declared to hold.

    Returns:
        What is more than chance or declaration explains.
    """
    seen: _Seen = {}
    found = [e for path in sorted(folder.iterdir()) for e in _scan_file(path, expected, seen)]
    return list(dict.fromkeys(found))


def _scan_file(path: Path, expected: Mapping[str, Expected], seen: _Seen) -> list[Evidence]:
    with engine_errors(path.name):
        if path.suffix == ".parquet":
            return _scan_parquet(path, expected, seen)
        if path.suffix in READERS and path.name != MANIFEST:
            table, around = read_back(path)
            return find_evidence(_unseen(table, seen), expected) + _scan_words(around)
    return _scan_words([path.name, *path.read_text(encoding="utf-8").splitlines()])


def _unseen(table: pl.DataFrame, seen: _Seen) -> pl.DataFrame:
    """Return the columns that hold anything else than a column of the same name that was looked at before."""
    new = []
    for column in table.get_columns():
        known = seen.setdefault(column.name, [])
        if not any(column.dtype == other.dtype and column.equals(other) for other in known):
            known.append(column)
            new.append(column)
    return pl.DataFrame(new)


def _scan_words(words: list[str]) -> list[Evidence]:
    return find_evidence(pl.DataFrame({_AROUND: words}), _NOTHING_EXPECTED)


def _scan_parquet(path: Path, expected: Mapping[str, Expected], seen: _Seen) -> list[Evidence]:
    """Scan values, then the statistics and metadata that readers see without opening a page."""
    file = pq.ParquetFile(path)
    table = pl.from_arrow(file.read())
    assert isinstance(table, pl.DataFrame)
    found = find_evidence(_unseen(table, seen), expected)
    for column, values in _statistics(file).items():
        found += find_evidence(pl.DataFrame({column: values}), expected)
    metadata = [
        part.decode("utf-8", "replace") for pair in (file.metadata.metadata or {}).items() for part in pair
    ]
    return found + _scan_words([path.name, *table.columns, *metadata])


def _statistics(file: pq.ParquetFile) -> dict[str, list[str]]:
    """Collect smallest and largest values of the text columns per row group, as the footer states them."""
    found: dict[str, list[str]] = {}
    for group in range(file.metadata.num_row_groups):
        for place in range(file.metadata.num_columns):
            column = file.metadata.row_group(group).column(place)
            statistics = column.statistics
            if statistics is not None and statistics.has_min_max and isinstance(statistics.min, str):
                found.setdefault(column.path_in_schema, []).extend([statistics.min, statistics.max])
    return found
