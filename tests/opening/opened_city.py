"""Steps of the opening tests: build a candidate, open it, and look at everything that a run could change."""

import datetime as dt
from pathlib import Path
from typing import Any

from made_city import AS_OF, deployment, release

from lake import Lake
from opening.publish import OpenedDataset, open_dataset
from resource_catalogue.dataset import Dataset
from resource_catalogue.release import Release
from resource_catalogue.words import TableName


def opened(
    lake: Lake,
    made: Dataset,
    sql: str,
    of: Release | None = None,
    as_of: dt.datetime = AS_OF,
    **settings: Any,
) -> OpenedDataset:
    """Build the candidate if its content changed, and open it."""
    tables = lake.tables("standard", "base")
    rows, table = lake.query(sql, *tables), TableName("candidate", made.id)
    if not lake.exists(table) or not lake.read(table).equals(rows):
        lake.overwrite(table, rows)
    home = deployment(lake.root.parent.parent, **settings)
    return open_dataset(lake, of or release(made), home, made.id, as_of, sql)


def folder(lake: Lake, made: Dataset) -> Path:
    """Return where a dataset's files lie."""
    return lake.root.parent / "open" / made.id


def state_of(lake: Lake, home: Path) -> dict[str, object]:
    """Return everything that a second run could change."""
    files = {str(p): (p.read_bytes(), p.stat().st_mtime_ns) for p in sorted(home.rglob("*")) if p.is_file()}
    return files | {str(table): lake.version(table) for table in lake.tables()}
