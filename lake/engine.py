"""The DuckDB connection that reads Delta tables, and the shield around engine errors.

DuckDB computes, delta-rs commits. Engine errors may print the offending cell, so they never pass this module as they
are. Nothing is installed from the network: the delta extension's binary comes with its wheel.
"""

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from resource_catalogue.errors import EngineError

_VALUE_FREE = (duckdb.CatalogException, duckdb.BinderException, duckdb.ParserException, duckdb.IOException)
_ENGINE_MODULES = ("polars", "pyarrow", "deltalake", "_internal", "sqlalchemy", "pyo3")
"""Modules whose exceptions may quote cells; delta-rs raises its own from ``_internal``."""


def delta_extension_path() -> Path:
    """Return the delta extension's binary as its wheel ships it.

    Raises:
        EngineError: The extension's wheel is not installed.
    """
    spec = importlib.util.find_spec("duckdb_extension_delta")
    locations = list(spec.submodule_search_locations or ()) if spec else []
    for location in locations:
        for found in sorted(Path(location).rglob("delta.duckdb_extension")):
            return found
    raise EngineError(
        "DuckDB",
        "缺少 delta 扩展 / the delta extension is missing",
        "已安装的扩展 / its wheel installed",
        "运行 / run `make install`",
    )


def open_engine(threads: int | None, memory_limit: str | None, scratch: Path) -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB that can scan Delta tables.

    Args:
        threads: Worker threads; null lets the engine choose.
        memory_limit: Such as ``4GB``; null lets the engine choose.
        scratch: Folder for spilled data.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(":memory:")
    configure_engine(connection, threads, memory_limit, scratch)
    return connection


def configure_engine(
    connection: duckdb.DuckDBPyConnection, threads: int | None, memory_limit: str | None, scratch: Path
) -> None:
    """Load the delta extension and set limits on a connection that somebody else opened."""
    connection.execute("set autoinstall_known_extensions = false")
    connection.execute("set TimeZone = 'UTC'")
    connection.execute(f"set temp_directory = '{scratch}'")
    if threads:
        connection.execute(f"set threads = {threads}")
    if memory_limit:
        connection.execute(f"set memory_limit = '{memory_limit}'")
    connection.execute(f"load '{delta_extension_path()}'")


@contextmanager
def engine_errors(where: str) -> Iterator[None]:
    """Turn an engine's error into one without cell values.

    Args:
        where: What was being computed, such as a table name.

    Raises:
        EngineError: Naming the kind of error; its text only where it cannot hold a value.
    """
    try:
        yield
    except _VALUE_FREE as error:
        raise EngineError(where, f"{type(error).__name__}: {error}") from None
    except duckdb.Error as error:
        kind = type(error).__name__
    except BaseException as error:  # a panic of an engine is no Exception
        if not type(error).__module__.startswith(_ENGINE_MODULES):
            raise
        kind = type(error).__name__
    else:
        return
    # From None: the engine's error must not come along as context in a traceback either.
    raise EngineError(
        where, f"{kind} (不显示引擎原文, 其中可能有数据 / text withheld: it may print values)"
    ) from None
