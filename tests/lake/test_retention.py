"""How long earlier versions stay: the term, grants with history, evidence that is kept, clocks that are wrong."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from lake import Lake
from lake.retention import forget_old_versions
from lake.tables import OPENED, SCHEMAS
from resource_catalogue.words import TableName

STANDARD, SHARED = TableName("standard", "a__b"), TableName("share", "a__b__copy__1")
LATER = dt.timedelta(days=31)


@pytest.fixture
def lake_of(tmp_path: Path) -> Lake:
    made = Lake(tmp_path / "lake", threads=1)
    for table in (STANDARD, SHARED):
        for number in range(4):
            made.overwrite(table, pl.DataFrame({"n": [number]}))
    return made


def written_at(lake: Lake, table: TableName, version: int) -> dt.datetime:
    """Return when a version was committed."""
    found = {entry["version"]: entry["timestamp"] for entry in DeltaTable(str(lake.path(table))).history()}
    return dt.datetime.fromtimestamp(found[version] / 1000, dt.UTC)


def kept(lake: Lake, table: TableName) -> list[int]:
    return sorted(int(path.stem) for path in (lake.path(table) / "_delta_log").glob("*.json"))


def test_what_was_replaced_longer_ago_than_the_term_goes(lake_of: Lake) -> None:
    as_of = written_at(lake_of, SHARED, 3) + LATER
    assert forget_old_versions(lake_of, as_of, 30) == {STANDARD: 6, SHARED: 6}
    assert (kept(lake_of, STANDARD), lake_of.read(STANDARD).rows()) == ([3], [(3,)])
    assert forget_old_versions(lake_of, as_of, 30) == {}


def test_a_version_that_was_the_newest_within_the_term_stays(lake_of: Lake) -> None:
    as_of = written_at(lake_of, STANDARD, 1) + dt.timedelta(days=30)
    forget_old_versions(lake_of, as_of, 30)
    assert kept(lake_of, STANDARD)[0] <= 1
    assert kept(lake_of, STANDARD)[-1] == 3


def test_a_clock_behind_that_of_the_commits_forgets_nothing(lake_of: Lake) -> None:
    assert forget_old_versions(lake_of, dt.datetime(2020, 1, 1, tzinfo=dt.UTC), 7) == {}


def test_what_a_grant_with_history_reaches_stays_with_the_changes_that_lead_to_it(lake_of: Lake) -> None:
    as_of = written_at(lake_of, SHARED, 3) + LATER
    forget_old_versions(lake_of, as_of, 30, {SHARED: 2})
    assert kept(lake_of, SHARED) == [1, 2, 3]
    changes = DeltaTable(str(lake_of.path(SHARED))).load_cdf(starting_version=2).read_all()
    assert sorted(pl.DataFrame(changes)["n"]) == [1, 2, 2, 3]
    assert kept(lake_of, STANDARD) == [3]


def test_what_a_killed_drop_left_goes_and_a_table_beside_it_stays(
    lake_of: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        killed.setattr("lake.store.shutil.rmtree", lambda *_, **__: None)
        lake_of.drop(SHARED)
    assert lake_of.data_files(SHARED)
    forget_old_versions(lake_of, written_at(lake_of, STANDARD, 3), 30)
    assert not lake_of.path(SHARED).exists()
    assert lake_of.row_count(STANDARD) == 1


def test_the_platform_s_own_doings_keep_their_history(lake_of: Lake) -> None:
    for _ in range(2):
        lake_of.overwrite(OPENED, SCHEMAS[OPENED].empty_table())
    forget_old_versions(lake_of, written_at(lake_of, SHARED, 3) + LATER, 7)
    assert kept(lake_of, OPENED) == [0, 1]
