"""A deployment with large shared tables, served as its operator would, for the benchmarks of serving.

Here: the demonstration's catalogue, two recipients' worth of grants, tables of made-up rows, and the server. Not here:
what is measured (``serving.py``).
"""

import datetime as dt
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from casework.actors import Actor
from casework.credentials import issue_token
from casework.grant_rules import DECLARED, Application
from casework.grants import add_grant
from casework.recipients import Enrolment, register
from casework.state import State, open_state
from cli.publishing import publish_files
from lake import Lake
from lake.lookup_builder import build_indexes
from lake.releases import current_release
from resource_catalogue.access_words import Grant, ServedEntry
from resource_catalogue.deployment import Deployment
from resource_catalogue.model import Label

DEMO = Path(__file__).resolve().parents[1] / "data" / "demo"
AS_OF = dt.datetime(2026, 3, 16, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
PURPOSE, LOOKED_UP = "benchmark", "base.organisation"
_OPERATOR = Actor("data_centre", "data_officer")
_PATIENCE_SECONDS = 120
_UNBOUNDED = 10_000_000
"""Requests per minute that no benchmark reaches: what is measured is not the quota."""


class ServingCity:
    """Hold a deployment whose shared tables are filled by the benchmark.

    Args:
        home: Empty folder.
    """

    def __init__(self, home: Path) -> None:
        shutil.copytree(DEMO, home, ignore=shutil.ignore_patterns("var", "feeds", "truth.json"))
        self.deployment = Deployment.open(home, {"CIVICLAKE_AS_OF": AS_OF.isoformat()})
        publish_files(self.deployment, "data_centre/registrar", "data_bureau/reviewer")
        self.lake = Lake.of(self.deployment)
        self.release = current_release(self.lake)
        with self._state() as state:
            reader = Enrolment("reader", Label(zh="读者"), "tax", requests_per_minute=_UNBOUNDED)
            register(state, self.release, reader, _OPERATOR, AS_OF)
            settings = self.deployment.settings.serving
            self.token = issue_token(state, self.release, "reader", _OPERATOR, AS_OF, settings).secret

    def grant(self, entry: str, columns: tuple[str, ...], mode: Any) -> Grant:
        """Grant columns of an entry that is shared unconditionally."""
        application = Application(
            entry, columns, mode, PURPOSE, AS_OF.date(), scenario="benchmark", basis="b", commitment=DECLARED
        )
        with self._state() as state:
            case = add_grant(state, self.lake, self.release, "reader", application, _OPERATOR, AS_OF)
        return case.grant

    def fill(self, grant: Grant, query: str, batch_rows: int = 100_000) -> None:
        """Fill a grant's table with the rows of a query."""
        connection = duckdb.connect()
        self.lake.overwrite(grant.table, connection.execute(query).to_arrow_reader(batch_rows))

    def append(self, grant: Grant, rows: pa.Table) -> None:
        """Append rows as one more file."""
        self.lake.append(grant.table, rows)

    def list_files(self, grant: Grant, files: int) -> None:
        """Give a grant's table a log that names so many files; listing them does not open them."""
        log = self.lake.path(grant.table) / "_delta_log"
        add = next(
            json.loads(line)["add"]
            for line in (log / f"{0:020}.json").read_text(encoding="utf-8").splitlines()
            if '"add"' in line
        )
        lines = [json.dumps({"add": {**add, "path": f"part-{n:06}.parquet"}}) for n in range(files)]
        (log / f"{1:020}.json").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def index(self, grant: Grant) -> None:
        """Make the index of a served table."""
        served = ServedEntry(grant.entry, grant.entry.partition(".")[2], (), AS_OF.isoformat())
        build_indexes(self.lake, self.deployment.lookup, {grant.table: served})

    @contextmanager
    def served(self) -> Iterator[str]:
        """Serve it; give the address."""
        port = free_port()
        environment = {
            **os.environ, "CIVICLAKE_HOME": str(self.deployment.home), "CIVICLAKE_AS_OF": AS_OF.isoformat(),
        }  # fmt: skip
        with granian("serving.sharing_process:sharing_side", port, environment):
            yield f"http://127.0.0.1:{port}"

    def profile(self, address: str) -> Path:
        """Write a profile file for the official client."""
        path = self.deployment.var / "reader.share"
        body = {
            "shareCredentialsVersion": 1,
            "endpoint": f"{address}/delta-sharing",
            "bearerToken": self.token,
        }
        path.write_text(json.dumps(body), encoding="utf-8")
        return path

    @contextmanager
    def _state(self) -> Iterator[State]:
        state = open_state(self.deployment.casework_url)
        try:
            yield state
        finally:
            state.close()


@contextmanager
def granian(target: str, port: int, environment: dict[str, str]) -> Iterator[None]:
    """Run an application on one worker, as ``civiclake serve`` does, until the block ends."""
    command = [
        sys.executable, "-m", "granian", target, "--factory", "--interface", "asgi", "--port", str(port),
        "--workers", "1", "--no-ws", "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip
    with serving(command, port, environment):
        yield


@contextmanager
def serving(command: Sequence[str], port: int, environment: dict[str, str]) -> Iterator[None]:
    """Run a server until the block ends."""
    server = subprocess.Popen(command, env=environment)
    try:
        _wait(server, port)
        yield
    finally:
        server.terminate()
        server.wait(30)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ask(
    address: str, path: str, token: str, body: bytes | None = None, also: dict[str, str] | None = None
) -> Any:
    """Send a request, with headers that it needs besides, and return the open answer."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **(also or {})}
    return urllib.request.urlopen(urllib.request.Request(address + path, body, headers))


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    ends = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < ends:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if server.poll() is not None:
            break
        time.sleep(0.1)
    raise SystemExit("the server did not start")
