"""The protocol, case by case: changes, and the limits of history."""

from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from deltalake import write_deltalake
from sharing_asks import (
    DELTA,
    DIVISION,
    SHOPS,
    commit_times,
    iso,
    refused_as,
)
from sharing_world import World, build_world, grant, lines, path_of, world_at, write


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_world(tmp_path_factory.mktemp("sharing") / "lake").root


@pytest.fixture
def world(root: Path) -> World:
    return world_at(root)


@pytest.mark.parametrize("headers", [{}, DELTA], ids=["parquet", "delta"])
def test_every_change_has_its_version_and_instant(world: World, headers: dict[str, str]) -> None:
    response = world.client().get(f"{SHOPS}/changes?startingVersion=0", headers=headers)
    assert response.headers["delta-table-version"] == "0"
    answer = lines(response)
    assert answer[1]["metaData"]["version"] == 0
    for line in answer[2:]:
        content = next(iter(line.values()))
        assert commit_times(world)[content["version"]] == content["timestamp"]


def test_a_commit_with_changed_rows_gives_those_alone(world: World) -> None:
    answer = lines(world.client().get(f"{SHOPS}/changes?startingVersion=0"))[2:]
    kinds = {(next(iter(line)), next(iter(line.values()))["version"]) for line in answer}
    assert kinds == {("add", 0), ("cdf", 1), ("add", 2), ("cdf", 3)}


def test_a_query_since_a_version_gives_files_added_and_removed(world: World) -> None:
    response = world.client().post(f"{SHOPS}/query", {"startingVersion": 1})
    assert response.headers["delta-table-version"] == "1"
    kinds = [(next(iter(line)), next(iter(line.values()))["version"]) for line in lines(response)[2:]]
    assert kinds == [("add", 1), ("add", 1), ("remove", 1), ("add", 2), ("remove", 3)]
    ended = lines(world.client().post(f"{SHOPS}/query", {"startingVersion": 1, "endingVersion": 2}))[2:]
    assert len(ended) == 4


@pytest.mark.parametrize("headers", [{}, DELTA], ids=["parquet", "delta"])
def test_each_file_of_a_change_can_be_fetched(world: World, headers: dict[str, str]) -> None:
    client = world.client()
    for path in ("query", "changes"):
        if path == "query":
            response = client.post(f"{SHOPS}/query", {"startingVersion": 0}, headers=headers)
        else:
            response = client.get(f"{SHOPS}/changes?startingVersion=0", headers=headers)
        for line in lines(response)[2:]:
            content = next(iter(line.values()))
            if "deltaSingleAction" in content:
                content = next(iter(content["deltaSingleAction"].values())) | {"url": None}
                content["url"] = content["path"]
            fetched = world.client(None).get(path_of(content["url"]))
            assert fetched.status_code == 200
            assert len(fetched.content) == content["size"]


@pytest.mark.parametrize(
    "parameters",
    [
        "",
        "startingVersion=x",
        "startingVersion=-1",
        "startingVersion=9",
        "startingVersion=",
        "startingVersion=0&endingVersion=9",
        "startingVersion=0&endingVersion=y",
        "startingVersion=2&endingVersion=1",
        "startingVersion=0&startingTimestamp=2026-01-01T00:00:00Z",
        "startingVersion=0&endingVersion=1&endingTimestamp=2026-01-01T00:00:00Z",
        "startingTimestamp=yesterday",
        "startingTimestamp=2999-01-01T00:00:00Z",
        "startingVersion=0&endingTimestamp=1999-01-01T00:00:00Z",
        "endingVersion=1",
        "startingVersion=0&includeHistoricalMetadata=maybe",
        "startingVersion=0&includeHistoricalProtocol=1",
        "startingVersion=0&maxFiles=0",
        "startingVersion=0&maxFiles=x",
        "startingVersion=0&pageToken=zzz",
    ],
)
def test_changes_of_no_or_of_twisted_bounds_are_400(world: World, parameters: str) -> None:
    refused_as(world.client().get(f"{SHOPS}/changes?{parameters}"), 400, "INVALID_PARAMETER_VALUE")


def test_changes_between_instants(world: World) -> None:
    times = commit_times(world)
    found = lines(
        world.client().get(
            f"{SHOPS}/changes", params={"startingTimestamp": iso(times[1]), "endingTimestamp": iso(times[2])}
        )
    )[2:]
    assert {next(iter(line.values()))["version"] for line in found} == {1, 2}
    late = world.client().get(
        f"{SHOPS}/changes", params={"startingVersion": 3, "endingTimestamp": "2999-01-01T00:00:00Z"}
    )
    assert late.status_code == 200


@pytest.mark.parametrize("size", [1, 3, 50])
def test_pages_of_changes_together_are_all_of_them(world: World, size: int) -> None:
    client = world.client()
    whole = lines(client.get(f"{SHOPS}/changes?startingVersion=0"))[2:]
    found, token = [], None
    for _ in range(20):
        parameters = {
            "startingVersion": "0",
            "maxFiles": str(size),
            **({"pageToken": token} if token else {}),
        }
        answer = lines(client.get(f"{SHOPS}/changes", params=parameters))
        found += answer[2:-1]
        token = answer[-1]["endStreamAction"].get("nextPageToken")
        if token is None:
            break
    assert found == whole
    if size == 1:
        started = lines(client.get(f"{SHOPS}/changes?startingVersion=0&maxFiles=1"))[-1]["endStreamAction"]
        other = client.get(
            f"{SHOPS}/changes?startingVersion=1&maxFiles=1&pageToken={started['nextPageToken']}"
        )
        refused_as(other, 400, "INVALID_PARAMETER_VALUE")


def test_a_change_of_the_schema_is_told_where_history_is_asked_for(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    folder = world.folder("G-2026-0001")
    write(folder, pl.DataFrame({"a": [1]}))
    write(folder, pl.DataFrame({"a": [2], "b": ["x"]}), schema_mode="merge")
    client = world.client()
    plain = lines(client.get(f"{SHOPS}/changes?startingVersion=0"))
    assert [next(iter(line)) for line in plain] == ["protocol", "metaData", "add", "add"]
    assert '"b"' in plain[1]["metaData"]["schemaString"].replace(" ", "")
    told = lines(client.get(f"{SHOPS}/changes?startingVersion=0&includeHistoricalMetadata=True"))
    assert [next(iter(line)) for line in told] == ["protocol", "metaData", "add", "metaData", "add"]
    assert [line["metaData"]["version"] for line in told if "metaData" in line] == [0, 1]
    assert '"b"' not in told[1]["metaData"]["schemaString"]


def test_changes_of_a_table_without_a_feed_are_400(tmp_path: Path) -> None:
    world = world_at(tmp_path)
    write_deltalake(str(world.folder("G-2026-0001")), pa.table({"a": [1]}))
    response = world.client().get(f"{SHOPS}/changes?startingVersion=0")
    refused_as(response, 400, "UNSUPPORTED_OPERATION")
    assert world.client().post(f"{SHOPS}/query", {"startingVersion": 0}).status_code == 200


HISTORY: list[tuple[str, str, Any]] = [
    ("GET", "metadata?version=0", None),
    ("GET", "metadata?timestamp=2026-11-21T00:00:00Z", None),
    ("GET", "version?startingTimestamp=2026-01-01T00:00:00Z", None),
    ("GET", "changes?startingVersion=0", None),
    ("GET", "changes?startingTimestamp=2026-01-01T00:00:00Z", None),
    ("POST", "query", {"version": 0}),
    ("POST", "query", {"timestamp": "2026-11-21T00:00:00Z"}),
    ("POST", "query", {"startingVersion": 0}),
    ("POST", "query", {"startingVersion": 0, "endingVersion": 0}),
]


@pytest.mark.parametrize(("method", "path", "body"), HISTORY)
def test_a_grant_of_the_current_version_reaches_no_other(
    world: World, method: str, path: str, body: Any
) -> None:
    response = world.client().ask(method, f"{DIVISION}/{path}", **({"json": body} if body else {}))
    refused_as(response, 400, "INVALID_PARAMETER_VALUE")
    assert "history" in response.json()["message"]


@pytest.mark.parametrize(("method", "path", "body"), HISTORY)
def test_a_grant_reaches_no_version_before_its_first(world: World, method: str, path: str, body: Any) -> None:
    world.doors.change_grant("G-2026-0001", history_from_version=2)
    response = world.client().ask(method, f"{SHOPS}/{path}", **({"json": body} if body else {}))
    refused_as(response, 400, "INVALID_PARAMETER_VALUE")


@pytest.mark.parametrize("version", [2, 3])
def test_a_grant_reaches_its_first_version_and_later_ones(world: World, version: int) -> None:
    world.doors.change_grant("G-2026-0001", history_from_version=2)
    client = world.client()
    assert client.post(f"{SHOPS}/query", {"version": version}).status_code == 200
    assert client.get(f"{SHOPS}/metadata?version={version}").status_code == 200
    assert client.get(f"{SHOPS}/changes?startingVersion={version}").status_code == 200


def test_of_two_grants_of_one_table_the_longer_history_counts(world: World) -> None:
    longer = grant(30, "demo_tax", "base.division", ("code", "name"), history_from_version=0)
    world.doors.grants[longer.id] = longer
    assert world.client().post(f"{DIVISION}/query", {"version": 0}).status_code == 200
