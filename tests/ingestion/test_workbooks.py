"""Workbooks are read as what they are, whatever their name, their titles and their phantom cells."""

import datetime as dt
from pathlib import Path

import openpyxl
import pytest
import xlwt
from made_inbox import RAW, Inbox

HEADER = ["代码", "名称", "数量"]


def xlsx(path: Path, rows: list[list[object]], merged: tuple[str, ...] = (), sheet: str = "表") -> Path:
    """Write a workbook with one sheet."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(row)
    for cells in merged:
        page.merge_cells(cells)
    book.save(path)
    return path


def xls(path: Path, rows: list[list[object]], first_row: int = 0, first_column: int = 0) -> Path:
    """Write a BIFF8 workbook; an empty sheet stands before the filled one."""
    book = xlwt.Workbook()
    book.add_sheet("空")
    page = book.add_sheet("名单")
    for y, row in enumerate(rows, start=first_row):
        for x, cell in enumerate(row, start=first_column):
            page.write(y, x, cell)
    book.save(str(path))
    return path


def test_a_workbook_named_csv_is_read_as_a_workbook(inbox: Inbox, tmp_path: Path) -> None:
    inbox.send(xlsx(tmp_path / "a.xlsx", [HEADER, ["001", "甲", 1], ["002", "乙", 2]]), "feed.csv")
    inbox.ingest()
    one = inbox.delivery()
    assert (one["format"], one["sheet"], one["encoding"]) == ("xlsx", "表", "")
    assert inbox.rows("code", "title", "amount", "_sheet") == [("001", "甲", 1, "表"), ("002", "乙", 2, "表")]


def test_titles_and_merged_cells_above_the_header_are_passed_over(inbox: Inbox, tmp_path: Path) -> None:
    rows: list[list[object]] = [["某市名单"], ["截至三月", None, "单位：个"], HEADER, ["1", "甲", 1]]
    inbox.send(xlsx(tmp_path / "a.xlsx", rows, ("A1:C1", "A2:B2")))
    inbox.ingest()
    assert inbox.delivery()["header_row"] == 3
    assert inbox.rows("_line", "code") == [(4, "1")]


def test_phantom_rows_and_columns_of_a_sheet_are_dropped(inbox: Inbox, tmp_path: Path) -> None:
    blank: list[object] = [" "] * 40
    inbox.send(
        xlsx(tmp_path / "a.xlsx", [HEADER, ["1", "甲", 1], *([blank] * 30), ["2", "乙", 2], *([blank] * 30)])
    )
    inbox.ingest()
    assert inbox.rows("_row_number", "_line", "code") == [(1, 2, "1"), (2, 33, "2")]
    assert inbox.lake.read(RAW).width == 7


def test_an_xls_table_that_begins_away_from_the_corner_keeps_its_lines(inbox: Inbox, tmp_path: Path) -> None:
    inbox.send(xls(tmp_path / "a.xls", [HEADER, ["1", "甲", 1], ["2", "乙", 2]], first_row=5, first_column=2))
    inbox.ingest()
    assert (inbox.delivery()["format"], inbox.delivery()["sheet"], inbox.delivery()["header_row"]) == (
        "xls",
        "名单",
        6,
    )
    assert inbox.rows("_line", "code", "amount") == [(7, "1", 1), (8, "2", 2)]


def test_numbers_kept_for_codes_come_out_as_their_digits_and_lost_digits_stay_visible(
    inbox: Inbox, tmp_path: Path
) -> None:
    codes: list[object] = [320100, 0.3, 911101085923662400, 9.11e17, "911101085923662400", True, "007"]
    inbox.send(xlsx(tmp_path / "a.xlsx", [HEADER, *[[code, "甲", 1] for code in codes]]))
    inbox.ingest()
    expected = ["320100", "0.3", "9.111010859236620E+17", "9.11E+17", "911101085923662400", "true", "007"]
    assert [code for (code,) in inbox.rows("code")] == [e.replace("620E", "62E") for e in expected]


def test_dates_of_a_sheet_come_out_in_one_form(inbox: Inbox, tmp_path: Path) -> None:
    days: list[object] = [dt.date(2026, 3, 1), dt.datetime(2026, 3, 1, 8, 30)]
    inbox.send(xlsx(tmp_path / "a.xlsx", [HEADER, *[["1", day, 1] for day in days]]))
    inbox.ingest()
    assert inbox.rows("title") == [("2026-03-01",), ("2026-03-01 08:30:00",)]


def test_declared_headings_between_the_rows_are_passed_over_and_counted(inbox: Inbox, tmp_path: Path) -> None:
    inbox.declare(source={"not_data": "（[0-9]+所）$"})
    rows: list[list[object]] = [
        HEADER,
        ["甲省（2所）"],
        ["1", "甲", 1],
        ["2"],
        ["乙省（1所）"],
        ["3", "丙（1所）", 3],
    ]
    inbox.send(xlsx(tmp_path / "a.xlsx", rows, ("A2:C2", "A5:C5")))
    inbox.ingest()
    assert inbox.rows("_row_number", "_line", "code") == [(1, 3, "1"), (2, 4, "2"), (3, 6, "3")]
    assert inbox.delivery()["reason"] == "headings and notes passed over: 2"


def test_the_declared_sheet_is_read(inbox: Inbox, tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [HEADER, ["1", "甲", 1]])
    book = openpyxl.load_workbook(path)
    page = book.create_sheet("第二")
    for row in (HEADER, ["2", "乙", 2]):
        page.append(row)
    book.save(path)
    inbox.declare(source={"sheet": "第二"})
    inbox.send(path)
    inbox.ingest()
    assert inbox.rows("code", "_sheet") == [("2", "第二")]


def test_a_missing_sheet_makes_the_delivery_unreadable(inbox: Inbox, tmp_path: Path) -> None:
    inbox.declare(source={"sheet": "没有"})
    inbox.send(xlsx(tmp_path / "a.xlsx", [HEADER, ["1", "甲", 1]]))
    inbox.ingest()
    assert inbox.delivery()["state"] == "unreadable"
    assert "sheet" in inbox.delivery()["reason"]


@pytest.mark.parametrize("form", ["xlsx", "xls"])
@pytest.mark.parametrize("kept", [0.3, 0.6, 0.95])
def test_a_truncated_workbook_is_unreadable(inbox: Inbox, tmp_path: Path, form: str, kept: float) -> None:
    rows: list[list[object]] = [HEADER, *[[str(n), f"名称{n}", n] for n in range(400)]]
    path = xlsx(tmp_path / "a", rows) if form == "xlsx" else xls(tmp_path / "a", rows)
    whole = path.read_bytes()
    inbox.send(whole[: int(len(whole) * kept)])
    inbox.ingest()
    assert inbox.delivery()["state"] == "unreadable"
    assert inbox.rows("code") == []


def test_a_workbook_without_any_row_is_unreadable(inbox: Inbox, tmp_path: Path) -> None:
    inbox.send(xlsx(tmp_path / "a.xlsx", []))
    inbox.ingest()
    assert inbox.delivery()["state"] == "unreadable"
