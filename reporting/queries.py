"""Read small answers from tables that may not exist yet: a report on half a run is still a report.

Here: one query, its rows as dictionaries. Not here: what is asked.
"""

from typing import Any

from lake import Lake
from resource_catalogue.words import TableName

Row = dict[str, Any]


def rows(lake: Lake, sql: str, *tables: TableName, parameters: list[Any] | None = None) -> list[Row]:
    """Return the rows of a query; none where one of its tables has not been written yet."""
    if not all(lake.exists(table) for table in tables):
        return []
    return lake.query(sql, *tables, parameters=parameters).to_dicts()


def quoted(name: str) -> str:
    """Quote a table's or column's name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def from_clause(table: TableName) -> str:
    """Return a table's name for SQL, both parts quoted: agencies' ids may be words of SQL."""
    return f"{quoted(table.schema)}.{quoted(table.name)}"
