"""Entries drafted from files: how they are read, what their columns are, and that they load as they stand."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingestion.decode import decode_file
from ingestion.drafting.draft import Drafted, draft_entries
from ingestion.header import raw_names
from norms.citizen_id import check_character as id_check
from norms.credit_code import check_character
from resource_catalogue.agency import Agency
from resource_catalogue.catalogue import Catalogue, load_code_lists
from resource_catalogue.code_list import SHIPPED
from resource_catalogue.resource import Resource
from resource_catalogue.yaml_source import load_yaml

AGENCY = Agency.model_validate({
    "id": "bureau", "name": {"zh": "示例局"}, "short_name": {"zh": "示例局"}, "credit_code": "11329900009000015E",
    "legal_kind": "administrative_organ", "functions": ["transport"], "tier": "city", "division_code": "329900",
    "node": "city", "valid": {"from": "2020-01-01", "to": None},
})  # fmt: skip
Files = Callable[..., Path]


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return Catalogue(agencies={AGENCY.id: AGENCY}, code_lists=load_code_lists(SHIPPED))


@pytest.fixture
def draft(tmp_path: Path, catalogue: Catalogue) -> Callable[..., Drafted]:
    def drafted(*paths: Path) -> Drafted:
        return draft_entries(paths, catalogue, AGENCY.id, tmp_path)

    return drafted


@pytest.fixture
def text_file(tmp_path: Path) -> Files:
    def written(*lines: str, name: str = "名单.csv", encoding: str = "utf-8") -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes("\n".join(lines).encode(encoding))
        return path

    return written


def codes(number: int) -> list[str]:
    firsts = [f"91329900MA{place:07d}" for place in range(number)]
    return [first + check_character(first) for first in firsts]


def only(drafted: Drafted) -> Resource:
    assert drafted.refused == {}
    assert len(drafted.drafts) == 1
    return drafted.drafts[0].resource


def types(resource: Resource) -> dict[str, str]:
    return {column.zh: column.type for column in resource.columns}


def test_titles_and_invented_names_above_the_header_are_passed_over(draft, text_file) -> None:
    path = text_file(
        "2022年企业名单,Unnamed: 1,Unnamed: 2",
        ",,",
        "序号,企业名称,认定日期",
        "1,甲厂,2022-03-01",
        "2,乙厂,2022-3-2",
    )
    resource = only(draft(path))
    assert resource.source.header_row == 3
    assert types(resource) == {"序号": "integer", "企业名称": "text", "认定日期": "date"}
    assert [column.name for column in resource.columns] == ["sequence_no", "entity_name", "recognition_date"]
    assert resource.key == ("entity_name",)


def test_a_file_without_header_gets_made_up_labels_and_a_doubt(draft, text_file) -> None:
    first, second = codes(2)
    drafted = draft(text_file(f"4680,甲厂,{first},2022/12/28", f"4681,乙厂,{second},2023/01/03"))
    resource = only(drafted)
    assert resource.source.header_row == 0
    assert [column.type for column in resource.columns] == ["integer", "text", "credit_code", "date"]
    assert any("没有表头" in doubt.zh for doubt in drafted.drafts[0].doubts)


def test_a_credit_code_column_is_one_by_its_label_though_its_values_are_destroyed(draft, text_file) -> None:
    drafted = draft(text_file("企业名称,统一社会信用代码", "甲厂,9.11E+17", "乙厂,9.11E+17"))
    assert types(only(drafted))["统一社会信用代码"] == "credit_code"
    assert [doubt.place for doubt in drafted.drafts[0].doubts if "scientific_notation" in doubt.zh] == [
        "credit_code"
    ]


def test_permit_numbers_that_pass_as_id_numbers_are_not_taken_for_them(draft, text_file) -> None:
    firsts = [f"110116202212{day:02d}{place:03d}" for day in range(1, 26) for place in (1, 2)]
    rows = [f"甲厂{place},{first}{id_check(first)}" for place, first in enumerate(firsts)]
    assert types(only(draft(text_file("企业名称,许可证编号", *rows))))["许可证编号"] == "text"


def test_all_formats_of_dates_that_occur_are_declared_and_serials_named(draft, text_file) -> None:
    drafted = draft(
        text_file("文号,发证日期", "1号,2017/3/1", "2号,2017年3月2日", "3号,42796", "4号,2017/3/4")
    )
    column = only(drafted).columns[1]
    assert column.type == "date"
    assert column.formats[0] == "%Y/%m/%d"
    assert set(column.formats) == {"%Y/%m/%d", "%Y年%m月%d日", "excel_serial"}
    assert any("序号" in doubt.zh for doubt in drafted.drafts[0].doubts if doubt.place == column.name)


def test_instants_have_times_and_midnights_are_days(draft, text_file) -> None:
    lines = (
        "主键,更新时间,公示时间",
        "a,2024-01-02 08:30:00,2024-01-02 00:00:00",
        "b,2024-01-03 09:00:00,2024-01-03 00:00:00",
    )
    assert [column.type for column in only(draft(text_file(*lines))).columns[1:]] == ["datetime", "date"]


@pytest.mark.parametrize(
    ("label", "cells", "kind", "unit"),
    [
        ("罚款金额（万元）", ("0.5", "1.2"), "money", "万元"),
        ("注册资本", ("500万元", "30万人民币"), "money", None),
        ("是否公示", ("是", "否"), "boolean", None),
        ("建筑面积（平方米）", ("10.5", "11"), "decimal", None),
        ("登记编号", ("0012", "0013"), "text", None),
        ("年度", ("2021", "2022"), "integer", None),
        ("行政区划代码", ("110101", "110102"), "division", None),
        ("民族", ("01", "03"), "code", None),
        ("联系电话", ("13800138000", "010-62345678"), "phone", None),
    ],
)  # fmt: skip
def test_columns_get_the_type_of_their_values(draft, text_file, label, cells, kind, unit) -> None:
    lines = [f"{place},{cell}" for place, cell in enumerate(cells, start=1)]
    column = only(draft(text_file(f"序号,{label}", *lines))).columns[1]
    assert (column.type, column.unit) == (kind, unit)


def test_a_code_list_is_named(draft, text_file) -> None:
    column = only(draft(text_file("序号,民族", "1,01", "2,03"))).columns[1]
    assert column.codes == "nationalities"


def test_personal_columns_are_shared_on_condition_and_never_opened(draft, text_file) -> None:
    drafted = draft(text_file("企业名称,法定代表人,电话", "甲厂,张*,13800138000", "乙厂,李*,13800138001"))
    resource = only(drafted)
    assert resource.share.type == "conditional"
    for column in resource.columns[1:]:
        assert (column.share.type, column.open.type) == ("conditional", "none")
        assert column.open.reason
        assert column.open.basis
    assert any("遮盖" in doubt.zh for doubt in drafted.drafts[0].doubts)


def test_no_value_of_any_row_stands_in_a_draft(draft, text_file) -> None:
    drafted = draft(
        text_file("企业名称,法定代表人,电话", "秘密厂,秘密人,13800138000", "秘密社,秘密员,13800138001")
    )
    text = next(iter(drafted.texts.values()))
    assert "秘密" not in text
    assert "1380013800" not in text


def test_rows_that_nothing_tells_apart_have_no_key(draft, text_file) -> None:
    assert only(draft(text_file("序号,企业名称", "1,甲厂", "2,甲厂"))).key == ()


def test_two_columns_may_be_the_key_together(draft, text_file) -> None:
    lines = ("企业名称,年度,等级", "甲厂,2021,A", "甲厂,2022,A", "乙厂,2021,B")
    assert only(draft(text_file(*lines))).key == ("entity_name", "year")


def test_files_of_one_shape_that_differ_by_year_are_one_resource_with_slices(draft, text_file) -> None:
    paths = [
        text_file("企业名称,等级", f"甲厂,{year}A", name=f"bureau/评级_{year}.csv") for year in (2021, 2022)
    ]
    resource = only(draft(*paths))
    assert resource.source.path == "bureau/评级_*.csv"
    assert resource.source.slice == r"bureau/评级_(?P<year>[0-9]{4})\.csv$"


def test_files_that_differ_by_day_are_deliveries_in_order_of_issue(draft, text_file) -> None:
    paths = [
        text_file("企业名称,等级", "甲厂,A", name=f"bureau/评级_202201{day}.csv") for day in ("01", "02")
    ]
    source = only(draft(*paths)).source
    assert source.slice is None
    assert source.issued == r"bureau/评级_([0-9]{4}-?[0-9]{2}-?[0-9]{2})\.csv$"


def test_files_of_other_names_or_headers_are_resources_of_their_own(draft, text_file) -> None:
    drafted = draft(
        text_file("企业名称,等级", "甲厂,A", name="甲.csv"),
        text_file("企业名称,等级", "甲厂,A", name="乙.csv"),
        text_file("企业名称,级别", "甲厂,A", name="乙2021.csv"),
    )
    assert len(drafted.drafts) == 3
    assert len({one.resource.code for one in drafted.drafts}) == 3


def test_a_name_with_brackets_is_read_as_it_stands(draft, text_file, tmp_path) -> None:
    path = text_file("企业名称,等级", "甲厂,A", name="bureau/名单[1].csv")
    assert [*tmp_path.glob(only(draft(path)).source.path)] == [path]


def test_headings_between_rows_are_declared_as_no_data(draft, text_file) -> None:
    path = text_file(
        "序号,企业名称,区",
        "一、第一批（2家）,,",
        "1,甲厂,东区",
        "2,乙厂,西区",
        "二、第二批（1家）,,",
        "3,丙厂,东区",
    )
    drafted = draft(path)
    assert only(drafted).source.not_data is not None
    assert drafted.drafts[0].group.samples[0].frame.height == 3


def test_gbk_tabs_and_doubled_labels_are_told(draft, text_file) -> None:
    path = text_file("企业名称\t地址\t地址", "甲厂\t东路\t1号", "乙厂\t西路\t2号", encoding="gb18030")
    resource = only(draft(path))
    assert (resource.source.encoding, resource.source.delimiter) == ("gb18030", "\t")
    assert [column.name for column in resource.columns] == ["entity_name", "address", "address__2"]


def a_workbook(path: Path, **sheets: list[list[str]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_sheets_with_the_same_header_are_one_table(draft, tmp_path) -> None:
    first, second = (["企业名称", "等级"], ["甲厂", "A"]), (["企业名称", "等级"], ["乙厂", "B"])
    drafted = draft(a_workbook(tmp_path / "名单.csv", 封面=[], 一=[*first], 二=[*second]))
    resource = only(drafted)
    assert (resource.source.sheet, resource.format) == ("*", "spreadsheet")
    assert drafted.drafts[0].group.samples[0].frame.height == 2


def test_sheets_with_other_headers_are_entries_of_their_own(draft, tmp_path) -> None:
    first, second = (["企业名称", "等级"], ["甲厂", "A"]), (["项目名称", "地址"], ["某楼", "东路"])
    drafted = draft(a_workbook(tmp_path / "名单.xlsx", 说明=[["填报说明若干"]], 一=[*first], 二=[*second]))
    assert [one.resource.source.sheet for one in drafted.drafts] == ["一", "二"]
    assert any("没有表头" in doubt.zh for doubt in drafted.drafts[0].doubts)


def test_json_below_a_path_is_drafted_with_that_path(draft, tmp_path) -> None:
    path = tmp_path / "feed.json"
    path.write_text(
        json.dumps({"data": {"rows": [{"ORG_NAME": "甲", "AWARD_DATE": "2020-01-02"}]}}), encoding="utf-8"
    )
    resource = only(draft(path))
    assert resource.source.rows_at == "data.rows"
    assert types(resource) == {"ORG_NAME": "text", "AWARD_DATE": "date"}


def test_a_file_that_cannot_be_read_is_told_and_the_others_drafted(draft, text_file, tmp_path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_bytes(b"")
    drafted = draft(text_file("企业名称,等级", "甲厂,A"), empty)
    assert [*drafted.refused] == [empty]
    assert len(drafted.drafts) == 1


def test_a_file_that_an_entry_reads_already_is_passed_over(tmp_path, catalogue, draft, text_file) -> None:
    path = text_file("企业名称,等级", "甲厂,A")
    first = only(draft(path))
    known = Catalogue(catalogue.agencies, {first.id: first}, code_lists=catalogue.code_lists)
    again = draft_entries([path], known, AGENCY.id, tmp_path)
    assert again.claimed == {path: first.id}
    assert again.drafts == ()


def test_the_text_says_the_entry_and_reads_the_file_it_was_drafted_from(draft, text_file) -> None:
    path = text_file(
        "序号,企业名称,统一社会信用代码,成立日期",
        *(f"{n},厂{n},{code},2020-01-{n + 1:02d}" for n, code in enumerate(codes(9))),
    )
    drafted = draft(path)
    said = Resource.model_validate(yaml.safe_load(drafted.texts[only(drafted).id]))
    assert said == only(drafted)
    assert said.key == ("credit_code",)
    blocks = [*decode_file(path, said).blocks]
    assert sum(len(block.row_numbers) for block in blocks) == 9


def test_a_draft_is_the_same_twice(draft, text_file) -> None:
    path = text_file("序号,企业名称", "1,甲厂", "2,乙厂")
    assert draft(path).texts == draft(path).texts


USUAL = [
    "序号",
    "企业名称",
    "统一社会信用代码",
    "金额（万元）",
    "9.11E+17",
    "2020-01-02",
    "是",
    "/",
    "Unnamed:2",
    "id",
    "case",
    "1",
    "2",
]
CELLS = st.one_of(st.text(st.characters(exclude_categories=("Cs",)), max_size=12), st.sampled_from(USUAL))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=5), min_size=1, max_size=6))
def test_whatever_the_cells_a_draft_reads_its_file_or_the_file_is_refused(tmp_path, catalogue, rows) -> None:
    path = tmp_path / "any.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    drafted = draft_entries([path], catalogue, AGENCY.id, tmp_path)
    assert len(drafted.refused) + len(drafted.drafts) == 1
    for one in drafted.drafts:
        said = Resource.model_validate(load_yaml_text(drafted.texts[one.resource.id], tmp_path))
        assert said == one.resource
        decoded = decode_file(path, said)
        rows_read = sum(len(block.row_numbers) for block in decoded.blocks)
        assert rows_read == one.group.samples[0].frame.height
        declared = {column.name for column in said.columns}
        assert declared <= set(raw_names(decoded.header, said))


def load_yaml_text(text: str, folder: Path) -> object:
    path = folder / "said.yml"
    path.write_text(text, encoding="utf-8")
    return load_yaml(path).data


ODD = (b"%PDF-1.7\n", b"\0\1\2\3" * 50, b"PK\3\4broken", b"\xff\xfe", b"{", b"<a/>", b"\n\n")


@pytest.mark.parametrize("content", ODD)
def test_what_is_no_table_is_refused_with_a_reason(draft, tmp_path, content) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes(content)
    drafted = draft(path)
    assert drafted.drafts == ()
    assert drafted.refused[path].remedy
