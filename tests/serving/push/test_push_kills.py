"""Push killed anywhere: what was acknowledged is in the tables, nothing stands twice."""

import http.client
import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import psutil
import pytest
from forks import FORKS

from benchmarks.push.push_city import AS_OF, RESOURCE, PushCity, Served, certificate, told
from ingestion.ingest import ingest_resource
from ingestion.pushed_records import PushedRecords, PushedRequest, WaitingBody, WaitingRecords
from lake.releases import current_release
from orchestration.platform import Platform
from orchestration.push_drain import PushDrain
from resource_catalogue.deployment import Deployment
from resource_catalogue.words import raw_table

pytestmark = pytest.mark.enable_socket
SHORT, LONG = 6, 50
CLIENTS = 4


@pytest.fixture
def drawn() -> random.Random:
    """Draw the points of this run from its seed."""
    return random.Random(int(os.environ["TEST_SEED"]))


@dataclass
class Client:
    """Send versions of its own certificates one after the other; repeat what was not acknowledged, under its key.

    Attributes:
        acknowledged: Newest version that was acknowledged, by certificate.
        sent: How many requests were acknowledged.
    """

    name: str
    number: int = 0
    is_open: bool = False
    acknowledged: dict[str, str] = field(default_factory=dict)
    sent: int = 0

    def push_until_killed(self, served: Served) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
        try:
            while True:
                self.push(connection)
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()

    def push(self, connection: http.client.HTTPConnection) -> None:
        if not self.is_open:
            self.number, self.is_open = self.number + 1, True
        code, version = f"{self.name}-{self.number % 5}", str(self.number)
        answer = told(connection, certificate(code, issuer=version), f"{self.name}.{self.number}")
        assert answer.status == 202
        self.acknowledged[code] = version
        self.is_open, self.sent = False, self.sent + 1


def whole(city: PushCity, clients: list[Client]) -> None:
    """Check that everything acknowledged stands, each request once."""
    expected = {code: version for client in clients for code, version in client.acknowledged.items()}
    assert city.standing() == expected
    assert city.lake.row_count(raw_table(RESOURCE)) == sum(client.sent for client in clients)


@pytest.mark.dear
@pytest.mark.requirement("G-08")
@pytest.mark.parametrize("kills", [SHORT, pytest.param(LONG, marks=pytest.mark.long)])
def test_everything_acknowledged_by_a_killed_server_is_there_once(
    city: PushCity, drawn: random.Random, kills: int
) -> None:
    clients = [Client(f"c{number}") for number in range(CLIENTS)]
    for _ in range(kills):
        with city.answering() as served:
            threads = [threading.Thread(target=one.push_until_killed, args=(served,)) for one in clients]
            for thread in threads:
                thread.start()
            time.sleep(drawn.uniform(0.05, 0.6))
            served.kill()
            for thread in threads:
                thread.join(60)
    with city.answering() as served:
        connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=30)
        for client in clients:
            client.push(connection)
        connection.close()
    assert min(client.sent for client in clients) > kills / 2
    release = current_release(city.lake)
    ingest_resource(city.lake, city.deployment, release, RESOURCE, city.deployment.as_of)
    whole(city, clients)


def test_bodies_that_a_delivery_has_go_without_another_request(city: PushCity) -> None:
    with city.answering() as served:
        assert served.post([certificate("one"), certificate("two")], "k1").status == 202
        ingest_resource(city.lake, city.deployment, current_release(city.lake), RESOURCE, AS_OF)
        ends = time.monotonic() + 20
        while list(_waiting(city)) and time.monotonic() < ends:
            time.sleep(0.1)
        assert list(_waiting(city)) == []
    assert set(city.standing()) == {"one", "two"}


def test_a_command_that_is_killed_outright_leaves_no_process_that_answers(city: PushCity) -> None:
    with city.served() as served:
        answering = psutil.Process(served.process.pid).children(recursive=True)
        assert answering
        served.process.kill()
        _, alive = psutil.wait_procs(answering, 30)
    assert alive == []


def drain_for_ever(home: Path) -> None:
    """Drain a deployment until killed."""
    drain = _drain(home)
    while True:
        drain.look()


def drain_once(home: Path) -> None:
    """Drain a deployment until nothing is left."""
    assert not _drain(home).look().is_kept_waiting


def _drain(home: Path) -> PushDrain:
    deployment = Deployment.open(home, {"CIVICLAKE_AS_OF": AS_OF.isoformat()})
    city = PushCity(home)
    return PushDrain(Platform(deployment, city.lake, current_release(city.lake)), print)


@pytest.mark.dear
@pytest.mark.requirement("G-08")
@pytest.mark.parametrize("kills", [SHORT, pytest.param(LONG, marks=pytest.mark.long)])
def test_a_drain_killed_anywhere_loses_no_record_and_doubles_none(
    city: PushCity, drawn: random.Random, kills: int
) -> None:
    records = PushedRecords(city.deployment, RESOURCE)
    expected = {"first": "first"}
    requests = 1
    records.accept([_request("k0", "first", "first")], AS_OF)
    # The models are parsed once, so that a drain is killed while it takes in and builds, not while it starts.
    _let_drain(city)
    for round_ in range(kills):
        drain = FORKS.Process(target=drain_for_ever, args=(city.home,))
        drain.start()
        ends = time.monotonic() + drawn.uniform(0.3, 3)
        while time.monotonic() < ends:
            code, issuer = f"n{requests % 7}", f"{round_}.{requests}"
            records.accept([_request(f"k{requests}", code, issuer)], AS_OF)
            expected[code] = issuer
            requests += 1
            time.sleep(0.02)
        assert drain.pid
        os.kill(drain.pid, signal.SIGKILL)
        drain.join()
    _let_drain(city)
    while records.tidy():
        pass
    assert not list(_waiting(city))
    records.close()
    assert city.standing() == expected
    assert city.based() == expected
    assert city.lake.row_count(raw_table(RESOURCE)) == requests


def _waiting(city: PushCity) -> Iterator[WaitingBody]:
    """Give all bodies that are still kept."""
    waiting = WaitingRecords.of(PushedRecords.folder(city.deployment, RESOURCE))
    assert waiting is not None
    yield from waiting.waiting(0)
    waiting.close()


def _request(key: str, code: str, issuer: str) -> PushedRequest:
    return PushedRequest(key, orjson.dumps(certificate(code, issuer=issuer)), "json", 1)


def _let_drain(city: PushCity) -> None:
    drain = FORKS.Process(target=drain_once, args=(city.home,))
    drain.start()
    drain.join(240)
    assert drain.exitcode == 0
