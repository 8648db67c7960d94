"""Forgetting earlier versions: nothing of them is left on disk, what stays is whole, a kill is made good."""

import os
import re
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import lake.store
from lake import Commit, Lake
from lake.old_versions import oldest_read_since
from lake.shared import SharedLake, VersionMissing
from lake.store import GONE
from resource_catalogue.words import TableName

TABLE, SHARED = TableName("audit", "access"), TableName("share", "shops")
MARKER = "标记MARKER7"


@pytest.fixture
def lake_of(tmp_path: Path) -> Lake:
    return Lake(tmp_path / "lake", threads=1)


def rows(*names: str) -> pl.DataFrame:
    return pl.DataFrame({"name": list(names), "n": list(range(len(names)))})


def holding(folder: Path, text: str = MARKER) -> list[str]:
    """Name the files below a folder that hold a text."""
    return [p.name for p in sorted(folder.rglob("*")) if p.is_file() and text.encode() in p.read_bytes()]


def names(lake: Lake, table: TableName = TABLE) -> list[str]:
    return sorted(lake.query(f"select name from {table}", table)["name"])


def overwritten(lake: Lake) -> None:
    lake.append(TABLE, rows(MARKER))
    lake.append(TABLE, rows("b"))
    lake.overwrite(TABLE, rows("b", "c"), Commit(fingerprint="f"))


def test_no_file_and_no_statistic_of_a_forgotten_row_is_left(lake_of: Lake) -> None:
    overwritten(lake_of)
    before = holding(lake_of.path(TABLE))
    assert any(name.endswith(".json") for name in before)
    assert any(name.endswith(".parquet") for name in before)
    assert lake_of.forget(TABLE) > 0
    assert holding(lake_of.path(TABLE)) == []
    assert (names(lake_of), lake_of.version(TABLE)) == (["b", "c"], 2)
    assert lake_of.last_commit(TABLE) == Commit(fingerprint="f")
    assert not lake_of.has_history(TABLE)


def test_forgetting_again_touches_nothing(lake_of: Lake) -> None:
    overwritten(lake_of)
    lake_of.forget(TABLE)
    state = {p: p.stat().st_mtime_ns for p in lake_of.path(TABLE).rglob("*")}
    assert lake_of.forget(TABLE) == 0
    assert state == {p: p.stat().st_mtime_ns for p in lake_of.path(TABLE).rglob("*")}


def test_who_had_the_table_open_before_goes_on_reading_and_writing(lake_of: Lake) -> None:
    overwritten(lake_of)
    others = [Lake(lake_of.root, threads=1) for _ in range(2)]
    others[0].read(TABLE)
    lake_of.append(TABLE, rows("d"))
    others[1].read(TABLE)
    lake_of.append(TABLE, rows("e"))
    lake_of.forget(TABLE)
    for other in others:
        assert names(other) == ["b", "c", "d", "e"]
    others[0].append(TABLE, rows("f"))
    assert [names(other)[-1] for other in (lake_of, *others)] == ["f", "f", "f"]


def test_a_reader_of_a_version_that_went_gets_an_error_and_never_fewer_rows(lake_of: Lake) -> None:
    overwritten(lake_of)
    reader = DeltaTable(str(lake_of.path(TABLE)), version=1)
    lake_of.forget(TABLE)
    with pytest.raises(FileNotFoundError):
        reader.to_pyarrow_table()
    with pytest.raises(DeltaError):
        DeltaTable(str(lake_of.path(TABLE)), version=1)


def test_what_a_killed_writer_left_goes_too(lake_of: Lake) -> None:
    overwritten(lake_of)
    for name in ("part-9.parquet", "part-9.parquet#1", "_change_data/cdc-9.parquet"):
        orphan = lake_of.path(TABLE) / name
        orphan.parent.mkdir(exist_ok=True)
        orphan.write_bytes(MARKER.encode())
    lake_of.forget(TABLE)
    assert holding(lake_of.path(TABLE)) == []


@pytest.mark.parametrize("survived", range(4))
def test_a_kill_anywhere_leaves_a_whole_table_and_the_next_call_finishes(
    lake_of: Lake, monkeypatch: pytest.MonkeyPatch, survived: int
) -> None:
    overwritten(lake_of)
    left, unlink = iter(range(survived)), Path.unlink

    def killed(path: Path, missing_ok: bool = False) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        unlink(path, missing_ok)

    with monkeypatch.context() as broken:
        broken.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            lake_of.forget(TABLE)
    other = Lake(lake_of.root, threads=1)
    assert names(other) == ["b", "c"]
    assert other.has_history(TABLE)
    other.forget(TABLE)
    assert (holding(other.path(TABLE)), names(other)) == ([], ["b", "c"])


def test_an_erased_table_has_no_rows_now_or_before_even_with_a_checkpoint_of_its_own(lake_of: Lake) -> None:
    overwritten(lake_of)
    DeltaTable(str(lake_of.path(TABLE))).create_checkpoint()
    for _ in range(2):
        lake_of.erase(TABLE, Commit(fingerprint="withdrawn"))
        assert (holding(lake_of.path(TABLE)), names(lake_of), lake_of.data_files(TABLE)) == ([], [], [])
    assert (lake_of.version(TABLE), lake_of.has_history(TABLE)) == (3, False)


def changed(lake: Lake, name: str, n: int, gone: bool = False) -> None:
    lake.change(SHARED, pl.DataFrame({"name": [name], "n": [n], GONE: [gone]}), ["name"])


def test_versions_and_changes_from_the_oldest_kept_one_on_stay_as_they_were(lake_of: Lake) -> None:
    lake_of.append(SHARED, rows("a", "b"))
    for number in range(5):
        changed(lake_of, "a", 10 + number)
    changed(lake_of, "b", 0, gone=True)
    before = {v: sorted(lake_of.query(_at(lake_of, v)).rows()) for v in range(3, 7)}
    feed = _changes(lake_of, 4)
    lake_of.forget(SHARED, 3)
    assert {v: sorted(lake_of.query(_at(lake_of, v)).rows()) for v in range(3, 7)} == before
    assert _changes(lake_of, 4) == feed
    table = SharedLake(lake_of.root).table(SHARED)
    assert table is not None
    assert sorted(table.times()) == [3, 4, 5, 6]
    for version in range(3, 7):
        listed = [table.place(file) for file in table.snapshot(version).files]
        assert listed
        assert None not in listed
    with pytest.raises(VersionMissing):
        table.snapshot(2)


def _at(lake: Lake, version: int) -> str:
    files = DeltaTable(str(lake.path(SHARED)), version=version).file_uris()
    return f"select name, n from read_parquet({files})"


def _changes(lake: Lake, since: int) -> list[tuple[object, ...]]:
    feed = DeltaTable(str(lake.path(SHARED))).load_cdf(starting_version=since)
    frame = pl.DataFrame(feed.read_all())
    return sorted(frame.select("name", "n", "_change_type", "_commit_version").rows())


@given(st.lists(st.sampled_from("aofc"), min_size=1, max_size=12), st.integers(0, 12))
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_was_written_the_kept_versions_read_as_before(
    tmp_path_factory: pytest.TempPathFactory, acts: list[str], oldest: int
) -> None:
    lake = Lake(tmp_path_factory.mktemp("lake") / "lake", threads=1)
    lake.append(SHARED, rows("a"))
    for number, act in enumerate(acts):
        if act == "a":
            lake.append(SHARED, pl.DataFrame({"name": [f"x{number}"], "n": [number]}))
        elif act == "o":
            lake.overwrite(SHARED, rows("a", f"y{number}"))
        elif act == "f":
            lake.forget(SHARED, number // 2)
        else:
            changed(lake, "a", 100 + number)
    newest = lake.version(SHARED) or 0
    first = min(lake_versions(lake))
    kept = range(max(first, min(oldest, newest)), newest + 1)
    before = {version: sorted(lake.query(_at(lake, version)).rows()) for version in kept}
    lake.forget(SHARED, kept.start)
    assert {version: sorted(lake.query(_at(lake, version)).rows()) for version in kept} == before
    assert lake_versions(lake) == list(kept)


def lake_versions(lake: Lake) -> list[int]:
    log = lake.path(SHARED) / "_delta_log"
    return sorted(int(p.stem) for p in log.glob("*.json") if re.fullmatch(r"\d{20}", p.stem))


def test_no_version_is_forgotten_but_by_the_platform(lake_of: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(lake.store._CONFIGURATION, "delta.checkpointInterval", "2")
    for number in range(8):
        lake_of.append(TABLE, rows(f"row {number}"))
        for path in (lake_of.path(TABLE) / "_delta_log").iterdir():
            os.utime(path, (0, 0))
    assert list(lake_of.path(TABLE).rglob("*.checkpoint.parquet"))
    assert [lake_of.read(TABLE, version).height for version in range(8)] == list(range(1, 9))


def test_the_version_of_an_instant_is_the_newest_before_it(lake_of: Lake) -> None:
    overwritten(lake_of)
    at = [entry["timestamp"] for entry in reversed(DeltaTable(str(lake_of.path(TABLE))).history())]
    folder = lake_of.path(TABLE)
    assert [oldest_read_since(folder, ms) for ms in (0, at[2] + 10)] == [0, 2]
    assert oldest_read_since(folder, at[1]) in (1, 2)
