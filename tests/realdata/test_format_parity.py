"""All forms of one registry file, CSV, JSON and XLS, give the same standard rows."""

import polars as pl
import pytest
from real_city import REGISTRY, Ingestion

from ingestion.ingest import ingest_resource
from lake import Lake
from resource_catalogue.deployment import Deployment
from resource_catalogue.release import Release
from resource_catalogue.words import standard_table

FORMS = ("csv", "json", "xls")
YEARS = ("1998", "2003")
IN_ALL_FORMS = [(year, province) for year in YEARS for province in ("上海", "贵州")]
SLICES = {f"{year}/{province}" for year in YEARS for province in ("上海", "贵州", "重庆")}


@pytest.fixture(scope="module")
def by_form(opened: Ingestion, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    """Ingest the registry once per form, as if each were how the agency sends it."""
    found = {}
    for form in FORMS:
        deployment = Deployment(tmp_path_factory.mktemp(form), opened.deployment.settings)
        release = _release(opened.release, form)
        lake = Lake(deployment.lake_root)
        ingest_resource(lake, deployment, release, REGISTRY, deployment.as_of, SLICES)
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


@pytest.mark.parametrize(
    ("one", "other", "year", "province"),
    [("csv", form, *file) for form in FORMS[1:] for file in IN_ALL_FORMS]
    + [("json", "xls", year, "重庆") for year in YEARS],
)
def test_every_form_of_a_file_gives_the_same_rows(
    by_form: dict[str, pl.DataFrame], opened: Ingestion, one: str, other: str, year: str, province: str
) -> None:
    names = [column.name for column in opened.release.resource(REGISTRY).columns]
    columns = [f"{name}{end}" for name in names for end in ("", "__fault", "__original")]
    left, right = (
        by_form[form].filter(pl.col("_slice") == f"{year}/{province}").sort("_row_number").select(columns)
        for form in (one, other)
    )
    heights = (left.height, right.height)
    assert heights[0] == heights[1] > 500
    differing = [name for name in columns if left[name].ne_missing(right[name]).any()]
    assert differing == []
