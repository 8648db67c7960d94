"""Opening: files, manifest and record; refusals that change nothing published; reruns and kills."""

import datetime as dt
import hashlib
import json
from pathlib import Path

import polars as pl
import pytest
from made_city import (
    AS_OF,
    COUNT_SQL,
    ENTITIES_TABLE,
    LIST,
    LIST_SQL,
    POPULATION,
    citizen_id,
    deployment,
    entities_frame,
    make_lake,
    person_frame,
    release,
)
from opened_city import folder, opened, state_of

from lake import Lake
from lake.tables import OPENED
from opening import publish
from opening.files import SUFFIXES
from opening.final_scan import scan_files
from opening.publish import open_dataset
from resource_catalogue.errors import CatalogueError
from resource_catalogue.words import TableName

CELLS = {
    ("329901", "男", 1980): 30,
    ("329901", "女", 1980): 25,
    ("329902", "男", 1980): 7,
    ("329903", "女", 1950): 13,
}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return make_lake(tmp_path / "var", entities_frame(), person_frame(CELLS))


@pytest.mark.requirement("P-10", "Q-08")
def test_a_list_is_opened_with_files_manifest_table_and_record(lake: Lake) -> None:
    result = opened(lake, LIST, LIST_SQL)
    assert (result.state, result.rows, result.k) == ("opened", 40, None)
    place = folder(lake, LIST)
    names = [f"entities_list{suffix}" for suffix in SUFFIXES.values()]
    assert sorted(p.name for p in place.iterdir()) == sorted([*names, "manifest.json"])
    manifest = json.loads((place / "manifest.json").read_text(encoding="utf-8"))
    for file in manifest["files"]:
        content = (place / file["name"]).read_bytes()
        assert (file["sha256"], file["bytes"]) == (hashlib.sha256(content).hexdigest(), len(content))
    table = lake.read(TableName("open", LIST.id))
    assert table.equals(pl.read_parquet(place / "entities_list.parquet"))
    assert table["entity_name"].null_count() == 10
    row = lake.read(OPENED).row(0, named=True)
    assert (row["dataset"], row["rows"], row["state"], row["release"]) == ("entities_list", 40, "opened", 7)
    assert row["manifest_hash"] == hashlib.sha256((place / "manifest.json").read_bytes()).hexdigest()


@pytest.mark.requirement("P-10", "Q-08")
def test_the_csv_for_spreadsheets_has_a_byte_order_mark_and_keeps_codes_as_text(lake: Lake) -> None:
    opened(lake, LIST, LIST_SQL)
    plain = (folder(lake, LIST) / "entities_list.csv").read_bytes()
    content = (folder(lake, LIST) / "entities_list.excel.csv").read_bytes()
    assert content == b"\xef\xbb\xbf" + plain
    assert '"913299' in content.decode("utf-8-sig")
    back = pl.read_csv(folder(lake, LIST) / "entities_list.csv", infer_schema=False)
    assert back.columns[0] == "credit_code"
    assert back.equals(pl.read_parquet(folder(lake, LIST) / "entities_list.parquet"))


@pytest.mark.requirement("S-01", "P-05", "P-22", "X-02")
def test_the_manifest_cites_release_profile_sources_masks_and_attribution(lake: Lake) -> None:
    manifest = opened(lake, LIST, LIST_SQL).manifest
    assert manifest is not None
    assert manifest["catalogue_release"] == {"number": 7, "hash": "release-hash"}
    assert manifest["profile"]["id"] == "yancheng@1"
    assert manifest["open_type"]["zh"] == "无条件开放"
    source = manifest["sources"][0]
    assert (source["resource"], source["deliveries"][0]["delivery_id"]) == ("market.entities", "delivery-1")
    name = manifest["columns"][1]
    assert (name["label_of_sources"], name["label"], name["mask"]["name"]) == (
        "conditional", "open_to_all", "suppress_when_sensitive",
    )  # fmt: skip
    assert manifest["attribution"]["fields"] == ["source", "provider"]
    assert "提供机构" in manifest["attribution"]["zh"]
    assert manifest["as_of"] == AS_OF.isoformat()


@pytest.mark.parametrize(
    ("profile", "wanted"),
    [("weihai", ["source", "acquired_on"]), ("xinjiang", ["source", "acquired_on"]), ("putuo", None)],
)  # fmt: skip
@pytest.mark.requirement("P-22")
def test_the_attribution_follows_the_profile(lake: Lake, profile: str, wanted: list[str] | None) -> None:
    manifest = opened(lake, LIST, LIST_SQL, release(LIST, profile=profile)).manifest
    assert manifest is not None
    line = manifest["attribution"]
    assert (line["fields"] if line else None) == wanted


@pytest.mark.requirement("P-05")
def test_counts_below_the_minimum_cell_are_in_no_file(lake: Lake) -> None:
    result = opened(lake, POPULATION, COUNT_SQL)
    assert (result.rows, result.k) == (2, 25)
    place = folder(lake, POPULATION)
    assert result.manifest is not None
    assert result.manifest["minimum_cell"] == {
        "k_asked": 20, "k_reached": 25, "suppressed_cells": 2, "suppressed_totals": 0,
    }  # fmt: skip
    for table in (
        pl.read_csv(place / "population.csv"),
        pl.read_parquet(place / "population.parquet"),
        lake.read(TableName("open", "population")),
    ):
        assert sorted(table["persons"].to_list()) == [25, 30]
    whole = b"".join(p.read_bytes() for p in place.iterdir())
    assert b"329902" not in whole
    assert b"329903" not in whole
    assert "张某".encode() not in whole


@pytest.mark.requirement("P-05")
def test_totals_from_which_a_small_cell_could_be_told_are_not_published(lake: Lake) -> None:
    sql = COUNT_SQL.replace("group by all", "group by cube (county_division_code, sex, date_of_birth)")
    result = opened(lake, POPULATION, sql)
    table = lake.read(TableName("open", "population"))
    assert result.state == "opened"
    assert set(table["persons"].to_list()) == {30, 25, 55}, "not 75, 62, 38, 37: they cover cells of 7 or 13"


@pytest.mark.requirement("P-05")
def test_two_margins_without_their_joint_cells_are_refused_where_a_small_cell_is_left_out(lake: Lake) -> None:
    apart = "group by grouping sets ((county_division_code, date_of_birth), (sex, date_of_birth))"
    result = opened(lake, POPULATION, COUNT_SQL.replace("group by all", apart))
    assert result.state == "refused"
    assert "joint cells" in result.reason
    assert not folder(lake, POPULATION).exists()


def test_the_same_inputs_write_nothing_twice(lake: Lake, tmp_path: Path) -> None:
    for made, sql in ((LIST, LIST_SQL), (POPULATION, COUNT_SQL)):
        assert opened(lake, made, sql).state == "opened"
        before = state_of(lake, tmp_path)
        again = opened(lake, made, sql)
        assert again.state == "unchanged"
        assert state_of(lake, tmp_path) == before


def test_another_day_alone_opens_nothing_anew_unless_ages_are_counted_from_it(lake: Lake) -> None:
    later = AS_OF + dt.timedelta(days=1)
    opened(lake, LIST, LIST_SQL)
    opened(lake, POPULATION, COUNT_SQL)
    assert opened(lake, LIST, LIST_SQL, as_of=later).state == "unchanged"
    assert opened(lake, POPULATION, COUNT_SQL, as_of=later).state == "opened"


def test_the_same_rows_give_the_same_bytes_whatever_their_order(lake: Lake, tmp_path: Path) -> None:
    other = make_lake(tmp_path / "other" / "var", entities_frame().reverse())
    hashes = [
        [file["sha256"] for file in (opened(one, LIST, LIST_SQL).manifest or {})["files"]]
        for one in (lake, other)
    ]
    assert hashes[0] == hashes[1]


def test_a_refused_dataset_keeps_what_it_published_and_is_recorded_as_refused(
    lake: Lake, tmp_path: Path
) -> None:
    opened(lake, LIST, LIST_SQL)
    before = {p.name: p.read_bytes() for p in folder(lake, LIST).iterdir()}
    version, planted = lake.version(TableName("open", LIST.id)), citizen_id(5)
    spoilt = entities_frame().with_columns(scope=pl.lit(f"联系人{planted}"))
    lake.overwrite(ENTITIES_TABLE, spoilt)
    refused = opened(lake, LIST, LIST_SQL)
    assert (refused.state, refused.rows) == ("refused", 40)
    assert "scope" in refused.reason
    assert planted not in refused.reason
    assert {p.name: p.read_bytes() for p in folder(lake, LIST).iterdir()} == before
    assert lake.version(TableName("open", LIST.id)) == version
    row = lake.read(OPENED).row(0, named=True)
    assert (row["state"], row["rows"], len(row["files"])) == ("refused", 40, len(SUFFIXES))
    recorded = state_of(lake, tmp_path)
    assert opened(lake, LIST, LIST_SQL).state == "refused"
    assert state_of(lake, tmp_path) == recorded, "a refusal is recorded once"
    lake.overwrite(ENTITIES_TABLE, entities_frame())
    assert opened(lake, LIST, LIST_SQL).state == "opened", "the record goes back to opened"
    assert lake.read(OPENED)["state"].to_list() == ["opened"]


def test_a_dataset_that_was_never_published_is_refused_with_nothing_written_but_the_record(
    lake: Lake,
) -> None:
    sql = f"{LIST_SQL} union all by name {LIST_SQL}"
    result = opened(lake, LIST, sql)
    assert (result.state, result.manifest, result.rows) == ("refused", None, 0)
    assert "BY NAME" in result.reason
    assert not folder(lake, LIST).exists()
    assert not lake.exists(TableName("open", LIST.id))
    assert lake.read(OPENED)["state"].to_list() == ["refused"]


def test_one_refused_dataset_stops_no_other(lake: Lake) -> None:
    both = release(LIST, POPULATION, unlisted=(LIST.id,))
    assert opened(lake, LIST, LIST_SQL, both).state == "refused"
    assert opened(lake, POPULATION, COUNT_SQL, both).state == "opened"
    assert sorted(lake.read(OPENED)["state"]) == ["opened", "refused"]


@pytest.mark.parametrize("step", ["write_files", "scan_files", "record", "build_manifest"])
def test_a_kill_at_any_step_is_made_good_by_the_next_run(
    lake: Lake, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def killed(*_: object, **__: object) -> object:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(publish, step, killed)
        with pytest.raises(KeyboardInterrupt):
            opened(lake, LIST, LIST_SQL)
    assert opened(lake, LIST, LIST_SQL).state == "opened"
    assert sorted(p.name for p in folder(lake, LIST).parent.iterdir()) == ["entities_list"]
    assert opened(lake, LIST, LIST_SQL).state == "unchanged"


def test_a_kill_between_the_two_renames_loses_nothing(lake: Lake) -> None:
    opened(lake, LIST, LIST_SQL)
    place = folder(lake, LIST)
    place.rename(place.parent / f".spare-{LIST.id}")
    assert opened(lake, LIST, LIST_SQL).state == "unchanged"
    assert place.is_dir()


@pytest.mark.parametrize("name", ["entities_list.csv", "manifest.json"])
@pytest.mark.requirement("Q-08")
def test_files_that_were_tampered_with_are_written_anew(lake: Lake, name: str) -> None:
    opened(lake, LIST, LIST_SQL)
    path = folder(lake, LIST) / name
    path.write_bytes(path.read_bytes() + b"\n")
    assert opened(lake, LIST, LIST_SQL).state == "opened"
    assert not path.read_bytes().endswith(b"\n\n")
    assert lake.read(OPENED)["manifest_hash"].to_list() == [
        hashlib.sha256((folder(lake, LIST) / "manifest.json").read_bytes()).hexdigest()
    ]


@pytest.mark.requirement("Q-08")
def test_a_file_that_was_put_beside_the_published_ones_is_removed(lake: Lake) -> None:
    opened(lake, LIST, LIST_SQL)
    stray = folder(lake, LIST) / "more.csv"
    stray.write_text("x", encoding="utf-8")
    assert opened(lake, LIST, LIST_SQL).state == "opened"
    assert not stray.exists()


def test_the_final_scan_reads_bytes_statistics_and_metadata(tmp_path: Path) -> None:
    planted = citizen_id(77)
    (tmp_path / "a.csv").write_bytes(f"note\r\n无\r\n号{planted}\r\n".encode("utf-8-sig"))
    assert [(e.column, e.hits) for e in scan_files(tmp_path, {})] == [("note", 1)]
    (tmp_path / "a.csv").unlink()
    (tmp_path / "b.csv").write_bytes(f"{planted}\r\n1\r\n".encode())
    assert [e.kind for e in scan_files(tmp_path, {})] == ["citizen_id"]
    (tmp_path / "b.csv").unlink()
    pl.DataFrame({"note": ["无"]}).write_parquet(tmp_path / "c.parquet", metadata={"author": planted})
    assert [e.kind for e in scan_files(tmp_path, {})] == ["citizen_id"]
    (tmp_path / "c.parquet").unlink()
    pl.DataFrame({"note": ["无", planted]}).write_parquet(tmp_path / "d.parquet")
    assert {e.column for e in scan_files(tmp_path, {})} == {"note"}
    assert planted not in repr(scan_files(tmp_path, {}))


@pytest.mark.requirement("P-03")
def test_a_find_in_the_final_files_refuses_and_publishes_nothing(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def leaking(frame: pl.DataFrame, place: Path, name: str) -> list[object]:
        (place / f"{name}.csv").write_text(f"note\n{citizen_id(1)}\n", encoding="utf-8")
        return []

    monkeypatch.setattr(publish, "write_files", leaking)
    assert opened(lake, LIST, LIST_SQL).state == "refused"
    assert not folder(lake, LIST).exists()
    assert not lake.exists(TableName("open", LIST.id))


def test_an_unknown_dataset_is_an_error_of_the_catalogue(lake: Lake) -> None:
    with pytest.raises(CatalogueError):
        open_dataset(lake, release(LIST), deployment(lake.root), "nothing", AS_OF, LIST_SQL)
