"""The protocol, case by case: shares, schemas, tables, their pages and tokens."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from deltalake import DeltaTable
from sharing_asks import (
    ROOT,
    SHARE,
    refused_as,
    schema_of,
)
from sharing_world import KEY, World, build_world, grant, world_at, write_arrow

from serving.sharing.signing import Signer


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_world(tmp_path_factory.mktemp("sharing") / "lake").root


@pytest.fixture
def world(root: Path) -> World:
    return world_at(root)


def test_a_recipient_sees_one_share_named_after_it(world: World) -> None:
    content = world.client().get(f"{ROOT}/shares").json()
    assert [item["name"] for item in content["items"]] == ["demo_tax"]
    assert "nextPageToken" not in content
    assert world.client().get(SHARE).json()["share"]["name"] == "demo_tax"


def test_only_copying_grants_show_as_tables(world: World) -> None:
    items = world.client().get(f"{SHARE}/all-tables").json()["items"]
    assert [(i["share"], i["schema"], i["name"]) for i in items] == [
        ("demo_tax", "base", "division"),
        ("demo_tax", "market", "shops"),
    ]


@pytest.mark.parametrize(
    "path",
    [
        f"{ROOT}/shares/DEMO_TAX",
        f"{ROOT}/shares/Demo_Tax/schemas",
        f"{ROOT}/shares/demo_tax/schemas/MARKET/tables",
        f"{ROOT}/shares/demo_TAX/all-tables",
        f"{ROOT}/shares/DEMO_tax/schemas/Market/tables/SHOPS/version",
        f"{ROOT}/shares/DEMO_tax/schemas/Market/tables/SHOPS/metadata",
    ],
)
def test_names_are_taken_in_any_case(world: World, path: str) -> None:
    assert world.client().get(path).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        f"{ROOT}/shares/nobody",
        f"{ROOT}/shares/nobody/schemas",
        f"{ROOT}/shares/nobody/all-tables",
        f"{ROOT}/shares/nobody/schemas/market/tables",
        f"{SHARE}/schemas/nothing/tables",
        f"{SHARE}/schemas/police/tables",
        f"{SHARE}/schemas/market/tables/nothing/version",
        f"{SHARE}/schemas/market/tables/nothing/metadata",
        f"{SHARE}/schemas/police/tables/person/metadata",
        f"{SHARE}/schemas/nothing/tables/shops/metadata",
        f"{SHARE}/schemas/market/tables/nothing/changes?startingVersion=0",
        f"{ROOT}/nothing",
        "/",
        f"{ROOT}/shares/",
    ],
)
def test_what_is_not_there_or_not_granted_is_404(world: World, path: str) -> None:
    refused_as(world.client().get(path), 404, "RESOURCE_DOES_NOT_EXIST")


def test_unknown_and_not_granted_read_the_same(world: World) -> None:
    client = world.client()
    unknown = client.get(f"{SHARE}/schemas/market/tables/nothing/metadata")
    not_granted = client.get(f"{SHARE}/schemas/police/tables/person/metadata")
    assert unknown.content == not_granted.content


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "POST"])
def test_other_methods_are_405(world: World, method: str) -> None:
    refused_as(world.client().ask(method, f"{ROOT}/shares"), 405, "METHOD_NOT_ALLOWED")


LISTS = [f"{ROOT}/shares", f"{SHARE}/schemas", f"{SHARE}/schemas/many/tables", f"{SHARE}/all-tables"]


def with_many(world: World) -> World:
    """Grant five tables more, of the same stored table's class."""
    for number in range(10, 15):
        held = grant(number, "demo_tax", f"many.t{number}", ("code", "name"))
        world.doors.grants[held.id] = held
        if not world.folder(held.id).exists():
            shutil.copytree(world.folder("G-2026-0002"), world.folder(held.id))
    return world


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("size", [1, 2, 500])
def test_pages_together_are_the_whole_list(world: World, path: str, size: int) -> None:
    client = with_many(world).client()
    whole = client.get(path).json()["items"]
    found: list[Any] = []
    token: str | None = None
    for _ in range(len(whole) + 1):
        page = client.get(path, params={"maxResults": size, **({"pageToken": token} if token else {})}).json()
        assert len(page["items"]) <= size
        found += page["items"]
        token = page.get("nextPageToken")
        if token is None:
            break
    assert found == whole
    assert token is None


@pytest.mark.parametrize("path", LISTS)
def test_a_page_of_none_still_leads_on(world: World, path: str) -> None:
    client = with_many(world).client()
    page = client.get(path, params={"maxResults": 0}).json()
    assert page["items"] == []
    following = client.get(path, params={"pageToken": page["nextPageToken"]}).json()
    assert following["items"] == client.get(path).json()["items"]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("size", ["-1", "501", "abc", "", "1.5", "٣", "99999999999999999999"])
def test_sizes_of_pages_outside_0_to_500_are_400(world: World, path: str, size: str) -> None:
    refused_as(
        with_many(world).client().get(path, params={"maxResults": size}), 400, "INVALID_PARAMETER_VALUE"
    )


def page_token(world: World, path: str, token: str = "tax-token") -> str:
    return str(with_many(world).client(token).get(path, params={"maxResults": 0}).json()["nextPageToken"])


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("origin", LISTS)
def test_a_token_of_another_list_is_refused(world: World, path: str, origin: str) -> None:
    response = with_many(world).client().get(path, params={"pageToken": page_token(world, origin)})
    if path == origin:
        assert response.status_code == 200
    else:
        refused_as(response, 400, "INVALID_PARAMETER_VALUE")
        assert "nextPageToken" in response.json()["message"]


@pytest.mark.parametrize("token", ["x", "not a token", "AAAA", "e30", "令牌", "a" * 5000, "..", "%00"])
def test_a_token_that_was_not_made_here_is_refused(world: World, token: str) -> None:
    refused_as(
        world.client().get(f"{ROOT}/shares", params={"pageToken": token}), 400, "INVALID_PARAMETER_VALUE"
    )


def test_another_recipients_page_token_is_refused(world: World) -> None:
    token = page_token(world, f"{ROOT}/shares", "county-token")
    refused_as(
        world.client().get(f"{ROOT}/shares", params={"pageToken": token}), 400, "INVALID_PARAMETER_VALUE"
    )


def test_a_changed_page_token_is_refused(world: World) -> None:
    token = page_token(world, f"{SHARE}/all-tables")
    for place in range(0, len(token), 9):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        refused_as(
            world.client().get(f"{SHARE}/all-tables", params={"pageToken": changed}),
            400,
            "INVALID_PARAMETER_VALUE",
        )


def test_another_spelling_of_a_token_is_another_token() -> None:
    signer, letters = Signer(KEY), "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for length in range(3):
        token = signer.token("page", {"a": "x" * length})
        spelled = {token[:-1] + letter for letter in letters} | {token + "=", token + "\n", " " + token}
        assert [t for t in spelled if signer.content("page", t) is not None] == [token]


def test_two_grants_of_one_entry_are_two_tables_with_names_that_last(world: World) -> None:
    other = grant(20, "demo_tax", "base.division", ("code",))
    world.doors.grants[other.id] = other
    source = DeltaTable(str(world.folder("G-2026-0002"))).to_pyarrow_table().select(["code"])
    write_arrow(world.folder(other.id), source)
    client = world.client()
    names = [i["name"] for i in client.get(f"{SHARE}/schemas/base/tables").json()["items"]]
    mark = other.table.name.rpartition("__")[2]
    assert names == ["division", f"division__{mark}"]
    schemas = [schema_of(client.get(f"{SHARE}/schemas/base/tables/{name}/metadata")) for name in names]
    assert schemas == [["code", "name"], ["code"]]
    world.doors.change_grant("G-2026-0002", state="revoked")
    assert schema_of(client.get(f"{SHARE}/schemas/base/tables/division__{mark}/metadata")) == ["code"]
