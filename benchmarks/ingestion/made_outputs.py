"""Describe what a side put out, so that two sides can be told to have made the same: rows and a hash over values.

Only numbers leave this module, never a value.
"""

from pathlib import Path

import duckdb

from benchmarks.ingestion.measured_feed import FEED, RESOURCE
from benchmarks.outputs import Outputs
from lake import Lake
from resource_catalogue.words import raw_table, standard_table

_PARTS = ("", "__fault", "__original")


def own_outputs(home: Path) -> Outputs:
    """Describe what the platform made in a deployment."""
    raw, standard = raw_table(RESOURCE), standard_table(RESOURCE)
    connection = Lake(home / "var" / "lake").connect(raw, standard)
    landed = sorted((home / "var" / "landing" / RESOURCE).glob("*/*"))
    return {"landing": (len(landed), _sizes(landed)), **_tables(connection, str(raw), str(standard))}


def hand_outputs(out: Path) -> Outputs:
    """Describe what was made by hand in a folder."""
    landed = sorted((out / "landing").glob("*.csv"))
    raw, standard = f"'{out}/raw/{FEED.table}__*.parquet'", f"'{out}/standard/{FEED.table}.parquet'"
    return {"landing": (len(landed), _sizes(landed)), **_tables(duckdb.connect(), raw, standard)}


def least_rows(out: Path) -> int:
    """Count the rows of the bare minimum."""
    row = duckdb.connect().execute(f"select count(*) from '{out}/typed.parquet'").fetchone()
    return int(row[0]) if row else 0


def _tables(connection: duckdb.DuckDBPyConnection, raw: str, standard: str) -> Outputs:
    names = [column.name for column in FEED.columns]
    # An empty cell is nothing in one engine and an empty text in the other; both say that nothing was sent.
    text = [f"coalesce(\"{name}\", '')" for name in names]
    typed = [f'"{name}{part}"' for name in names for part in _PARTS]
    return {
        "raw": _described(connection, raw, ["_row_number", *text]),
        "standard": _described(connection, standard, ["_row_number", *typed]),
    }


def _sizes(paths: list[Path]) -> str:
    return str(sum(path.stat().st_size for path in paths))


def _described(connection: duckdb.DuckDBPyConnection, relation: str, values: list[str]) -> tuple[int, str]:
    listed = ", ".join(f"cast({value} as varchar)" for value in values)
    row = connection.execute(
        f"select count(*), coalesce(sum(hash({listed})::hugeint % 1000000000039), 0) from {relation}"
    ).fetchone()
    return (int(row[0]), f"{int(row[1]):x}") if row else (0, "")
