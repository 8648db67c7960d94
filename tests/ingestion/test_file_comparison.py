"""A file is compared with other agencies' data: where it differs is told, what they say never."""

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest

from ingestion.annotated_workbook import write_annotated
from ingestion.compared_cells import MOST_VALUES, REMEMBERED, ComparedCells
from ingestion.file_comparison import CLOSED, SEVERAL_VALUES, Comparison, compare_file, compared_columns
from ingestion.file_errors import check_file
from lake import Lake
from lake.tables import COMPARED_CELLS
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.profile import Profile
from resource_catalogue.release import EntryState, Release
from resource_catalogue.resource import Resource
from resource_catalogue.source_register import SourceRegister
from resource_catalogue.subject_keys import subject_key_of
from resource_catalogue.words import standard_table

AS_OF = dt.datetime(2026, 3, 16, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
KEY = bytes(range(32))
FIRM, SHOP, UNKNOWN = "91330100799655058B", "9144030071526726XG", "91110000802100433B"
SECRET = "秘密值"
CODE = {"name": "credit_code", "zh": "代码", "type": "credit_code", "base": "organisation.credit_code"}
TITLE = {"name": "title", "zh": "名称", "type": "text", "base": "organisation.name"}
CAPITAL = {"name": "money_cny", "zh": "资本", "type": "money", "base": "organisation.registered_capital_cny"}
FOUNDED = {"name": "founded", "zh": "成立", "type": "date", "base": "organisation.established_on"}
OWN, MARKET, TAX = "labour.units", "market.registration", "tax.payers"
HEAD = "代码,名称,资本,成立"


def a_resource(name: str, *columns: Mapping[str, Any], share: str = "open_to_all") -> Resource:
    label, agency = {"zh": "名录", "en": "list"}, name.split(".")[0]
    body = {
        "id": name, "code": name, "name": label, "summary": label, "class": "base", "categories": ("x",),
        "agencies": {"collecting": agency, "reviewing": agency, "providing": agency}, "grain": label,
        "obtained_by": "generated", "form": "structured", "format": "file", "subject": "organisation", "key": (),
        "update": {"frequency": "daily"}, "share": {"type": share}, "open": {"type": "none"},
        "source": {"path": "*"}, "columns": columns,
    }  # fmt: skip
    return Resource.model_validate(body)


class City:
    """A lake in which other agencies have said something, and the file of one agency."""

    def __init__(self, folder: Path) -> None:
        self.lake = Lake(folder / "lake", folder / "tmp", 1)
        self.file = folder / "feed.csv"
        self.resources = [a_resource(name, CODE, TITLE, CAPITAL, FOUNDED) for name in (OWN, MARKET, TAX)]
        self.registered: Sequence[Mapping[str, Any]] = ()
        self.as_of = AS_OF

    @property
    def release(self) -> Release:
        registers = {}
        if self.registered:
            shape = {"base": "organisation", "entity": "organisation", "entries": self.registered}
            registers = {"organisation": SourceRegister.model_validate(shape)}
        catalogue = Catalogue(resources={one.id: one for one in self.resources}, registers=registers)
        states: dict[str, EntryState] = {one.id: "listed" for one in self.resources}
        published = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
        profile = Profile.model_construct(id="p", version=1)
        return Release(1, "h", published, "r", "v", profile, catalogue, states)

    def declare(self, name: str, *columns: Mapping[str, Any], share: str = "open_to_all") -> None:
        others = [one for one in self.resources if one.id != name]
        self.resources = [*others, a_resource(name, *columns, share=share)]

    def say(self, name: str, *rows: Mapping[str, Any]) -> None:
        """Let an agency say something of organisations."""
        resource = self.release.resource(name)
        types: dict[str, Any] = {
            "_delivery_id": pl.String, "_row_number": pl.Int64, "_row_key": pl.String, "_order_key": pl.String,
            "_organisation_key": pl.String, "_collected_at": pl.Datetime("us", "UTC"),
        }  # fmt: skip
        kinds = {"money": pl.Decimal(20, 2), "date": pl.Date}
        types |= {column.name: kinds.get(column.type, pl.String) for column in resource.columns}
        full = [
            {name: row.get(name) for name in types}
            | {"_organisation_key": subject_key_of("organisation", (row["credit_code"],), KEY)}
            for row in rows
        ]
        self.lake.overwrite(standard_table(name), pl.DataFrame(full, schema=types))

    def compare(self, *lines: str) -> Comparison:
        self.file.write_text("\n".join((HEAD, *lines)), encoding="utf-8")
        own = self.release.resource(OWN)
        cells = ComparedCells(self.lake, own.agency, self.as_of, KEY)
        found = compare_file(self.file, own, self.lake, self.release, cells, KEY)
        cells.keep()
        return found


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


def told(found: Comparison) -> list[tuple[int, str, str]]:
    return [(one.line, one.column, one.agency) for one in found.differences]


@pytest.mark.requirement("K-10")
def test_a_cell_that_differs_is_told_by_line_column_and_agency(city: City) -> None:
    city.say(MARKET, {"credit_code": FIRM, "title": SECRET, "money_cny": 100, "founded": dt.date(2020, 1, 2)})
    city.say(TAX, {"credit_code": FIRM, "title": "甲厂"}, {"credit_code": SHOP, "title": "乙店"})
    found = city.compare(f"{SHOP},丙店,5,", f"{FIRM},甲厂,100.00,2020-01-03")
    assert told(found) == [(2, "title", "tax"), (3, "title", "market"), (3, "founded", "market")]
    assert found.rows == 2
    assert SECRET not in repr(found)


@pytest.mark.requirement("K-10")
def test_unknown_subjects_absent_values_and_equal_ones_look_the_same(city: City) -> None:
    city.say(MARKET, {"credit_code": FIRM, "title": "甲厂"}, {"credit_code": SHOP})
    found = city.compare(f"{FIRM}, 甲厂 ,1,", f"{SHOP},乙店,1,", f"{UNKNOWN},丙所,1,")
    assert (told(found), found.set_aside, found.rows) == ([], (), 3)


@pytest.mark.requirement("K-10")
def test_what_is_told_does_not_depend_on_what_the_other_agency_says_instead(city: City) -> None:
    found = []
    for said in ("乙厂", SECRET):
        city.say(MARKET, {"credit_code": FIRM, "title": said})
        found.append(city.compare(f"{FIRM},甲厂,,"))
    assert found[0] == found[1]


def test_nothing_is_told_of_subjects_that_the_file_does_not_have(city: City) -> None:
    city.say(MARKET, {"credit_code": SHOP, "title": "乙店"})
    assert told(city.compare(f"{FIRM},甲厂,,")) == []


def test_one_equal_value_of_an_agency_is_enough(city: City) -> None:
    city.say(MARKET, {"credit_code": FIRM, "title": "旧厂"}, {"credit_code": FIRM, "title": "甲厂"})
    assert told(city.compare(f"{FIRM},甲厂,,")) == []


def test_rows_without_a_valid_identifier_or_value_are_not_compared(city: City) -> None:
    city.say(MARKET, {"credit_code": FIRM, "title": "甲厂", "founded": dt.date(2020, 1, 2)})
    found = city.compare("91330100799655058A,乙厂,,", f"{FIRM},,,2020-13-01")
    assert (told(found), found.rows) == ([], 0)


def test_an_agency_is_not_compared_with_itself(city: City) -> None:
    city.declare("labour.payroll", CODE, TITLE)
    city.say("labour.payroll", {"credit_code": FIRM, "title": "乙厂"})
    assert told(city.compare(f"{FIRM},甲厂,,")) == []


def test_a_column_that_is_not_shared_is_compared_only_where_the_register_says_so(city: City) -> None:
    city.declare(MARKET, CODE, TITLE, share="none")
    city.say(MARKET, {"credit_code": FIRM, "title": "乙厂"})
    assert told(city.compare(f"{FIRM},甲厂,,")) == []
    decided = {"by": "authority", "doc_no": "1", "on": "2025-12-01"}
    entry = {"attribute": ["name"], "source": MARKET, "compare": [OWN], "valid": {"from": "2026-01-01"}}
    city.registered = [{**entry, "decided": decided}]
    assert told(city.compare(f"{FIRM},甲厂,,")) == [(2, "title", "market")]


def test_only_what_says_the_same_attribute_of_a_known_subject_is_compared(city: City) -> None:
    city.declare(MARKET, CODE, {**TITLE, "base": None}, CAPITAL)
    city.declare(TAX, TITLE)
    own = city.release.resource(OWN)
    columns = compared_columns(city.release, own, AS_OF.date())
    assert [(one.column.name, one.others) for one in columns] == [
        ("money_cny", ((MARKET, "money_cny"),))
    ]  # fmt: skip


@pytest.mark.requirement("K-10")
def test_a_list_of_guesses_in_one_file_is_not_compared(city: City) -> None:
    city.say(MARKET, {"credit_code": FIRM, "title": "甲厂"})
    found = city.compare(f"{FIRM},乙厂,,", f"{FIRM},丙厂,,", f"{FIRM},甲厂,,")
    assert told(found) == []
    assert {(one.line, one.column, one.reason) for one in found.set_aside} == {
        (line, "title", SEVERAL_VALUES) for line in (2, 3, 4)
    }


@pytest.mark.requirement("K-10")
def test_guesses_in_one_file_after_the_other_close_the_cell_right_or_wrong(city: City) -> None:
    city.say(MARKET, {"credit_code": FIRM, "title": "甲厂", "founded": dt.date(2020, 1, 2)})
    for guess in range(MOST_VALUES):
        assert told(city.compare(f"{FIRM},厂{guess},,")) == [(2, "title", "market")]
    for guess in ("甲厂", "丁厂"):
        found = city.compare(f"{FIRM},{guess},,2021-01-01")
        assert told(found) == [(2, "founded", "market")]
        assert [(one.column, one.reason) for one in found.set_aside] == [("title", CLOSED)]
    city.as_of = AS_OF + REMEMBERED
    assert told(city.compare(f"{FIRM},甲厂,,")) == []


def test_the_same_value_may_be_compared_again_and_again(city: City) -> None:
    city.say(MARKET, {"credit_code": FIRM, "title": "甲厂"})
    for _ in range(MOST_VALUES + 1):
        assert told(city.compare(f"{FIRM},乙厂,,")) == [(2, "title", "market")]
    assert city.lake.read(COMPARED_CELLS).height == 1


def test_what_is_remembered_holds_no_identifier_and_no_value(city: City) -> None:
    city.say(MARKET, {"credit_code": FIRM, "title": SECRET})
    city.compare(f"{FIRM},乙厂,,")
    kept = str(city.lake.read(COMPARED_CELLS).to_dicts())
    assert not [value for value in (FIRM, SECRET, "乙厂") if value in kept]


def test_the_workbook_marks_what_differs_at_its_cell(city: City, tmp_path: Path) -> None:
    city.say(MARKET, {"credit_code": FIRM, "title": SECRET})
    found = city.compare(f"{FIRM},甲厂,,")
    own, out = city.release.resource(OWN), tmp_path / "out.xlsx"
    write_annotated(city.file, check_file(city.file, own, {}), own, out, found, {"market": "市场监管局"})
    rows, _, differences = openpyxl.load_workbook(out).worksheets
    assert "市场监管局" in rows["C2"].comment.text
    assert [cell.value for cell in differences[2]][:4] == ["2", None, "名称", "市场监管局"]
    assert SECRET not in str([[c.value for c in row] for sheet in (rows, differences) for row in sheet])
