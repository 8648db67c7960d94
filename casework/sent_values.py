"""The values an agency sent in the rows of a task, for that agency's own eyes only.

Here: reading them from the lake by delivery and row number. Not here: writing them anywhere
(``task_sheet.py``). They are personal data: they go into the sheet of the agency that sent them, never into
the database or a message.
"""

import unicodedata
from collections.abc import Mapping, Sequence

import polars as pl

from casework.tasks import Row
from lake import Lake
from lake.tables import REJECTED_ROWS
from resource_catalogue.resource import Column, Resource
from resource_catalogue.words import TableName, raw_table, standard_table

_Place = tuple[str, int]


def sent_values(lake: Lake, resource: Resource, rows: Sequence[Row]) -> dict[int, str]:
    """Return what the agency sent, by number of the task's row.

    The text as delivered where it is kept; else what ``standard`` kept of it; the whole row where it was
    rejected. A row as a whole shows its key; what has no row, or whose
    delivery is gone, is left out.
    """
    values = {row.number: text for row, text in _rejected(lake, rows)}
    by_column: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        named = named_columns(row, resource)
        if named and row.number not in values:
            by_column.setdefault(named, []).append(row)
    for named, listed in sorted(by_column.items()):
        columns = [column for column in resource.columns if column.name in named]
        found = [_column_values(lake, resource, column, listed) for column in columns]
        for row in listed:
            parts = [part[row.delivery_id, row.row_number] for part in found if _place(row) in part]
            if parts:
                values[row.number] = " / ".join(parts)
    return values


def named_columns(row: Row, resource: Resource) -> tuple[str, ...]:
    """Return the columns that a row's finding is about; the key where it is about the row as a whole."""
    if row.column:
        return tuple(row.column.replace(" ", "").split(","))
    return resource.key if row.row_key and row.check != "rejected_row" else ()


def _place(row: Row) -> _Place:
    return (row.delivery_id, row.row_number)


def _column_values(
    lake: Lake, resource: Resource, column: Column, rows: Sequence[Row]
) -> Mapping[_Place, str]:
    raw, standard = raw_table(resource.id), standard_table(resource.id)
    kept: dict[_Place, str] = {}
    if lake.exists(standard):
        original = f'"{column.name}__original"'
        kept.update(_read(lake, standard, f'coalesce({original}, cast("{column.name}" as varchar))', rows))
    if lake.exists(raw):
        headers = _headers(lake, raw, column)
        if headers:
            kept.update(_read(lake, raw, f"coalesce({', '.join(headers)}, '')", rows))
    return kept


def _headers(lake: Lake, raw: TableName, column: Column) -> list[str]:
    """Return the columns of the raw table under which the agency's files carried a column."""
    names = {_folded(name) for name in (column.zh, *column.from_, column.name)}
    present = lake.query(f"select * from {raw} limit 0", raw).columns
    return [f'"{name.replace(chr(34), chr(34) * 2)}"' for name in present if _folded(name) in names]


def _folded(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _read(lake: Lake, table: TableName, expression: str, rows: Sequence[Row]) -> dict[_Place, str]:
    wanted = _wanted(rows)
    sql = (
        f"select t._delivery_id, t._row_number, {expression} from {table} t semi join "
        "(select unnest(?) as d, unnest(?) as n) w on t._delivery_id = w.d and t._row_number = w.n"
    )
    found = lake.query(sql, table, parameters=[wanted["d"].to_list(), wanted["n"].to_list()])
    return {(d, n): text for d, n, text in found.iter_rows() if text is not None}


def _rejected(lake: Lake, rows: Sequence[Row]) -> list[tuple[Row, str]]:
    listed = [row for row in rows if row.check == "rejected_row"]
    if not listed or not lake.exists(REJECTED_ROWS):
        return []
    wanted = _wanted(listed)
    sql = (
        f"select delivery_id, row_number, text from {REJECTED_ROWS} where (delivery_id, row_number) in "
        "(select (d, n) from (select unnest(?) as d, unnest(?) as n))"
    )
    found = lake.query(sql, REJECTED_ROWS, parameters=[wanted["d"].to_list(), wanted["n"].to_list()])
    texts = {(d, n): text for d, n, text in found.iter_rows()}
    return [(row, texts[_place(row)]) for row in listed if texts.get(_place(row))]


def _wanted(rows: Sequence[Row]) -> pl.DataFrame:
    places = sorted({_place(row) for row in rows})
    return pl.DataFrame(places, schema={"d": pl.String, "n": pl.Int64}, orient="row")
