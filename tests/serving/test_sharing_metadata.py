"""The protocol, case by case: versions, metadata, capabilities."""

import json
from pathlib import Path

import pytest
from deltalake import DeltaTable
from sharing_asks import (
    BAD_INSTANTS,
    DELTA,
    SHOPS,
    commit_times,
    iso,
    refused_as,
)
from sharing_world import World, build_world, files, lines, world_at

from lake import Lake


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_world(tmp_path_factory.mktemp("sharing") / "lake").root


@pytest.fixture
def world(root: Path) -> World:
    return world_at(root)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", f"{SHOPS}/version"), ("HEAD", SHOPS), ("HEAD", f"{SHOPS}/version")]
)
def test_the_version_is_in_a_header_and_the_body_is_empty(world: World, method: str, path: str) -> None:
    response = world.client().ask(method, path)
    assert response.status_code == 200
    assert response.headers["delta-table-version"] == "3"
    assert response.content == b""


def test_the_first_version_since_an_instant(world: World) -> None:
    times = commit_times(world)
    client = world.client()
    for version, at in times.items():
        answer = client.get(f"{SHOPS}/version", params={"startingTimestamp": iso(at)})
        assert answer.headers["delta-table-version"] == str(version)
        if version:
            earlier = client.get(f"{SHOPS}/version", params={"startingTimestamp": iso(at - 1)})
            assert int(earlier.headers["delta-table-version"]) in (version - 1, version)


@pytest.mark.parametrize("text", [*BAD_INSTANTS, "2999-01-01T00:00:00Z"])
def test_a_starting_instant_that_is_none_or_after_the_newest_is_400(world: World, text: str) -> None:
    response = world.client().get(f"{SHOPS}/version", params={"startingTimestamp": text})
    refused_as(response, 400, "INVALID_PARAMETER_VALUE")


def test_metadata_has_two_lines_and_the_version_in_a_header(world: World) -> None:
    response = world.client().get(f"{SHOPS}/metadata")
    assert response.headers["content-type"] == "application/x-ndjson; charset=utf-8"
    assert response.headers["delta-table-version"] == "3"
    assert response.headers["delta-sharing-capabilities"] == "responseformat=parquet"
    protocol, metadata = lines(response)
    assert protocol == {"protocol": {"minReaderVersion": 1}}
    assert metadata["metaData"]["partitionColumns"] == ["区划 名"]
    assert metadata["metaData"]["configuration"] == {"enableChangeDataFeed": "true"}
    assert metadata["metaData"]["numFiles"] == 4
    assert metadata["metaData"]["id"]
    assert metadata["metaData"]["format"] == {"provider": "parquet"}


def test_metadata_in_the_delta_form_is_the_logs_own(world: World) -> None:
    response = world.client().get(f"{SHOPS}/metadata", headers=DELTA)
    assert response.headers["delta-sharing-capabilities"] == "responseformat=delta"
    protocol, metadata = lines(response)
    assert protocol["protocol"]["deltaProtocol"] == {"minReaderVersion": 1, "minWriterVersion": 4}
    inner = metadata["metaData"]["deltaMetadata"]
    assert inner["configuration"]["delta.enableChangeDataFeed"] == "true"
    assert [f["name"] for f in json.loads(inner["schemaString"])["fields"]][1] == "名称"


def test_what_a_table_says_of_itself_is_told_in_both_forms(tmp_path: Path) -> None:
    built = build_world(tmp_path / "lake")
    root, table = built.root, built.doors.grants["G-2026-0001"].table
    said = "将由 market.premises 替代 / to be replaced by market.premises"
    assert Lake(root).describe(table, said)
    client = world_at(root).client()
    assert lines(client.get(f"{SHOPS}/metadata"))[1]["metaData"]["description"] == said
    inner = lines(client.get(f"{SHOPS}/metadata", headers=DELTA))[1]["metaData"]["deltaMetadata"]
    assert inner["description"] == said


@pytest.mark.parametrize("version", [0, 1, 2, 3])
def test_metadata_of_a_version(world: World, version: int) -> None:
    response = world.client().get(f"{SHOPS}/metadata", params={"version": version})
    assert response.headers["delta-table-version"] == str(version)
    expected = len(DeltaTable(str(world.folder("G-2026-0001")), version=version).file_uris())
    assert lines(response)[1]["metaData"]["numFiles"] == expected


@pytest.mark.parametrize("version", ["-1", "4", "x", "1.0", "", "9" * 19, "9" * 30, "0x1", "１"])
def test_metadata_of_a_version_that_is_none_is_400(world: World, version: str) -> None:
    refused_as(
        world.client().get(f"{SHOPS}/metadata", params={"version": version}), 400, "INVALID_PARAMETER_VALUE"
    )


def test_metadata_of_an_instant(world: World) -> None:
    for version, at in commit_times(world).items():
        response = world.client().get(f"{SHOPS}/metadata", params={"timestamp": iso(at)})
        assert response.headers["delta-table-version"] == str(version)


@pytest.mark.parametrize(
    "parameters",
    [
        {"version": "0", "timestamp": "2026-01-01T00:00:00Z"},
        {"timestamp": "1999-01-01T00:00:00Z"},
        {"timestamp": "2999-01-01T00:00:00Z"},
        *({"timestamp": text} for text in BAD_INSTANTS),
    ],
)
def test_metadata_of_two_moments_or_of_none_is_400(world: World, parameters: dict[str, str]) -> None:
    refused_as(world.client().get(f"{SHOPS}/metadata", params=parameters), 400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize(
    ("header", "form"),
    [
        (None, "parquet"),
        ("", "parquet"),
        ("responseformat=parquet", "parquet"),
        ("responseformat=delta", "delta"),
        ("responseformat=delta,parquet", "parquet"),
        ("responseformat=parquet,delta", "parquet"),
        ("RESPONSEFORMAT=DELTA", "delta"),
        ("responseFormat=Delta;readerFeatures=DeletionVectors", "delta"),
        (" responseformat = delta ; readerfeatures = deletionvectors ", "delta"),
        ("readerfeatures=deletionvectors;responseformat=delta", "delta"),
        ("responseformat=avro,delta", "delta"),
        ("asyncquery=true;responseformat=delta", "delta"),
        ("nonsense;;=;responseformat=delta", "delta"),
        ("readerfeatures=deletionvectors", "parquet"),
    ],
)
@pytest.mark.parametrize("endpoint", ["metadata", "query", "changes"])
def test_the_form_is_negotiated_and_echoed_in_small_letters(
    world: World, header: str | None, form: str, endpoint: str
) -> None:
    headers = {} if header is None else {"delta-sharing-capabilities": header}
    client = world.client()
    if endpoint == "query":
        response = client.post(f"{SHOPS}/query", headers=headers)
    else:
        response = client.get(f"{SHOPS}/{endpoint}", params={"startingVersion": 0}, headers=headers)
    assert response.headers["delta-sharing-capabilities"] == f"responseformat={form}"
    assert ("deltaProtocol" in lines(response)[0]["protocol"]) == (form == "delta")


@pytest.mark.parametrize("header", ["responseformat=avro", "responseformat=", "responseformat=csv,json"])
def test_a_form_that_is_not_known_is_400(world: World, header: str) -> None:
    headers = {"delta-sharing-capabilities": header}
    refused_as(world.client().get(f"{SHOPS}/metadata", headers=headers), 400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("headers", [{}, DELTA], ids=["parquet", "delta"])
def test_no_line_is_sent_that_was_not_asked_for(world: World, headers: dict[str, str]) -> None:
    body = world.client().post(f"{SHOPS}/query", headers=headers).content
    assert body.endswith(b"}\n")
    assert b"\n\n" not in body
    kinds = [next(iter(json.loads(line))) for line in body.splitlines()]
    assert kinds == ["protocol", "metaData", "file", "file", "file", "file"]


@pytest.mark.parametrize("headers", [{}, DELTA], ids=["parquet", "delta"])
def test_the_closing_line_comes_where_it_is_asked_for(world: World, headers: dict[str, str]) -> None:
    asked = headers.get("delta-sharing-capabilities", "") + ";includeEndStreamAction=TRUE"
    response = world.client().post(f"{SHOPS}/query", headers={"delta-sharing-capabilities": asked})
    assert response.headers["delta-sharing-capabilities"].endswith(";includeendstreamaction=true")
    end = lines(response)[-1]["endStreamAction"]
    assert end["minUrlExpirationTimestamp"] > 0
    assert "nextPageToken" not in end
    changes = world.client().get(
        f"{SHOPS}/changes?startingVersion=0", headers={"delta-sharing-capabilities": asked}
    )
    assert "endStreamAction" in lines(changes)[-1]


@pytest.mark.parametrize("choice", ["parquet", "delta", "DELTA"])
def test_the_hash_of_file_ids_is_chosen_by_a_header(world: World, choice: str) -> None:
    client = world.client()
    in_parquet = client.post(f"{SHOPS}/query", headers={"fileidhash": choice})
    in_delta = client.post(f"{SHOPS}/query", headers={**DELTA, "fileidhash": choice})
    assert in_parquet.headers["fileidhash"] == choice.lower()
    assert [f["id"] for f in files(in_parquet)] == [f["id"] for f in files(in_delta)]
    assert len({f["id"] for f in files(in_parquet)}) == 4


def test_an_unknown_hash_of_file_ids_is_400(world: World) -> None:
    for path in (f"{SHOPS}/metadata", f"{SHOPS}/version"):
        refused_as(world.client().get(path, headers={"fileidhash": "md5"}), 400, "INVALID_PARAMETER_VALUE")


def test_a_file_has_the_same_id_in_every_version_and_listing(world: World) -> None:
    client = world.client()
    newest = {f["id"] for f in files(client.post(f"{SHOPS}/query"))}
    third = {f["id"] for f in files(client.post(f"{SHOPS}/query", {"version": 2}))}
    assert newest < third
    assert newest == {f["id"] for f in files(client.post(f"{SHOPS}/query"))}
