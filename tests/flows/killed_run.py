"""Run a city in this process and kill the process group at the n-th change of store (file, Delta, SQLite).

Started by ``test_runs_killed_anywhere``; prints the number of changes when it ends alive.
"""

import os
import signal
import sys
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


def main(home: Path, as_of: str, kill_at: int) -> None:
    """Run the city at an instant."""
    stores = Stores(kill_at)
    watch(stores)
    from orchestration.platform import open_platform
    from orchestration.run import run_city

    outcome = run_city(open_platform(home, {"CIVICLAKE_AS_OF": as_of}))
    print(f"changes={stores.changes} failed={len(outcome.failed)}")


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
