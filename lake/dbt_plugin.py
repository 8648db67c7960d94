"""The plugin by which dbt-duckdb reads claims and commits models as Delta tables.

Here: what happens inside dbt's process when a model is stored. Not here: which models run (``lake/dbt_run.py``).
A model whose inputs and query are those of its newest commit is not written again.
"""

from dataclasses import dataclass
from typing import Any

from dbt.adapters.duckdb.plugins import BasePlugin
from dbt.adapters.duckdb.utils import TargetConfig
from duckdb import DuckDBPyConnection

from lake.claims import claim_inputs, register_claims
from lake.engine import configure_engine
from lake.store import Commit, Lake
from resource_catalogue.entities import ENTITIES
from resource_catalogue.release import Release
from resource_catalogue.words import TableName


@dataclass(frozen=True)
class DbtSession:
    """Hold what the plugin works on: dbt runs in this process, one run at a time."""

    lake: Lake
    release: Release


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
        """Load the delta extension and register everything that models may read."""
        session = self._session
        lake = session.lake
        configure_engine(conn, lake.threads, lake.memory_limit, lake.scratch / "spill")
        lake.register(
            conn, *lake.tables("standard", "base", "theme", "topic", "share", "candidate", "register")
        )
        register_claims(conn, lake, session.release)
        self._connection = conn

    def store(self, target_config: TargetConfig, cursor: Any = None) -> None:
        """Stream a model's staged view into its table and put a view over the table in its place."""
        assert self._connection is not None
        config = target_config.config
        relation = target_config.relation
        table = TableName(str(relation.schema), str(relation.identifier))
        lake = self._session.lake
        commit = Commit(self._inputs(config["inputs"]), str(config["checksum"]))
        if not lake.is_current(table, commit):
            reader = (
                self._connection.cursor()
                .execute(f"select * from {config['staged']}")
                .to_arrow_reader(100_000)
            )
            lake.overwrite(table, reader, commit)
        lake.register(self._connection, table)

    def _inputs(self, names: list[str]) -> dict[str, int]:
        """Return the versions read; claims are views, so their standard tables count."""
        tables: list[TableName] = []
        for name in names:
            table = TableName.parse(name)
            is_claims = table.schema == "claims" and table.name in ENTITIES
            tables += claim_inputs(self._session.release, table.name) if is_claims else [table]
        return self._session.lake.versions(tables)
