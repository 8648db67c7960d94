"""The record of access: before every answer, of every answer, and nothing out without it."""

import asyncio
from pathlib import Path
from typing import Any

import anyio
import pytest
from sharing_asks import (
    ROOT,
    SHARE,
    SHOPS,
    an_address,
    parts,
    rebuilt,
    refused,
    token_of,
)
from sharing_world import (
    World,
    build_world,
    world_at,
)

from resource_catalogue.access_words import Access


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_world(tmp_path_factory.mktemp("sharing") / "lake").root


@pytest.fixture
def world(root: Path) -> World:
    return world_at(root)


def test_where_the_record_cannot_be_kept_nothing_is_answered(world: World) -> None:
    address = an_address(world)
    world.record.is_broken = True
    client = world.client()
    for response in (
        client.get(f"{ROOT}/shares"),
        client.get(f"{SHARE}/all-tables"),
        client.get(f"{SHOPS}/metadata"),
        client.get(f"{SHOPS}/version"),
        client.post(f"{SHOPS}/query"),
        client.get(f"{SHOPS}/changes?startingVersion=0"),
        client.get(address),
        client.get(f"{SHARE}/schemas/x/tables/y/metadata"),
    ):
        refused(response, 503)
        assert "delta-table-version" not in response.headers
        assert response.headers["retry-after"]


def test_where_grants_cannot_be_read_nothing_is_answered(world: World) -> None:
    address = an_address(world)
    world.doors.is_broken = True
    for response in (
        world.client().get(f"{ROOT}/shares"),
        world.client().post(f"{SHOPS}/query"),
        world.client(None).get(address),
    ):
        refused(response, 503)


def test_nothing_goes_out_before_the_record_is_written(world: World) -> None:
    address, order = an_address(world), []
    app = world.app()
    write = world.record.write

    async def slow_write(access: Access) -> None:
        await asyncio.sleep(0.02)
        await write(access)
        order.append("recorded")

    world.record.write = slow_write  # type: ignore[method-assign]

    async def ask(method: str, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            order.append(message["type"])

        raw, _, query = path.partition("?")
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": raw,
            "raw_path": raw.encode(),
            "root_path": "",
            "query_string": query.encode(),
            "headers": headers,
            "client": ("10.0.0.1", 1),
            "server": ("lake.test", 80),
            "extensions": {},
        }
        await app(scope, receive, send)

    for method, path in (
        ("GET", f"{ROOT}/shares"),
        ("GET", f"{SHOPS}/metadata"),
        ("POST", f"{SHOPS}/query"),
        ("GET", f"{SHOPS}/changes?startingVersion=0"),
        ("GET", address),
        ("GET", f"{SHARE}/schemas/x/tables/y/metadata"),
    ):
        order.clear()
        anyio.run(ask, method, path, [(b"authorization", b"Bearer tax-token"), (b"host", b"lake.test")])
        assert order[0] == "recorded"
        assert order.count("recorded") == 1
        assert "http.response.start" in order


def test_every_answer_is_in_the_record_under_its_number(world: World) -> None:
    address = an_address(world)
    world.record.written.clear()
    client = world.client()
    asked = [
        ("list", client.get(f"{ROOT}/shares")),
        ("list", client.get(f"{SHARE}/schemas/market/tables")),
        ("query", client.get(f"{SHOPS}/metadata")),
        ("query", client.post(f"{SHOPS}/query", {"version": 1})),
        ("changes", client.get(f"{SHOPS}/changes?startingVersion=1")),
        ("file", client.get(address)),
        ("query", client.get(f"{SHARE}/schemas/x/tables/y/metadata")),
        ("query", client.post(f"{SHOPS}/query", {"version": 99})),
    ]
    assert [(a.action, a.request_id) for a in world.record.written] == [
        (action, response.headers["x-request-id"]) for action, response in asked
    ]
    results = [a.result for a in world.record.written]
    assert results == ["answered"] * 6 + ["RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE"]
    query, file = world.record.written[3], world.record.written[5]
    assert (query.recipient_id, query.agency_id, query.grant_id) == ("demo_tax", "tax", "G-2026-0001")
    assert (query.entry, query.version, query.purpose) == ("market.shops", 1, "核税 / taxation")
    assert query.bytes == len(asked[3][1].content)
    assert query.columns == world.doors.grants["G-2026-0001"].columns
    assert file.bytes == len(asked[5][1].content)
    assert file.rows == 1
    assert file.at == world.clock.at


def test_a_refusal_is_on_record_with_what_was_asked_for_as_far_as_the_catalogue_names_it(
    world: World,
) -> None:
    async def entries() -> frozenset[str]:
        return frozenset({"police.permits", "base.person"})

    world.options["entries"] = entries
    number = "11010119900307123X"
    for path in (
        f"{SHARE}/schemas/Police/tables/permits/metadata",
        f"{SHARE}/schemas/police/tables/{number}/metadata",
        f"{SHARE}/schemas/{number}/tables",
        f"{ROOT}/shares/{number}/schemas/base/tables/person__1f/version",
        f"{SHARE}/schemas/market/tables/somebody/version",
    ):
        assert world.client().get(path).status_code == 404
    assert [(one.entry, one.detail["asked"]) for one in world.record.written] == [
        ("police.permits", "demo_tax/police/permits"),
        ("", "demo_tax/police/unknown"),
        ("", "demo_tax/unknown"),
        ("base.person", "unknown/base/person"),
        ("", "demo_tax/market/unknown"),
    ]
    assert number not in repr(world.record.written)


def test_heads_take_nothing_away_and_are_not_recorded(world: World) -> None:
    address = an_address(world)
    world.record.written.clear()
    assert world.client(None).ask("HEAD", address).status_code == 200
    assert world.record.written == []


def test_refusals_of_files_are_recorded_once_it_is_known_whose_they_are(world: World) -> None:
    address = an_address(world)
    world.record.written.clear()
    path, query = parts(address)
    world.client(None).get(rebuilt(path, {**query, "sig": "0" * 64}))
    assert world.record.written == []
    world.doors.change_grant("G-2026-0001", state="revoked")
    world.client(None).get(address)
    assert [(a.action, a.result, a.recipient_id) for a in world.record.written] == [
        ("file", "PERMISSION_DENIED", "demo_tax")
    ]
    assert world.record.written[0].detail["asked"].startswith("G-2026-0001/share.")


def test_a_file_that_is_no_longer_kept_is_404_and_no_fault(tmp_path: Path) -> None:
    world = build_world(tmp_path / "lake")
    address = an_address(world)
    for place in world.folder("G-2026-0001").rglob("*.parquet"):
        place.unlink()
    refused(world.client(None).get(address), 404)
    refused(world.client(None).ask("GET", address, headers={"range": "bytes=0-3"}), 404)


def test_an_access_token_ends_with_the_credentials_that_it_was_given_for(world: World) -> None:
    client = world.client(token_of(world))
    assert client.get(f"{ROOT}/shares").status_code == 200
    del world.doors.clients["tax-client"]
    refused(client.get(f"{ROOT}/shares"), 401)


@pytest.mark.parametrize(
    "text", ["{", "[]", "7", '{"add": {}}', '{"add": {"path": 7}}', '{"add": []}', "\x00"]
)
def test_a_table_whose_log_is_broken_is_refused_and_no_fault(tmp_path: Path, text: str) -> None:
    world = build_world(tmp_path / "lake")
    address = an_address(world)
    (world.folder("G-2026-0001") / "_delta_log" / f"{4:020d}.json").write_text(text, encoding="utf-8")
    client = world.client()
    refused(client.post(f"{SHOPS}/query"), 400)
    refused(client.get(f"{SHOPS}/changes?startingVersion=0"), 400)
    assert client.get(address).status_code == 200
    assert client.get(f"{SHARE}/all-tables").status_code == 200
