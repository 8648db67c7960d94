"""Many small files of a table are made few, and nobody takes it for news."""

from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from lake import Commit, Lake, compaction
from resource_catalogue.words import TableName

TABLE, SHARED = TableName("raw", "bureau__feed"), TableName("share", "feed")
WORDS = Commit({"claims.person": 7}, "code and release")


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lake:
    monkeypatch.setattr(compaction, "MOST_SMALL", 4)
    return Lake(tmp_path / "lake", threads=1)


def _rows(first: int, count: int = 1) -> pl.DataFrame:
    return pl.DataFrame({"code": [str(n) for n in range(first, first + count)]})


def _files(lake: Lake, table: TableName = TABLE) -> list[str]:
    return DeltaTable(str(lake.path(table))).file_uris()


def test_small_files_are_merged_once_there_are_many(lake: Lake) -> None:
    for number in range(4):
        lake.append(TABLE, _rows(number))
    assert not lake.compact(TABLE)
    assert len(_files(lake)) == 4
    lake.append(TABLE, _rows(4), WORDS)
    before = lake.row_hash(TABLE)
    assert lake.compact(TABLE)
    assert len(_files(lake)) == 1
    assert lake.row_hash(TABLE) == before
    version = lake.version(TABLE)
    assert not lake.compact(TABLE)
    assert lake.version(TABLE) == version


def test_a_table_that_is_not_there_is_not_compacted(lake: Lake) -> None:
    assert not lake.compact(TABLE)


def test_stages_know_the_table_again_after_its_files_were_merged(lake: Lake) -> None:
    for number in range(5):
        lake.append(TABLE, _rows(number), WORDS)
    assert lake.compact(TABLE)
    assert lake.is_current(TABLE, WORDS)
    assert Lake(lake.root, threads=1).last_commit(TABLE) == WORDS
    lake.append(TABLE, _rows(9))
    assert not lake.is_current(TABLE, WORDS)
    assert lake.row_count(TABLE) == 6


def test_readers_of_changes_see_none(lake: Lake) -> None:
    for number in range(5):
        lake.append(SHARED, _rows(number))
    since = (lake.version(SHARED) or 0) + 1
    assert lake.compact(SHARED)
    lake.append(SHARED, _rows(5))
    changes = pl.DataFrame(DeltaTable(str(lake.path(SHARED))).load_cdf(starting_version=since).read_all())
    assert changes.select("code", "_change_type").rows() == [("5", "insert")]


def test_what_one_merging_rewrites_does_not_grow_with_the_table(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake.append(TABLE, _rows(0, 50_000))
    (large,) = _files(lake)
    size = Path(large.removeprefix("file://")).stat().st_size
    monkeypatch.setattr(compaction, "WHOLE_BYTES", size)
    monkeypatch.setattr(compaction, "SMALL_BYTES", size // 2)
    for number in range(5):
        lake.append(TABLE, _rows(60_000 + number))
    assert lake.compact(TABLE)
    assert large in _files(lake)
    assert len(_files(lake)) == 2
    assert lake.row_count(TABLE) == 50_005


def test_two_handles_follow_each_other_over_many_commits(lake: Lake) -> None:
    other = Lake(lake.root, threads=1)
    for number in range(30):
        (lake if number % 3 else other).append(TABLE, _rows(number))
        assert lake.version(TABLE) == other.version(TABLE) == number
    assert other.row_count(TABLE) == 30


def test_a_table_that_another_process_made_anew_is_opened_afresh(lake: Lake) -> None:
    other = Lake(lake.root, threads=1)
    for number in range(5):
        lake.append(TABLE, _rows(number), WORDS)
    other.drop(TABLE)
    other.append(TABLE, _rows(9), Commit(fingerprint="anew"))
    assert lake.version(TABLE) == 0
    assert lake.last_commit(TABLE) == Commit(fingerprint="anew")


def test_what_a_commit_says_is_read_without_the_log_before_it(lake: Lake) -> None:
    for number in range(6):
        lake.append(TABLE, _rows(number), WORDS)
    assert lake.forget(TABLE) > 0
    assert Lake(lake.root, threads=1).last_commit(TABLE) == WORDS
    assert lake.append(TABLE, _rows(6)) == 6
