"""Every real file is taken in: counts are those of a second reader, and at least 99 of 100 rows are loaded."""

import csv
import datetime as dt
from pathlib import Path

import polars as pl
import pytest
from other_reader import FEEDS, rows_of
from real_city import REGISTRY, Ingestion

from resource_catalogue.catalogue import Draft
from resource_catalogue.catalogue_check import check_catalogue, errors
from resource_catalogue.profile import load_profile
from resource_catalogue.words import standard_table

CHECKS = frozenset({"order", "not_future", "not_stale"})
SETS = (FEEDS, "enterprise_registry", "universities", "divisions", "boundaries", "air_quality")
PROFILE_IS_WRONG = {
    "北京市企业科技研究开发机构.csv": "it counts the header below the title as a row",
    "通州区园林绿化局行政处罚信息.csv": "it counts the header below the title as a row",
    "北京市昌平区环境信息依法披露企业名单.csv": "it counts the ten merged notes below the table as rows",
}
"""Files of which ``beijing_feeds_profile.tsv`` counts other rows, with the reason."""


def test_the_catalogue_passes_every_check(draft: Draft) -> None:
    checked = check_catalogue(draft, load_profile("yancheng"), dt.date(2026, 11, 21), CHECKS)
    assert [str(fault) for fault in errors(checked)] == []


def test_no_file_of_the_registry_is_refused(ingested: Ingestion, data: Path) -> None:
    registry = ingested.deliveries.filter(pl.col("resource_id") == REGISTRY)
    folder = data / "enterprise_registry"
    files = [*folder.glob("csv/*/*.csv"), *folder.glob("broken_first_release/*/*.csv")]
    assert registry.height == len(files)
    assert set(registry["state"]) == {"loaded"}
    assert ingested.waves[REGISTRY] == 2


def test_at_most_two_of_the_twelve_feeds_are_refused(ingested: Ingestion) -> None:
    feeds = ingested.deliveries.filter(pl.col("file_name").str.starts_with(FEEDS))
    assert feeds.height == 12
    assert feeds.filter(pl.col("state") != "loaded").height <= 2


@pytest.mark.parametrize("folder", SETS)
def test_at_least_99_of_100_rows_are_loaded(ingested: Ingestion, folder: str) -> None:
    found = ingested.deliveries.filter(pl.col("file_name").str.starts_with(folder))
    assert found["rows_loaded"].sum() >= 0.99 * found["rows_received"].sum() > 0


def test_every_file_has_as_many_rows_as_a_second_reader_finds(ingested: Ingestion, data: Path) -> None:
    differing = [
        (name, received, counted)
        for name, received in ingested.deliveries.select("file_name", "rows_received").rows()
        if (counted := rows_of(data / name)) != received
    ]
    assert differing == []


def test_the_twelve_feeds_agree_with_the_profile_that_came_with_them(ingested: Ingestion, data: Path) -> None:
    with (data / "beijing_feeds_profile.tsv").open(encoding="utf-8") as file:
        profile = {row["file"]: int(row["rows"]) for row in csv.DictReader(file, delimiter="\t")}
    feeds = ingested.deliveries.filter(pl.col("file_name").str.starts_with(FEEDS))
    differing = {
        name: (received, profile[name])
        for path, received in feeds.select("file_name", "rows_received").rows()
        if (name := Path(path).name) and profile[name] != received
    }
    assert set(differing) == set(PROFILE_IS_WRONG)


def test_every_listed_resource_has_rows_in_standard(ingested: Ingestion) -> None:
    for resource in ingested.release.listed_resources():
        rows = ingested.lake.row_count(standard_table(resource.id))
        loaded = ingested.deliveries.filter(pl.col("resource_id") == resource.id).sort("order_key")
        assert rows == loaded.group_by("slice").last()["rows_loaded"].sum(), resource.id


def test_no_typed_column_is_faulty_throughout(ingested: Ingestion) -> None:
    """A column whose every value is faulty is declared wrongly."""
    wrong = []
    for resource in ingested.release.listed_resources():
        frame = ingested.lake.read(standard_table(resource.id))
        for column in resource.columns:
            faulty = frame[f"{column.name}__fault"].is_not_null() & frame[column.name].is_null()
            if faulty.any() and frame[column.name].is_null().all():
                wrong.append(f"{resource.id}.{column.name}")
    # The agency masks the numbers of identity documents, and marks its sites behind the credit code.
    assert wrong == ALL_FAULTY


ALL_FAULTY = [
    "culture_tourism.travel_penalties.identity_document_no",
    "ecology.disclosing_enterprises.site_code",
    "ecology.monitored_units.credit_code",
]


def test_the_ingestion_stays_within_its_means(ingested: Ingestion) -> None:
    assert ingested.peak_gib < 4
    assert ingested.seconds < 900
