"""The DuckDB macros by which a row fails: written once, for counting and for finding the rows.

Here: macros over columns of ``standard`` and over code lists. Not here: validity of values (``norms``); a
macro only reads the codes that ``standard`` carries. No macro ever answers null.
"""

import duckdb
import pyarrow as pa

from expectations.check import quoted
from resource_catalogue.code_list import CodeList

_SHAPE = pa.schema([("code", pa.string()), ("valid_from", pa.date32()), ("valid_to", pa.date32())])

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
    columns = [[getattr(code, field.name) for code in codes.codes] for field in _SHAPE]
    connection.register("listed", pa.table(columns, schema=_SHAPE))
    connection.execute(f"create or replace table {table} as select * from listed")
    connection.unregister("listed")
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
