"""The handle of the network faces: only shared and opened tables, each version as deltalake reads it."""

import json
import random
import shutil
import threading
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
import pytest
from deltalake import DeltaTable, write_deltalake

from lake.delta_files import DataFile, Snapshot, file_id
from lake.delta_log import DeltaLog
from lake.shared import SharedLake, SharedTable, SnapshotCache, TableRefused, VersionMissing
from resource_catalogue.errors import LakeError
from resource_catalogue.words import TableName

NAME = TableName("share", "shops")


def folder(root: Path) -> Path:
    return root / "share" / "shops"


def write(root: Path, frame: pl.DataFrame, retention: str = "interval 30 days", **given: Any) -> None:
    place = folder(root)
    options: dict[str, Any] = {"mode": "append", "partition_by": ["区划"], **given}
    configuration: dict[str, str | None] = {
        "delta.enableChangeDataFeed": "true",
        "delta.enableDeletionVectors": "false",
        "delta.logRetentionDuration": retention,
    }
    write_deltalake(str(place), frame.to_arrow(), configuration=configuration, **options)


def frame(numbers: range, division: str) -> pl.DataFrame:
    return pl.DataFrame({"n": list(numbers), "区划": [division] * len(numbers)})


def opened(root: Path, **given: Any) -> SharedTable:
    table = SharedLake(root, **given).table(NAME)
    assert table is not None
    return table


def listed(snapshot: Snapshot) -> list[tuple[str, int, int | None, Any]]:
    return sorted((f.path, f.size, f.rows, dict(f.partition_values)) for f in snapshot.files)


def oracle(root: Path, version: int) -> list[tuple[str, int, int | None, Any]]:
    actions = DeltaTable(str(folder(root)), version=version).get_add_actions()
    rows = pl.Series(actions).struct.unnest().to_dicts()
    return sorted((unquote(r["path"]), r["size_bytes"], r["num_records"], r["partition"]) for r in rows)


@pytest.mark.parametrize(("seed", "days"), [(0, 30), (1, 30), (2, 30), (0, 0), (1, 0)])
def test_every_version_has_the_files_that_deltalake_finds(tmp_path: Path, seed: int, days: int) -> None:
    draw = random.Random(seed)
    write(tmp_path, frame(range(5), "海 口%市"), f"interval {days} days")
    for step in range(1, 14):
        division = draw.choice(["海 口%市", "a=b/c", "龙华"])
        choice = draw.randrange(5)
        if choice == 0:
            DeltaTable(str(folder(tmp_path))).delete(f"n % 7 = {draw.randrange(7)}")
        elif choice == 1:
            DeltaTable(str(folder(tmp_path))).optimize.compact()
        elif choice == 2:
            DeltaTable(str(folder(tmp_path))).create_checkpoint()
        else:
            write(tmp_path, frame(range(step * 10, step * 10 + 3), division))
    warm = opened(tmp_path)
    assert warm.version() == DeltaTable(str(folder(tmp_path))).version()
    # Checkpoints let go of older commits where they are kept no longer.
    assert (len(warm.times()) == warm.version() + 1) == (days > 0)
    for version in warm.times():
        assert listed(warm.snapshot(version)) == oracle(tmp_path, version)
        assert listed(opened(tmp_path).snapshot(version)) == oracle(tmp_path, version)
        for file in warm.snapshot(version).files:
            place = warm.place(file)
            assert place is not None
            assert place.stat().st_size == file.size


def test_only_shared_and_opened_tables_can_be_opened(tmp_path: Path) -> None:
    write_deltalake(str(tmp_path / "base" / "person"), pl.DataFrame({"n": [1]}).to_arrow())
    lake = SharedLake(tmp_path)
    for schema in ("base", "raw", "standard", "decisions", "audit", "", ".", "..", "SHARE", "share/../base"):
        with pytest.raises(LakeError):
            lake.table(TableName(schema, "person"))
        with pytest.raises(LakeError):
            lake.tables(schema)
    with pytest.raises(LakeError):
        SharedLake(tmp_path, frozenset({"share", "base"}))


def test_the_portals_handle_cannot_open_what_is_shared(tmp_path: Path) -> None:
    write(tmp_path, frame(range(2), "x"))
    with pytest.raises(LakeError):
        SharedLake(tmp_path, frozenset({"open"})).table(NAME)


@pytest.mark.parametrize(
    "name", ["../base/person", "..", ".", "", "a/b", "a\\b", "a b", "a\0", ".hidden", "a\n"]
)
def test_names_that_could_lead_elsewhere_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(LakeError):
        SharedLake(tmp_path).table(TableName("share", name))


def test_a_table_that_is_not_there_is_none_and_is_found_once_it_is(tmp_path: Path) -> None:
    lake = SharedLake(tmp_path)
    assert lake.table(NAME) is None
    assert lake.tables("share") == []
    write(tmp_path, frame(range(2), "x"))
    assert lake.table(NAME) is not None
    assert lake.tables("share") == [NAME]


def test_a_new_commit_is_seen_when_the_table_is_opened_next_and_not_before(tmp_path: Path) -> None:
    lake = SharedLake(tmp_path)
    write(tmp_path, frame(range(2), "x"))
    before = lake.table(NAME)
    write(tmp_path, frame(range(2), "y"))
    after = lake.table(NAME)
    assert before is not None
    assert after is not None
    assert (before.version(), len(before.snapshot().files)) == (0, 1)
    assert (after.version(), len(after.snapshot().files)) == (1, 2)


def test_a_table_that_was_made_anew_is_not_answered_from_memory(tmp_path: Path) -> None:
    lake = SharedLake(tmp_path)
    write(tmp_path, frame(range(2), "x"))
    table = lake.table(NAME)
    assert table is not None
    first = table.snapshot()
    shutil.rmtree(folder(tmp_path))
    assert lake.table(NAME) is None
    write(tmp_path, frame(range(9), "z"))
    again = lake.table(NAME)
    assert again is not None
    assert again.snapshot().metadata["id"] != first.metadata["id"]
    assert dict(again.snapshot().files[0].partition_values) == {"区划": "z"}


def test_a_checkpoint_stands_for_commits_that_are_gone(tmp_path: Path) -> None:
    for number in range(6):
        write(tmp_path, frame(range(number, number + 2), "海 口%市"))
    whole = listed(opened(tmp_path).snapshot(5))
    DeltaTable(str(folder(tmp_path)), version=3).create_checkpoint()
    for version in range(3):
        (folder(tmp_path) / "_delta_log" / f"{version:020d}.json").unlink()
    table = opened(tmp_path)
    assert listed(table.snapshot(5)) == whole
    assert len(table.snapshot(3).files) == 4
    assert list(table.times()) == [3, 4, 5]
    for gone in (0, 2):
        with pytest.raises(VersionMissing):
            table.snapshot(gone)
    assert table.snapshot(5).protocol == {"minReaderVersion": 1, "minWriterVersion": 4}


def test_a_checkpoint_of_which_a_part_is_missing_is_passed_over(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path, frame(range(number, number + 2), "x"))
    whole = listed(opened(tmp_path).snapshot(2))
    log = folder(tmp_path) / "_delta_log"
    DeltaTable(str(folder(tmp_path))).create_checkpoint()
    single = next(log.glob("*.checkpoint.parquet"))
    shutil.move(single, log / f"{2:020d}.checkpoint.{1:010d}.{2:010d}.parquet")
    assert listed(opened(tmp_path).snapshot(2)) == whole


@pytest.mark.parametrize("version", [-1, 7, 10**20])
def test_a_version_that_was_never_written_is_missing(tmp_path: Path, version: int) -> None:
    write(tmp_path, frame(range(2), "x"))
    with pytest.raises(VersionMissing):
        opened(tmp_path).snapshot(version)


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "file:///etc/passwd",
        "s3://bucket/part.parquet",
        "../other/part.parquet",
        "a/../../other/part.parquet",
        "%2e%2e/other/part.parquet",
        "..%2Fother/part.parquet",
        "_delta_log/00000000000000000000.json",
        "C:\\data\\part.parquet",
        "",
    ],
)
def test_files_outside_the_tables_folder_are_refused(tmp_path: Path, path: str) -> None:
    write(tmp_path, frame(range(2), "x"))
    add = {"path": path, "partitionValues": {}, "size": 1, "modificationTime": 1, "dataChange": True}
    commit = folder(tmp_path) / "_delta_log" / f"{1:020d}.json"
    commit.write_text(json.dumps({"add": add}), encoding="utf-8")
    table = opened(tmp_path)
    with pytest.raises(TableRefused):
        table.snapshot()
    assert len(table.snapshot(0).files) == 1


def test_a_link_out_of_the_tables_folder_is_not_followed(tmp_path: Path) -> None:
    write(tmp_path, frame(range(2), "x"))
    table = opened(tmp_path)
    file = table.snapshot().files[0]
    place = table.place(file)
    assert place is not None
    secret = tmp_path / "secret.parquet"
    place.rename(secret)
    place.symlink_to(secret)
    assert table.place(file) is None
    place.unlink()
    assert table.place(file) is None


def test_the_instants_of_versions_rise_even_where_clocks_did_not(tmp_path: Path) -> None:
    for number in range(3):
        write(tmp_path, frame(range(number, number + 2), "x"))
    log = folder(tmp_path) / "_delta_log"
    for version, at in ((0, 5000), (1, 4000), (2, 4500)):
        lines = (log / f"{version:020d}.json").read_text(encoding="utf-8").splitlines()
        first = json.loads(lines[0])
        first["commitInfo"]["timestamp"] = at
        (log / f"{version:020d}.json").write_text(
            "\n".join([json.dumps(first), *lines[1:]]), encoding="utf-8"
        )
    table = opened(tmp_path)
    assert table.times() == {0: 5000, 1: 5001, 2: 5002}
    assert [table.version_before(at) for at in (4999, 5000, 5001, 9999)] == [None, 0, 1, 2]
    assert [table.version_from(at) for at in (0, 5000, 5001, 5003)] == [0, 0, 1, None]


def test_kept_versions_are_bounded_by_the_files_they_list() -> None:
    cache = SnapshotCache(files=10)
    for version in range(8):
        files = {str(n): DataFile(str(n), str(n), 1, {}) for n in range(4)}
        cache.put(NAME, (version, version), Snapshot(version, {}, {}, files))
    held = [v for v in range(8) if cache.get(NAME, v, (v, v))]
    assert held == [6, 7]
    large = {str(n): DataFile(str(n), str(n), 1, {}) for n in range(40)}
    cache.put(NAME, (9, 9), Snapshot(9, {}, {}, large))
    assert [v for v in range(10) if cache.get(NAME, v, (v, v))] == [9]
    assert cache.get(NAME, 9, (0, 0)) is None


def test_a_version_is_replayed_once_whoever_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, frame(range(2), "x"))
    table, made = opened(tmp_path), []
    replay = DeltaLog.snapshot

    def counted(log: DeltaLog, version: int, base: Snapshot | None = None) -> Snapshot:
        made.append(version)
        return replay(log, version, base)

    monkeypatch.setattr(DeltaLog, "snapshot", counted)
    threads = [threading.Thread(target=table.snapshot) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [0]


def test_a_files_representation_shows_no_value_of_a_row(tmp_path: Path) -> None:
    write(tmp_path, pl.DataFrame({"name": ["张三丰"], "区划": ["秘密地"]}))
    shown = repr(opened(tmp_path).snapshot().files[0])
    assert "张三丰" not in shown
    assert "秘密地" not in shown


def test_files_of_changes_and_removed_files_are_found_by_their_id(tmp_path: Path) -> None:
    write(tmp_path, frame(range(4), "x"))
    removed = opened(tmp_path).snapshot().files[0]
    DeltaTable(str(folder(tmp_path))).delete("n = 2")
    table = opened(tmp_path)
    assert table.commit(1).cdcs
    for file in (removed, *table.commit(1).cdcs, *table.snapshot(1).files):
        found = table.file(1, file.id)
        assert found is not None
        assert found.path == file.path
    assert table.file(1, file_id("elsewhere")) is None
    assert table.file(9, removed.id) is None
