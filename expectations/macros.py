"""The DuckDB macros by which a row fails: written once, for counting and for finding the rows.

Here: macros over columns of ``standard`` and over code lists. Not here: validity of values (``norms``); a
macro only reads the codes that ``standard`` carries. No macro ever answers null.
"""

from collections.abc import Sequence

import duckdb

from expectations.check import literal, quoted
from resource_catalogue.code_list import CodeList

ABSENT_CODE = "not_stated"
"""The note of ``norms`` for words such as N/A: nothing was sent, so it is no fault and no changed value."""

MACROS = (
    "check_is_faulty(v, code) as (v is null and code is not null and code <> '" + ABSENT_CODE + "')",
    "check_is_noted(v, code) as (v is not null and code is not null)",
    "check_is_missing(v, code) as (v is null and coalesce(code, '"
    + ABSENT_CODE
    + "') = '"
    + ABSENT_CODE
    + "')",
    "check_is_too_long(v, most) as coalesce(length(v) > most, false)",
    "check_is_later(v, day) as coalesce(cast(v as date) > cast(day as date), false)",
    "check_is_earlier(v, day) as coalesce(cast(v as date) < cast(day as date), false)",
    "check_is_unordered(a, b) as coalesce(a > b, false)",
    "check_has_one_only(a, b) as (a is null or b is null)",
)


def define_macros(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the macros that need no code list."""
    for macro in MACROS:
        connection.execute(f"create or replace macro {macro}")


def code_list_version(codes: CodeList) -> str:
    """Return the version of a code list: a short hash of its rows."""
    return codes.hash[:12]


def code_list_macro(name: str, version: str) -> str:
    """Return the macro that is true for a code that is not in the list on a day."""
    return quoted(f"check_is_unlisted_{name}_{version}")


def register_code_list(connection: duckdb.DuckDBPyConnection, codes: CodeList) -> None:
    """Load a code list as a table and define its macro, both named by the list's id and version."""
    version = code_list_version(codes)
    table = _table(codes.name, version)
    connection.execute(f"create or replace table {table} (code varchar, valid_from date, valid_to date)")
    rows = [[code.code, code.valid_from, code.valid_to] for code in codes.codes]
    if rows:
        _insert(connection, table, rows)
    connection.execute(
        f"create or replace macro {code_list_macro(codes.name, version)}(v, day) as "
        f"(v is not null and not exists (select 1 from {table} l where l.code = v "
        "and coalesce(l.valid_from <= day, true) and coalesce(l.valid_to >= day, true)))"
    )


def known_code_sql(name: str, version: str, column: str) -> str:
    """Return SQL that tells whether a value is in the list on any day."""
    return f"{quoted(column)} in (select code from {_table(name, version)})"


def _table(name: str, version: str) -> str:
    return quoted(f"codes_{name}_{version}")


def _insert(connection: duckdb.DuckDBPyConnection, table: str, rows: Sequence[Sequence[object]]) -> None:
    """Insert in blocks: one row at a time takes seconds for the divisions of all years."""
    for start in range(0, len(rows), 500):
        block = rows[start : start + 500]
        connection.execute(
            f"insert into {table} values {', '.join(_row(row) for row in block)}",
        )


def _row(row: Sequence[object]) -> str:
    return "(" + ", ".join("null" if cell is None else literal(str(cell)) for cell in row) + ")"
