"""The fixture of the norms' tests: a DuckDB connection with all macros."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb
import pytest

from norms.duckdb_macros import all_macros


@pytest.fixture(scope="session")
def duck() -> Iterator[duckdb.DuckDBPyConnection]:
    """Give a connection on which every macro has been created."""
    connection = duckdb.connect()
    connection.execute("set threads = 1")
    for statement in all_macros():
        connection.execute(statement)
    yield connection
    connection.close()
