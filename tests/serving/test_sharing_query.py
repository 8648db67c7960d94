"""The protocol, case by case: queries, their pages, refreshing, and fetching files."""

import json
from pathlib import Path
from typing import Any

import pytest
from sharing_asks import (
    DELTA,
    DIVISION,
    SHARE,
    SHOPS,
    commit_times,
    iso,
    refused_as,
)
from sharing_world import World, build_world, files, lines, path_of, world_at


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_world(tmp_path_factory.mktemp("sharing") / "lake").root


@pytest.fixture
def world(root: Path) -> World:
    return world_at(root)


def test_a_file_line_has_what_readers_need(world: World) -> None:
    for file in files(world.client().post(f"{SHOPS}/query")):
        assert {"url", "id", "partitionValues", "size", "expirationTimestamp", "stats"} == set(file)
        assert "sp=r" in file["url"]
        fetched = world.client(None).get(path_of(file["url"]))
        assert len(fetched.content) == file["size"] == int(fetched.headers["content-length"])


def test_a_file_line_of_the_delta_form_has_what_the_kernel_needs(world: World) -> None:
    for file in files(world.client().post(f"{SHOPS}/query", headers=DELTA)):
        add = file["deltaSingleAction"]["add"]
        assert {"path", "partitionValues", "size", "dataChange", "modificationTime", "stats"} == set(add)
        assert "sp=r" in add["path"]
        assert "tags" not in add


@pytest.mark.parametrize("version", [0, 1, 2, 3])
@pytest.mark.parametrize("headers", [{}, DELTA], ids=["parquet", "delta"])
def test_a_named_version_is_named_in_its_lines(world: World, version: int, headers: dict[str, str]) -> None:
    response = world.client().post(f"{SHOPS}/query", {"version": version}, headers=headers)
    assert response.headers["delta-table-version"] == str(version)
    for file in files(response):
        assert file["version"] == version
        assert file["timestamp"] == commit_times(world)[version]


@pytest.mark.parametrize("headers", [{}, DELTA], ids=["parquet", "delta"])
def test_the_newest_version_is_not_named_in_its_lines(world: World, headers: dict[str, str]) -> None:
    assert all(
        "version" not in file for file in files(world.client().post(f"{SHOPS}/query", headers=headers))
    )


def test_the_query_of_an_instant(world: World) -> None:
    for version, at in commit_times(world).items():
        response = world.client().post(f"{SHOPS}/query", {"timestamp": iso(at)})
        assert response.headers["delta-table-version"] == str(version)


@pytest.mark.parametrize(
    "body",
    [
        {"version": 4},
        {"version": -1},
        {"version": 2**63},
        {"version": 0, "timestamp": "2026-01-01T00:00:00Z"},
        {"version": 0, "startingVersion": 0},
        {"timestamp": "1990-01-01T00:00:00Z"},
        {"timestamp": "2990-01-01T00:00:00Z"},
        {"timestamp": "now"},
        {"startingVersion": 9},
        {"startingVersion": 2, "endingVersion": 1},
        {"startingVersion": 0, "endingVersion": 99},
        {"endingVersion": 1},
        {"limitHint": -1},
        {"maxFiles": 0},
        {"maxFiles": -3},
        {"pageToken": "x"},
        {"refreshToken": "x"},
        {"includeRefreshToken": True, "version": 1},
    ],
)
def test_questions_that_cannot_be_answered_are_400(world: World, body: dict[str, Any]) -> None:
    refused_as(world.client().post(f"{SHOPS}/query", body), 400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    "body",
    [
        {"version": "x"},
        {"version": 1.5},
        {"version": True},
        {"version": [1]},
        {"version": {}},
        {"timestamp": 5},
        {"predicateHints": "a = 1"},
        {"predicateHints": [1]},
        {"predicateHints": {}},
        {"jsonPredicateHints": {"op": "equal"}},
        {"jsonPredicateHints": []},
        {"limitHint": "many"},
        {"limitHint": None, "maxFiles": "2x"},
        {"includeHistoricalProtocol": "yes"},
        {"includeRefreshToken": 1},
        {"pageToken": 7},
        {"startingVersion": []},
        [],
        "text",
        7,
    ],
)
def test_fields_of_another_type_are_malformed(world: World, body: Any) -> None:
    refused_as(world.client().post(f"{SHOPS}/query", body), 400, "MALFORMED_REQUEST")


@pytest.mark.parametrize(
    "body", [b"{", b"nonsense", b'{"version": NaN}', b"\xff\xfe", b'{"a":1}{"b":2}', b"[" * 5000, b"\x00"]
)
def test_bodies_that_are_no_json_are_malformed(world: World, body: bytes) -> None:
    headers = {"content-type": "application/json"}
    refused_as(
        world.client().ask("POST", f"{SHOPS}/query", content=body, headers=headers), 400, "MALFORMED_REQUEST"
    )


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "json"]
)
def test_bodies_of_another_type_are_415(world: World, kind: str) -> None:
    response = world.client().ask("POST", f"{SHOPS}/query", content=b"{}", headers={"content-type": kind})
    refused_as(response, 415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "content", [b"", b"  ", b"{}", b'{"unknown": [1]}', b'{"version": null}', b'{"idempotencyKey":"k"}']
)
@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=UTF-8", "Application/JSON"])
def test_an_empty_question_is_for_all_files(world: World, content: bytes, kind: str) -> None:
    response = world.client().ask("POST", f"{SHOPS}/query", content=content, headers={"content-type": kind})
    assert len(files(response)) == 4


def test_64_bit_numbers_may_come_as_texts(world: World) -> None:
    response = world.client().post(f"{SHOPS}/query", {"version": "1"})
    assert response.headers["delta-table-version"] == "1"


@pytest.mark.parametrize("limit", [0, 1, 2, 3, 4, 5, 1000])
def test_a_limit_leaves_out_files_once_there_are_rows_enough(world: World, limit: int) -> None:
    client = world.client()
    rows = [json.loads(f["stats"])["numRecords"] for f in files(client.post(f"{SHOPS}/query"))]
    expected = next((n for n in range(len(rows)) if sum(rows[:n]) >= limit), len(rows))
    assert len(files(client.post(f"{SHOPS}/query", {"limitHint": limit}))) == expected


def test_a_limit_does_not_cut_where_a_condition_is_given(world: World) -> None:
    body = {"limitHint": 1, "predicateHints": ["shop_id >= 'S0000'"]}
    assert len(files(world.client().post(f"{SHOPS}/query", body))) == 4


@pytest.mark.parametrize("size", [1, 2, 3, 4, 100])
@pytest.mark.parametrize("headers", [{}, DELTA], ids=["parquet", "delta"])
@pytest.mark.parametrize("body", [{}, {"version": 2}, {"predicateHints": ["shop_id > 'S0001'"]}])
def test_pages_of_files_together_are_the_whole_listing(
    world: World, size: int, headers: dict[str, str], body: dict[str, Any]
) -> None:
    client = world.client()
    whole = files(client.post(f"{SHOPS}/query", body, headers=headers))
    found, token = [], None
    for _ in range(10):
        paged = {**body, "maxFiles": size, **({"pageToken": token} if token else {})}
        answer = lines(client.post(f"{SHOPS}/query", paged, headers=headers))
        assert "protocol" in answer[0]
        assert "metaData" in answer[1]
        page = [line["file"] for line in answer[2:-1]]
        assert len(page) <= size
        found += page
        token = answer[-1]["endStreamAction"].get("nextPageToken")
        if token is None:
            break
    assert found == whole


def first_page(world: World, path: str = SHOPS, body: dict[str, Any] | None = None) -> str:
    answer = lines(world.client().post(f"{path}/query", {**(body or {}), "maxFiles": 1}))
    return str(answer[-1]["endStreamAction"]["nextPageToken"])


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (DIVISION, {}),
        (SHOPS, {"version": 1}),
        (SHOPS, {"limitHint": 5}),
        (SHOPS, {"predicateHints": ["shop_id = 'S0001'"]}),
        (SHOPS, {"startingVersion": 0}),
    ],
)
def test_a_page_token_of_another_question_is_refused(world: World, path: str, body: dict[str, Any]) -> None:
    response = world.client().post(f"{path}/query", {**body, "pageToken": first_page(world)})
    refused_as(response, 400, "INVALID_PARAMETER_VALUE")


def test_a_page_token_ends_with_the_addresses_of_its_page(world: World) -> None:
    token = first_page(world)
    world.clock.move(minutes=61)
    response = world.client().post(f"{SHOPS}/query", {"maxFiles": 1, "pageToken": token})
    refused_as(response, 400, "INVALID_PARAMETER_VALUE")


def test_a_refresh_token_gives_the_same_files_with_later_addresses(world: World) -> None:
    client = world.client()
    first = lines(client.post(f"{SHOPS}/query", {"includeRefreshToken": True}))
    token = first[-1]["endStreamAction"]["refreshToken"]
    world.clock.move(minutes=30)
    again = lines(client.post(f"{SHOPS}/query", {"refreshToken": token}))
    ids = [line["file"]["id"] for line in first if "file" in line]
    assert ids == [line["file"]["id"] for line in again if "file" in line]
    assert again[2]["file"]["expirationTimestamp"] > first[2]["file"]["expirationTimestamp"]
    refused_as(client.post(f"{DIVISION}/query", {"refreshToken": token}), 400, "INVALID_PARAMETER_VALUE")


def test_polling_and_credentials_of_the_storage_are_refused_with_4xx(world: World) -> None:
    client = world.client()
    refused_as(client.post(f"{SHOPS}/queries/abc"), 404, "RESOURCE_DOES_NOT_EXIST")
    refused_as(client.post(f"{SHOPS}/temporary-table-credentials"), 400, "UNSUPPORTED_OPERATION")
    refused_as(
        client.post(f"{SHARE}/schemas/x/tables/y/temporary-table-credentials"), 404, "RESOURCE_DOES_NOT_EXIST"
    )
    refused_as(client.post(f"{SHARE}/schemas/x/tables/y/queries/abc"), 404, "RESOURCE_DOES_NOT_EXIST")


def of_divisions(world: World) -> tuple[str, dict[str, Any]]:
    file = files(world.client().post(f"{DIVISION}/query"))[0]
    return path_of(file["url"]), file


@pytest.mark.parametrize(
    ("asked", "status", "part"),
    [
        ("bytes=0-3", 206, slice(0, 4)),
        ("bytes=-4", 206, slice(-4, None)),
        ("bytes=10-", 206, slice(10, None)),
        ("bytes=0-99999999", 206, slice(0, None)),
        ("bytes=5-5", 206, slice(5, 6)),
    ],
)
def test_parts_of_a_file(world: World, asked: str, status: int, part: slice) -> None:
    address, _ = of_divisions(world)
    client = world.client(None)
    whole = client.get(address).content
    response = client.get(address, headers={"range": asked})
    assert response.status_code == status
    assert response.content == whole[part]
    assert response.headers["content-range"].endswith(f"/{len(whole)}")
    assert int(response.headers["content-length"]) == len(response.content)


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=99999999-99999999", "bytes=0-0," * 20 + "1-1"])
def test_parts_beyond_the_end_and_too_many_parts_are_416(world: World, asked: str) -> None:
    address, _ = of_divisions(world)
    assert world.client(None).get(address, headers={"range": asked}).status_code == 416


@pytest.mark.parametrize("asked", ["bytes=x-y", "bytes", "items=0-1", "bytes=5-1"])
def test_parts_that_make_no_sense_are_4xx_or_passed_over(world: World, asked: str) -> None:
    address, _ = of_divisions(world)
    assert world.client(None).get(address, headers={"range": asked}).status_code in (200, 400, 416)


def test_a_file_answers_head_and_etag(world: World) -> None:
    address, file = of_divisions(world)
    client = world.client(None)
    head = client.ask("HEAD", address)
    assert head.status_code == 200
    assert int(head.headers["content-length"]) == file["size"]
    assert head.headers["accept-ranges"] == "bytes"
    whole = client.get(address)
    assert whole.headers["etag"] == head.headers["etag"]
    part = client.get(address, headers={"range": "bytes=0-3", "if-range": whole.headers["etag"]})
    assert part.status_code == 206
    stale = client.get(address, headers={"range": "bytes=0-3", "if-range": '"other"'})
    assert stale.status_code == 200


def test_the_base_address_is_the_clients_own_or_the_deployments(world: World) -> None:
    assert files(world.client().post(f"{SHOPS}/query"))[0]["url"].startswith(
        "http://lake.test/delta-sharing/files/"
    )
    world.base_url = "https://data.example.gov.cn/p/"
    url = files(world.client().post(f"{SHOPS}/query"))[0]["url"]
    assert url.startswith("https://data.example.gov.cn/p/delta-sharing/files/")
