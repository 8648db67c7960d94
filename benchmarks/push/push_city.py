"""A deployment whose licences are pushed, and its push server and drain as an operator starts them.

Here: the demonstration's catalogue with one source exchanged, made-up certificates, the processes. Not here: what is
measured (``measure.py``), nor what is tested (``tests/serving/push``).
"""

import datetime as dt
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.serving_city import DEMO, free_port
from cli.publishing import publish_files
from lake import Lake
from resource_catalogue.deployment import Deployment
from resource_catalogue.words import base_table, standard_table

AS_OF = dt.datetime(2026, 3, 16, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
RESOURCE, TOKEN, SECRET = "administrative_approval.licences", "PUSH_TOKEN", "token-of-the-benchmark"
HOLDER = "91330100799655058B"
PUSHED = "source: {connector: push, token: [env:PUSH_TOKEN, 'file:secrets/next_token'], max_records: 1000}\n"
STANDARD, BASE = standard_table(RESOURCE), base_table("certificate")
_PATIENCE_SECONDS = 120
ROOT = Path(__file__).resolve().parents[2]


def certificate(number: str, status: str = "valid", issuer: str = "示例市行政审批局") -> dict[str, Any]:
    """Return a certificate as an agency's system sends it; equal numbers are the same certificate."""
    return {
        "证照类型": "food_licence", "证照编号": number, "持证主体代码": HOLDER, "持证主体名称": "示例机械厂",
        "颁发机构": issuer, "颁发机构行政区划": "329901", "颁发日期": "2026-01-05", "有效期至": "2031-01-04",
        "证照状态": status,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Told:
    """Hold an answer of the push server."""

    status: int
    headers: Mapping[str, str]
    body: dict[str, Any]


class PushCity:
    """Hold a deployment whose licences are pushed.

    Args:
        home: Folder; filled and published where it is empty.
    """

    def __init__(self, home: Path) -> None:
        if not home.exists():
            _laid_out(home)
        self.home = home
        self.deployment = Deployment.open(home, {"CIVICLAKE_AS_OF": AS_OF.isoformat()})
        if not self.deployment.lake_root.exists():
            publish_files(self.deployment, "data_centre/registrar", "data_bureau/reviewer")

    @property
    def lake(self) -> Lake:
        """Return the lake as it is now."""
        return Lake.of(self.deployment)

    def environment(self) -> dict[str, str]:
        """Return the variables of its processes."""
        own = {"CIVICLAKE_HOME": str(self.home), "CIVICLAKE_AS_OF": AS_OF.isoformat(), TOKEN: SECRET}
        return {**os.environ, **own, "PYTHONPATH": str(ROOT)}

    def standing(self) -> dict[str, str]:
        """Return the issuer in ``standard`` by number of certificate; a number that stands twice is an error."""
        return self._issuers(STANDARD, "certificate_no", "issued_by")

    def based(self) -> dict[str, str]:
        """Return the issuer in the base by number of certificate, likewise."""
        return self._issuers(BASE, "certificate_no", "issued_by")

    def _issuers(self, table: Any, *columns: str) -> dict[str, str]:
        if not self.lake.exists(table):
            return {}
        rows = self.lake.query(f"select {', '.join(columns)} from {table}", table).rows()
        found = dict(rows)
        if len(found) != len(rows):
            raise AssertionError("a certificate stands twice")
        return found

    @contextmanager
    def answering(self, log: Path | None = None) -> Iterator["Served"]:
        """Run the process that answers, alone."""
        port = free_port()
        command = [sys.executable, "-m", "serving.push_process", "127.0.0.1", str(port)]
        with self._running(command, port, log) as served:
            yield served

    @contextmanager
    def served(self, log: Path | None = None) -> Iterator["Served"]:
        """Run ``civiclake push``: answering and draining."""
        port = free_port()
        command = [sys.executable, "-m", "cli", "push", "--home", str(self.home), "--port", str(port)]
        with self._running(command, port, log) as served:
            yield served

    @contextmanager
    def _running(self, command: Sequence[str], port: int, log: Path | None) -> Iterator["Served"]:
        out = log.open("ab") if log else None
        process = subprocess.Popen(
            command, env=self.environment(), cwd=ROOT, start_new_session=True, stdout=out, stderr=out
        )
        served = Served(process, port)
        try:
            served.wait()
            yield served
        finally:
            served.end()
            if out:
                out.close()


class Served:
    """Hold a running server and speak to it.

    Args:
        process: The head of a group of processes of its own.
        port: Where it answers.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", port: int) -> None:
        self.process, self.port = process, port

    def post(
        self,
        records: Any,
        key: str | None,
        token: str = SECRET,
        kind: str = "application/json",
        resource: str = RESOURCE,
    ) -> Told:
        """Post records on a connection of its own; bytes are sent as they are."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            return told(connection, records, key, token, kind, resource)
        finally:
            connection.close()

    def get(self, path: str) -> Told:
        """Ask for an address."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            return _told(connection.getresponse())
        finally:
            connection.close()

    def wait(self) -> None:
        """Wait until it answers."""
        ends = time.monotonic() + _PATIENCE_SECONDS
        while time.monotonic() < ends and self.process.poll() is None:
            try:
                if self.get("/health").status == 200:
                    return
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the push server did not start")

    def kill(self) -> None:
        """Kill all of its processes at once."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def end(self) -> int:
        """Ask it to end; return its exit code."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(60)
        return self.process.returncode


def told(
    connection: http.client.HTTPConnection,
    records: Any,
    key: str | None,
    token: str = SECRET,
    kind: str = "application/json",
    resource: str = RESOURCE,
) -> Told:
    """Post records on a connection and return the answer."""
    body = records if isinstance(records, bytes) else json.dumps(records, ensure_ascii=False).encode()
    headers = {"Authorization": f"Bearer {token}", "Content-Type": kind}
    if key is not None:
        headers["Idempotency-Key"] = key
    connection.request("POST", f"/push/{resource}", body, headers)
    return _told(connection.getresponse())


def _told(answer: http.client.HTTPResponse) -> Told:
    body = answer.read()
    headers = {name.casefold(): value for name, value in answer.getheaders()}
    return Told(answer.status, headers, json.loads(body) if body else {})


def _laid_out(home: Path) -> None:
    shutil.copytree(DEMO, home, ignore=shutil.ignore_patterns("var", "feeds", "truth.json"))
    entry = home / "catalogue" / "resources" / "administrative_approval" / "licences.yml"
    text = entry.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^source: .*\n", PUSHED, text)
    text = re.sub(r"(?m)^update: .*\n", "update: {frequency: real_time, mode: changes}\n", text)
    entry.write_text(text, encoding="utf-8")
    (home / "secrets").mkdir()
    (home / "secrets" / "next_token").write_text("the-next-token\n", encoding="utf-8")
