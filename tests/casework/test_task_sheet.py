"""The task sheet: for the source agency alone, complete, and text through and through."""

import stat
import zipfile
from pathlib import Path
from typing import Any

import pytest
from casework_city import PLANTED, City, at, finding
from openpyxl import load_workbook
from openpyxl.cell import Cell

from casework.actors import Actor
from casework.ledger import verify_ledger
from casework.rectification import reconcile
from casework.state import State
from casework.task_sheet import Explanation, export_task
from casework.tasks import Row, show_task
from resource_catalogue.errors import CaseError
from resource_catalogue.model import Label
from resource_catalogue.resource import Column, Resource

HEAD, LINES = 12, 15
MARKET = Actor("market", "data_officer")
DAY = at("2026-12-29")


def explain(row: Row, resource: Resource, column: Column | None) -> Explanation:
    return Explanation(
        Label(zh="信用代码有效", en="the credit code is valid"),
        Label(zh=f"校验位错误 {row.reason}", en="wrong check character"),
        Label(zh="18 位统一社会信用代码", en="a valid code"),
        Label(zh="核对登记证书", en="check the certificate"),
    )


def sheet_of(state: State, city: City, folder: Path, **changed: Any) -> Any:
    arguments = {"task_id": "R-2026-0001", "actor": MARKET} | changed
    path = export_task(
        state, city.lake, city.release, arguments["task_id"], folder, arguments["actor"], DAY, explain=explain
    )
    return load_workbook(path).worksheets[0]


def line(sheet: Any, number: int = 1) -> list[Any]:
    return [cell.value for cell in sheet[LINES + number - 1]]


@pytest.fixture
def issued(state: State, city: City) -> State:
    city.found(finding(1), finding(2))
    city.standard("k1", "k2")
    city.raw(
        {"_delivery_id": "d1", "_row_number": 1, "_line": 2, "统一社会信用代码": "=1+1", "主体名称": "甲"},
        {"_delivery_id": "d1", "_row_number": 2, "_line": 3, "统一社会信用代码": "00123", "主体名称": "乙"},
    )
    reconcile(state, city.lake, city.release, at("2026-12-28"))
    return state


def test_the_head_says_task_dates_and_basis(issued: State, city: City, tmp_path: Path) -> None:
    sheet = sheet_of(issued, city, tmp_path)
    head = {row[0].value: row[1].value for row in sheet.iter_rows(max_row=HEAD)}
    assert head["任务编号 Task"] == "R-2026-0001"
    assert head["收到日期 Received"] == "2026-12-28"
    assert head["截止日期 Due"].startswith("2027-01-11")
    assert "provisional" in head["截止日期 Due"]
    assert head["期限性质 Basis"] == "规定时限 / Prescribed limit"
    assert head["依据 Cited text"] == "盐城市公共数据管理办法 第十六条第二款 (yancheng@1 a16¶2)"
    assert "data_centre" in head["下发机构 Raised by"]
    assert head["规则 Rule"].startswith("信用代码有效 / the credit code is valid (market.entities:")
    assert "个人信息" in head["保密提示 Handling"]


@pytest.mark.requirement("Q-04")
def test_each_row_says_where_what_was_sent_what_was_expected_and_what_to_do(
    issued: State, city: City, tmp_path: Path
) -> None:
    assert line(sheet_of(issued, city, tmp_path), 2) == [
        2,
        "2026-02-12/market/entities_1.csv",
        None,
        3,
        "统一社会信用代码 (credit_code)",
        "00123",
        "校验位错误 checksum / wrong check character",
        "18 位统一社会信用代码 / a valid code",
        "核对登记证书 / check the certificate",
        "待整改 / Open",
    ]


def test_every_cell_but_the_numbers_of_rows_and_lines_is_text_and_formulas_stay_text(
    issued: State, city: City, tmp_path: Path
) -> None:
    sheet = sheet_of(issued, city, tmp_path)
    counted = {1, 4}
    rows = (row for row in sheet.iter_rows(min_row=LINES) for row in row if row.column in counted)
    assert {cell.data_type for cell in rows} == {"n"}
    cells = [
        cell
        for row in sheet.iter_rows()
        for cell in row
        if cell.value is not None and not (cell.row >= LINES and cell.column in counted)
    ]
    assert {cell.data_type for cell in cells} == {"s"}
    assert {cell.number_format for cell in cells} == {"@"}
    sent: Cell = sheet.cell(LINES, 6)
    assert (sent.value, sent.quotePrefix) == ("=1+1", True)
    assert not sheet.cell(LINES + 1, 6).quotePrefix


@pytest.mark.parametrize(
    "value", ["=cmd|'/c calc'!A0", "+1", "-1", "@sum(1)", "\t=1", "\r=1", "＝1", "#N/A", "bad\x00\x0b"]
)
def test_dangerous_values_are_written_as_text(state: State, city: City, tmp_path: Path, value: str) -> None:
    city.found(finding(1))
    reconcile(state, city.lake, city.release, at("2026-02-12"))
    path = export_task(
        state,
        city.lake,
        city.release,
        "R-2026-0001",
        tmp_path,
        MARKET,
        DAY,
        lambda *_: {1: value},
        explain=explain,
    )
    sheet = load_workbook(path).worksheets[0]
    cell = sheet.cell(LINES, 6)
    assert cell.data_type == "s"
    assert cell.quotePrefix == (value[0] in "=+-@\t\r＝")
    with zipfile.ZipFile(path) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")


def test_what_standard_kept_is_shown_where_the_raw_rows_are_gone(
    state: State, city: City, tmp_path: Path
) -> None:
    city.found(finding(1), finding(2, rule_id="market.entities:type:name", column="name"))
    city.standard("k1", "k2")
    reconcile(state, city.lake, city.release, at("2026-02-12"))
    assert line(sheet_of(state, city, tmp_path))[5] == f"={PLANTED}"
    assert line(sheet_of(state, city, tmp_path, task_id="R-2026-0002"))[5] == f"name {PLANTED}"


def test_the_value_is_that_of_the_frozen_delivery_not_of_a_later_one(
    issued: State, city: City, tmp_path: Path
) -> None:
    city.standard("k1", "k2", delivery="d2")
    assert line(sheet_of(issued, city, tmp_path), 2)[5] == "00123"


def test_a_rejected_row_is_shown_whole(state: State, city: City, tmp_path: Path) -> None:
    rule = "market.entities:rejected_row:"
    city.found(finding(5, rule_id=rule, check="rejected_row", column=""))
    city.rejected("d1", 5, "甲,乙,丙,丁")
    reconcile(state, city.lake, city.release, at("2026-02-12"))
    assert line(sheet_of(state, city, tmp_path))[5] == "甲,乙,丙,丁"


def test_a_finding_on_a_whole_resource_shows_no_value(state: State, city: City, tmp_path: Path) -> None:
    rule = "market.entities:freshness:"
    city.found(finding(0, rule_id=rule, check="freshness", column="", row_key="", line=None))
    city.standard("k1")
    reconcile(state, city.lake, city.release, at("2026-02-12"))
    shown = line(sheet_of(state, city, tmp_path))
    assert (shown[3], shown[4], shown[5]) == (None, None, None)


@pytest.mark.parametrize(
    "actor",
    [
        Actor("tax", "data_officer"),
        Actor("data_centre", "quality_officer"),
        Actor("market", "nobody"),
        Actor("", ""),
    ],
    ids=str,
)
@pytest.mark.requirement("X-07")
def test_another_agency_or_an_unknown_post_is_refused(
    issued: State, city: City, tmp_path: Path, actor: Actor
) -> None:
    events = verify_ledger(issued).events
    with pytest.raises(CaseError):
        sheet_of(issued, city, tmp_path / "out", actor=actor)
    assert not (tmp_path / "out").exists()
    assert verify_ledger(issued).events == events


def test_each_export_is_an_event_and_changes_nothing_else(issued: State, city: City, tmp_path: Path) -> None:
    before = show_task(issued, "R-2026-0001")
    sheet_of(issued, city, tmp_path)
    after = show_task(issued, "R-2026-0001")
    assert (after.task, after.rows) == (before.task, before.rows)
    assert [(event.act, event.agency, event.post) for event in after.events[len(before.events) :]] == [
        ("export", "market", "data_officer")
    ]
    assert verify_ledger(issued).intact


def test_repeated_rows_name_the_key_its_values_and_each_other(
    state: State, city: City, tmp_path: Path
) -> None:
    rule = "market.entities:unique:"
    city.found(
        *(
            finding(n, rule_id=rule, check="unique", column="", reason="duplicate_key", row_key=key)
            for n, key in ((1, "k1"), (2, "k2"), (3, "k1"), (4, "k2"), (5, "k1"))
        )
    )
    city.standard("k1", "k2", "k1", "k2", "k1")
    reconcile(state, city.lake, city.release, at("2026-02-12"))
    sheet = sheet_of(state, city, tmp_path)
    assert line(sheet, 1)[4:6] == ["统一社会信用代码 (credit_code)", f"={PLANTED}"]
    assert line(sheet, 1)[6].splitlines()[1:] == [
        "与第 4 行相同 / same as line 4",
        "与第 6 行相同 / same as line 6",
    ]
    assert line(sheet, 2)[6].splitlines()[1:] == ["与第 5 行相同 / same as line 5"]


def test_values_of_another_agencys_resource_are_not_shown(state: State, city: City, tmp_path: Path) -> None:
    city.found(finding(1, agency_id="tax"))
    city.standard("k1")
    reconcile(state, city.lake, city.release, at("2026-02-12"))
    assert line(sheet_of(state, city, tmp_path, actor=Actor("tax", "data_officer")))[5] is None


@pytest.mark.requirement("X-07")
def test_the_file_lies_in_the_agencys_folder_and_is_readable_by_its_owner_only(
    issued: State, city: City, tmp_path: Path
) -> None:
    path = export_task(issued, city.lake, city.release, "R-2026-0001", tmp_path, MARKET, DAY, explain=explain)
    assert path == tmp_path / "market" / "R-2026-0001.xlsx"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [entry.name for entry in path.parent.iterdir()] == ["R-2026-0001.xlsx"]
