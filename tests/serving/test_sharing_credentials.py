"""Credentials, networks, access tokens and quotas: what does not hold is refused on the next request."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from sharing_asks import (
    COUNTY,
    ROOT,
    SHARE,
    SHOPS,
    TOKEN,
    an_address,
    basic,
    refused,
    token_of,
)
from sharing_world import (
    KEY,
    Asker,
    World,
    build_world,
    files,
    lines,
    path_of,
    world_at,
)

from serving.sharing.signing import Signer


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_world(tmp_path_factory.mktemp("sharing") / "lake").root


@pytest.fixture
def world(root: Path) -> World:
    return world_at(root)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Bearer nobody",
        "Bearer tax-token x",
        "Basic dGF4LWNsaWVudDp0YXgtc2VjcmV0",
        "tax-token",
        "Bearer clat.",
        "Bearer clat.AAAA",
        "Bearer " + "x" * 10_000,
        "Bearer clat." + "é",
        "Digest x",
    ],
)
def test_no_credential_that_holds_is_401(world: World, header: str | None) -> None:
    headers = {} if header is None else {"authorization": header.encode("latin-1")}
    client = world.client(None)
    for path in (f"{ROOT}/shares", f"{SHOPS}/metadata", f"{SHARE}/all-tables"):
        response = client.get(path, headers=headers)
        refused(response, 401)
        assert response.headers["www-authenticate"].startswith("Bearer")
    assert world.record.written == []


def test_the_scheme_is_taken_in_any_case(world: World) -> None:
    assert (
        world.client(None).get(f"{ROOT}/shares", headers={"authorization": "bEARER tax-token"}).status_code
        == 200
    )


def test_a_revoked_and_an_expired_token_are_401_on_the_next_request(world: World) -> None:
    client = world.client()
    assert client.get(f"{ROOT}/shares").status_code == 200
    held = world.doors.tokens.pop("tax-token")
    refused(client.get(f"{ROOT}/shares"), 401)
    world.doors.tokens["tax-token"] = held
    assert client.get(f"{ROOT}/shares").status_code == 200
    world.clock.at = held[1]
    refused(client.get(f"{ROOT}/shares"), 401)


@pytest.mark.parametrize("path", [f"{ROOT}/shares", f"{SHARE}/all-tables", f"{SHOPS}/metadata"])
def test_a_suspension_acts_on_the_next_request(world: World, path: str) -> None:
    client = world.client()
    assert client.get(path).status_code == 200
    world.doors.change("demo_tax", state="suspended")
    refused(client.get(path), 403)
    world.doors.change("demo_tax", state="active")
    world.doors.suspended_agencies.add("tax")
    refused(client.get(path), 403)
    world.doors.suspended_agencies.clear()
    assert client.get(path).status_code == 200


def test_a_grant_that_ended_or_has_not_begun_shows_nothing(world: World) -> None:
    for to in ({"valid_to": dt.date(2026, 2, 28)}, {"valid_from": dt.date(2026, 3, 2)}, {"state": "revoked"}):
        world = world_at(world.root)
        world.doors.change_grant("G-2026-0001", **to)
        names = [i["name"] for i in world.client().get(f"{SHARE}/all-tables").json()["items"]]
        assert names == ["division"]
        refused(world.client().post(f"{SHOPS}/query"), 404)


def test_another_recipients_share_is_not_there(world: World) -> None:
    for path in ("", "/schemas", "/all-tables", "/schemas/market/tables"):
        refused(world.client().get(f"{ROOT}/shares/demo_county{path}"), 404)
    refused(world.client().get(f"{COUNTY}/metadata"), 404)
    refused(world.client().post(f"{COUNTY}/query"), 404)
    mine = [
        json.loads(lines(world.client(t).get(f"{p}/metadata"))[1]["metaData"]["schemaString"])
        for t, p in (("tax-token", SHOPS), ("county-token", COUNTY))
    ]
    assert [len(schema["fields"]) for schema in mine] == [7, 2]


@pytest.mark.parametrize(
    ("networks", "host", "status"),
    [
        (("10.1.0.0/16",), "10.1.2.3", 200),
        (("10.1.2.3",), "10.1.2.3", 200),
        (("10.1.2.3/24",), "10.1.2.200", 200),
        (("10.1.0.0/16",), "::ffff:10.1.2.3", 200),
        (("fd00::/8",), "fd00::1", 200),
        (("192.168.0.0/16", "10.1.0.0/16"), "10.1.2.3", 200),
        (("10.2.0.0/16",), "10.1.2.3", 403),
        (("fd00::/8",), "10.1.2.3", 403),
        (("10.1.0.0/16",), "::1", 403),
        (("nonsense",), "10.1.2.3", 403),
        (("",), "10.1.2.3", 403),
        (("10.1.0.0/16",), "", 403),
        (("10.1.0.0/16",), "unix:", 403),
    ],
)
def test_only_listed_networks_are_admitted(
    world: World, networks: tuple[str, ...], host: str, status: int
) -> None:
    address = an_address(world)
    world.doors.change("demo_tax", networks=networks)
    headers = {"x-forwarded-for": "10.1.2.3", "forwarded": "for=10.1.2.3", "x-real-ip": "10.1.2.3"}
    assert world.client(host=host).get(f"{ROOT}/shares", headers=headers).status_code == status
    assert world.client(None, host=host).get(address, headers=headers).status_code == status
    form = {"grant_type": "client_credentials", "client_id": "tax-client", "client_secret": "tax-secret"}
    assert world.client(None, host=host).ask("POST", TOKEN, data=form, headers=headers).status_code == status


def test_client_credentials_give_an_access_token_that_ends(world: World) -> None:
    token = token_of(world)
    client = world.client(token)
    assert client.get(f"{ROOT}/shares").json()["items"][0]["name"] == "demo_tax"
    world.clock.move(minutes=59)
    assert client.get(f"{ROOT}/shares").status_code == 200
    world.clock.move(minutes=1)
    refused(client.get(f"{ROOT}/shares"), 401)


def test_a_suspension_acts_on_access_tokens_at_once(world: World) -> None:
    client = world.client(token_of(world))
    world.doors.change("demo_tax", state="suspended")
    refused(client.get(f"{ROOT}/shares"), 403)
    form = {"grant_type": "client_credentials"}
    refused(world.client(None).ask("POST", TOKEN, data=form, headers=basic("tax-client:tax-secret")), 403)


def test_an_access_token_that_was_changed_or_made_elsewhere_is_401(world: World) -> None:
    token = token_of(world)
    for place in range(6, len(token), 5):
        changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
        refused(world.client(changed).get(f"{ROOT}/shares"), 401)
    content = {"r": "demo_tax", "c": "tax-client", "x": 9_999_999_999}
    for signer, use in ((Signer(b"x" * 32), "access"), (Signer(KEY), "page"), (Signer(KEY), "refresh")):
        forged = "clat." + signer.token(use, content)  # type: ignore[arg-type]
        refused(world.client(forged).get(f"{ROOT}/shares"), 401)


@pytest.mark.parametrize(
    ("headers", "form", "status", "error"),
    [
        (basic("tax-client:wrong"), {"grant_type": "client_credentials"}, 401, "invalid_client"),
        (basic("nobody:tax-secret"), {"grant_type": "client_credentials"}, 401, "invalid_client"),
        (basic("' or 1=1 --:x"), {"grant_type": "client_credentials"}, 401, "invalid_client"),
        (basic("tax-client"), {"grant_type": "client_credentials"}, 401, "invalid_client"),
        (basic(":tax-secret"), {"grant_type": "client_credentials"}, 401, "invalid_client"),
        ({"authorization": "Basic ???"}, {"grant_type": "client_credentials"}, 401, "invalid_client"),
        ({"authorization": "Basic /w=="}, {"grant_type": "client_credentials"}, 401, "invalid_client"),
        ({"authorization": "Basic"}, {"grant_type": "client_credentials"}, 401, "invalid_client"),
        ({"authorization": "Bearer tax-token"}, {"grant_type": "client_credentials"}, 401, "invalid_client"),
        ({}, {"grant_type": "client_credentials"}, 401, "invalid_client"),
        ({}, {"grant_type": "client_credentials", "client_id": "tax-client"}, 401, "invalid_client"),
        (basic("tax-client:tax-secret"), {}, 400, "invalid_request"),
        (basic("tax-client:tax-secret"), {"grant_type": "password"}, 400, "unsupported_grant_type"),
        (
            basic("tax-client:tax-secret"),
            {"grant_type": "client_credentials", "client_secret": "tax-secret"},
            400,
            "invalid_request",
        ),
        (
            basic("tax-client:tax-secret"),
            {"grant_type": ["client_credentials", "client_credentials"]},
            400,
            "invalid_request",
        ),
    ],
)
def test_token_requests_that_do_not_hold(
    world: World, headers: dict[str, str], form: dict[str, Any], status: int, error: str
) -> None:
    response = world.client(None).ask("POST", TOKEN, data=form, headers=headers)
    refused(response, status)
    if form:
        assert response.json()["error"] == error
    if status == 401:
        assert response.headers["www-authenticate"].startswith("Basic")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"grant_type=client_credentials", "application/json", 400),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a%d=1" % n for n in range(100)), "application/x-www-form-urlencoded", 400),
        (b"grant_type=" + b"x" * 2_000_000, "application/x-www-form-urlencoded", 413),
        (b"", "multipart/form-data; boundary=x", 400),
    ],
)
def test_token_requests_that_cannot_be_read(world: World, body: bytes, kind: str, status: int) -> None:
    headers = {**basic("tax-client:tax-secret"), "content-type": kind}
    refused(world.client(None).ask("POST", TOKEN, content=body, headers=headers), status)


def test_credentials_in_the_form_hold_too(world: World) -> None:
    form = {"grant_type": "client_credentials", "client_id": "tax-client", "client_secret": "tax-secret"}
    assert world.client(None).ask("POST", TOKEN, data=form).status_code == 200


def test_a_recipient_over_its_rate_hears_429_and_when_to_come_again(world: World) -> None:
    world.doors.change("demo_tax", requests_per_minute=3)
    client = world.client()
    assert [client.get(f"{ROOT}/shares").status_code for _ in range(4)] == [200, 200, 200, 429]
    response = client.get(f"{ROOT}/shares")
    assert response.headers["retry-after"] == "20"
    world.clock.move(seconds=20)
    assert client.get(f"{ROOT}/shares").status_code == 200
    refused(client.get(f"{ROOT}/shares"), 429)


def test_one_recipients_rate_does_not_touch_anothers(world: World) -> None:
    world.doors.change("demo_tax", requests_per_minute=1)
    app = world.app()
    tax, county = Asker(app, "tax-token", "x"), Asker(app, "county-token", "x")
    assert [tax.get(f"{ROOT}/shares").status_code for _ in range(3)] == [200, 429, 429]
    assert county.get(f"{ROOT}/shares").status_code == 200


def test_fetches_of_files_are_counted_apart_and_ten_times_as_generously(world: World) -> None:
    world.doors.change("demo_tax", requests_per_minute=2)
    client = world.client()
    address = path_of(files(client.post(f"{SHOPS}/query"))[0]["url"])
    statuses = [client.get(address, headers={"range": "bytes=0-3"}).status_code for _ in range(21)]
    assert statuses == [206] * 20 + [429]
    assert client.get(f"{ROOT}/shares").status_code == 200


def test_the_bytes_of_a_day_end_and_come_back_the_next(world: World) -> None:
    listed = files(world.client().post(f"{SHOPS}/query"))[0]
    world.doors.change("demo_tax", bytes_per_day=listed["size"] + 10)
    client = world.client()
    address = path_of(listed["url"])
    assert client.get(address).status_code == 200
    refused(client.get(address), 403)
    assert client.get(address, headers={"range": "bytes=0-9"}).status_code == 206
    refused(client.get(address, headers={"range": "bytes=0-0"}), 403)
    assert client.ask("HEAD", address).status_code == 200
    world.clock.move(days=1)
    fresh = path_of(files(client.post(f"{SHOPS}/query"))[0]["url"])
    assert client.get(fresh).status_code == 200
