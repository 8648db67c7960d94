"""The plugin by which dbt-duckdb reads claims and commits models as Delta tables.

Here: what happens inside dbt's process when a model is stored. Not here: which models run (``lake/dbt_run.py``).
A model whose inputs and query are those of its newest commit is not written again, nor is its query run: until then
it is only a view.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.duckdb.utils import TargetConfig
from duckdb import DuckDBPyConnection

from lake.claims import register_claims
from lake.dbt_run import model_commit
from lake.engine import configure_engine
from lake.narrow_build import SubjectModel, build_narrowly
from lake.store import GONE, Commit, Lake
from resource_catalogue.release import Release
from resource_catalogue.words import TableName, claims_table


@dataclass(frozen=True)
class DbtSession:
    """Hold what the plugin works on, and what it tells: dbt runs in this process, one run at a time.

    Attributes:
        inputs: By model, the tables and views of claims that it reads. Nothing else is opened: views of all tables
            would take longer than most runs.
        built: By model, what it was made from: ``table``, ``inputs``, ``checksum``, ``compiled``.
    """

    lake: Lake
    release: Release
    inputs: Mapping[str, Sequence[str]]
    built: dict[str, dict[str, Any]] = field(default_factory=dict)


class CurrentSession:
    """Hold the session of the one dbt run of this process; dbt's worker threads see it too."""

    value: DbtSession | None = None


class Plugin(BasePlugin):
    """Commit models through the lake; keep the connection that dbt computes in."""

    def initialize(self, plugin_config: dict[str, Any]) -> None:
        """Take the lake and release of the running session."""
        if CurrentSession.value is None:
            raise RuntimeError("dbt models are built by lake.dbt_run only")
        self._session = CurrentSession.value
        self._connection: DuckDBPyConnection | None = None

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Load the delta extension and register what the models of the run may read."""
        session = self._session
        lake = session.lake
        configure_engine(conn, lake.threads, lake.memory_limit, lake.scratch / "spill")
        read = sorted({TableName.parse(name) for names in session.inputs.values() for name in names})
        entities = [table.name for table in read if table == claims_table(table.name)]
        lake.register(conn, *(table for table in read if table.schema != "claims"))
        register_claims(conn, lake, session.release, entities)
        self._connection = conn

    def store(self, target_config: TargetConfig, cursor: Any = None) -> None:
        """Stream a model's staged view into its table and put a view over the table in its place."""
        assert self._connection is not None
        config = target_config.config
        relation = target_config.relation
        table = TableName(str(relation.schema), str(relation.identifier))
        lake = self._session.lake
        inputs = list(self._session.inputs[str(config["model"])])
        commit = model_commit(lake, self._session.release, inputs, str(config["checksum"]))
        is_equal = not lake.is_current(table, commit) and not self._is_changed(table, config, commit)
        equal = [lake.version(table), dict(commit.inputs), commit.fingerprint] if is_equal else None
        lake.register(self._connection, table)
        made = {"inputs": inputs, **{name: config[name] for name in ("checksum", "compiled")}}
        self._session.built[str(config["model"])] = {"table": str(table), **made, "found_equal": equal}

    def _is_changed(self, table: TableName, config: dict[str, Any], commit: Commit) -> bool:
        """Commit what differs in the cheapest way that the model allows; tell whether anything did."""
        assert self._connection is not None
        lake, staged, key = self._session.lake, str(config["staged"]), list(config["unique_key"])
        if config["subject"]:
            model = SubjectModel(table, staged, str(config["subject"]))
            is_changed = build_narrowly(self._connection, lake, self._session.release, model, commit)
            if is_changed is not None:
                return is_changed
        if key and _is_mergeable(self._connection, lake, table, staged, key):
            return _merge(self._connection, lake, table, staged, key, commit)
        lake.overwrite(table, _reader(self._connection, f"select * from {staged}"), commit)
        return True


def _is_mergeable(
    connection: DuckDBPyConnection, lake: Lake, table: TableName, staged: str, key: list[str]
) -> bool:
    """Tell whether a model's rows can be laid over its table: equal columns, and a key that names each row."""
    if not lake.exists(table):
        return False
    lake.register(connection, table)
    cursor = connection.cursor()
    shapes = [cursor.execute(f"describe select * from {name}").fetchall() for name in (str(table), staged)]
    if [row[:2] for row in shapes[0]] != [row[:2] for row in shapes[1]]:
        return False
    columns = ", ".join(f'"{name}"' for name in key)
    missing = " or ".join(f'"{name}" is null' for name in key)
    found = cursor.execute(
        f"select count(*) - count(distinct ({columns})), count(*) filter (where {missing}) from {staged}"
    ).fetchone()
    return found == (0, 0)


def _merge(
    connection: DuckDBPyConnection, lake: Lake, table: TableName, staged: str, key: list[str], commit: Commit
) -> bool:
    """Commit only the rows that are new, differ or are gone; return whether there were any."""
    on = " and ".join(f't."{name}" = s."{name}"' for name in key)
    cursor, changed = connection.cursor(), f"{staged}__changed"
    cursor.execute(
        f"create or replace table {changed} as "
        f"select *, false as {GONE} from (select * from {staged} except all select * from {table}) "
        f"union all by name select t.*, true as {GONE} from {table} as t anti join {staged} as s on {on}"
    )
    counted = cursor.execute(f"select count(*) from {changed}").fetchone()
    if counted and counted[0]:
        lake.change(table, _reader(cursor, f"select * from {changed}"), key, commit)
    cursor.execute(f"drop table {changed}")
    return bool(counted and counted[0])


def _reader(connection: DuckDBPyConnection, sql: str) -> pa.RecordBatchReader:
    return connection.cursor().execute(sql).to_arrow_reader(100_000)
