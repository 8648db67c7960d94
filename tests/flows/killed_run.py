"""Run a city in this process and kill the process group at the n-th change of store (file, Delta, SQLite).

Started by ``test_runs_killed_anywhere`` in processes forked from one that has everything imported.
"""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any


class Stores:
    """Count the changes from one kind of store to another, and kill at the wanted one."""

    def __init__(self, kill_at: int) -> None:
        self.kill_at, self.changes, self.last = kill_at, 0, ""

    def after(self, kind: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its store noted when it is done."""

        def noted(*arguments: Any, **named: Any) -> Any:
            result = function(*arguments, **named)
            self.note(kind)
            return result

        return noted

    def note(self, kind: str) -> None:
        """Note a write to a store."""
        if kind != self.last:
            self.changes, self.last = self.changes + 1, kind
            if self.changes == self.kill_at:
                os.killpg(os.getpgid(0), signal.SIGKILL)


def watch(stores: Stores) -> None:
    """Note every write of the platform to its three kinds of store."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    from lake.store import Lake

    Lake._write = stores.after("delta", Lake._write)  # type: ignore[method-assign]
    Path.replace = stores.after("file", Path.replace)  # type: ignore[method-assign]
    event.listen(Engine, "commit", lambda connection: _sqlite(stores, connection))


def _sqlite(stores: Stores, connection: Any) -> None:
    if "casework" in str(connection.engine.url):
        stores.note("sqlite")


def run_until(home: Path, as_of: str, kill_at: int) -> None:
    """Run the city at an instant in this process group; kill it at a change of store, 0 for never.

    What it came to is written beside the city when it ends alive.
    """
    alone()
    stores = Stores(kill_at)
    watch(stores)
    from orchestration.platform import open_platform
    from orchestration.run import run_city

    outcome = run_city(open_platform(home, {"CIVICLAKE_AS_OF": as_of}))
    told = {"changes": stores.changes, "failed": list(outcome.failed), **result_of(home)}
    home.with_suffix(".json").write_text(json.dumps(told, default=str), encoding="utf-8")


def alone() -> None:
    """Be a process group of one's own, silent, without the settings of the test run."""
    os.setsid()
    for name in [name for name in os.environ if name.startswith("CIVICLAKE_")]:
        del os.environ[name]
    silence = os.open(os.devnull, os.O_WRONLY)
    os.dup2(silence, 1)
    os.dup2(silence, 2)


def result_of(home: Path) -> dict[str, Any]:
    """Return the row hash of every table, and the status without ids, instants and versions."""
    from casework.state import open_state
    from lake import Lake
    from lake.releases import current_release
    from reporting.status import status as read_status
    from resource_catalogue.deployment import Deployment

    deployment = Deployment.open(home)
    lake = Lake.of(deployment)
    state = open_state(deployment.casework_url, deployment.settings.deployment.time_zone)
    status = read_status(deployment, lake, state, current_release(lake))
    state.close()
    for part in status.values():
        for row in part if isinstance(part, list) else ():
            for name in ("id", "opened_at", "version"):
                row.pop(name, None)
    return {"tables": {str(table): lake.row_hash(table) for table in lake.tables()}, "status": status}
