"""Attacks on the addresses of files: changed, swapped, ended, of others; traversal."""

from pathlib import Path
from urllib.parse import quote

import pytest
from sharing_asks import (
    ROOT,
    SHARE,
    SHOPS,
    an_address,
    parts,
    rebuilt,
    refused,
)
from sharing_server import on_the_wire, running
from sharing_world import KEY, World, build_world, files, path_of, world_at
from sharing_world import SHOPS as SHOP_COLUMNS

from lake.delta_files import file_id
from lake.shared import DataFile
from resource_catalogue.access_words import share_table
from resource_catalogue.words import TableName
from serving.sharing.addresses import AddressScope, OwnAddresses
from serving.sharing.signing import Signer


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_world(tmp_path_factory.mktemp("sharing") / "lake").root


@pytest.fixture
def world(root: Path) -> World:
    return world_at(root)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (0, "demo_county"),
        (0, "DEMO_TAX"),
        (1, "G-2026-0002"),
        (1, "G-2026-0003"),
        (2, str(share_table("base.division", ("code", "name"), (), "table"))),
        (2, "base.person"),
        (2, "decisions.grants"),
        (2, f"{share_table('market.shops', SHOP_COLUMNS, (), 'table')}.x"),
        (2, "x"),
        (3, "0"),
        (3, "1"),
        (3, "999"),
        (3, "-1"),
        (3, "3\n"),
        (4, "0" * 32 + ".parquet"),
        (4, "x.parquet"),
        (4, ".."),
        (4, "00000000000000000000.json"),
    ],
)
def test_an_address_with_one_part_changed_opens_nothing(world: World, place: int, value: str) -> None:
    path, query = parts(an_address(world))
    path[place] = value
    refused(world.client(None).get(rebuilt(path, query)), 403, 404)


@pytest.mark.parametrize(
    "change",
    [
        {"exp": "9999999999"},
        {"exp": ""},
        {"exp": "1e99"},
        {"exp": "-1"},
        {"sig": ""},
        {"sig": "0" * 64},
        {"sig": "签名"},
        {"sig": "\ud800"},
    ],
)
def test_an_address_with_its_marks_changed_opens_nothing(world: World, change: dict[str, str]) -> None:
    path, query = parts(an_address(world))
    marks = "&".join(f"{k}={quote(v.encode(errors='surrogatepass'))}" for k, v in {**query, **change}.items())
    refused(world.client(None).get(f"{ROOT}/files/{'/'.join(path)}?{marks}"), 403, 404)


@pytest.mark.parametrize("left_out", ["exp", "sig"])
def test_an_address_without_a_mark_opens_nothing(world: World, left_out: str) -> None:
    path, query = parts(an_address(world))
    del query[left_out]
    refused(world.client(None).get(rebuilt(path, query)), 403, 404)


def test_every_letter_of_a_signature_counts(world: World) -> None:
    path, query = parts(an_address(world))
    for place in range(0, 64, 7):
        changed = (
            query["sig"][:place] + ("0" if query["sig"][place] != "0" else "1") + query["sig"][place + 1 :]
        )
        refused(world.client(None).get(rebuilt(path, {**query, "sig": changed})), 403)


def test_the_signature_of_one_file_does_not_open_another(world: World) -> None:
    first, second = an_address(world), an_address(world, number=1)
    path, query = parts(first)
    refused(world.client(None).get(rebuilt(parts(second)[0], query)), 403)
    refused(world.client(None).get(rebuilt(path, parts(second)[1])), 403)


def test_an_address_ends(world: World) -> None:
    address = an_address(world)
    client = world.client(None)
    world.clock.move(minutes=44)
    assert client.get(address).status_code == 200
    world.clock.move(minutes=17)
    for method in ("GET", "HEAD"):
        assert client.ask(method, address).status_code == 403


def test_an_address_is_of_no_use_once_its_grant_or_recipient_is_not_in_force(world: World) -> None:
    address = an_address(world)
    client = world.client(None)
    assert client.get(address).status_code == 200
    for state in ("suspended", "revoked"):
        world.doors.change_grant("G-2026-0001", state=state)
        refused(client.get(address), 403)
    world.doors.change_grant("G-2026-0001", state="in_force")
    for recipient_state in ("suspended", "ended"):
        world.doors.change("demo_tax", state=recipient_state)
        refused(client.get(address), 403)
    world.doors.change("demo_tax", state="active")
    world.doors.suspended_agencies.add("tax")
    refused(client.get(address), 403)
    world.doors.suspended_agencies.clear()
    assert client.get(address).status_code == 200
    world.doors.change_grant("G-2026-0001", columns=("shop_id",))
    refused(client.get(address), 403)


def test_an_address_of_a_version_before_the_grants_first_is_refused(world: World) -> None:
    old = path_of(files(world.client().post(f"{SHOPS}/query", {"version": 0}))[0]["url"])
    assert world.client(None).get(old).status_code == 200
    world.doors.change_grant("G-2026-0001", history_from_version=1)
    refused(world.client(None).get(old), 403)


@pytest.mark.parametrize(
    ("grant_id", "table"),
    [
        ("G-2026-0004", None),
        ("G-2026-0003", None),
        ("G-2026-0001", TableName("base", "person")),
        ("G-2026-0001", TableName("share", "../base/person")),
        ("G-9999-0001", None),
    ],
)
def test_even_a_well_signed_address_opens_only_what_its_grant_names(
    world: World, grant_id: str, table: TableName | None
) -> None:
    """A fault that signed too much would still open nothing."""
    named = table or world.doors.grants.get(grant_id, world.doors.grants["G-2026-0001"]).table
    scope = AddressScope("", "demo_tax", grant_id, named, 0, int(world.clock.at.timestamp()) + 600)
    for place in (world.root / named.schema / named.name).glob("*.parquet"):
        file = DataFile(place.name, place.name, 1, {})
        address = OwnAddresses(Signer(KEY), 60).address(scope, DataFile(file_id(file.path), file.path, 1, {}))
        refused(world.client(None).get(address), 403, 404)


TRAVERSALS = [
    f"{ROOT}/files/../../etc/passwd",
    f"{ROOT}/files/..%2f..%2f..%2fetc%2fpasswd",
    f"{ROOT}/files/%2e%2e/%2e%2e/etc/passwd",
    f"{ROOT}/files/%252e%252e%252fetc%252fpasswd",
    f"{ROOT}/files/demo_tax/G-2026-0001/share.x/0/..%2f..%2f..%2fetc%2fpasswd",
    f"{ROOT}/files/demo_tax/G-2026-0001/share...%2fbase/0/{'0' * 32}.parquet?exp=1&sig=1",
    f"{ROOT}/files/demo_tax/G-2026-0001/share.x%00/0/{'0' * 32}.parquet?exp=1&sig=1",
    f"{ROOT}/files//etc/passwd",
    f"{ROOT}/shares/../files/x",
    f"{SHARE}/schemas/..%2f..%2fbase/tables/person/metadata",
    f"{SHARE}/schemas/../tables/shops/metadata",
    f"{SHARE}/schemas/market/tables/..%2fshops/metadata",
    f"{SHARE}/schemas/market/tables/shops%00/metadata",
    f"{SHARE}/schemas/market/tables/%ff%fe/metadata",
    f"{SHARE}/schemas/market/tables/shops%2f..%2fshops/metadata",
    "/delta-sharing\\files\\x",
    "/%2e%2e/%2e%2e/etc/passwd",
]


@pytest.mark.parametrize("path", TRAVERSALS)
def test_traversal_plain_and_encoded_leads_nowhere(world: World, path: str) -> None:
    refused(world.client().get(path), 400, 403, 404)


@pytest.mark.enable_socket
def test_traversal_leads_nowhere_on_the_wire_either(world: World) -> None:
    with running(world.app()) as server:
        for path in (*TRAVERSALS, "/delta-sharing/files/\xff", "*", "http://other/delta-sharing/shares"):
            answer = on_the_wire(
                server, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode("latin-1")
            )
            status = int(answer.split(b" ", 2)[1])
            assert 400 <= status < 500, (path, answer[:200])
            assert b"root:" not in answer
