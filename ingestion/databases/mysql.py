"""Read MySQL and MariaDB row by row out of one snapshot, without holding the result in memory.

Every value comes as the text that the server writes for it, so that a date such as 0000-00-00 arrives as it is.
"""

import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pyarrow as pa
import pymysql
from pymysql import converters
from pymysql.cursors import SSCursor

from ingestion.databases.question import Answer, Question
from ingestion.decoded import BLOCK_ROWS

_FOR_NOW = frozenset({1040, 1053, 1205, 1213, 2002, 2003, 2006, 2013, 2055})
"""Errors that pass: too many connections, shut down, locks, connections lost."""


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return "`" + name.replace("`", "``") + "`"


@contextmanager
def batches(asked: Question) -> Iterator[Answer]:
    """Give columns and rows of a SELECT.

    Raises:
        SourceError: The server refuses it; TryAgain where it fails for now.
    """
    with _told(asked):
        connection = pymysql.connect(**_settings(asked))
    try:
        with _told(asked):
            cursor: SSCursor = connection.cursor()
            _begin(cursor, asked.source.statement_seconds)
            cursor.execute(asked.sql)
        schema = pa.schema([(column[0], pa.string()) for column in cursor.description or ()])
        yield schema, _read(cursor, schema, asked)
    finally:
        # Closing a session in the usual way would wait for the rest of the rows.
        connection._force_close()


def _begin(cursor: SSCursor, seconds: float) -> None:
    cursor.execute("set session transaction isolation level repeatable read")
    # Instants are shown as clocks here show them, which is how text without a zone is read.
    cursor.execute("set session time_zone = '+08:00'")
    # The one is MariaDB's, the other MySQL's.
    for limit in (f"max_statement_time = {seconds:g}", f"max_execution_time = {round(seconds * 1000)}"):
        with suppress(pymysql.err.OperationalError):
            cursor.execute(f"set session {limit}")
    cursor.execute("start transaction read only")


def _read(cursor: SSCursor, schema: pa.Schema, asked: Question) -> Iterator[pa.RecordBatch]:
    while True:
        with _told(asked):
            rows = cursor.fetchmany(BLOCK_ROWS)
        if not rows:
            return
        columns = [pa.array(map(_text, cells), pa.string()) for cells in zip(*rows, strict=True)]
        yield pa.record_batch(columns, schema=schema)


def _text(value: str | bytes | None) -> str | None:
    return value.hex() if isinstance(value, bytes) else value


def _settings(asked: Question) -> dict[str, Any]:
    source = asked.source
    place: dict[str, Any] = (
        {"unix_socket": source.host} if asked.is_local else {"host": source.host, "port": source.listening}
    )
    secured: dict[str, Any] = (
        {"ssl": ssl.create_default_context(cafile=asked.tls_ca)} if asked.verifies else {"ssl_disabled": True}
    )
    return {
        **place,
        **secured,
        "user": source.user,
        "password": asked.password or "",
        "database": source.database,
        "charset": "utf8mb4",
        "connect_timeout": max(1, round(source.retry.timeout_seconds)),
        "read_timeout": max(1, round(source.retry.whole_seconds)),
        "cursorclass": SSCursor,
        "conv": dict(converters.encoders),
        "local_infile": False,
        "program_name": "civiclake",
    }


@contextmanager
def _told(asked: Question) -> Iterator[None]:
    """Turn what the driver raises into an error of ours; its text may hold values."""
    try:
        yield
    except pymysql.err.Error as error:
        code = error.args[0] if error.args and isinstance(error.args[0], int) else 0
        if code in _FOR_NOW:
            raise asked.failing(code) from None
        raise asked.refused(code or type(error).__name__) from None
    except OSError as error:
        raise asked.failing(type(error).__name__) from None
