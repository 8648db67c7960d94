"""The push server over HTTP: what it acknowledges, what it refuses, and what never leaves it."""

import http.client
import json
import resource
import sqlite3
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from benchmarks.push.push_city import RESOURCE, SECRET, PushCity, Served, certificate
from ingestion.ingest import ingest_resource
from ingestion.pushed_records import PushedRecords
from lake.releases import current_release
from resource_catalogue.words import raw_table

pytestmark = pytest.mark.enable_socket
LINES = "application/x-ndjson"
MARKER = "植入标记"


def database_of(city: PushCity) -> Path:
    return PushedRecords.folder(city.deployment, RESOURCE) / "requests.sqlite"


def log_of(city: PushCity) -> str:
    return (city.home / "server.log").read_text(encoding="utf-8")


def kept(city: PushCity) -> int:
    """Return how many requests a deployment holds."""
    with sqlite3.connect(database_of(city)) as base:
        return int(base.execute("select count(*) from keys").fetchone()[0])


def taken_in(city: PushCity) -> dict[str, str]:
    """Take in what waits and return what stands."""
    lake = city.lake
    release = current_release(lake)
    assert ingest_resource(lake, city.deployment, release, RESOURCE, city.deployment.as_of).source_fault == ""
    return city.standing()


@pytest.mark.requirement("G-08")
def test_a_request_is_acknowledged_once_and_its_repetition_gets_the_same_receipt(answering: Served) -> None:
    first = answering.post(certificate("a"), "once")
    again = answering.post(certificate("a"), "once")
    assert (first.status, again.status) == (202, 202)
    assert first.body == again.body
    assert first.body["records"] == 1
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"
    assert first.headers["x-request-id"] != again.headers["x-request-id"]


def test_one_object_a_list_and_lines_are_taken_alike(answering: Served) -> None:
    lines = "\n".join(json.dumps(certificate(f"l{n}")) for n in range(3)).encode()
    assert answering.post(certificate("o"), "o").body["records"] == 1
    assert answering.post([certificate("p"), certificate("q")], "p").body["records"] == 2
    assert answering.post(lines, "l", kind=LINES).body["records"] == 3


def test_a_key_that_comes_again_with_another_body_is_refused(answering: Served) -> None:
    answering.post(certificate("a"), "reused")
    told = answering.post(certificate("b"), "reused")
    assert (told.status, told.body["errorCode"]) == (422, "IDEMPOTENCY_KEY_REUSED")


@pytest.mark.parametrize("key", [None, "", "含中文".encode().decode("latin-1"), "k" * 201])
def test_a_request_without_a_key_is_refused(answering: Served, key: str | None) -> None:
    told = answering.post(certificate("a"), key)
    assert (told.status, told.body["errorCode"]) == (400, "MALFORMED_REQUEST")
    assert "Idempotency-Key" in told.body["message"]


@pytest.mark.parametrize("token", ["", "wrong", SECRET[:-1], f"{SECRET}x", "x" * 10_000])
def test_a_wrong_token_is_refused_and_told_nothing(answering: Served, token: str) -> None:
    for name in (RESOURCE, "no.such"):
        told = answering.post(certificate("a"), "k", token=token, resource=name)
        assert (told.status, told.body["errorCode"]) == (401, "UNAUTHENTICATED")
        assert told.headers["www-authenticate"].startswith("Bearer")


def test_both_tokens_open_the_door_while_one_takes_the_other_s_place(answering: Served) -> None:
    assert answering.post(certificate("n"), "n", token="the-next-token").status == 202


def test_a_resource_that_is_not_pushed_is_not_found_by_who_has_a_token(answering: Served) -> None:
    assert answering.post(certificate("a"), "k", resource="market_regulation.penalties").status == 404


WRONG = {
    "no JSON": (b'{"a": 1,\n "b": \xe6}', "application/json", 400, "line 2, column 7"),
    "a broken line": (b'{"a": 1}\n\n{"a": }\n', LINES, 400, "line 3, column 7"),
    "a byte order mark": (b'\xef\xbb\xbf{"a": 1}', "application/json", 400, "line 1, column 1"),
    "no record": (b" ", LINES, 400, "no record"),
    "an empty list": (b"[]", "application/json", 400, "no record"),
    "a text": (f'["{MARKER}"]'.encode(), "application/json", 400, "record 1"),
    "a list as a value": (f'[{{"a": 1}}, {{"b": 2, "{MARKER}": []}}]'.encode(), "application/json", 400,
                          "record 2, field 2"),
    "no field": (b'{"a": 1}\n{}', LINES, 400, "record 2"),
    "a name with a control character": (b'{"a\\u0000": 1}', "application/json", 400, "record 1, field 1"),
    "an infinite number": (b'{"a": 1e999}', "application/json", 400, "line 1"),
    "too many records": (b'{"a": 1}\n' * 1001, LINES, 413, "1000"),
    "too many bytes": (f'{{"a": "{MARKER * 90_000}"}}'.encode(), "application/json", 413, ""),
    "another type": (b'{"a": 1}', "text/plain", 415, "application/json"),
    "the type of forms": (b'{"a": 1}', "application/x-www-form-urlencoded", 415, "application/x-ndjson"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "kind", "status", "place"), WRONG.values(), ids=WRONG)
def test_a_body_that_is_no_records_is_refused_whole_with_the_place(
    answering: Served, body: bytes, kind: str, status: int, place: str
) -> None:
    told = answering.post(body, "wrong", kind=kind)
    assert told.status == status
    assert place in told.body["message"]
    assert MARKER not in json.dumps(told.body, ensure_ascii=False)
    # The key is free: nothing was kept under it.
    assert answering.post(certificate("w"), f"after {status} {place}"[:20].replace(" ", "_")).status in (
        202,
        422,
    )


def test_nothing_that_was_refused_is_kept(running: tuple[PushCity, Served]) -> None:
    city, served = running
    served.post(certificate("kept"), "kept")
    before = kept(city)
    for number, (body, kind, _, _) in enumerate(WRONG.values()):
        served.post(body, f"refused-{number}", kind=kind)
    served.post(certificate("refused"), "kept")
    served.post(certificate("refused"), "refused", token="wrong")
    assert kept(city) == before
    assert MARKER not in log_of(city)
    standing = taken_in(city)
    assert "kept" in standing
    assert "refused" not in standing


def test_bodies_stay_out_of_the_log_when_the_disk_takes_no_more(running: tuple[PushCity, Served]) -> None:
    city, served = running
    before = kept(city)
    server = served.process.pid
    limits = resource.prlimit(server, resource.RLIMIT_FSIZE)
    resource.prlimit(server, resource.RLIMIT_FSIZE, (20_000, limits[1]))
    told = served.post([certificate(f"{MARKER}{n}") for n in range(1000)], "full")
    resource.prlimit(server, resource.RLIMIT_FSIZE, limits)
    assert (told.status, told.headers["retry-after"]) == (503, "2")
    assert kept(city) == before
    assert served.post(certificate(f"{MARKER}1"), "full").status == 202
    assert "SQLITE_" in log_of(city)
    assert MARKER not in log_of(city)
    assert [name for name in taken_in(city) if MARKER in name] == [f"{MARKER}1"]


def test_a_locked_database_gives_no_acknowledgement(running: tuple[PushCity, Served]) -> None:
    city, served = running
    assert served.post(certificate("unlocked"), "unlocked").status == 202
    before = kept(city)
    base = sqlite3.connect(database_of(city), isolation_level=None)
    base.execute("begin immediate")
    assert served.post(certificate("locked"), "locked").status == 503
    base.execute("rollback")
    base.close()
    assert kept(city) == before
    assert served.post(certificate("locked"), "locked").status == 202


@pytest.mark.requirement("G-08")
def test_many_clients_at_once_and_their_retries_give_one_row_per_certificate(
    running: tuple[PushCity, Served],
) -> None:
    """Two keys with one business key give one row with the value that was acknowledged later."""
    clients, requests = 4, 20
    city, served = running

    def push(client: int) -> None:
        for number in range(requests):
            body = certificate(f"many-{client}-{number % 5}", issuer=f"{number}")
            for _ in range(1 + number % 2):
                assert served.post(body, f"many-{client}-{number}").status == 202

    threads = [threading.Thread(target=push, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    standing = {name: issuer for name, issuer in taken_in(city).items() if name.startswith("many-")}
    assert standing == {f"many-{c}-{n}": str(n + 15) for c in range(clients) for n in range(5)}
    raw = raw_table(RESOURCE)
    rows = city.lake.query(f"select 1 from {raw} where certificate_no like 'many-%'", raw)
    assert rows.height == clients * requests


def test_the_server_describes_itself_and_tells_that_it_is_well(answering: Served) -> None:
    assert answering.get("/health").body == {"status": "ok"}
    assert "/push/{resource_id}" in answering.get("/push/openapi.json").body["paths"]
    told = answering.get(f"/push/{RESOURCE}")
    assert (told.status, told.body["errorCode"]) == (405, "METHOD_NOT_ALLOWED")
    assert "x-request-id" in told.headers


def test_the_process_that_answers_has_nothing_that_builds(city: PushCity) -> None:
    code = "import sys; from serving.push_process import push_side; push_side(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], env=city.environment(), capture_output=True, text=True, check=True
    )
    loaded: set[Any] = set(done.stdout.split())
    assert "serving.push.app" in loaded
    assert not loaded & {
        "dagster",
        "dbt",
        "serving.portal",
        "serving.sharing.app",
        "masking",
        "ingestion.decode",
    }


def test_a_body_without_an_announced_length_is_bounded_too(answering: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", answering.port, timeout=30)
    headers = {
        "Authorization": f"Bearer {SECRET}", "Content-Type": LINES, "Idempotency-Key": "chunks",
        "Transfer-Encoding": "chunked",
    }  # fmt: skip
    parts = (b'{"a": "%s"}\n' % (b"x" * 100_000) for _ in range(15))
    connection.request("POST", f"/push/{RESOURCE}", parts, headers, encode_chunked=True)
    assert connection.getresponse().status == 413
    connection.close()
