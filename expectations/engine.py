"""Great Expectations on DuckDB: the engine, the datasource, and the one way in which metrics are asked for.

Here: all that knows Great Expectations' classes. Metrics are asked for in one bundle, so that a resource is
scanned once whatever the number of its rules (uniqueness scans its key on its own). Counts come back, never
values: expectation results carry samples of values and are not used. Not here: what is counted
(``checks/``).

DuckDB is not supported out of the box: a result dies with its connection and comes back empty without an
error, so the engine keeps one connection, and an empty answer over a batch that has rows is a crash, not a
zero.
"""

import logging
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from typing import Any, Literal

import duckdb
import sqlalchemy as sa
from duckdb_engine import ConnectionWrapper

# Read when the package is imported: no usage statistics leave the platform.
os.environ["GX_ANALYTICS_ENABLED"] = "false"

from great_expectations.core.batch import Batch
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine import SqlAlchemyExecutionEngine
from great_expectations.execution_engine.sqlalchemy_batch_data import SqlAlchemyBatchData
from great_expectations.validator.metric_configuration import MetricConfiguration
from great_expectations.validator.metrics_calculator import MetricsCalculator
from great_expectations.validator.validator import Validator

from expectations.check import ROWS, Metric, literal

_LOGGER = "great_expectations"
# Named here because the datasource's field ``type`` hides the builtin.
_EngineClass = type[SqlAlchemyExecutionEngine]


class DuckDBExecutionEngine(SqlAlchemyExecutionEngine):  # type: ignore[misc]
    """Compute metrics over one kept connection."""

    _connection: sa.Connection | None

    @contextmanager
    def get_connection(self) -> Generator[sa.Connection, None, None]:
        """Yield the kept connection; it ends with the engine."""
        if self._connection is None:
            self._connection = self.engine.connect()
        yield self._connection

    def get_inspector(self) -> "_Columns":
        """Return what describes a batch; the dialect's own reflection takes longer than all metrics together."""
        return _Columns(self)

    def recover(self) -> None:
        """Leave the transaction that an error has spoilt."""
        if self._connection is not None:
            self._connection.rollback()

    def forget(self) -> None:
        """Close the kept connection."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None
        self.engine.dispose()


class _Columns:
    """Describe tables and views by DuckDB's own ``describe``, in the words of SQLAlchemy's inspector."""

    def __init__(self, engine: DuckDBExecutionEngine) -> None:
        self._engine = engine
        self.dialect = engine.dialect

    def get_columns(self, table_name: str, schema: str | None = None) -> list[dict[str, Any]]:
        """Return name and type, as DuckDB writes it, of each column."""
        quote = self.dialect.identifier_preparer.quote_identifier
        name = ".".join(quote(str(part)) for part in (schema, table_name) if part)
        with self._engine.get_connection() as connection:
            described = connection.execute(sa.text(f"describe {name}")).all()
        return [{"name": row[0], "type": row[1]} for row in described]

    def get_pk_constraint(self, table_name: str, schema: str | None = None) -> dict[str, list[str]]:
        """Return no key: what is checked are views, and their keys are rules."""
        return {"constrained_columns": []}


class DuckDBDatasource(SQLDatasource):  # type: ignore[misc]
    """Offer DuckDB to Great Expectations' own contexts, for suites whose results must be its JSON."""

    type: Literal["duckdb"] = "duckdb"

    @property
    def execution_engine_type(self) -> _EngineClass:
        """Return the engine that keeps its connection."""
        return DuckDBExecutionEngine


@dataclass
class Measured:
    """Hold the values of the metrics that answered and the kind of error of those that did not."""

    values: dict[Metric, int] = field(default_factory=dict)
    crashed: dict[Metric, str] = field(default_factory=dict)


def measure(connection: duckdb.DuckDBPyConnection, batch: str, metrics: Iterable[Metric]) -> Measured:
    """Compute metrics over a table or view: all in one bundle, and those that failed once more one by one.

    Asking singly after a failure shows which metric is guilty, since one bad condition fails its whole
    bundle.

    Args:
        connection: Where the batch and the macros are defined, in its current schema; stays open.
        batch: Table or view of that schema.
        metrics: What to compute; equal ones are computed once.
    """
    import expectations.metrics  # noqa: F401  # registers the metric, which needs this module

    asked = list(dict.fromkeys([ROWS, *metrics]))
    measured = Measured()
    with _silence():
        schema, zone = _session(connection)
        engine = _engine_over(connection, schema, zone)
        try:
            calculator, batch_id = _loaded(engine, schema, batch)
            found = _bundle(calculator, batch_id, asked)
            for metric in asked:
                _settle(measured, metric, found, engine, calculator, batch_id)
        except Exception as error:
            measured.crashed.update(dict.fromkeys(set(asked) - set(measured.values), _kind(error)))
        finally:
            engine.forget()
    return measured


def _settle(
    measured: Measured,
    metric: Metric,
    found: dict[Metric, Any],
    engine: DuckDBExecutionEngine,
    calculator: MetricsCalculator,
    batch_id: str,
) -> None:
    """Keep a metric's value, asking once more where the bundle failed; an empty sum over no rows is zero."""
    value = found.get(metric)
    if metric not in found:
        try:
            engine.recover()
            value = _single(calculator, batch_id, metric)
        except Exception as error:
            measured.crashed[metric] = _kind(error)
            return
    if value is not None:
        measured.values[metric] = int(value)
    elif found.get(ROWS) == 0:
        measured.values[metric] = 0


def _engine_over(connection: duckdb.DuckDBPyConnection, schema: str, zone: str) -> DuckDBExecutionEngine:
    """Wrap a cursor of the connection, so that closing the engine leaves the caller's open."""
    cursor = connection.cursor()
    cursor.execute(f"set search_path = {literal(schema)}")
    cursor.execute(f"set TimeZone = {literal(zone)}")
    wrapped = ConnectionWrapper(cursor)
    engine = sa.create_engine("duckdb:///:memory:", creator=lambda: wrapped, poolclass=sa.pool.StaticPool)
    words = connection.execute("select keyword_name from duckdb_keywords()").fetchall()
    # The dialect knows Postgres' words only: a column named with one of DuckDB's own would not parse.
    engine.dialect.identifier_preparer.reserved_words = {word for (word,) in words}
    return DuckDBExecutionEngine(engine=engine)


def _session(connection: duckdb.DuckDBPyConnection) -> tuple[str, str]:
    """Return what a cursor does not take over: the current schema and the zone."""
    row = connection.execute("select current_schema(), current_setting('TimeZone')").fetchone() or (
        "main",
        "UTC",
    )
    return str(row[0]), str(row[1])


def _loaded(engine: DuckDBExecutionEngine, schema: str, batch: str) -> tuple[MetricsCalculator, str]:
    data = SqlAlchemyBatchData(
        execution_engine=engine, schema_name=schema, table_name=batch, create_temp_table=False
    )
    loaded = Batch(data=data)
    # The engine knows a batch only once a validator has loaded it.
    validator = Validator(execution_engine=engine, batches=[loaded])
    return validator.metrics_calculator, loaded.id


def _bundle(calculator: MetricsCalculator, batch_id: str, metrics: list[Metric]) -> dict[Metric, Any]:
    by_id = {_configuration(metric, batch_id).id: metric for metric in metrics}
    calculator.show_progress_bars = False
    resolved, _ = calculator.compute_metrics(
        [_configuration(metric, batch_id) for metric in metrics],
        runtime_configuration={"catch_exceptions": True},
    )
    return {by_id[identity]: value for identity, value in resolved.items() if identity in by_id}


def _single(calculator: MetricsCalculator, batch_id: str, metric: Metric) -> Any:
    configuration = _configuration(metric, batch_id)
    resolved, _ = calculator.compute_metrics(
        [configuration], runtime_configuration={"catch_exceptions": False}
    )
    return resolved[configuration.id]


def _configuration(metric: Metric, batch_id: str) -> MetricConfiguration:
    domain = {"column": metric.column, "batch_id": batch_id} if metric.column else {"batch_id": batch_id}
    arguments = {name: list(value) if isinstance(value, tuple) else value for name, value in metric.arguments}
    return MetricConfiguration(metric.name, domain, arguments)


def _kind(error: BaseException) -> str:
    """Return the type of the innermost error: its text may hold values."""
    while error.__cause__ or error.__context__:
        error = error.__cause__ or error.__context__ or error
    return type(error).__name__


@contextmanager
def _silence() -> Iterator[None]:
    """Let no message of Great Expectations reach a log or the screen: they quote statements and cells."""
    logger = logging.getLogger(_LOGGER)
    before, propagates = logger.level, logger.propagate
    logger.setLevel(logging.CRITICAL + 1)
    logger.propagate = False
    try:
        with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            yield
    finally:
        logger.setLevel(before)
        logger.propagate = propagates
