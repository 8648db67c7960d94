"""Every file of a municipal portal is drafted, and the drafts load them as they stand: rows are those of other readers.

All files are drafted and every twelfth is taken in; the whole run, and the page it writes, take minutes.
"""

import datetime as dt
import re
from collections import Counter
from pathlib import Path

import polars as pl
import pytest
import yaml
from other_reader import FEEDS, destroyed_codes, rows_seen

from benchmarks.drafted.measure import (
    AGENCY,
    CITY,
    DESTROYED,
    PAGE,
    Taken,
    differences,
    draft,
    page,
    profile_rows,
    take,
)
from ingestion.drafting.draft import Drafted, draft_entries
from ingestion.ingest import ingest_resource
from lake import Lake
from lake.releases import publish
from lake.tables import DELIVERIES
from resource_catalogue.catalogue import Catalogue, load_draft
from resource_catalogue.catalogue_check import check_catalogue, errors
from resource_catalogue.deployment import Deployment
from resource_catalogue.profile import load_profile
from resource_catalogue.resource import Resource
from resource_catalogue.settings import load_settings
from resource_catalogue.words import standard_table

FILES = 174
EVERY = 12
DAY = dt.date(2026, 11, 21)
IDENTITY_NUMBER = re.compile(r"(?<![0-9])[1-9][0-9]{5}(?:19|20)[0-9]{9}[0-9X](?![0-9])")


@pytest.fixture(scope="module")
def drafted(data: Path) -> Drafted:
    catalogue = load_draft(CITY / "catalogue").catalogue
    bare = Catalogue(agencies=catalogue.agencies, code_lists=catalogue.code_lists)
    return draft_entries(sorted((data / FEEDS).iterdir()), bare, AGENCY, data)


@pytest.fixture(scope="module")
def rows(drafted: Drafted) -> Counter[str]:
    """Count the rows of each file as its drafts read them."""
    counted: Counter[str] = Counter()
    for entry in drafted.drafts:
        for sample in entry.group.samples:
            counted[sample.path.name] += sample.frame.height + sample.rejected
    return counted


def test_an_entry_is_drafted_for_every_file(drafted: Drafted, rows: Counter[str]) -> None:
    assert drafted.refused == {}
    assert len(rows) == FILES


def test_every_file_has_as_many_rows_as_other_readers_find(rows: Counter[str], data: Path) -> None:
    known = differences()
    wrong = {}
    for name, counted in profile_rows().items():
        seen = known.get(name)
        expected = rows_seen(data / FEEDS / name, seen["begins"], int(seen["notes"])) if seen else counted
        if rows[name] != expected:
            wrong[name] = (rows[name], expected)
    assert wrong == {}
    assert {name for name, counted in profile_rows().items() if rows[name] != counted} == set(known)


def test_the_drafts_pass_the_catalogue_check_as_they_stand(drafted: Drafted, tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    for part in ("agencies", "code_lists"):
        (folder / part).mkdir(parents=True)
        for file in (CITY / "catalogue" / part).iterdir():
            (folder / part / file.name).write_bytes(file.read_bytes())
    place = folder / "resources" / AGENCY
    place.mkdir(parents=True)
    for entry, text in drafted.texts.items():
        (place / f"{entry.split('.')[1]}.yml").write_text(text, encoding="utf-8")
    checked = check_catalogue(load_draft(folder), load_profile("yancheng"), DAY, frozenset())
    assert [str(fault) for fault in errors(checked)] == []


def test_drafts_say_what_was_proposed_and_hold_no_identity_number(drafted: Drafted) -> None:
    for entry in drafted.drafts:
        text = drafted.texts[entry.resource.id]
        assert Resource.model_validate(yaml.safe_load(text)) == entry.resource
        assert not IDENTITY_NUMBER.search(text)


def test_columns_of_destroyed_credit_codes_are_recognised(drafted: Drafted, data: Path) -> None:
    said: Counter[str] = Counter()
    for entry in drafted.drafts:
        columns = {column.name for column in entry.resource.columns if column.type == "credit_code"}
        for doubt in entry.doubts:
            found = re.match(rf"(\d+) 个值：.*（{DESTROYED}）", doubt.zh)
            if found and doubt.place in columns:
                said[entry.group.samples[0].path.name] += int(found[1])
    there = {path.name: count for path in (data / FEEDS).iterdir() if (count := destroyed_codes(path))}
    assert said == there
    assert sum(there.values()) > 80


def test_a_share_of_the_files_loads_whole(drafted: Drafted, data: Path, tmp_path: Path) -> None:
    deployment = Deployment(tmp_path, load_settings(CITY))
    known = load_draft(CITY / "catalogue").catalogue
    chosen = {entry.resource.id: entry.resource for entry in drafted.drafts[::EVERY]}
    catalogue = Catalogue(agencies=known.agencies, resources=chosen, code_lists=known.code_lists)
    lake = Lake(deployment.lake_root)
    posts = ("data_bureau/registrar", "data_bureau/reviewer")
    release = publish(lake, catalogue, load_profile("yancheng"), deployment.as_of, *posts)
    for entry in chosen:
        ingest_resource(lake, deployment, release, entry, deployment.as_of)
    deliveries = lake.read(DELIVERIES)
    assert deliveries.height == len(chosen)
    assert set(deliveries["state"]) == {"loaded"}
    assert deliveries["rows_loaded"].sum() >= 0.99 * deliveries["rows_received"].sum() > 0
    for row in deliveries.to_dicts():
        assert lake.row_count(standard_table(row["resource_id"])) == row["rows_loaded"]


def test_the_page_has_the_rows_of_every_file(rows: Counter[str]) -> None:
    said: Counter[str] = Counter()
    for line in PAGE.read_text(encoding="utf-8").partition("## ")[0].splitlines():
        cells = [cell.strip() for cell in line.split(" | ")]
        if len(cells) > 6 and cells[3].isdigit():
            said[cells[0].removeprefix("| ")] += int(cells[3])
    assert said == {" ".join(name.split()): count for name, count in rows.items()}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Taken:
    home = tmp_path_factory.mktemp("drafted") / "city"
    return take(home, draft(home))


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_page_is_what_a_run_of_the_drafts_gives(whole: Taken) -> None:
    assert page(whole) == PAGE.read_text(encoding="utf-8"), "run python -m benchmarks.drafted.measure"


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_the_run_refuses_at_most_five_files_and_finds_every_destroyed_code(whole: Taken, data: Path) -> None:
    frame = pl.DataFrame(whole.deliveries, infer_schema_length=None)
    assert len(whole.refused) + frame.filter(pl.col("state") != "loaded").height <= 5
    assert frame["rows_loaded"].sum() >= 0.99 * frame["rows_received"].sum() > 220_000
    there = {path.name: count for path in (data / FEEDS).iterdir() if (count := destroyed_codes(path))}
    assert whole.destroyed == there
