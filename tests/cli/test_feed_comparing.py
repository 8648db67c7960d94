"""``feeds validate --compare`` as an agency types it: bounded, recorded, and without a word of the others' data."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import openpyxl
import pytest
from reporting_city import FIRM, LABOUR, MARKERS, SHOP, SHOP_NAME, City, build_city
from typer.testing import CliRunner, Result

from audit.record import AccessRecord
from audit.search import search
from audit.selection import Selection
from cli.main import app
from resource_catalogue.errors import DeliveryError, NotPermitted, SettingError

Compare = Callable[..., Result]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    built = build_city(tmp_path_factory.mktemp("compared") / "home")
    yield built
    built.state.close()


@pytest.fixture
def compare(city: City, tmp_path: Path) -> Compare:
    file = tmp_path / "units.csv"
    lines = f"信用代码,单位名称,参保人数,联系电话\n{FIRM},示例机械厂,12,\n{SHOP},某店,1,\n"
    file.write_text(lines, encoding="utf-8")

    def run(*more: str, resource: str = LABOUR) -> Result:
        asked = ("feeds", "validate", str(file), "--resource", resource, "--compare")
        return CliRunner().invoke(app, [*asked, *more, "--home", str(city.deployment.home)])

    return run


def records(city: City) -> list[dict[str, object]]:
    return search(AccessRecord.open(city.deployment), city.lake, Selection(action="compare"))


@pytest.mark.requirement("K-10")
def test_lines_that_differ_are_told_with_the_other_agency_and_no_value(city: City, compare: Compare) -> None:
    done = compare("--as", "labour/data_officer")
    assert done.exit_code == 0, done.exception
    assert "line 3, 单位名称" in done.output
    assert "示例市market" in done.output
    assert "line 2" not in done.output
    assert not [marker for marker in MARKERS if marker in done.output]


@pytest.mark.requirement("K-10")
def test_a_comparison_is_recorded_with_who_what_and_why(city: City, compare: Compare) -> None:
    before = len(records(city))
    assert compare("--as", "labour/data_officer", "--purpose", "年检核对").exit_code == 0
    newest, *older = records(city)
    assert len(older) == before
    assert (newest["agency_id"], newest["post"], newest["purpose"]) == ("labour", "data_officer", "年检核对")
    assert (newest["entry"], newest["columns"], newest["rows"]) == (
        "market.registration", ["entity_name"], 2
    )  # fmt: skip
    assert "labour.units" in str(newest["detail"])


def test_the_comparison_is_printed_as_json_and_marked_in_the_workbook(
    compare: Compare, tmp_path: Path
) -> None:
    out = tmp_path / "out.xlsx"
    done = compare("--as", "labour/data_officer", "--json", "--xlsx", str(out))
    said = json.loads(done.output)["comparison"]
    assert said["columns"] == {"unit_name": ["market"]}
    assert [(cell["line"], cell["column"], cell["code"], cell["agency"]) for cell in said["cells"]] == [
        (3, "unit_name", "differs", "market")
    ]
    sheet = openpyxl.load_workbook(out).worksheets[2]
    assert [sheet["A2"].value, sheet["D2"].value] == ["3", "示例市market"]
    text = str([[cell.value for cell in row] for row in sheet]) + done.output
    assert SHOP_NAME not in text


def test_only_the_resources_agency_or_the_operator_may_compare(city: City, compare: Compare) -> None:
    assert isinstance(compare("--as", "police/data_officer").exception, NotPermitted)
    refused = records(city)[0]
    assert (refused["agency_id"], refused["result"], refused["rows"]) == ("police", "not_permitted", 0)
    assert isinstance(compare("--as", "labour/nobody").exception, NotPermitted)
    assert isinstance(compare().exception, SettingError)
    assert compare("--as", "bureau/data_officer").exit_code == 0


@pytest.mark.requirement("K-10")
def test_an_agency_compares_only_so_often_in_a_day(
    city: City, compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = {record["request_id"] for record in records(city) if record["result"] == "answered"}
    monkeypatch.setenv("CIVICLAKE_INGESTION_COMPARISONS_PER_DAY", str(len(done) + 1))
    assert compare("--as", "labour/data_officer").exit_code == 0
    refused = compare("--as", "bureau/data_officer")
    assert isinstance(refused.exception, DeliveryError)
    assert "line 3" not in refused.output
    assert records(city)[0]["result"] == "too_often"
