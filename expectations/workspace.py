"""The place in the lake's engine where one run lays out its batches: a schema of its own, gone afterwards.

Here: opening and dropping it, the zone of days, and empty stand-ins for system tables not written yet. The
lake's connections share one engine, so that names of two runs would collide without it. Not here: what is
laid out.
"""

import datetime as dt
import itertools
from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from expectations.check import literal
from expectations.macros import define_macros
from lake.store import Lake
from lake.tables import SCHEMAS
from resource_catalogue.words import TableName

_runs = itertools.count(1)


@contextmanager
def workspace(lake: Lake, as_of: dt.datetime, *tables: TableName) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a schema of one run as a connection's search path, macros defined, days in the zone of ``as_of``.

    A system table is seen as ``known_<name>``, empty where the lake has none.
    """
    connection = lake.connect(*tables)
    schema = f"checked_{next(_runs)}"
    try:
        connection.execute(f"create schema {schema}")
        connection.execute(f"set search_path = '{schema}'")
        connection.execute(f"set TimeZone = {literal(_zone(as_of))}")
        define_macros(connection)
        for table in (one for one in tables if one in SCHEMAS):
            _make_known(lake, connection, table)
        yield connection
    finally:
        connection.execute(f"drop schema if exists {schema} cascade")
        connection.close()


def _make_known(lake: Lake, connection: duckdb.DuckDBPyConnection, table: TableName) -> None:
    if lake.exists(table):
        connection.execute(f"create view known_{table.name} as select * from {table}")
        return
    connection.register("blank", SCHEMAS[table].empty_table())
    connection.execute(f"create table known_{table.name} as select * from blank")
    connection.unregister("blank")


def _zone(as_of: dt.datetime) -> str:
    """Return a zone DuckDB knows: the named one, else the fixed offset in whole hours (signs are POSIX's)."""
    key = getattr(as_of.tzinfo, "key", None)
    if key:
        return str(key)
    hours = int((as_of.utcoffset() or dt.timedelta()).total_seconds() // 3600)
    return f"Etc/GMT{-hours:+d}" if hours else "UTC"
