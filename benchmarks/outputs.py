"""Describe what a run put out, so that two runs can be told to have made the same.

Here: per output its rows and a hash over their values, whatever their order. Not here: how they were made. Only
numbers leave this module, never a value.
"""

from pathlib import Path

import duckdb

from benchmarks.bare_feeds import FEEDS, BareFeed
from lake import Lake
from lake.tables import DELIVERIES, FINDINGS
from resource_catalogue.entities import ENTITIES
from resource_catalogue.words import TableName, raw_table, standard_table

Outputs = dict[str, tuple[int, str]]
"""Rows and hash by name of the output."""

_PERSON = TableName("base", "person")
_CELLS = TableName("open", "population_by_division")
_CELL_COLUMNS = ("division_code", "sex", "age_band", "count")


def platform_outputs(home: Path) -> Outputs:
    """Describe what the platform made in a deployment."""
    lake = Lake(home / "var" / "lake")
    connection = lake.connect()
    found: Outputs = {}
    for feed in FEEDS:
        raw, standard = raw_table(feed.resource), standard_table(feed.resource)
        found[f"raw {feed.resource}"] = (lake.row_count(raw), "")
        named = f"{standard} s join {DELIVERIES} d on d.delivery_id = s._delivery_id"
        rows = f"(select s.*, d.file_name as _file from {named})"
        found[f"standard {feed.resource}"] = _described(connection, rows, standard_columns(feed))
    found["findings"] = _described(connection, str(FINDINGS), ("rule_id", "file_name", "row_number"))
    found["base person"] = _described(connection, str(_PERSON), person_columns())
    found["statistics"] = _described(connection, str(_CELLS), _CELL_COLUMNS)
    rules = connection.execute(f"select rule_id, count(*) from {FINDINGS} group by 1 order by 1").fetchall()
    return (
        found | {f"findings of {rule}": (count, "") for rule, count in rules} | _files(home / "var" / "open")
    )


def bare_outputs(out: Path) -> Outputs:
    """Describe what the bare engine made in a folder."""
    connection = duckdb.connect()
    found: Outputs = {}
    for feed in FEEDS:
        raw = f"select count(*) from '{out}/raw/{feed.table}__*.parquet' where _extra is null"
        found[f"raw {feed.resource}"] = ((connection.execute(raw).fetchone() or (0,))[0], "")
        standard = f"'{out}/standard/{feed.table}.parquet'"
        found[f"standard {feed.resource}"] = _described(connection, standard, standard_columns(feed))
    findings = f"'{out}/findings.parquet'"
    found["findings"] = _described(connection, findings, ("rule_id", "_file", "_row_number"))
    found["base person"] = _described(connection, f"'{out}/person.parquet'", person_columns())
    cells = f"'{out}/population_by_division.parquet'"
    found["statistics"] = _described(connection, cells, _CELL_COLUMNS)
    rules = connection.execute(
        f"select rule_id, unexpected from '{out}/results.parquet' order by 1"
    ).fetchall()
    return found | {f"findings of {rule}": (count, "") for rule, count in rules} | _files(out)


def differences(platform: Outputs, bare: Outputs) -> list[str]:
    """Say where two descriptions differ; an empty list means the same outputs."""
    return [
        f"{name}: civiclake {platform.get(name, 'nothing')}, duckdb {bare.get(name, 'nothing')}"
        for name in sorted({*platform, *bare})
        if platform.get(name) != bare.get(name)
    ]


def standard_columns(feed: BareFeed) -> tuple[str, ...]:
    """List the columns of a standard table that both sides have."""
    parts = ("", "__fault", "__original")
    return ("_file", "_row_number", *(f"{c.name}{part}" for c in feed.columns for part in parts))


def person_columns() -> tuple[str, ...]:
    """List the columns of the population base that both sides name alike: deliveries have other names."""
    parts = ("", "__agency_id", "__row_number", "__is_provisional")
    attributes = (attribute.name for attribute in ENTITIES["person"].attributes)
    divisions = ("county_division_code", "city_division_code")
    return (*(f"{name}{part}" for name in attributes for part in parts), *divisions)


def _files(folder: Path) -> Outputs:
    """Count the data rows of the opened CSV file, which both sides must have written."""
    path = next(folder.rglob("population_by_division.csv"), None)
    lines = path.read_text(encoding="utf-8-sig").splitlines() if path else [""]
    return {"statistics as csv": (len(lines) - 1, "")}


def _described(
    connection: duckdb.DuckDBPyConnection, relation: str, columns: tuple[str, ...]
) -> tuple[int, str]:
    values = ", ".join(f'cast("{column}" as varchar)' for column in columns)
    row = connection.execute(
        f"select count(*), coalesce(sum(hash({values})::hugeint % 1000000000039), 0) from {relation}"
    ).fetchone()
    return (int(row[0]), f"{int(row[1]):x}") if row else (0, "")
