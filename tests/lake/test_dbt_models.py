"""Models: contracts that are kept, work that is not done twice, and the query by which a table was built."""

import datetime as dt
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lake import Lake, dbt_run
from lake.dbt_run import build_models, compiled_sql, prepare_project
from lake.register import refresh_register
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import EngineError
from resource_catalogue.profile import load_profile
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.settings import Settings
from resource_catalogue.source_register import SourceRegister
from resource_catalogue.words import TableName, standard_table

DAY = dt.date(2026, 3, 16)
BASE, UNITS = TableName("base", "indicator"), TableName("candidate", "units")
OWN_MODEL = """select unit, count(*) as "count" from {{ ref('indicator') }} group by 1"""
BROKEN = "select * exclude (unit, value), 7 as unit, 'word' as extra from ({{ survivors('indicator') }})"
FIELDS = {"indicator_code": "text", "period": "text", "division_code": "division", "value": "decimal",
          "unit": "text"}  # fmt: skip
SECRET = "不可外传"


def a_release(unit: str = "unit", number: int = 1) -> Release:
    """Publish one resource of indicators; ``unit`` names the column that claims the unit."""
    label = {"zh": "指标"}
    columns: list[dict[str, Any]] = [
        {"name": name, "zh": name, "type": kind, "base": f"indicator.{name}"}
        for name, kind in FIELDS.items()
        if name != "unit"
    ]
    for name in ("unit", "second_unit"):
        claim = {"base": "indicator.unit"} if name == unit else {}
        columns.append({"name": name, "zh": name, "type": "text", **claim})
    resource = Resource.model_validate(
        {
            "id": "statistics.figures", "code": "1", "name": label, "summary": label, "class": "base",
            "agencies": dict.fromkeys(("collecting", "reviewing", "providing"), "statistics"),
            "categories": ("x",), "obtained_by": "generated", "form": "structured", "format": "file",
            "subject": "none", "grain": label, "key": (), "update": {"frequency": "daily"},
            "share": {"type": "open_to_all"}, "open": {"type": "open_to_all"}, "source": {"path": "*"},
            "columns": columns,
        }
    )  # fmt: skip
    entry = {
        "attribute": list(FIELDS), "source": resource.id, "valid": {"from": "2026-01-01"},
        "decided": {"by": "authority", "doc_no": "1", "on": "2025-12-01"},
    }  # fmt: skip
    register = SourceRegister.model_validate(
        {"base": "macro_economy", "entity": "indicator", "entries": [entry]}
    )
    catalogue = Catalogue(resources={resource.id: resource}, registers={"macro_economy": register})
    published = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    states: Any = {resource.id: "listed"}
    return Release(number, f"h{number}", published, "r", "v", load_profile("yancheng"), catalogue, states)


def a_row(number: int, **changes: Any) -> dict[str, Any]:
    """Say one indicator."""
    row = {
        "_delivery_id": "d", "_row_number": number, "_row_key": f"k{number}", "_order_key": "1",
        "_indicator_key": f"s{number}", "_collected_at": dt.datetime(2026, 3, 1, tzinfo=dt.UTC),
        "indicator_code": f"i{number}", "period": "2025", "division_code": "329901", "value": 1.5,
        "unit": "元", "second_unit": "万元",
    }  # fmt: skip
    return row | changes


class City:
    """Hold a deployment with one model of its own beside the shipped ones."""

    def __init__(self, home: Path, models: Mapping[str, str]) -> None:
        for name, sql in models.items():
            path = home / "models" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(sql, encoding="utf-8")
        self.deployment = Deployment(home, Settings(profile="yancheng"))
        self.lake = Lake.of(self.deployment)

    def fill(self, *rows: dict[str, Any]) -> None:
        """Write the standard table and the register."""
        self.lake.overwrite(standard_table("statistics.figures"), pl.DataFrame(list(rows)))
        refresh_register(self.lake, a_release(), DAY)

    def build(self, *names: str, of: Release | None = None, day: dt.date = DAY) -> list[str]:
        """Build models and return what became of them."""
        variables = {"as_of_date": day.isoformat()}
        project = prepare_project(self.deployment)
        results = build_models(self.lake, of or a_release(), project, list(names), variables)
        return [result.status for result in results]


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home whose project is parsed, to be copied: parsing takes most of a build's time."""
    home = tmp_path_factory.mktemp("parsed")
    prepare_project(City(home, {"candidate/units.sql": OWN_MODEL}).deployment)
    return home


@pytest.fixture
def make_city(parsed: Path, tmp_path: Path) -> Callable[[str], City]:
    """Return a maker of cities by name."""

    def make(name: str) -> City:
        shutil.copytree(parsed, tmp_path / name)
        return City(tmp_path / name, {})

    return make


@pytest.fixture
def city(make_city: Callable[[str], City]) -> City:
    """Return a city of two indicators whose models are built."""
    made = make_city("city")
    made.fill(a_row(1), a_row(2, unit="人"))
    assert made.build("indicator", "units") == ["success", "success"]
    return made


def no_dbt(*_: object, **__: object) -> None:
    raise AssertionError("dbt was started")


def test_a_base_table_holds_what_the_one_source_says(city: City) -> None:
    rows = city.lake.read(BASE).sort("indicator_code")
    assert rows["unit"].to_list() == ["元", "人"]
    assert rows["unit__agency_id"].to_list() == ["statistics", "statistics"]
    assert city.lake.read(UNITS)["count"].to_list() == [1, 1]


def test_a_model_that_breaks_its_contract_is_named_with_its_columns_and_not_stored(tmp_path: Path) -> None:
    city = City(tmp_path, {"base/indicator.sql": BROKEN})
    city.fill(a_row(1, unit=SECRET))
    with pytest.raises(EngineError) as caught:
        city.build("indicator")
    told = str(caught.value)
    assert "model base.indicator" in told
    for column in ("unit", "value", "extra"):
        assert f"{column}: " in told
    assert "INTEGER, contract VARCHAR" in told
    assert "indicator_code: " not in told, "columns that agree are not told"
    assert SECRET not in told
    assert not city.lake.exists(BASE)


def test_models_made_from_the_same_are_not_asked_for_again(
    city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions = [city.lake.version(table) for table in (BASE, UNITS)]
    monkeypatch.setattr(dbt_run, "_invoke", no_dbt)
    assert city.build("indicator", "units") == ["unchanged", "unchanged"]
    assert [city.lake.version(table) for table in (BASE, UNITS)] == versions
    monkeypatch.undo()
    city.fill(a_row(1), a_row(2), a_row(3))
    assert city.build("indicator", "units") == ["success", "success"]
    assert city.lake.read(UNITS)["count"].to_list() == [3]


def test_an_unchanged_query_is_not_run_on_another_day_either(city: City) -> None:
    source = city.lake.path(standard_table("statistics.figures"))
    for path in source.rglob("*.parquet"):
        path.write_bytes(b"not to be read")
    versions = [city.lake.version(table) for table in (BASE, UNITS)]
    assert city.build("indicator", "units", day=DAY + dt.timedelta(days=1)) == ["success", "success"]
    assert [city.lake.version(table) for table in (BASE, UNITS)] == versions


def test_a_column_claimed_for_another_attribute_builds_the_base_anew(city: City) -> None:
    assert city.build("indicator", of=a_release("second_unit", 2)) == ["success"]
    assert set(city.lake.read(BASE)["unit"]) == {"万元"}


def test_two_deployments_of_one_process_are_built_each_into_its_own_lake(
    city: City, make_city: Callable[[str], City]
) -> None:
    other = make_city("other")
    other.fill(a_row(1, unit="吨"))
    other.build("indicator")
    assert other.lake.read(BASE)["unit"].to_list() == ["吨"]
    assert city.lake.read(BASE)["unit"].sort().to_list() == ["人", "元"]


def test_the_query_of_a_model_is_the_one_that_the_project_names(city: City) -> None:
    compiled = city.deployment.var / "dbt" / "target" / "compiled" / "civiclake" / "models"
    outdated = compiled / "a_folder_from_before" / "units.sql"
    outdated.parent.mkdir()
    outdated.write_text("select 1 as outdated", encoding="utf-8")
    sql = compiled_sql(city.deployment, "units")
    assert sql == (compiled / "candidate" / "units.sql").read_text(encoding="utf-8")
    assert "group by 1" in sql


def test_a_query_by_which_the_table_was_not_built_is_not_given_out(city: City) -> None:
    path = city.deployment.var / "dbt/target/compiled/civiclake/models/candidate/units.sql"
    path.write_text("select 1 as unit", encoding="utf-8")
    with pytest.raises(EngineError, match="another query"):
        compiled_sql(city.deployment, "units")


def test_a_model_that_was_never_built_has_no_query(make_city: Callable[[str], City]) -> None:
    fresh = make_city("fresh")
    for name in ("units", "no_such_model"):
        with pytest.raises(EngineError, match="has not been built"):
            compiled_sql(fresh.deployment, name)


def own_models(tmp_path: Path, units: str, **others: str) -> City:
    """Return a city of two indicators with a model of its own whose base is built, but not it."""
    models = {f"candidate/{name}.sql": sql for name, sql in {"units": units, **others}.items()}
    city = City(tmp_path, models)
    city.fill(a_row(1), a_row(2, unit="人"))
    city.build("indicator")
    return city


def test_a_model_over_ephemeral_ones_is_built_from_what_they_read_and_follows_it(tmp_path: Path) -> None:
    ephemeral = "{{ config(materialized='ephemeral') }} "
    city = own_models(
        tmp_path,
        "select count(*) as units from {{ ref('second') }}",
        second=ephemeral + "select distinct unit from {{ ref('first') }}",
        first=ephemeral + "select unit from {{ ref('indicator') }}",
    )
    assert city.build("units") == ["success"]
    assert city.lake.read(UNITS)["units"].to_list() == [2]
    city.fill(a_row(1), a_row(2), a_row(3))
    assert city.build("indicator", "units") == ["success", "success"]
    assert city.lake.read(UNITS)["units"].to_list() == [1]


def test_a_model_that_names_a_table_outright_is_built_from_it_and_follows_it(tmp_path: Path) -> None:
    city = own_models(tmp_path, f"select count(*) as rows from {standard_table('statistics.figures')}")
    assert city.build("units") == ["success"]
    assert city.build("units") == ["unchanged"]
    city.fill(a_row(1), a_row(2), a_row(3))
    assert city.build("units") == ["success"]
    assert city.lake.read(UNITS)["rows"].to_list() == [3]


def test_a_project_that_changed_is_parsed_as_it_is_now(tmp_path: Path) -> None:
    city = City(
        tmp_path, {"candidate/units.sql": "select {{ one() }} as one", "candidate/old.sql": "select 1"}
    )
    macro = tmp_path / "macros" / "one.sql"
    macro.parent.mkdir()
    macro.write_text("{% macro one() %}1{% endmacro %}", encoding="utf-8")
    assert city.build("units") == ["success"]
    macro.write_text("{% macro one() %}2{% endmacro %}", encoding="utf-8")
    (tmp_path / "models" / "candidate" / "old.sql").unlink()
    assert city.build("units") == ["success"]
    assert city.lake.read(UNITS)["one"].to_list() == [2]
    names = {node["name"] for node in prepare_project(city.deployment).manifest()["nodes"].values()}
    assert "units" in names
    assert "old" not in names


def test_a_model_that_is_not_there_is_named(city: City) -> None:
    with pytest.raises(EngineError, match="no_such_model"):
        city.build("no_such_model")
