"""The catalogue as a workbook: out and in without loss, agencies' habits, every mistake named, files kept."""

import datetime as dt
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal, Protocol, get_args, get_origin

import openpyxl
import pytest
import xlwt
from hypothesis import given, settings
from made_resources import IN_FILE_ONLY, resources
from openpyxl.worksheet.worksheet import Worksheet
from pydantic import BaseModel
from shares import examples

from resource_catalogue.catalogue import Catalogue, Draft, load_draft
from resource_catalogue.errors import CatalogueError, NotFoundError, SettingError
from resource_catalogue.faults import CatalogueFault, FaultyCatalogue
from resource_catalogue.guide_workbook import choices
from resource_catalogue.guide_workbook.drafts import ImportPlan, check_plan, plan_import, write_plan
from resource_catalogue.guide_workbook.entry_file import new_text, updated_text
from resource_catalogue.guide_workbook.export import Guide
from resource_catalogue.guide_workbook.kinds import Words
from resource_catalogue.guide_workbook.layout import BASES, GUIDE, ITEMS, LAYOUTS, MORE, RULES
from resource_catalogue.guide_workbook.reading import Reading, read_workbook
from resource_catalogue.guide_workbook.views import STANDS_FOR
from resource_catalogue.model import Access, LegalBasis
from resource_catalogue.profile import load_profile
from resource_catalogue.resource import Column, Digitisation, Resource, Rule, Secrecy, Update
from resource_catalogue.sources import SHAPES
from resource_catalogue.sources.folder import FolderSource
from resource_catalogue.yaml_source import load_yaml

ROOT = Path(__file__).resolve().parents[2]
DEMO, REAL = ROOT / "data" / "demo" / "catalogue", ROOT / "benchmarks" / "realdata" / "catalogue"
MARKET = "market.registration"
AS_OF, KNOWN_CHECKS = dt.date(2026, 3, 16), frozenset({"order", "not_future"})


class CatalogueFiles(Protocol):
    """Write and load the small catalogue of this folder's fixture ``files``."""

    folder: Path

    def draft(self) -> Draft: ...


def words_of(draft: Draft, profile: str = "yancheng") -> Words:
    return Words.of(draft.catalogue.agencies, load_profile(profile))


@functools.cache
def demo() -> Draft:
    return load_draft(DEMO)


def without_entries(draft: Draft) -> Catalogue:
    """Give the agencies alone, so that nothing of an entry can come from anywhere but the workbook."""
    return Catalogue(agencies=draft.catalogue.agencies)


class Book:
    """Hold an exported workbook that a test fills in as people do, and read it back."""

    def __init__(self, draft: Draft, path: Path, profile: str = "yancheng") -> None:
        self.draft, self.path, self.words = draft, path, words_of(draft, profile)
        Guide(self.words).save(list(draft.catalogue.resources.values()), path)
        self.book = openpyxl.load_workbook(path)

    def sheet(self, name: str = "信息资源目录") -> Worksheet:
        found: Worksheet = self.book[name]
        return found

    def column(self, heading: str, name: str = "信息资源目录") -> int:
        """Return the column of a Chinese heading."""
        for row in self.sheet(name).iter_rows(max_row=2):
            for cell in row:
                if str(cell.value).split("\n")[0] == heading:
                    return int(cell.column)
        raise KeyError(heading)

    def row(self, entry: str = MARKET, name: str = "信息资源目录", **texts: str) -> int:
        """Return the first row of an entry, or that whose cells say the given texts."""
        keys = {"资源标识": entry, **texts}
        current = ""
        for number in range(2, self.sheet(name).max_row + 1):
            current = self.sheet(name).cell(number, self.column("资源标识", name)).value or current
            said = {
                heading: self.sheet(name).cell(number, self.column(heading, name)).value for heading in texts
            }
            if {**said, "资源标识": current} == keys:
                return number
        raise KeyError(keys)

    def fill(self, heading: str, value: Any, name: str = "信息资源目录", **where: str) -> str:
        """Fill in one cell and return its place."""
        cell = self.sheet(name).cell(self.row(name=name, **where), self.column(heading, name))
        cell.value = value
        return f"{name}!{cell.coordinate}"

    def read(self, catalogue: Catalogue | None = None) -> Reading:
        """Save and read over the draft, or over another catalogue."""
        self.book.save(self.path)
        return read_workbook(self.path, catalogue or self.draft.catalogue, self.words)

    def entry(self, entry: str = MARKET, catalogue: Catalogue | None = None) -> Resource:
        return self.read(catalogue).resources[entry]

    def faults(self, catalogue: Catalogue | None = None) -> list[CatalogueFault]:
        with pytest.raises(FaultyCatalogue) as caught:
            self.read(catalogue)
        return list(caught.value.faults)


@pytest.fixture
def book(files: CatalogueFiles, tmp_path: Path) -> Book:
    """Give the small catalogue as a workbook."""
    return Book(files.draft(), tmp_path / "entries.xlsx")


@contextmanager
def scratch(name: str) -> Iterator[Path]:
    with TemporaryDirectory() as folder:
        yield Path(folder) / name


@pytest.mark.parametrize("folder", [DEMO, REAL], ids=["demo", "realdata"])
@pytest.mark.parametrize("profile", ["yancheng", "yinchuan", "putuo"])
def test_every_entry_comes_back_as_it_went_out(folder: Path, profile: str, tmp_path: Path) -> None:
    draft = load_draft(folder)
    given_ = draft.catalogue.resources
    Guide(words_of(draft, profile)).save(list(given_.values()), tmp_path / "all.xlsx")
    reading = read_workbook(tmp_path / "all.xlsx", without_entries(draft), words_of(draft, profile))
    assert reading.resources == given_
    assert len(given_) > 10
    assert reading.notes == ()


def test_the_small_catalogues_entries_come_back_too(book: Book) -> None:
    assert book.read(without_entries(book.draft)).resources == book.draft.catalogue.resources


def test_readings_that_are_rarely_declared_are_filled_in_and_come_back(book: Book, tmp_path: Path) -> None:
    given_ = {
        "表头行数": "２",
        "列宽": "18，8、20",
        "列宽单位": "字符",
        "向下填充列": "credit_code、entity_name",
    }
    for heading, text in given_.items():
        book.fill(heading, text, "补充字段")
    entry = book.entry()
    source = entry.source
    assert (source.header_lines, source.widths, source.width_unit) == (2, (18, 8, 20), "character")
    assert source.fill_down == ("credit_code", "entity_name")
    again = tmp_path / "again.xlsx"
    Guide(book.words).save([entry], again)
    assert read_workbook(again, without_entries(book.draft), book.words).resources == {entry.id: entry}


@settings(max_examples=examples(50))
@given(drawn=resources())
def test_whatever_an_entry_says_comes_back(drawn: Resource) -> None:
    draft, words = demo(), words_of(demo())
    with scratch("one.xlsx") as path:
        Guide(words).save([drawn], path)
        assert read_workbook(path, without_entries(draft), words).resources == {drawn.id: drawn}


@settings(max_examples=examples(80))
@given(drawn=resources())
def test_whatever_an_entry_says_stands_in_its_file(drawn: Resource) -> None:
    with scratch("entry.yml") as path:
        path.write_text(new_text(drawn), encoding="utf-8")
        assert Resource.model_validate(load_yaml(path).data) == drawn


@settings(max_examples=examples(50))
@given(before=resources(), after=resources())
def test_a_file_brought_up_to_date_says_the_new_entry(before: Resource, after: Resource) -> None:
    with scratch("entry.yml") as path:
        path.write_text("# kept\n" + new_text(before), encoding="utf-8")
        path.write_text(updated_text(load_yaml(path), before, after), encoding="utf-8")
        assert Resource.model_validate(load_yaml(path).data) == after


def test_every_field_of_the_model_has_exactly_one_column() -> None:
    sheets = {"entry": (GUIDE, MORE), "item": (GUIDE, ITEMS), "basis": (BASES,), "rule": (RULES,)}
    in_sheets = [
        (part, *field.path)
        for part, layouts in sheets.items()
        for layout in layouts
        for field in layout.fields
        if field.path and (field.of == "item") == (part == "item")
    ]
    assert [path for path in in_sheets if in_sheets.count(path) > 1 and path != ("item", "name")] == []
    in_file_only = {(name,) for name in IN_FILE_ONLY}
    expected = {
        *(("entry", *path) for path in leaves(Resource) if path != ("source",)),
        *(("entry", "source", *path) for path in leaves(FolderSource) if path[:1] not in in_file_only),
        *(("item", *path) for path in leaves(Column)),
        *(("basis", *path) for path in leaves(LegalBasis)),
        *(("rule", *path) for path in leaves(Rule)),
    }
    assert set(in_sheets) == expected


def leaves(shape: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    """Yield the keys down to each value of a shape; lists of shapes have sheets of their own."""
    for name, field in shape.model_fields.items():
        key = field.alias or name
        inner = [one for one in (field.annotation, *get_args(field.annotation)) if is_shape(one)]
        is_list = get_origin(field.annotation) is tuple
        if inner and not is_list:
            yield from ((key, *path) for path in leaves(inner[0]))
        elif not inner:
            yield (key,)


def is_shape(one: Any) -> bool:
    return isinstance(one, type) and issubclass(one, BaseModel)


@pytest.mark.parametrize(
    ("listed", "shape", "field"),
    [
        (choices.CLASSES, Resource, "class_"),
        (choices.FORMATS, Resource, "format"),
        (choices.FORMS, Resource, "form"),
        (choices.SUBJECTS, Resource, "subject"),
        (choices.DIGITISATION_STATES, Digitisation, "state"),
        (choices.WIDTH_UNITS, FolderSource, "width_unit"),
        (choices.OBTAINED, Resource, "obtained_by"),
        (choices.REPORTED, Resource, "reported_by"),
        (choices.FREQUENCIES, Update, "frequency"),
        (choices.UPDATE_MODES, Update, "mode"),
        (choices.SECRECY, Secrecy, "state"),
        (choices.SHARE_TYPES, Access, "type"),
        (choices.OPEN_TYPES, Access, "type"),
        (choices.MODES, Access, "modes"),
        (choices.RANKS, LegalBasis, "rank"),
        (choices.COLUMN_TYPES, Column, "type"),
        (choices.SEVERITIES, Rule, "severity"),
    ],
)
def test_each_list_of_words_has_the_words_of_the_model(
    listed: choices.Choices, shape: type[BaseModel], field: str
) -> None:
    assert {choice.word for choice in listed.choices} == set(literals(shape.model_fields[field].annotation))
    assert all(listed.find(choice.shown) == choice.word for choice in listed.choices)
    assert all(choice.zh and choice.en for choice in listed.choices)


def test_each_connector_has_a_word() -> None:
    assert {choice.word for choice in choices.CONNECTORS.choices} == set(SHAPES)


def literals(annotation: Any) -> Iterator[str]:
    if get_origin(annotation) is Literal:
        yield from get_args(annotation)
    for inner in get_args(annotation):
        yield from literals(inner) if get_origin(inner) in (Literal, tuple, Annotated) else ()


def test_codes_are_those_of_the_guide() -> None:
    coded = {
        listed.name.zh: {choice.code: choice.word for choice in listed.choices if choice.code}
        for listed in (
            choices.SHARE_TYPES, choices.FORMATS, choices.FREQUENCIES, choices.CLASSES, choices.GUIDE_TYPES
        )
    }  # fmt: skip
    assert coded["共享类型"] == {"1": "open_to_all", "2": "conditional", "3": "none"}
    assert list(coded["信息资源格式分类"]) == list("1234567")
    assert coded["更新周期"]["1"] == "real_time"
    assert coded["更新周期"]["6"] == "yearly"
    assert "half_yearly" not in coded["更新周期"].values()
    assert set(coded["数据类型"]) == set("CNYDTLMGBIF")
    assert set(choices.TYPE_CODES) == set(choices.TYPE_OF_CODE.values()) | {
        "code", "citizen_id", "credit_code", "registration_number", "subject_identifier", "certificate_identifier",
        "person_name", "address", "phone", "division",
    }  # fmt: skip


def test_the_guides_sheet_has_a_block_per_entry_with_items_as_rows(book: Book) -> None:
    sheet, first = book.sheet(), book.row()
    entry = book.draft.catalogue.resources[MARKET]
    names = [
        sheet.cell(first + index, book.column("信息项标识")).value for index in range(len(entry.columns))
    ]
    assert names == [column.name for column in entry.columns]
    merged = {str(found) for found in sheet.merged_cells.ranges}
    letter = sheet.cell(1, book.column("信息资源名称")).column_letter
    assert f"{letter}{first}:{letter}{first + len(names) - 1}" in merged
    said = {
        heading: sheet.cell(first, book.column(heading)).value
        for heading in ("类", "项", "目", "细目", "信息资源代码")
    }
    assert said == {
        "类": "3 部门信息资源",
        "项": "07",
        "目": "329",
        "细目": "0001",
        "信息资源代码": "3073290001/000001",
    }
    assert sheet.cell(first, book.column("信息资源提供方代码")).value == "11329900009000015E"
    assert sheet.cell(first, book.column("所属系统名称")).value == "登记系统"
    assert sheet.cell(first, book.column("数据类型")).value == "C 字符型"
    assert sheet.cell(first, book.column("共享类型")).value == "2 有条件共享"
    assert sheet.cell(first, book.column("是否向社会开放")).value == "是"


def test_every_cell_is_text_and_lists_drop_down(book: Book) -> None:
    kinds = {
        cell.data_type
        for layout in LAYOUTS
        for row in book.sheet(layout.name.zh).iter_rows()
        for cell in row
        if cell.value is not None
    }
    assert kinds == {"s"}
    offered = {rule.formula1 for rule in book.sheet().data_validations.dataValidation}
    assert any(formula.startswith("=代码表!") or formula.startswith("代码表!") for formula in offered)
    codes = book.sheet("代码表")
    texts = {cell.value for row in codes.iter_rows() for cell in row}
    assert {"1 无条件共享", "2 有条件共享", "3 不予共享", "每半年", "D 日期型"} <= texts
    assert book.sheet("说明").max_row > 5


def test_a_text_that_looks_like_a_formula_is_none(book: Book) -> None:
    entry = book.draft.catalogue.resources[MARKET]
    odd = entry.model_copy(
        update={"use_requirements": entry.name.model_copy(update={"zh": '=HYPERLINK("x")'})}
    )
    path = book.path.with_name("odd.xlsx")
    Guide(book.words).save([odd], path)
    cell = next(
        cell
        for row in openpyxl.load_workbook(path)["补充字段"].iter_rows()
        for cell in row
        if "HYPERLINK" in str(cell.value)
    )
    assert cell.data_type == "s"
    assert read_workbook(path, without_entries(book.draft), book.words).resources[MARKET] == odd


def test_the_day_of_listing_is_shown_and_not_read(files: CatalogueFiles, tmp_path: Path) -> None:
    draft = files.draft()
    path = tmp_path / "listed.xlsx"
    Guide(words_of(draft), {MARKET: "2026-03-02"}).save([draft.catalogue.resources[MARKET]], path)
    texts = {cell.value for row in openpyxl.load_workbook(path)["信息资源目录"].iter_rows() for cell in row}
    assert "2026-03-02" in texts
    assert read_workbook(path, draft.catalogue, words_of(draft)).resources[MARKET].id == MARKET


def test_no_file_is_written_over(book: Book) -> None:
    before = book.path.read_bytes()
    with pytest.raises(SettingError, match="已存在"):
        Guide(book.words).save([], book.path)
    assert book.path.read_bytes() == before


HABITS: list[tuple[str, str, Any, Callable[[Resource], Any], Any]] = [
    ("信息资源目录", "共享类型", "１", lambda one: one.share.type, "open_to_all"),
    ("信息资源目录", "共享类型", 1, lambda one: one.share.type, "open_to_all"),
    ("信息资源目录", "共享类型", " 无条件 共享 ", lambda one: one.share.type, "open_to_all"),
    ("信息资源目录", "共享类型", "2-有条件共享", lambda one: one.share.type, "conditional"),
    ("信息资源目录", "共享类型", "conditional", lambda one: one.share.type, "conditional"),
    ("信息资源目录", "更新周期", "4", lambda one: one.update.frequency, "monthly"),
    ("信息资源目录", "更新周期", "每半年", lambda one: one.update.frequency, "half_yearly"),
    ("信息资源目录", "信息资源格式分类", 2.0, lambda one: one.format, "spreadsheet"),
    ("信息资源目录", "共享方式", "库表、接口", lambda one: one.share.modes, ("table", "service")),
    ("信息资源目录", "共享方式", "接口；\n文件", lambda one: one.share.modes, ("service", "file")),
    ("信息资源目录", "信息资源名称", "市场主体\n登记信息", lambda one: one.name.zh, "市场主体登记信息"),
    ("信息资源目录", "信息资源名称", "\u3000市场主体 ", lambda one: one.name.zh, "市场主体"),
    ("信息资源目录", "信息资源代码", "３０７３２９０００１／０００００１", lambda one: one.code, "3073290001/000001"),
    ("信息资源目录", "关联资源代码", "/", lambda one: one.related, ()),
    ("信息资源目录", "关联资源代码", "3/1、3/2", lambda one: one.related, ("3/1", "3/2")),
    ("信息资源目录", "所属系统名称", "registers", lambda one: one.system, "registers"),
    ("信息资源目录", "所属系统名称", "登记系统", lambda one: one.system, "registers"),
    ("信息资源目录", "数据长度", "２５６", lambda one: one.columns[0].max, 256),
    ("信息资源目录", "数据长度", 256.0, lambda one: one.columns[0].max, 256),
    ("信息资源目录", "数据类型", "字符型（18）", lambda one: one.columns[0].type, "credit_code"),
    ("信息资源目录", "信息资源提供方", "market", lambda one: one.agencies.providing, "market"),
    ("信息资源目录", "信息资源提供方", "示例市\nmarket", lambda one: one.agencies.providing, "market"),
    ("信息资源目录", "开放条件", "无", lambda one: one.open.condition, None),
    ("补充字段", "主键", "credit_code，recorded_on", lambda one: one.key, ("credit_code", "recorded_on")),
    ("补充字段", "主键", "无", lambda one: one.key, ()),
    ("补充字段", "预计行数", "1,600", lambda one: one.covers.rows_expected, 1600),
    ("补充字段", "起始日期", dt.datetime(2020, 5, 6), lambda one: one.covers.since, dt.date(2020, 5, 6)),
    ("补充字段", "起始日期", "2020年5月6日", lambda one: one.covers.since, dt.date(2020, 5, 6)),
    ("补充字段", "起始日期", "２０２０/5/6", lambda one: one.covers.since, dt.date(2020, 5, 6)),
    ("补充字段", "起始日期", 20200506, lambda one: one.covers.since, dt.date(2020, 5, 6)),
    ("补充字段", "报送时点", dt.time(8, 0), lambda one: one.update.due, "08:00"),
    ("补充字段", "最大缩减百分比", "5%", lambda one: one.guard.max_shrink_pct, 5.0),
    ("补充字段", "数据级别", "一般", lambda one: one.level and one.level.national, "general"),
    ("信息项补充", "是否必填", "√", lambda one: one.columns[0].required, True),
    ("信息项补充", "是否必填", False, lambda one: one.columns[0].required, False),
    ("规则", "质量指标", 501, lambda one: one.rules[0].indicator, "0501"),
    ("规则", "参数", "max_age_days = 400", lambda one: one.rules[0].arguments, {"max_age_days": 400}),
    ("依据", "效力层级", "行政法规", lambda one: one.share.basis[0].rank, "administrative_regulation"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sheet", "heading", "value", "said", "expected"),
    HABITS,
    ids=[f"{heading}-{value!r}"[:40] for _, heading, value, *_ in HABITS],
)
def test_what_agencies_write_is_understood(
    book: Book, sheet: str, heading: str, value: Any, said: Callable[[Resource], Any], expected: Any
) -> None:
    book.fill(heading, value, sheet)
    assert said(book.entry()) == expected


@pytest.mark.parametrize(
    ("profile", "text", "expected"),
    [
        ("putuo", "授权共享", "conditional"),
        ("putuo", "非共享", "none"),
        ("yinchuan", "无条件共享", "open_to_all"),
    ],
)
def test_the_regulations_own_type_names_are_understood(
    files: CatalogueFiles, tmp_path: Path, profile: str, text: str, expected: str
) -> None:
    book = Book(files.draft(), tmp_path / "own.xlsx", profile)
    book.fill("共享类型", text)
    assert book.entry().share.type == expected


def test_cells_may_be_repeated_instead_of_merged(book: Book) -> None:
    sheet = book.sheet()
    for merged in [str(found) for found in sheet.merged_cells.ranges if found.min_row > 2]:
        sheet.unmerge_cells(merged)
        first, *others = [cell for row in sheet[merged] for cell in row]
        for cell in others:
            cell.value = first.value
    assert book.read().resources == book.draft.catalogue.resources


def test_cells_may_stand_in_the_first_row_alone(book: Book) -> None:
    for merged in [str(found) for found in book.sheet().merged_cells.ranges if found.min_row > 2]:
        book.sheet().unmerge_cells(merged)
    assert book.read(without_entries(book.draft)).resources == book.draft.catalogue.resources


def test_columns_may_stand_in_any_order_and_further_ones_are_named(book: Book) -> None:
    for layout in LAYOUTS:
        sheet = book.sheet(layout.name.zh)
        for merged in list(sheet.merged_cells.ranges):
            sheet.unmerge_cells(str(merged))
        rows = [[cell.value for cell in row][::-1] for row in sheet.iter_rows()]
        for number, row in enumerate(rows, start=1):
            for column, value in enumerate([*row, "填报人" if number == 1 else "某科室"], start=1):
                sheet.cell(number, column).value = value
    reading = book.read(without_entries(book.draft))
    assert reading.resources == book.draft.catalogue.resources
    assert len([note for note in reading.notes if "未读取的列" in note]) == len(LAYOUTS)


def test_titles_above_and_notes_below_are_passed_over(book: Book) -> None:
    sheet = book.sheet("补充字段")
    sheet.insert_rows(1, 2)
    sheet["A1"] = "某市政务信息资源目录补充字段"
    sheet.cell(sheet.max_row + 1, 1, "填表说明：本表由各机构填写")
    assert book.read().resources == book.draft.catalogue.resources


def test_unknown_sheets_are_named(book: Book) -> None:
    book.book.create_sheet("联系方式")["A1"] = "办公室"
    assert any("联系方式" in note for note in book.read().notes)


def test_a_bare_workbook_of_the_guide_keeps_what_the_files_say_beside_it(book: Book) -> None:
    for layout in LAYOUTS[1:]:
        del book.book[layout.name.zh]
    book.fill("信息资源摘要", "改过的摘要")
    sheet = book.sheet()
    sheet.title = "Sheet1"
    for heading in ("资源标识", "信息项标识", "开放类型"):
        clear(sheet, book.column(heading, "Sheet1"))
    before = book.draft.catalogue.resources[MARKET]
    changed = before.model_copy(update={"summary": before.summary.model_copy(update={"zh": "改过的摘要"})})
    assert book.read().resources == {**book.draft.catalogue.resources, MARKET: changed}


def clear(sheet: Worksheet, column: int) -> None:
    """Take a column out as people do, merged cells with it."""
    for merged in [found for found in sheet.merged_cells.ranges if found.min_col <= column <= found.max_col]:
        sheet.unmerge_cells(str(merged))
    for row in range(1, sheet.max_row + 1):
        sheet.cell(row, column).value = None


def test_an_empty_cell_takes_out_and_a_missing_column_leaves(book: Book) -> None:
    book.fill("使用要求", None, "补充字段")
    clear(book.sheet("补充字段"), book.column("预计行数", "补充字段"))
    before = book.draft.catalogue.resources[MARKET]
    entry = book.entry(catalogue=book.draft.catalogue)
    assert entry.use_requirements is None
    assert entry.model_copy(update={"use_requirements": before.use_requirements}) == before


def test_a_new_entry_of_the_bare_guide_says_what_it_still_needs(book: Book) -> None:
    for layout in LAYOUTS[1:]:
        del book.book[layout.name.zh]
    sheet, row = book.sheet(), book.sheet().max_row + 1
    sheet.cell(row, book.column("资源标识")).value = "market.permits"
    sheet.cell(row, book.column("信息项标识")).value = "permit_no"
    sheet.cell(row, book.column("信息项名称")).value = "许可证号"
    sheet.cell(row, book.column("数据类型")).value = "C"
    told = " ".join(str(fault) for fault in book.faults())
    for heading in (
        "信息资源名称",
        "共享类型",
        "更新周期",
        "补充字段「主键」",
        "补充字段「文件路径」",
        "补充字段「主体」",
        "补充字段「数据粒度」",
    ):
        assert heading in told
    assert "信息项类型" not in told


def test_an_item_takes_its_type_from_the_guides_column_where_it_has_none(book: Book) -> None:
    del book.book["信息项补充"]
    book.fill("数据类型", "日期型", 信息项标识="phone")
    phone = book.entry().column("phone")
    assert phone.type == "date"
    assert book.entry().column("recorded_on").type == "date"
    assert book.entry().column("credit_code").type == "credit_code"


@pytest.mark.parametrize(
    ("text", "condition", "expected"),
    [
        ("是", None, "open_to_all"),
        ("是", "签订协议", "conditional"),
        ("否", None, "none"),
        ("有条件开放", None, "conditional"),
    ],
)
def test_open_yes_or_no_stands_in_for_the_open_type(
    book: Book, text: str, condition: str | None, expected: str
) -> None:
    book.fill("开放类型", None)
    book.fill("是否向社会开放", text)
    book.fill("开放条件", condition)
    assert book.entry(catalogue=without_entries(book.draft)).open.type == expected
    assert set(STANDS_FOR) == {"is_open", "guide_type", "provider_code"}


def test_the_credit_code_stands_in_for_the_providers_name(book: Book) -> None:
    book.fill("信息资源提供方", None)
    assert book.entry(catalogue=without_entries(book.draft)).agencies.providing == "market"


def test_an_old_excel_file_is_read(book: Book, tmp_path: Path) -> None:
    old, path = xlwt.Workbook(), tmp_path / "old.xls"
    for layout in LAYOUTS:
        page = old.add_sheet(layout.name.zh)
        merged = {
            (found.min_row, found.min_col): found for found in book.sheet(layout.name.zh).merged_cells.ranges
        }
        for row in book.sheet(layout.name.zh).iter_rows():
            for cell in row:
                found = merged.get((cell.row, cell.column))
                if found:
                    page.write_merge(
                        found.min_row - 1, found.max_row - 1, found.min_col - 1, found.max_col - 1, cell.value
                    )
                elif cell.value is not None:
                    page.write(cell.row - 1, cell.column - 1, cell.value)
    old.save(str(path))
    assert (
        read_workbook(path, without_entries(book.draft), book.words).resources
        == book.draft.catalogue.resources
    )


MISTAKES: list[tuple[str, str, Any, str]] = [
    ("信息资源目录", "共享类型", "看情况", "1 无条件共享、2 有条件共享、3 不予共享"),
    ("信息资源目录", "更新周期", "随缘", "open"),
    ("信息资源目录", "信息资源提供方", "某某局", "机构的名称或标识"),
    ("信息资源目录", "信息资源提供方代码", "11329900009000111P", "统一社会信用代码"),
    ("信息资源目录", "项", "08", "07"),
    ("信息资源目录", "所属系统名称", "没有的系统", "系统的名称或标识"),
    ("信息资源目录", "信息项标识", "Credit Code!", "form"),
    ("信息资源目录", "数据长度", "很长", "整数"),
    ("信息资源目录", "数据长度", 0, "大于 0"),
    ("信息资源目录", "数据类型", "日期型", "credit_code"),
    ("信息资源目录", "数据类型", "图片", "C 字符型"),
    ("信息资源目录", "是否向社会开放", "否", "开放类型"),
    ("信息资源目录", "信息资源名称", None, "此项必填"),
    ("补充字段", "起始日期", "去年", "2026-03-01"),
    ("补充字段", "预计行数", -1, "不小于 0"),
    ("补充字段", "最大缩减百分比", 500, "不大于 100"),
    ("补充字段", "主体", None, "此项必填"),
    ("补充字段", "资源标识", "market.unknown", "信息资源目录中的资源标识"),
    ("补充字段", "资源标识", "labour.units", "一行"),
    ("补充字段", "覆盖区划", "32990", "格式"),
    ("信息项补充", "是否必填", "也许", "是 或 否"),
    ("信息项补充", "信息项标识", "nobody", "信息项标识"),
    ("信息项补充", "信息项类型", "图片", "文本"),
    ("依据", "依据用途", None, "采集依据"),
    ("依据", "效力层级", "通知", "法律"),
    ("依据", "法律法规名称", None, "此项必填"),
    ("规则", "质量指标", "0999", "0101"),
    ("规则", "参数", "400", "名称=值"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("sheet", "heading", "value", "expected"),
    [case for case in MISTAKES if case[1] != "更新周期"],
    ids=[f"{sheet}-{heading}-{value}" for sheet, heading, value, _ in MISTAKES if heading != "更新周期"],
)
def test_a_mistake_is_named_with_its_cell(
    book: Book, sheet: str, heading: str, value: Any, expected: str
) -> None:
    place = book.fill(heading, value, sheet)
    found = [fault for fault in book.faults() if fault.place == place]
    assert len(found) == 1, [str(fault) for fault in book.faults()]
    assert expected in found[0].expected
    assert found[0].line == int("".join(filter(str.isdigit, place.split("!")[1])))
    assert found[0].remedy
    assert found[0].found.startswith("空" if value is None else str(value)[:5])


def test_all_mistakes_of_all_rows_are_named_at_once(book: Book) -> None:
    places = {
        book.fill("共享类型", "看情况"),
        book.fill("共享类型", "也行", entry="labour.units"),
        book.fill("信息资源摘要", None, entry="police.household"),
        book.fill("起始日期", "去年", "补充字段"),
        book.fill("预计行数", "许多", "补充字段", entry="labour.units"),
        book.fill("信息项类型", "图片", "信息项补充", entry="police.household"),
        book.fill("质量指标", "9", "规则"),
    }
    assert {fault.place for fault in book.faults()} == places


def test_rows_of_one_entry_that_contradict_each_other_are_named(book: Book) -> None:
    for merged in [str(found) for found in book.sheet().merged_cells.ranges if found.min_row > 2]:
        book.sheet().unmerge_cells(merged)
    cell = book.sheet().cell(book.row() + 1, book.column("信息资源摘要"), "另一个摘要")
    assert [fault.place for fault in book.faults()] == [f"信息资源目录!{cell.coordinate}"]


def test_an_item_twice_is_named(book: Book) -> None:
    book.fill("信息项标识", "credit_code", 信息项标识="phone")
    assert any("每个信息项一行" in fault.expected for fault in book.faults())


def test_a_workbook_without_the_guides_sheet_is_refused(book: Book) -> None:
    del book.book["信息资源目录"]
    assert any("信息资源名称" in fault.expected for fault in book.faults())


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04broken"])
def test_what_is_no_workbook_is_refused_with_a_remedy(book: Book, content: bytes) -> None:
    book.path.write_bytes(content)
    with pytest.raises(CatalogueError, match="另存为 XLSX"):
        read_workbook(book.path, book.draft.catalogue, book.words)


def planned(book: Book, folder: Path, agency: str = "market") -> ImportPlan:
    return plan_import(book.draft, folder, agency, book.read().resources)


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_an_unchanged_entry_keeps_its_file_and_comments(files: CatalogueFiles, tmp_path: Path) -> None:
    files.draft()
    path = files.folder / "resources" / "market" / "registration.yml"
    path.write_text("# 主管科室已确认\n" + path.read_text(encoding="utf-8"), encoding="utf-8")
    before = contents(files.folder)
    book = Book(load_draft(files.folder), tmp_path / "same.xlsx")
    plan = planned(book, files.folder)
    write_plan(plan)
    assert contents(files.folder) == before
    assert plan.unchanged == (path,)
    assert plan.texts == {}
    assert set(plan.of_others) == {"labour.units", "police.household"}


def test_a_changed_entry_changes_its_own_lines_only(tmp_path: Path) -> None:
    folder = tmp_path / "catalogue"
    copy_of(DEMO, folder)
    path = folder / "resources" / "market_regulation" / "market_entity_registration.yml"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines.insert(1, "# 代码由省里下发")
    lines.insert(lines.index("columns:") + 1, "  # 主键")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    book = Book(load_draft(folder), tmp_path / "demo.xlsx")
    entry = "market_regulation.market_entity_registration"
    book.fill("更新周期", "每日", entry=entry)
    book.fill("数据长度", "300", entry=entry, 信息项标识="entity_name")
    plan = planned(book, folder, "market_regulation")
    write_plan(plan)
    after = path.read_text(encoding="utf-8").splitlines()
    assert {line for line in lines if line not in after} == {
        "update: {frequency: weekly, mode: snapshot}",
        *(line for line in lines if "max: 256" in line and "企业名称" in line),
    }
    assert "# 代码由省里下发" in after
    assert "  # 主键" in after
    assert list(plan.changed) == [path]
    read = load_draft(folder).catalogue.resources[entry]
    assert read == book.entry(entry)
    assert read.update.frequency == "daily"
    assert read.column("entity_name").max == 300


def copy_of(source: Path, target: Path) -> None:
    for path, content in contents(source).items():
        place = target / path.relative_to(source)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)


def test_a_new_entry_gets_a_readable_file_and_the_rest_stays(book: Book, files: CatalogueFiles) -> None:
    entry = book.draft.catalogue.resources[MARKET]
    new = entry.model_copy(update={"id": "market.renewals", "code": "3073290001/000009"})
    path = book.path.with_name("new.xlsx")
    Guide(book.words).save([new], path)
    reading = read_workbook(path, book.draft.catalogue, book.words)
    before = contents(files.folder)
    plan = plan_import(book.draft, files.folder, "market", reading.resources)
    write_plan(plan)
    made = files.folder / "resources" / "market" / "renewals.yml"
    assert {one: text for one, text in contents(files.folder).items() if one != made} == before
    assert list(plan.added) == [made]
    assert plan.only_in_catalogue == (MARKET,)
    assert load_draft(files.folder).catalogue.resources["market.renewals"] == new
    lines = made.read_text(encoding="utf-8").splitlines()
    assert lines[:3] == ["id: market.renewals", 'code: "3073290001/000009"', "name: {zh: registration}"]
    assert max(map(len, lines)) <= 120


def test_the_check_sees_the_result_and_writes_nothing(book: Book, files: CatalogueFiles) -> None:
    book.fill("主键", "no_such_item", "补充字段")
    before = contents(files.folder)
    checked = check_plan(planned(book, files.folder), load_profile("yancheng"), AS_OF, KNOWN_CHECKS)
    assert any("no_such_item" in str(remark) for remark in checked if remark.severity == "error")
    assert {remark.fault.file for remark in checked if "no_such_item" in str(remark)} == {
        files.folder / "resources" / "market" / "registration.yml"
    }
    assert contents(files.folder) == before


def test_a_file_that_cannot_be_read_is_not_written_over(book: Book, files: CatalogueFiles) -> None:
    path = files.folder / "resources" / "market" / "registration.yml"
    path.write_text("id: market.registration\nunknown: 1\n", encoding="utf-8")
    draft = load_draft(files.folder)
    with pytest.raises(FaultyCatalogue):
        plan_import(draft, files.folder, "market", book.read().resources)


def test_a_file_of_another_entry_is_not_written_over(book: Book, files: CatalogueFiles) -> None:
    entry = book.draft.catalogue.resources[MARKET]
    path = files.folder / "resources" / "market" / "registration.yml"
    path.rename(path.with_name("renewals.yml"))
    draft = load_draft(files.folder)
    new = entry.model_copy(update={"id": "market.renewals"})
    with pytest.raises(FaultyCatalogue, match="另一条目"):
        plan_import(draft, files.folder, "market", {new.id: new})


def test_an_unknown_agency_is_named(book: Book, files: CatalogueFiles) -> None:
    with pytest.raises(NotFoundError, match="bureau, labour, market, police"):
        plan_import(book.draft, files.folder, "nobody", {})
