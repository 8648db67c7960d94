"""Read PostgreSQL by ADBC: one COPY out of one snapshot, in batches of Arrow.

A type that the driver does not know comes as the text that the server writes for it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlencode

import adbc_driver_manager
import adbc_driver_postgresql.dbapi
import pyarrow as pa

from ingestion.databases.question import Answer, Question

_BATCH_BYTES = 8 * 1024 * 1024
_FOR_NOW = ("08", "40", "53", "57P", "55P")
"""Beginnings of the codes of errors that pass: connection, conflict, resources, shut down, lock."""

_PASSING = (
    "starting up",
    "shutting down",
    "too many",
    "connection slots",
    "recovery",
    "terminating connection",
)


def quoted(name: str) -> str:
    """Return a name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def batches(asked: Question) -> Iterator[Answer]:
    """Give columns and rows of a SELECT.

    Raises:
        SourceError: The server refuses it; TryAgain where it fails for now.
    """
    with (
        _told(asked),
        adbc_driver_postgresql.dbapi.connect(_address(asked)) as connection,
        connection.cursor() as cursor,
    ):
        cursor.adbc_statement.set_options(**{"adbc.postgresql.batch_size_hint_bytes": str(_BATCH_BYTES)})
        known = cursor.adbc_execute_schema(asked.sql)
        columns = ", ".join(map(_selected, known))
        cursor.execute(f"select {columns} from ({asked.sql}\n) as asked")
        reader = cursor.fetch_record_batch()
        yield reader.schema, _read(reader, asked)


def _read(reader: pa.RecordBatchReader, asked: Question) -> Iterator[pa.RecordBatch]:
    while True:
        with _told(asked):
            try:
                batch = reader.read_next_batch()
            except StopIteration:
                return
        yield batch


def _selected(column: pa.Field) -> str:
    """Return how a column is asked for: as it is where Arrow holds it, else as its text."""
    kind, name = column.type, quoted(column.name)
    held = (
        pa.types.is_integer, pa.types.is_floating, pa.types.is_boolean, pa.types.is_string, pa.types.is_date,
        pa.types.is_timestamp,
    )  # fmt: skip
    return name if any(is_held(kind) for is_held in held) else f"cast({name} as text) as {name}"


def _address(asked: Question) -> str:
    source = asked.source
    said = {
        "host": source.host,
        "port": str(source.listening),
        "user": source.user,
        "password": asked.password or "",
        "connect_timeout": str(max(2, round(source.retry.timeout_seconds))),
        "application_name": "civiclake",
        "sslmode": "verify-full" if asked.verifies else "prefer",
        "sslrootcert": str(asked.tls_ca) if asked.tls_ca else "system",
        # Sequential scans begin where another one is, which would give another order each time.
        "options": "-c default_transaction_read_only=on -c synchronize_seqscans=off -c datestyle=ISO"
        f" -c statement_timeout={round(source.statement_seconds * 1000)}"
        f" -c lock_timeout={round(source.retry.timeout_seconds * 1000)}",
    }
    if not asked.verifies:
        del said["sslrootcert"]
    return f"postgresql:///{quote(source.database, safe='')}?{urlencode(said, quote_via=quote)}"


@contextmanager
def _told(asked: Question) -> Iterator[None]:
    """Turn what the driver raises into an error of ours; its text may hold values."""
    try:
        yield
    except (adbc_driver_manager.Error, pa.ArrowException, OSError) as error:
        code = getattr(error, "sqlstate", None) or ""
        # What fails at connecting, or while rows stream, carries no code; its text is looked at and not told.
        is_refused = not code.startswith(_FOR_NOW) if code else _is_refusal(str(error))
        if is_refused:
            raise asked.refused(f"SQLSTATE {code or '?'}") from None
        raise asked.failing(code or type(error).__name__) from None


def _is_refusal(text: str) -> bool:
    return ("ERROR:" in text or "FATAL:" in text) and not any(words in text for words in _PASSING)
