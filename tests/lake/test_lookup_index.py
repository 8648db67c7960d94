"""An index finds the rows of a subject at the version it was made of, and is swapped whole."""

import datetime as dt
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from lake import Lake, lookup_index
from lake.lookup_builder import build_indexes
from lake.lookup_index import LookupIndex, current_index
from resource_catalogue.access_words import ServedEntry
from resource_catalogue.errors import CivicError, LakeError
from resource_catalogue.words import TableName

TABLE = TableName("share", "base__person__service__00000000")
SERVED = {TABLE: ServedEntry("base.person", "person", (), "2026-03-16T09:00:00+08:00")}


def rows(*names: str) -> pl.DataFrame:
    return pl.DataFrame({"_subject_key": [f"k{i}" for i in range(len(names))], "name": list(names)})


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = Lake(tmp_path / "lake")
    made.overwrite(TABLE, rows("a", "b"))
    return made


def test_each_key_finds_its_rows_and_an_unknown_key_none(lake: Lake, tmp_path: Path) -> None:
    lake.append(TABLE, pl.DataFrame({"_subject_key": ["k0"], "name": ["second"]}))
    build_indexes(lake, tmp_path / "lookup", SERVED)
    found = LookupIndex(tmp_path / "lookup").find(TABLE, ["k0", "k1", "k9"])
    assert found.version == 1
    assert sorted(row["name"] for row in found.rows["k0"]) == ["a", "second"]
    assert found.rows["k1"] == [{"name": "b"}]
    assert "k9" not in found.rows


def test_an_open_reader_takes_up_the_next_version_with_its_next_call(lake: Lake, tmp_path: Path) -> None:
    build_indexes(lake, tmp_path / "lookup", SERVED)
    reader = LookupIndex(tmp_path / "lookup")
    assert reader.find(TABLE, ["k0"]).rows["k0"] == [{"name": "a"}]
    lake.overwrite(TABLE, rows("changed"))
    assert build_indexes(lake, tmp_path / "lookup", SERVED) == [TABLE]
    found = reader.find(TABLE, ["k0", "k1"])
    assert (found.version, found.rows) == (1, {"k0": [{"name": "changed"}]})


def test_an_index_of_the_same_version_is_not_made_again(lake: Lake, tmp_path: Path) -> None:
    build_indexes(lake, tmp_path / "lookup", SERVED)
    assert build_indexes(lake, tmp_path / "lookup", SERVED) == []


def test_a_table_that_was_dropped_and_made_again_does_not_keep_the_former_index(
    lake: Lake, tmp_path: Path
) -> None:
    build_indexes(lake, tmp_path / "lookup", SERVED)
    lake.drop(TABLE)
    lake.overwrite(TABLE, rows("other"))
    assert build_indexes(lake, tmp_path / "lookup", SERVED) == [TABLE]
    assert LookupIndex(tmp_path / "lookup").find(TABLE, ["k0"]).rows["k0"] == [{"name": "other"}]


def test_the_index_of_a_table_that_nobody_is_served_from_goes(lake: Lake, tmp_path: Path) -> None:
    build_indexes(lake, tmp_path / "lookup", SERVED)
    build_indexes(lake, tmp_path / "lookup", {})
    assert list((tmp_path / "lookup").iterdir()) == []
    with pytest.raises(LakeError):
        LookupIndex(tmp_path / "lookup").find(TABLE, ["k0"])


def test_a_draft_that_a_killed_call_left_is_in_nobody_s_way(lake: Lake, tmp_path: Path) -> None:
    folder = tmp_path / "lookup" / TABLE.name
    folder.mkdir(parents=True)
    (folder / f"0-{lake.identity(TABLE)}.draft").write_bytes(b"half")
    build_indexes(lake, tmp_path / "lookup", SERVED)
    assert LookupIndex(tmp_path / "lookup").find(TABLE, ["k1"]).rows["k1"] == [{"name": "b"}]


def test_no_table_but_a_shared_one_is_read(tmp_path: Path) -> None:
    with pytest.raises(LakeError, match="not a shared table"):
        LookupIndex(tmp_path).find(TableName("base", "person"), ["k0"])


def test_files_of_an_index_are_for_the_platform_alone(lake: Lake, tmp_path: Path) -> None:
    build_indexes(lake, tmp_path / "lookup", SERVED)
    modes = {p.stat().st_mode & 0o777 for p in (tmp_path / "lookup").rglob("*") if p.is_file()}
    assert modes == {0o600}


def test_amounts_dates_and_instants_keep_every_digit(lake: Lake, tmp_path: Path) -> None:
    row = {
        "_subject_key": ["k0"], "amount_cny": [Decimal("12345678901234567.10")], "on": [dt.date(2026, 3, 1)],
        "at": [dt.datetime(2026, 3, 1, 1, 2, 3, 4, tzinfo=dt.UTC)], "count": [2**62], "name": ["引\"号'\\"],
    }  # fmt: skip
    lake.overwrite(TABLE, pl.DataFrame(row, schema_overrides={"amount_cny": pl.Decimal(20, 2)}))
    build_indexes(lake, tmp_path / "lookup", SERVED)
    assert LookupIndex(tmp_path / "lookup").find(TABLE, ["k0"]).rows["k0"] == [
        {
            "amount_cny": "12345678901234567.10",
            "on": "2026-03-01",
            "at": "2026-03-01T01:02:03.000004Z",
            "count": 2**62,
            "name": "引\"号'\\",
        }
    ]


def test_a_reader_that_looked_at_the_pointer_just_before_the_swap_reads_the_new_version(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_indexes(lake, tmp_path / "lookup", SERVED)
    former = current_index(tmp_path / "lookup" / TABLE.name)
    lake.overwrite(TABLE, rows("changed"))
    build_indexes(lake, tmp_path / "lookup", SERVED)
    seen = iter([former])
    monkeypatch.setattr(
        lookup_index, "current_index", lambda folder: next(seen, None) or current_index(folder)
    )
    assert LookupIndex(tmp_path / "lookup").find(TABLE, ["k0"]).rows["k0"] == [{"name": "changed"}]


def test_an_index_that_cannot_be_read_is_named_without_what_it_holds(lake: Lake, tmp_path: Path) -> None:
    build_indexes(lake, tmp_path / "lookup", SERVED)
    folder = tmp_path / "lookup" / TABLE.name
    (folder / str(current_index(folder))).write_bytes(b"no database at all" * 100)
    with pytest.raises(CivicError) as refused:
        LookupIndex(tmp_path / "lookup").find(TABLE, ["k0"])
    assert not isinstance(refused.value, LakeError)
    assert refused.value.where == str(TABLE)
    assert refused.value.__cause__ is None
