"""What trips readers: deletion vectors, features of the log, naive timestamps, nulls in partitions, ended addresses."""

import datetime as dt
import json
import shutil
import struct
import time
import uuid
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import delta_sharing
import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake
from sharing_server import running
from sharing_world import Asker, Clock, World, files, grant, lines, world_at, write

from serving.sharing.addresses import OwnAddresses

ROOT = "/delta-sharing"
SHOPS = f"{ROOT}/shares/demo_tax/schemas/market/tables/shops"
ALL_FEATURES = "responseformat=delta;readerfeatures=deletionvectors,columnmapping,timestampntz"
DELTA = {"delta-sharing-capabilities": ALL_FEATURES}
FORMS = [pytest.param(False, id="parquet"), pytest.param(True, id="delta")]
_Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"


@pytest.fixture
def world(tmp_path: Path) -> World:
    return world_at(tmp_path / "lake")


@pytest.fixture
def folder(world: World) -> Path:
    return world.folder("G-2026-0001")


@contextmanager
def served(world: World, tmp_path: Path) -> Iterator[str]:
    with running(world.app()) as server:
        profile = tmp_path / "tax.share"
        content = {"shareCredentialsVersion": 1, "endpoint": f"{server}{ROOT}", "bearerToken": "tax-token"}
        profile.write_text(json.dumps(content), encoding="utf-8")
        yield f"{profile}#demo_tax.market.shops"


def edit_commit(folder: Path, version: int, change: Any) -> None:
    """Rewrite the actions of a commit."""
    path = folder / "_delta_log" / f"{version:020d}.json"
    actions = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for action in actions:
        change(action)
    path.write_text("\n".join(map(json.dumps, actions)), encoding="utf-8")


def add_commit(folder: Path, version: int, *actions: dict[str, Any]) -> None:
    path = folder / "_delta_log" / f"{version:020d}.json"
    path.write_text("\n".join(map(json.dumps, actions)), encoding="utf-8")


# Deletion vectors


def z85(data: bytes) -> str:
    found = ""
    for start in range(0, len(data), 4):
        (number,) = struct.unpack(">I", data[start : start + 4])
        found += "".join(_Z85[number // 85**place % 85] for place in range(4, -1, -1))
    return found


def bitmap(rows: list[int]) -> bytes:
    """Return deleted row numbers as the table format stores them: one 64-bit roaring bitmap of one array."""
    values = b"".join(struct.pack("<H", row) for row in rows)
    container = (
        struct.pack("<II", 12346, 1) + struct.pack("<HH", 0, len(rows) - 1) + struct.pack("<I", 16) + values
    )
    return struct.pack("<I", 1681511377) + struct.pack("<Q", 1) + struct.pack("<I", 0) + container


def write_with_vector(folder: Path, *, is_inline: bool) -> None:
    """Write ten rows and delete those numbered 1 and 4 by a deletion vector."""
    write(folder, pl.DataFrame({"n": list(range(10))}))
    add = next(
        json.loads(line)["add"]
        for line in (folder / "_delta_log" / f"{0:020d}.json").read_text(encoding="utf-8").splitlines()
        if "add" in json.loads(line)
    )
    data, name = bitmap([1, 4]), uuid.UUID("12345678-1234-5678-1234-567812345678")
    vector: dict[str, Any] = {"sizeInBytes": len(data), "cardinality": 2}
    if is_inline:
        vector |= {"storageType": "i", "pathOrInlineDv": z85(data + b"\0" * (-len(data) % 4))}
    else:
        stored = b"\1" + struct.pack(">I", len(data)) + data + struct.pack(">I", zlib.crc32(data))
        (folder / f"deletion_vector_{name}.bin").write_bytes(stored)
        vector |= {"storageType": "u", "pathOrInlineDv": z85(name.bytes), "offset": 1}
    features = ["deletionVectors"]
    protocol = {
        "minReaderVersion": 3,
        "minWriterVersion": 7,
        "readerFeatures": features,
        "writerFeatures": features,
    }
    remove = {"path": add["path"], "dataChange": True, "deletionTimestamp": 1, "size": add["size"]}
    add_commit(
        folder, 1, {"protocol": protocol}, {"add": {**add, "deletionVector": vector}}, {"remove": remove}
    )


@pytest.mark.enable_socket
@pytest.mark.parametrize("is_inline", [True, False])
def test_deletion_vectors_reach_readers_of_the_delta_form(
    world: World, folder: Path, tmp_path: Path, is_inline: bool
) -> None:
    write_with_vector(folder, is_inline=is_inline)
    with served(world, tmp_path) as table:
        loaded = delta_sharing.load_as_pandas(table, use_delta_format=True)
    assert sorted(loaded["n"]) == [0, 2, 3, 5, 6, 7, 8, 9]
    file = files(world.client().post(f"{SHOPS}/query", headers=DELTA))[0]
    vector = file["deltaSingleAction"]["add"]["deletionVector"]
    assert vector["storageType"] == ("i" if is_inline else "p")
    assert ("deletionVectorFileId" in file) is not is_inline


@pytest.mark.parametrize(
    "header",
    [
        "responseformat=parquet",
        "",
        "responseformat=delta",
        "responseformat=delta;readerfeatures=columnmapping",
    ],
)
def test_readers_that_do_not_know_a_feature_are_refused_and_not_misled(
    world: World, folder: Path, header: str
) -> None:
    write_with_vector(folder, is_inline=False)
    client, headers = world.client(), {"delta-sharing-capabilities": header}
    for response in (
        client.get(f"{SHOPS}/metadata", headers=headers),
        client.post(f"{SHOPS}/query", headers=headers),
    ):
        assert response.status_code == 400
        assert response.json()["errorCode"] == "UNSUPPORTED_OPERATION"
        assert "Unsupported Delta Table Properties" in response.json()["message"]


def test_a_client_of_both_forms_is_given_the_one_that_can_tell_a_feature(world: World, folder: Path) -> None:
    write_with_vector(folder, is_inline=False)
    both = {"delta-sharing-capabilities": ALL_FEATURES.replace("delta;", "delta,parquet;", 1)}
    response = world.client().get(f"{SHOPS}/metadata", headers=both)
    assert response.headers["delta-sharing-capabilities"] == "responseformat=delta"


# Features of the log


def test_features_of_the_log_alone_are_not_sent(world: World, folder: Path) -> None:
    write(folder, pl.DataFrame({"n": [1, 2]}))
    feed = ["v2Checkpoint", "vacuumProtocolCheck"]
    extra = ["domainMetadata", "inCommitTimestamp", "changeDataFeed"]

    def change(action: dict[str, Any]) -> None:
        if "protocol" in action:
            action["protocol"] = {
                "minReaderVersion": 3,
                "minWriterVersion": 7,
                "readerFeatures": feed,
                "writerFeatures": [*feed, *extra],
            }
        if "metaData" in action:
            action["metaData"]["configuration"]["delta.enableInCommitTimestamps"] = "true"

    edit_commit(folder, 0, change)
    answer = lines(world.client().get(f"{SHOPS}/metadata", headers=DELTA))
    protocol = answer[0]["protocol"]["deltaProtocol"]
    assert protocol["readerFeatures"] == []
    assert protocol["writerFeatures"] == ["changeDataFeed"]
    configuration = answer[1]["metaData"]["deltaMetadata"]["configuration"]
    assert "delta.enableInCommitTimestamps" not in configuration
    assert configuration["delta.enableChangeDataFeed"] == "true"
    parquet = world.client().get(f"{SHOPS}/metadata")
    assert parquet.headers["delta-sharing-capabilities"] == "responseformat=parquet"


@pytest.mark.enable_socket
def test_a_table_with_in_commit_timestamps_gives_its_changes(
    world: World, folder: Path, tmp_path: Path
) -> None:
    write(folder, pl.DataFrame({"n": [1, 2]}))

    def change(action: dict[str, Any]) -> None:
        if "protocol" in action:
            features = ["inCommitTimestamp", "changeDataFeed"]
            action["protocol"] = {"minReaderVersion": 1, "minWriterVersion": 7, "writerFeatures": features}
        if "metaData" in action:
            action["metaData"]["configuration"]["delta.enableInCommitTimestamps"] = "true"
        if "commitInfo" in action:
            action["commitInfo"]["inCommitTimestamp"] = 1_700_000_000_000

    edit_commit(folder, 0, change)
    with served(world, tmp_path) as table:
        loaded = delta_sharing.load_table_changes_as_pandas(table, starting_version=0, use_delta_format=True)
    assert sorted(loaded["n"]) == [1, 2]
    assert world.client().get(f"{SHOPS}/changes?startingVersion=0").status_code == 200
    version = world.client().post(f"{SHOPS}/query", {"version": 0})
    assert files(version)[0]["timestamp"] == 1_700_000_000_000


def test_naive_timestamps_are_refused_to_readers_that_do_not_know_them(world: World, folder: Path) -> None:
    write(folder, pl.DataFrame({"at": [dt.datetime(2026, 1, 1)]}))
    assert DeltaTable(str(folder)).protocol().min_reader_version == 3
    assert world.client().post(f"{SHOPS}/query").status_code == 400
    assert len(files(world.client().post(f"{SHOPS}/query", headers=DELTA))) == 1


def test_notes_of_the_lake_on_columns_are_not_sent_and_comments_are(world: World, folder: Path) -> None:
    write(folder, pl.DataFrame({"n": [1]}))

    def change(action: dict[str, Any]) -> None:
        if "metaData" in action:
            schema = json.loads(action["metaData"]["schemaString"])
            schema["fields"][0]["metadata"] = {"comment": "数目", "civiclake.level": "secret"}
            action["metaData"]["schemaString"] = json.dumps(schema)

    edit_commit(folder, 0, change)
    for headers in ({}, DELTA):
        answer = world.client().get(f"{SHOPS}/metadata", headers=headers).text
        assert "数目" in answer
        assert "secret" not in answer


# Checkpoints, partitions, paths


@pytest.mark.enable_socket
@pytest.mark.parametrize("use_delta", FORMS)
def test_a_table_read_from_a_checkpoint_with_null_partitions_is_loaded_whole(
    world: World, folder: Path, tmp_path: Path, use_delta: bool
) -> None:
    frame = pl.DataFrame({"编 号": [1, 2, 3], "区/划=%": ["海口", None, "a%2Fb"]})
    write(folder, frame, ["区/划=%"])
    write(folder, frame.with_columns(pl.col("编 号") + 10), ["区/划=%"])
    DeltaTable(str(folder)).create_checkpoint()
    (folder / "_delta_log" / f"{0:020d}.json").unlink()
    with served(world, tmp_path) as table:
        loaded = delta_sharing.load_as_pandas(table, use_delta_format=use_delta)
    rows = sorted(
        (int(n), None if not isinstance(d, str) else d) for n, d in loaded[["编 号", "区/划=%"]].to_numpy()
    )
    assert rows == [(1, "海口"), (2, None), (3, "a%2Fb"), (11, "海口"), (12, None), (13, "a%2Fb")]
    body = world.client().post(f"{SHOPS}/query", headers=DELTA).text
    assert '"tags"' not in body
    assert "_parsed" not in body
    nulls = [f["partitionValues"]["区/划=%"] for f in files(world.client().post(f"{SHOPS}/query"))]
    assert nulls.count(None) == 2


@pytest.mark.parametrize("path", ["/etc/passwd", "s3://bucket/x.parquet", "..%2F..%2Fbase/person/x.parquet"])
def test_a_table_with_files_elsewhere_is_refused_with_400(world: World, folder: Path, path: str) -> None:
    write(folder, pl.DataFrame({"n": [1]}))
    add_commit(folder, 1, {"add": {"path": path, "partitionValues": {}, "size": 1, "dataChange": True}})
    for response in (
        world.client().post(f"{SHOPS}/query"),
        world.client().get(f"{SHOPS}/metadata"),
        world.client().get(f"{SHOPS}/changes?startingVersion=0"),
    ):
        assert response.status_code == 400
        assert response.json()["errorCode"] == "UNSUPPORTED_OPERATION"
        assert path not in response.text


def test_a_removed_file_without_its_size_is_told_with_the_size_it_had(world: World, folder: Path) -> None:
    write(folder, pl.DataFrame({"n": [1], "区": ["x"]}), ["区"])
    held = files(world.client().post(f"{SHOPS}/query"))[0]
    commit = json.loads(
        (folder / "_delta_log" / f"{0:020d}.json").read_text(encoding="utf-8").splitlines()[-1]
    )
    add_commit(
        folder, 1, {"remove": {"path": commit["add"]["path"], "dataChange": True, "deletionTimestamp": 5}}
    )
    answer = lines(world.client().get(f"{SHOPS}/changes?startingVersion=1"))
    assert answer[2]["remove"]["size"] == held["size"]
    assert answer[2]["remove"]["partitionValues"] == {"区": "x"}


@pytest.mark.enable_socket
def test_files_that_were_only_rewritten_are_no_changes(world: World, folder: Path, tmp_path: Path) -> None:
    write(folder, pl.DataFrame({"n": [1]}))
    write(folder, pl.DataFrame({"n": [2]}))
    DeltaTable(str(folder)).optimize.compact()
    answer = lines(world.client().get(f"{SHOPS}/changes?startingVersion=0"))[2:]
    assert [line["add"]["version"] for line in answer] == [0, 1]
    with served(world, tmp_path) as table:
        for use_delta in (False, True):
            loaded = delta_sharing.load_table_changes_as_pandas(
                table, starting_version=0, use_delta_format=use_delta
            )
            assert sorted(loaded["n"]) == [1, 2]


# Requests and addresses


@pytest.mark.enable_socket
def test_a_low_rate_of_requests_does_not_keep_the_official_client_from_its_files(
    world: World, folder: Path, tmp_path: Path
) -> None:
    for number in range(6):
        write(folder, pl.DataFrame({"n": [number]}))
    world.doors.change("demo_tax", requests_per_minute=10)
    with served(world, tmp_path) as table:
        loaded = delta_sharing.load_as_pandas(table, use_delta_format=False)
    assert sorted(loaded["n"]) == list(range(6))


class _Hurrying(Clock):
    """A clock by which an hour and more passes between any two requests."""

    def __call__(self) -> dt.datetime:
        self.move(minutes=61)
        return self.at


@pytest.mark.enable_socket
@pytest.mark.parametrize("use_delta", FORMS)
def test_an_address_that_ended_is_an_error_for_the_official_client_and_no_empty_table(
    world: World, folder: Path, tmp_path: Path, use_delta: bool
) -> None:
    write(folder, pl.DataFrame({"n": [1]}))
    world.clock = _Hurrying()
    with served(world, tmp_path) as table, pytest.raises(BaseException, match=r"(?s)."):
        delta_sharing.load_as_pandas(table, use_delta_format=use_delta)


# Speed


def test_a_listing_that_was_made_is_given_again_without_signing(
    world: World, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder, pl.DataFrame({"n": [1]}))
    add = {"partitionValues": {}, "size": 9, "modificationTime": 1, "dataChange": True}
    add_commit(folder, 1, *({"add": {**add, "path": f"part-{n:05d}.parquet"}} for n in range(20_000)))
    signed: list[int] = []
    make = OwnAddresses.address

    def counted(self: OwnAddresses, *given: Any) -> str:
        signed.append(1)
        return make(self, *given)

    monkeypatch.setattr(OwnAddresses, "address", counted)
    client = world.client()
    first = client.post(f"{SHOPS}/query")
    assert len(signed) == 20_001
    started = time.process_time()
    again = client.post(f"{SHOPS}/query")
    assert len(signed) == 20_001
    assert again.content == first.content
    assert time.process_time() - started < 0.5
    world.clock.move(minutes=16)
    later = client.post(f"{SHOPS}/query")
    assert len(signed) == 40_002
    assert later.content != first.content


def test_a_kept_listing_is_given_to_no_other_recipient_form_or_host(world: World, folder: Path) -> None:
    write(folder, pl.DataFrame({"n": [1]}))
    same = grant(40, "demo_county", "market.shops", world.doors.grants["G-2026-0001"].columns)
    del world.doors.grants["G-2026-0003"]
    world.doors.grants[same.id] = same
    app = world.app()
    bodies = set()
    for token, share in (("tax-token", "demo_tax"), ("county-token", "demo_county")):
        for headers in ({}, DELTA, {"fileidhash": "delta"}, {"host": "other.test"}):
            path = f"{ROOT}/shares/{share}/schemas/market/tables/shops/query"
            for body in ({}, {"version": 0}):
                bodies.add(Asker(app, token, "x").post(path, body, headers=headers).content)
    assert len(bodies) == 16


def test_a_kept_listing_is_not_given_once_the_table_was_made_anew(world: World, folder: Path) -> None:
    client = world.client()
    write(folder, pl.DataFrame({"n": [1]}))
    first = files(client.post(f"{SHOPS}/query"))
    shutil.rmtree(folder)
    write_deltalake(str(folder), pl.DataFrame({"n": [2]}).to_arrow())
    assert {f["id"] for f in files(client.post(f"{SHOPS}/query"))}.isdisjoint(f["id"] for f in first)
