"""Attacks by names, predicates, bodies and slowness; faults in the middle of an answer."""

import json
import socket
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import delta_sharing
import httpx
import pytest
from delta_sharing.protocol import DeltaSharingProfile
from delta_sharing.reader import DeltaSharingReader
from delta_sharing.rest_client import DataSharingRestClient
from sharing_asks import (
    ROOT,
    SHARE,
    SHOPS,
    refused,
)
from sharing_server import running
from sharing_world import World, build_world, files, world_at

from lake.shared import DataFile
from resource_catalogue.settings import ServingSettings
from serving.sharing.addresses import AddressScope, OwnAddresses


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_world(tmp_path_factory.mktemp("sharing") / "lake").root


@pytest.fixture
def world(root: Path) -> World:
    return world_at(root)


EVIL = [
    "' or 1=1 --",
    "shops'; drop table grants; --",
    '"; select * from base.person; --',
    "{{7*7}}",
    "${7*7}",
    "{% import os %}",
    "<script>alert(1)</script>",
    "%s%s%s%n",
    "../../../base/person",
    "shops\r\nX-Evil: 1",
    "..",
    "x" * 5000,
    "名" * 300,
    "‮shops",
    "shops;",
    "shops?version=0",
    "*",
]


@pytest.mark.parametrize("name", EVIL)
def test_names_are_never_run_nor_given_back(world: World, name: str) -> None:
    client, coded = world.client(), quote(name, safe="")
    for path in (
        f"{ROOT}/shares/{coded}",
        f"{SHARE}/schemas/{coded}/tables",
        f"{SHARE}/schemas/market/tables/{coded}/metadata",
        f"{SHARE}/schemas/{coded}/tables/shops/version",
    ):
        response = client.get(path)
        refused(response, 404)
        assert name not in response.text
        assert "49" not in response.json()["message"]
        assert "x-evil" not in response.headers
    for parameters in ({"pageToken": name}, {"maxResults": name}):
        refused(client.get(f"{ROOT}/shares", params=parameters), 400)


@pytest.mark.parametrize("text", EVIL)
def test_predicates_are_never_run(world: World, text: str) -> None:
    for body in (
        {"predicateHints": [text]},
        {"predicateHints": [f"shop_id = '{text}"]},
        {"jsonPredicateHints": text},
        {"jsonPredicateHints": json.dumps({"op": text, "children": []})},
        {"jsonPredicateHints": json.dumps({"op": "isNull", "children": [{"op": "column", "name": text}]})},
    ):
        assert len(files(world.client().post(f"{SHOPS}/query", body))) == 4


def test_values_of_a_predicate_reach_neither_answer_nor_record(world: World) -> None:
    secret = "460105199001011234"
    world.client().post(f"{SHOPS}/query", {"predicateHints": [f"shop_id = '{secret}'"]})
    world.client().get(f"{SHARE}/schemas/market/tables/{secret}/metadata")
    assert world.record.written
    assert secret not in repr(world.record.written)


def test_a_host_that_is_none_makes_no_addresses(world: World) -> None:
    for host in ("evil.example/x?", "a b", 'x"><script>', "user@evil"):
        response = world.client().post(f"{SHOPS}/query", headers={"host": host})
        refused(response, 400)
    world.base_url = "https://data.example.gov.cn"
    listed = files(world.client().post(f"{SHOPS}/query", headers={"host": "evil.example"}))
    assert all(file["url"].startswith("https://data.example.gov.cn/") for file in listed)


@pytest.mark.parametrize("is_declared", [True, False])
def test_a_body_beyond_the_limit_is_413_whether_declared_or_not(world: World, is_declared: bool) -> None:
    world.settings = ServingSettings(body_bytes=2048)
    text = json.dumps({"jsonPredicateHints": "x" * 4000}).encode()

    async def pieces() -> Any:
        for start in range(0, len(text), 100):
            yield text[start : start + 100]

    content: Any = text if is_declared else pieces()
    headers = {"content-type": "application/json"}
    refused(world.client().ask("POST", f"{SHOPS}/query", content=content, headers=headers), 413)
    fitting = json.dumps({"x": "y" * 1900}).encode()
    assert world.client().ask("POST", f"{SHOPS}/query", content=fitting, headers=headers).status_code == 200


def test_a_body_without_end_is_cut_at_the_limit(world: World) -> None:
    world.settings = ServingSettings(body_bytes=2048)
    sent = 0

    async def endless() -> Any:
        nonlocal sent
        while True:
            sent += 1024
            yield b" " * 1024

    headers = {"content-type": "application/json"}
    refused(world.client().ask("POST", f"{SHOPS}/query", content=endless(), headers=headers), 413)
    assert sent <= 4096


HEAD = (
    f"POST {SHOPS}/query HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer tax-token\r\n"
    "Content-Type: application/json\r\nConnection: close\r\n"
)


@pytest.mark.enable_socket
def test_slow_clients_are_let_go_and_others_are_served_meanwhile(world: World) -> None:
    world.options = {"body_seconds": 1.0}
    with running(world.app(), header_seconds=1) as server:
        url = httpx.URL(server)
        slow = [socket.create_connection((url.host, url.port or 80), 10) for _ in range(20)]
        for number, connection in enumerate(slow):
            half = HEAD + "Content-Length: 100\r\n\r\n{" if number % 2 else HEAD
            connection.sendall(half.encode())
        started = time.monotonic()
        answered = httpx.get(f"{server}{ROOT}/shares", headers={"authorization": "Bearer tax-token"})
        assert answered.status_code == 200
        assert time.monotonic() - started < 1
        for number, connection in enumerate(slow):
            connection.settimeout(10)
            answer = b""
            while part := connection.recv(4096):
                answer += part
            if number % 2:
                assert answer.startswith(b"HTTP/1.1 408")
            connection.close()
        assert time.monotonic() - started < 8


@pytest.mark.enable_socket
def test_a_client_that_leaves_in_the_middle_harms_no_other(world: World) -> None:
    with running(world.app()) as server:
        url = httpx.URL(server)
        for _ in range(10):
            with socket.create_connection((url.host, url.port or 80), 10) as connection:
                connection.sendall((HEAD + "Content-Length: 100\r\n\r\n{").encode())
        answered = httpx.post(
            f"{server}{SHOPS}/query", json={}, headers={"authorization": "Bearer tax-token"}
        )
        assert len(files(answered)) == 4


@pytest.fixture
def broken_third(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let the making of the third address of each answer fail."""
    made: list[int] = []
    make = OwnAddresses.address

    def failing(self: OwnAddresses, scope: AddressScope, file: DataFile) -> str:
        made.append(1)
        if len(made) % 3 == 0:
            raise RuntimeError("张三 460105199001011234")
        return make(self, scope, file)

    monkeypatch.setattr(OwnAddresses, "address", failing)
    return made


@pytest.mark.usefixtures("broken_third")
def test_a_fault_in_the_middle_of_a_listing_gives_no_part_of_it(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    for ask in (
        lambda: world.client().post(f"{SHOPS}/query"),
        lambda: world.client().get(f"{SHOPS}/changes?startingVersion=0"),
    ):
        response = ask()
        assert response.status_code == 500
        assert response.json() == {"errorCode": "INTERNAL_ERROR", "message": ""}
    assert not any(access.result == "answered" for access in world.record.written)
    assert "RuntimeError" in caplog.text
    assert "460105199001011234" not in caplog.text
    assert "张三" not in caplog.text


@pytest.mark.enable_socket
@pytest.mark.usefixtures("broken_third")
def test_the_official_client_gets_an_error_and_never_a_short_table(world: World) -> None:
    with running(world.app()) as server:
        reader = one_try(server)
        with pytest.raises(Exception, match="500"):
            reader.to_pandas()


def one_try(server: str) -> DeltaSharingReader:
    client = DataSharingRestClient(
        DeltaSharingProfile(1, f"{server}/delta-sharing", "tax-token"), num_retries=0
    )
    table = delta_sharing.Table("shops", "demo_tax", "market")
    return DeltaSharingReader(table, client, use_delta_format=False)


@pytest.mark.enable_socket
def test_an_answer_that_is_cut_on_its_way_does_not_look_whole(world: World) -> None:
    app = world.app()

    async def cutting(scope: Any, receive: Any, send: Any) -> None:
        sent = 0

        async def some(message: Any) -> None:
            nonlocal sent
            sent += 1
            # One part of the lines has gone out; the next never will.
            if sent > 2:
                raise RuntimeError("cut")
            await send(message)

        await app(scope, receive, some)

    with running(cutting) as server:  # type: ignore[arg-type]
        with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
            httpx.post(f"{server}{SHOPS}/query", json={}, headers={"authorization": "Bearer tax-token"})
        with pytest.raises(Exception, match=r"(?i)incomplete|broken|reset|closed|aborted"):
            one_try(server).to_pandas()
