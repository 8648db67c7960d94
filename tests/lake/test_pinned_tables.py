"""Tables as engines see them: one version, opened once, and the newest whenever somebody asks anew."""

import threading
from pathlib import Path

import duckdb
import polars as pl
import pytest

from lake import Lake
from lake.engine import open_engine
from resource_catalogue.errors import EngineError
from resource_catalogue.words import TableName

T = TableName("raw", "t")


def rows(first: int, count: int = 10) -> pl.DataFrame:
    return pl.DataFrame({"a": list(range(first, first + count))})


def counted(lake: Lake) -> int:
    return int(lake.query(f"select count(*) from {T}", T).item())


def attached(connection: duckdb.DuckDBPyConnection) -> list[str]:
    found = connection.execute("select database_name from duckdb_databases()").fetchall()
    return sorted(name for (name,) in found if name.startswith(str(T)))


def opening(lake: Lake) -> object:
    """Return the number that the engine gave the table when it opened it."""
    sql = "select database_oid from duckdb_databases() where starts_with(database_name, 'raw.t@')"
    return lake.connect(T).execute(sql).fetchall()


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Return a lake with one table of ten rows."""
    made = Lake(tmp_path / "lake")
    made.append(T, rows(0))
    return made


def test_a_query_sees_what_was_committed_before_it_by_whomever(lake: Lake) -> None:
    assert counted(lake) == 10
    lake.append(T, rows(10))
    assert counted(lake) == 20
    Lake(lake.root).append(T, rows(20))
    assert counted(lake) == 30


def test_a_new_column_is_seen(lake: Lake) -> None:
    assert counted(lake) == 10
    lake.append(T, rows(10).with_columns(b=pl.lit("x")))
    assert lake.query(f"select count(b) from {T}", T).item() == 10


def test_earlier_versions_do_not_stay_open(lake: Lake) -> None:
    for number in range(5):
        lake.append(T, rows(number))
        counted(lake)
    connection = lake.connect(T)
    assert attached(connection) == [f"{T}@{lake.version(T)}@{lake.identity(T)}@0"]


def test_a_table_is_opened_once_for_all_queries_of_a_version(lake: Lake) -> None:
    assert counted(lake) == 10
    first = opening(lake)
    assert counted(lake) == 10
    assert opening(lake) == first
    lake.append(T, rows(10))
    assert counted(lake) == 20
    assert opening(lake) != first


def test_who_reads_a_version_reads_it_to_its_end(lake: Lake) -> None:
    lake.overwrite(T, rows(0, 50_000))
    reading = lake.connect(T).execute(f"select a from {T} order by a")
    assert reading.fetchone() == (0,)
    lake.overwrite(T, rows(100_000, 5))
    assert counted(lake) == 5
    assert len(reading.fetchall()) == 49_999


def test_a_table_that_was_dropped_is_no_longer_shown(lake: Lake) -> None:
    connection = lake.connect(T)
    lake.drop(T)
    lake.register(connection, T)
    assert attached(connection) == []
    with pytest.raises(EngineError, match="does not exist"):
        counted(lake)


def test_a_table_made_again_is_shown_though_its_version_is_the_same(lake: Lake) -> None:
    assert counted(lake) == 10
    lake.drop(T)
    lake.append(T, rows(0, 3))
    assert lake.version(T) == 0
    assert counted(lake) == 3


def test_a_table_whose_earlier_commits_were_forgotten_by_another_process_is_still_read(lake: Lake) -> None:
    lake.append(T, rows(10))
    assert counted(lake) == 20
    assert Lake(lake.root).forget(T) > 0
    assert counted(lake) == 20


def test_engines_show_each_their_own_versions(lake: Lake, tmp_path: Path) -> None:
    other = open_engine(1, None, tmp_path / "spill")
    lake.register(other, T)
    lake.append(T, rows(10))
    assert counted(lake) == 20
    assert other.execute(f"select count(*) from {T}").fetchone() == (10,)
    lake.register(other, T)
    assert other.execute(f"select count(*) from {T}").fetchone() == (20,)
    other.close()


def test_threads_that_ask_while_another_commits_see_whole_versions(lake: Lake) -> None:
    seen: list[int] = []
    faults: list[BaseException] = []

    def ask() -> None:
        try:
            seen.extend(counted(lake) for _ in range(20))
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(10):
        lake.append(T, rows(number))
    for thread in threads:
        thread.join()
    assert faults == []
    assert len(seen) == 60
    assert {count % 10 for count in seen} == {0}
    assert counted(lake) == 110
