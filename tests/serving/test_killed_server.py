"""A server killed under load: every answer that somebody got is on record, and the record is whole."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
from collections.abc import Iterator
from pathlib import Path

import pytest

from audit.record import AccessRecord
from benchmarks.serving_city import AS_OF, LOOKED_UP, PURPOSE, ServingCity, ask, free_port
from resource_catalogue.subject_keys import ROW_KEY_NAME, subject_key_of

pytestmark = pytest.mark.enable_socket
CODES = [f"9132990000{number:06}XX" for number in range(20)]
ROUNDS, READERS, SECONDS = 3, 6, 1.5


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> ServingCity:
    """Return a city that looks up twenty organisations."""
    made = ServingCity(tmp_path_factory.mktemp("killed") / "city")
    grant = made.grant(LOOKED_UP, ("credit_code", "name"), "service")
    key = made.deployment.key(ROW_KEY_NAME)
    rows = ", ".join(f"('{subject_key_of('organisation', [code], key)}')" for code in CODES)
    made.fill(
        grant,
        "select _subject_key, 'c' as credit_code, 'a' as credit_code__agency_id, 'n' as name, 'a' as name__agency_id, "
        f"false as under_verification, null::varchar as verification_cases from (values {rows}) t(_subject_key)",
    )
    made.index(grant)
    return made


@pytest.fixture
def server(city: ServingCity) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Start the sharing side in a process group of its own."""
    port = free_port()
    started = subprocess.Popen(
        [sys.executable, "-m", "granian", "serving.sharing_process:sharing_side", "--factory", "--interface", "asgi",
         "--port", str(port), "--workers", "1", "--no-ws", "--log-level", "warning"],
        env={**os.environ, "CIVICLAKE_HOME": str(city.deployment.home), "CIVICLAKE_AS_OF": AS_OF.isoformat()},
        start_new_session=True,
    )  # fmt: skip
    yield started, f"http://127.0.0.1:{port}"
    if started.poll() is None:
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()


def answered_until_killed(address: str, token: str, answered: list[str]) -> None:
    """Look subjects up until the server is gone; keep the number of each answer that arrived whole."""
    number = 0
    while True:
        body = json.dumps({"keys": [CODES[number % len(CODES)]], "purpose": PURPOSE}).encode()
        try:
            with ask(address, f"/lookup/{LOOKED_UP}", token, body) as answer:
                answered.append(json.loads(answer.read())["request_id"])
        except (OSError, ValueError):
            return
        number += 1


def wait_for(address: str, token: str, server: subprocess.Popen[bytes]) -> None:
    ends = time.monotonic() + 60
    while time.monotonic() < ends and server.poll() is None:
        try:
            with ask(address, "/delta-sharing/shares", token):
                return
        except urllib.error.URLError:
            time.sleep(0.1)
    raise AssertionError("the server did not start")


@pytest.mark.parametrize("number", range(ROUNDS))
@pytest.mark.requirement("X-02", "X-07")
def test_every_answer_of_a_killed_server_is_on_record(
    city: ServingCity, server: tuple[subprocess.Popen[bytes], str], number: int
) -> None:
    process, address = server
    wait_for(address, city.token, process)
    answered: list[str] = []
    readers = [
        threading.Thread(target=answered_until_killed, args=(address, city.token, answered))
        for _ in range(READERS)
    ]
    for reader in readers:
        reader.start()
    time.sleep(SECONDS * (1 + number / 2))
    os.killpg(process.pid, signal.SIGKILL)
    for reader in readers:
        reader.join(30)
    assert len(answered) > READERS
    assert set(answered) <= recorded(city)


def test_the_record_of_killed_servers_is_one_unbroken_chain(city: ServingCity) -> None:
    record = AccessRecord.open(city.deployment)
    assert list(record.verify(city.lake).faults) == []
    record.seal(city.lake, AS_OF)
    assert record.verify(city.lake).intact


def recorded(city: ServingCity) -> set[str]:
    """Return the numbers of all requests in the journal; a line that was cut off counts for nothing."""
    found = set()
    for path in sorted(Path(city.deployment.var / "audit" / "journal").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                found.add(json.loads(line)["request_id"])
    return found
