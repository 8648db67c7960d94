"""All errors of all rows of a file, before it is sent."""

from collections.abc import Callable
from pathlib import Path

import openpyxl
import pytest
from made_inbox import COLUMNS, MARKER, a_resource

from ingestion.annotated_workbook import write_annotated
from ingestion.file_error_words import explained
from ingestion.file_errors import CheckedFile, check_file
from resource_catalogue.code_list import Code, CodeList
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

LISTS = {"kinds": CodeList("kinds", (Code("A", "甲"),))}
MORE = (
    *COLUMNS,
    {"name": "founded", "zh": "成立日期", "type": "date"},
    {"name": "kind", "zh": "类别", "type": "code", "codes": "kinds"},
)


@pytest.fixture
def checked(tmp_path: Path) -> Callable[..., CheckedFile]:
    def of(*lines: str, resource: Resource | None = None) -> CheckedFile:
        path = tmp_path / "feed.csv"
        path.write_text("\n".join(lines), encoding="utf-8")
        return check_file(path, resource or a_resource(columns=MORE), LISTS)

    return of


def said(checked: CheckedFile) -> list[tuple[int, str, str]]:
    return [(error.line, error.column, error.code) for error in checked.errors]


HEAD = "代码,名称,数量,成立日期,类别"


def test_a_right_file_has_no_errors(checked) -> None:
    found = checked(HEAD, "1,甲,5,2020-01-02,A", "2,乙,6,2020-01-03,A")
    assert said(found) == []
    assert not found.is_faulty
    assert found.row_count == 2


def test_every_error_of_every_row_is_found_with_line_and_column(checked) -> None:
    found = checked(HEAD, "1,甲,五,2020/1/2,B", ",乙,6,2020-02-30,A", "3,丙,7", "1,丁,7,,A")
    assert said(found) == [
        (2, "amount", "not_an_integer"), (2, "founded", "other_format"), (2, "kind", "not_in_list"),
        (3, "code", "required"), (3, "founded", "impossible_date"), (4, "", "too_few_fields"), (5, "", "duplicate_key"),
    ]  # fmt: skip
    assert found.is_faulty
    assert found.row_count == 4


def test_missing_and_new_columns_are_told(checked) -> None:
    found = checked("名称,数量,新列", "甲,5,x")
    assert found.missing == ["代码"]
    assert found.undeclared == ["新列"]
    assert found.is_faulty


def test_of_records_that_say_that_a_row_is_gone_only_the_key_is_judged(checked) -> None:
    columns = [{**column, "required": True} for column in COLUMNS]
    deleted = {"column": "操作", "values": ["删除"]}
    changing = a_resource(columns=columns, mode="changes", update={"deleted": deleted})
    found = checked("操作,代码,名称,数量", "删除,1,,x", ",1,甲,5", "删除,,,", ",2,,6", resource=changing)
    assert said(found) == [(4, "code", "required"), (5, "title", "required")]
    alone = checked("操作,代码", "删除,1", "删除,2", resource=changing)
    assert (alone.missing, alone.undeclared, said(alone)) == ([], [], [])
    assert checked("操作,代码", "删除,1", ",2", resource=changing).missing == ["名称", "数量"]


def test_each_code_has_words_in_both_languages(checked) -> None:
    found = checked(HEAD, "1,甲,五,2020/1/2,B", ",乙\ufffd,6,2020-02-30,A", "3,丙,7", "1,丁,7,,A")
    columns = {column.name: column for column in a_resource(columns=MORE).columns}
    for error in found.errors:
        told = explained(error.code, columns.get(error.column))
        assert error.code not in told.found_zh
        assert told.expected_en
        assert told.remedy_zh


def test_a_date_in_another_form_names_the_declared_ones(checked) -> None:
    column = a_resource(columns=MORE).columns[3]
    assert "%Y-%m-%d" in explained("other_format", column).expected_en


def test_an_error_does_not_show_its_value_by_itself(checked) -> None:
    found = checked(HEAD, f"1,甲,{MARKER},,A")
    assert found.errors[0].value == MARKER
    assert MARKER not in repr(found.errors[0])


def test_a_file_that_cannot_be_read_is_refused(checked) -> None:
    with pytest.raises(DeliveryError):
        checked("甲,乙", "1,2")


def test_the_workbook_marks_the_cells_and_holds_no_formula(checked, tmp_path) -> None:
    found = checked(HEAD, '1,"=HYPERLINK(""x"")",五,2020-01-02,A', "2,乙,6,2020-01-03,A")
    out = tmp_path / "errors.xlsx"
    write_annotated(tmp_path / "feed.csv", found, a_resource(columns=MORE), out)
    assert out.stat().st_mode & 0o077 == 0
    rows, errors = openpyxl.load_workbook(out).worksheets
    assert rows.max_row == 3
    assert rows["C2"].data_type == "s"
    assert "整数" in rows["D2"].comment.text
    assert rows["D3"].comment is None
    assert errors.max_row == 2
    assert errors["A2"].value == "2"
