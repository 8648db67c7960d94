"""Read a Delta table into Arrow through Arrow's own file system, not through delta-rs' one in Python.

Here: that one call. Not here: which table and version (``store.py``).

A file system in Python is called from Arrow's threads. A thread that lets go of a file while the interpreter ends is
stopped inside code that may not be left so, and the process aborts after its work is done: now and then, under load.
"""

from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import DeltaTable
from pyarrow.fs import LocalFileSystem, SubTreeFileSystem


def arrow_rows(
    delta: DeltaTable,
    folder: Path,
    columns: list[str] | None = None,
    filters: list[tuple[str, str, Any]] | None = None,
) -> pa.Table:
    """Return rows of an open table on this machine's disk.

    Args:
        delta: The table, at the version to read.
        folder: Where it lies.
        columns: Columns to read; null reads all.
        filters: Conditions (column, operator, value), all of which must hold; files that cannot meet them are left
            unread.
    """
    files = SubTreeFileSystem(str(folder), LocalFileSystem())
    return delta.to_pyarrow_table(columns=columns, filesystem=files, filters=filters)
