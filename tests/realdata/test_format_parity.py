"""All forms of one registry file, CSV, JSON and XLS, give the same standard rows."""

from pathlib import Path

import polars as pl
import pytest
from conftest import REGISTRY, Ingestion

from ingestion.ingest import ingest_resource
from lake import Lake
from resource_catalogue.deployment import Deployment
from resource_catalogue.release import Release
from resource_catalogue.words import standard_table

FORMS = ("csv", "json", "xls")
BOTH = [(year, province) for year in ("1998", "2003") for province in ("上海", "贵州")]
"""Files that exist in every form."""


@pytest.fixture(scope="module")
def by_form(opened: Ingestion, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """Ingest the registry once per form, as if each were how the agency sends it."""
    found = {}
    for form in FORMS:
        deployment = Deployment(tmp_path_factory.mktemp(form), opened.deployment.settings)
        release = _release(opened.release, form)
        lake = Lake(deployment.lake_root)
        ingest_resource(lake, deployment, release, REGISTRY, deployment.as_of, {f"{y}/{p}" for y, p in BOTH})
        found[form] = lake.read(standard_table(REGISTRY))
    return found


def _release(release: Release, form: str) -> Release:
    resource = release.resource(REGISTRY)
    path = f"enterprise_registry/{form}/*/*.{form}"
    pattern = rf"(?P<year>[0-9]{{4}})/(?P<province>[^/]+)[.]{form}$"
    place = "erDataList" if form == "json" else None
    source = resource.source.model_copy(update={"path": path, "slice": pattern, "rows_at": place})
    changed = resource.model_copy(update={"source": source})
    catalogue = type(release.catalogue)(resources={REGISTRY: changed})
    return Release(
        release.number, "", release.published_at, "", "", release.profile, catalogue, {REGISTRY: "listed"}
    )


@pytest.mark.parametrize("form", FORMS[1:])
@pytest.mark.parametrize(("year", "province"), BOTH)
def test_every_form_of_a_file_gives_the_same_rows(
    by_form: dict[str, pl.DataFrame], opened: Ingestion, form: str, year: str, province: str
) -> None:
    names = [column.name for column in opened.release.resource(REGISTRY).columns]
    columns = [f"{name}{end}" for name in names for end in ("", "__fault", "__original")]
    one, other = (
        by_form[f].filter(pl.col("_slice") == f"{year}/{province}").sort("_row_number").select(columns)
        for f in ("csv", form)
    )
    assert one.height > 500
    different = [
        (number, name)
        for name in columns
        for number in (one[name].ne_missing(other[name])).arg_true().to_list()[:3]
    ]
    assert different == []


def test_a_province_without_csv_is_the_same_in_its_other_forms(opened: Ingestion, data: Path) -> None:
    import json

    import python_calamine

    document = json.loads((data / "enterprise_registry/json/1998/重庆.json").read_text(encoding="utf-8"))
    sheet = python_calamine.load_workbook(str(data / "enterprise_registry/xls/1998/重庆.xls")).get_sheet_by_index(0)
    assert len(document["erDataList"]) == len(sheet.to_python()) - 1
