"""Several sheets, headers of two lines, merged groups, old code pages; what is hidden, not computed or too much."""

import datetime as dt
import struct
import zipfile
from pathlib import Path

import old_workbook
import openpyxl
import pytest
import xlwt
from made_inbox import Inbox, a_resource
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from test_workbooks import HEADER, xls, xlsx

from ingestion import workbook_limits
from ingestion.decode import decode_file
from ingestion.decoded import Cell, Decoded
from resource_catalogue.errors import DeliveryError


def book(path: Path, sheets: dict[str, list[list[object]]], hidden: tuple[str, ...] = ()) -> Path:
    """Write a workbook of several sheets."""
    made = openpyxl.Workbook()
    made.remove(made.worksheets[0])
    for name, rows in sheets.items():
        page = made.create_sheet(name)
        page.sheet_state = "hidden" if name in hidden else "visible"
        for row in rows:
            page.append(row)
    made.save(path)
    return path


def read(path: Path, **source: object) -> tuple[list[list[Cell]], Decoded]:
    """Return the rows of a file, and what else is told of it."""
    decoded = decode_file(path, a_resource(source=source))
    return [row for block in decoded.blocks for row in block.rows()], decoded


SHEETS: dict[str, list[list[object]]] = {
    "说明": [["本表由某局填报"]],
    "一月": [["某市名单"], HEADER, ["1", "甲", 1]],
    "空": [],
    "二月": [["数量", "代码", "名称"], [2, "2", "乙"], [3, "3", "丙"]],
    "旧": [HEADER, ["9", "旧", 9]],
}


def test_all_sheets_that_carry_the_header_are_one_table(inbox: Inbox, tmp_path: Path) -> None:
    inbox.declare(source={"sheet": "*"})
    inbox.send(book(tmp_path / "a.xlsx", SHEETS, hidden=("旧",)))
    inbox.ingest()
    assert inbox.rows("_row_number", "_line", "_sheet", "code", "amount") == [
        (1, 3, "一月", "1", 1), (2, 2, "二月", "2", 2), (3, 3, "二月", "3", 3),
    ]  # fmt: skip
    reason = inbox.delivery()["reason"]
    assert "passed over: 说明" in reason
    assert "hidden sheets: 旧" in reason


def test_a_list_of_sheets_is_read_in_its_order_hidden_ones_too(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", SHEETS, hidden=("旧",))
    rows, _ = read(path, sheet=["旧", "二月"])
    assert rows == [["9", "旧", "9"], ["2", "乙", "2"], ["3", "丙", "3"]]
    with pytest.raises(DeliveryError, match="没有的"):
        read(path, sheet=["旧", "没有的"])


def test_a_hidden_sheet_gives_way_to_a_visible_one(tmp_path: Path) -> None:
    path = book(tmp_path / "a.xlsx", {"旧": SHEETS["旧"], "一月": SHEETS["一月"]}, hidden=("旧",))
    rows, decoded = read(path)
    assert (rows, decoded.sheet) == ([["1", "甲", "1"]], "一月")
    assert decoded.remarks == ["隐藏的工作表 / hidden sheets: 旧"]


def test_sheets_of_another_table_are_refused(tmp_path: Path) -> None:
    sheets = {"甲": SHEETS["旧"], "乙": [["代码", "名称", "备注"], ["1", "x", "y"]]}
    path = book(tmp_path / "a.xlsx", sheets)
    with pytest.raises(DeliveryError, match=r"乙 is another table.*lacks amount"):
        read(path, sheet="*")


MERGED: list[list[object]] = [
    ["某县名单"], ["代码", "法人", None, "数量"], [None, "姓名", "名称", None],
    ["1", "张", "甲", 1], ["2", "李", "乙", 2],
]  # fmt: skip


@pytest.mark.parametrize("form", ["xlsx", "xls", "csv"])
def test_a_header_of_two_lines_is_joined(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"a.{form}"
    if form == "xlsx":
        xlsx(path, MERGED, ("A2:A3", "B2:C2", "D2:D3"))
    elif form == "xls":
        xls(path, [[cell or "" for cell in row] for row in MERGED])
    else:
        path.write_text(
            "\n".join(",".join(str(cell or "") for cell in row) for row in MERGED), encoding="gbk"
        )
    columns = [
        {"name": "code", "zh": "代码", "type": "text"},
        {"name": "title", "zh": "名称", "from": "法人/名称", "type": "text"},
    ]
    decoded = decode_file(path, a_resource(columns=columns, source={"header_lines": 2}))
    assert decoded.header == ["代码", "法人/姓名", "法人/名称", "数量"]
    assert decoded.header_row == 2
    assert [row for block in decoded.blocks for row in block.rows()] == [
        ["1", "张", "甲", "1"],
        ["2", "李", "乙", "2"],
    ]


@pytest.mark.parametrize("form", ["xlsx", "csv"])
def test_a_merged_group_is_filled_down_only_where_that_is_declared(tmp_path: Path, form: str) -> None:
    rows: list[list[object]] = [HEADER, ["1", "甲区", 1], ["2", None, 2], ["3", None, None], ["4", "乙区", 4]]
    path = tmp_path / "a"
    if form == "xlsx":
        xlsx(path, rows, ("B2:B4",))
    else:
        path.write_text("\n".join(",".join(str(cell or "") for cell in row) for row in rows))
    blank = None if form == "xlsx" else ""
    assert [row[1] for row in read(path)[0]] == ["甲区", blank, blank, "乙区"]
    filled = read(path, fill_down=["title"])[0]
    assert [row[1] for row in filled] == ["甲区", "甲区", "甲区", "乙区"]
    assert [row[2] for row in filled] == ["1", "2", blank, "4"]


def test_rows_that_are_hidden_are_read_and_told(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [HEADER, ["1", "甲", 1], ["2", "乙", 2]])
    made = openpyxl.load_workbook(path)
    made.worksheets[0].row_dimensions[3].hidden = True
    made.save(path)
    rows, decoded = read(path)
    assert len(rows) == 2
    assert decoded.remarks == ["隐藏的行（已读） / hidden rows, read like the others: 1"]
    old = xlwt.Workbook()
    page = old.add_sheet("表")
    for y, row in enumerate((HEADER, ["1", "甲", 1])):
        for x, cell in enumerate(row):
            page.write(y, x, cell)
    page.row(1).hidden = True
    old.save(str(tmp_path / "b.xls"))
    assert read(tmp_path / "b.xls")[1].remarks == decoded.remarks


def test_a_formula_gives_its_stored_value_and_one_without_is_told(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [HEADER, ["1", "=1+1", 1], ["2", '=HYPERLINK("http://x")', "=[1]表!A1"]])
    rows, decoded = read(path)
    assert rows == [["1", None, "1"], ["2", None, None]]
    assert decoded.remarks == ["无缓存值的公式单元格 / formula cells without a stored value: 3"]
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = (
        parts[sheet]
        .replace(b"<f>1+1</f><v></v>", b"<f>1+1</f><v>2</v>")
        .replace(b"<f>1+1</f><v />", b"<f>1+1</f><v>2</v>")
    )
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    assert read(path)[0][0] == ["1", "2", "1"]


@pytest.mark.parametrize("form", ["xlsx", "xls"])
def test_days_counted_from_1904_are_the_days_that_were_meant(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"a.{form}"
    if form == "xlsx":
        made = openpyxl.Workbook()
        made.epoch = CALENDAR_MAC_1904
        page = made.active
        assert page is not None
        for row in (HEADER, ["1", dt.date(2026, 3, 1), 1]):
            page.append(row)
        made.save(path)
    else:
        old = xlwt.Workbook()
        old.dates_1904 = True
        page = old.add_sheet("表")
        for x, cell in enumerate(HEADER):
            page.write(0, x, cell)
        days = (dt.date(2026, 3, 1) - dt.date(1904, 1, 1)).days
        page.write(1, 0, "1")
        page.write(1, 1, days, xlwt.easyxf(num_format_str="yyyy-mm-dd"))
        old.save(str(path))
    assert read(path)[0][0][1] == "2026-03-01"


OLD: list[list[old_workbook.Cell]] = [["代码", "名称", "数量"], ["001", "北京市", 5.0], ["002", "恒达", 1.5]]


@pytest.mark.parametrize("page", [936, 1252, None])
def test_a_workbook_of_excel_95_is_read_in_its_code_page_or_in_one_that_fits(
    inbox: Inbox, tmp_path: Path, page: int | None
) -> None:
    inbox.send(old_workbook.write(tmp_path / "a.xls", OLD, page), "feed.xls")
    inbox.ingest()
    assert (inbox.delivery()["format"], inbox.delivery()["sheet"]) == ("xls", "名单")
    assert inbox.rows("code", "title") == [("001", "北京市"), ("002", "恒达")]


def test_a_workbook_of_excel_95_in_big5_is_read(tmp_path: Path) -> None:
    rows: list[list[old_workbook.Cell]] = [["代碼", "名稱", "數量"], ["001", "臺北", 1.0]]
    path = old_workbook.write(tmp_path / "a.xls", rows, 950, "big5", "臺北")
    columns = [
        {"name": name, "zh": zh, "type": "text"}
        for name, zh in zip(("code", "title", "amount"), map(str, rows[0]), strict=True)
    ]
    assert [
        row for block in decode_file(path, a_resource(columns=columns)).blocks for row in block.rows()
    ] == [["001", "臺北", "1"]]


def repacked(path: Path, part: str, content: bytes) -> Path:
    """Write a workbook with another content of a part."""
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts[part] = content
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, body in parts.items():
            file.writestr(name, body)
    return path


@pytest.mark.parametrize("form", ["xlsx", "xls"])
def test_a_sheet_whose_cells_reach_too_far_is_refused_before_a_grid_is_made(
    tmp_path: Path, form: str
) -> None:
    if form == "xlsx":
        path = xlsx(tmp_path / "a.xlsx", [HEADER, ["1", "甲", 1]])
        with zipfile.ZipFile(path) as file:
            sheet = file.read("xl/worksheets/sheet1.xml")
        far = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
        repacked(path, "xl/worksheets/sheet1.xml", sheet.replace(b"</sheetData>", far))
    else:
        path = xls(tmp_path / "a.xls", [HEADER, ["1", "甲", 3.14159265]])
        whole = path.read_bytes()
        place = whole.index(struct.pack("<d", 3.14159265)) - 6
        path.write_bytes(whole[:place] + b"\xff\xff\xff\xff" + whole[place + 4 :])
    with pytest.raises(DeliveryError, match="spans too many cells"):
        read(path)


SHEET = "xl/worksheets/sheet1.xml"
ODD_CELLS = {
    "more digits than a row has": b'<c r="B499999999999999999999"><v>1</v></c>',
    "more letters than a column has": b'<c r="AAAA9"><v>1</v></c>',
    "no reference": b'<c r="99"><v>1</v></c>',
    "single quotes": b"<c r='XFD1048576'><v>1</v></c>",
    "blanks about the equals sign": b'<c r = "XFD1048576"><v>1</v></c>',
    "a bracket in an attribute": b'<c s=">" r="XFD1048576"><v>1</v></c>',
    "small letters": b'<c r="xfd1048576"><v>1</v></c>',
    "a character by its number": b'<c r="XFD104857&#54;"><v>1</v></c>',
    "a prefix": b'<x:c xmlns:x="http://schemas.openxmlformats.org/spreadsheetml/2006/main" r="XFD1048576"/>',
}


def with_row(path: Path, row: bytes, encoding: str = "utf-8") -> Path:
    """Write a workbook whose sheet has another row behind its own."""
    xlsx(path, [HEADER, ["1", "甲", 1]])
    with zipfile.ZipFile(path) as file:
        sheet = file.read(SHEET).replace(b"</sheetData>", row + b"</sheetData>")
    return repacked(path, SHEET, sheet if encoding == "utf-8" else sheet.decode().encode(encoding))


@pytest.mark.parametrize("cell", ODD_CELLS.values(), ids=ODD_CELLS)
def test_a_far_cell_is_refused_however_it_is_written(tmp_path: Path, cell: bytes) -> None:
    path = with_row(tmp_path / "a.xlsx", b"<row>" + cell + b"</row>")
    with pytest.raises(DeliveryError, match=r"broken|spans too many cells"):
        read(path)


@pytest.mark.parametrize(
    "row",
    [
        b'<row r="104857699"><c><v>1</v></c></row>',
        b'<row r="9999999"><c/><c/><c/><c/><c/><c/></row>',
        b'<row r="9999999"/><row><c r="A3"/><c/></row><row r="9999999"><c r="ZZ9999999"/></row>',
    ],
)
def test_cells_without_a_reference_lie_where_their_row_says(tmp_path: Path, row: bytes) -> None:
    with pytest.raises(DeliveryError, match=r"broken|spans too many cells"):
        read(with_row(tmp_path / "a.xlsx", row))


def test_a_sheet_in_two_bytes_a_character_is_looked_into_too(tmp_path: Path) -> None:
    path = with_row(tmp_path / "a.xlsx", b'<row r="1048576"><c r="XFD1048576"/></row>', "utf-16")
    with pytest.raises(DeliveryError, match="spans too many cells"):
        read(path)


@pytest.mark.parametrize(
    "place", ["Worksheets/sheet1.xml", "worksheets/a/sheet1.xml", "chartsheets/sheet1.xml"]
)
def test_a_far_cell_is_refused_wherever_the_sheet_lies(tmp_path: Path, place: str) -> None:
    path = with_row(tmp_path / "a.xlsx", b'<row><c r="XFD1048576"/></row>')
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist()}
    parts[f"xl/{place}"] = parts.pop(SHEET)
    relations = "xl/_rels/workbook.xml.rels"
    parts[relations] = parts[relations].replace(b"worksheets/sheet1.xml", place.encode())
    with zipfile.ZipFile(path, "w") as file:
        for name, content in parts.items():
            file.writestr(name, content)
    with pytest.raises(DeliveryError, match="spans too many cells"):
        read(path)


@pytest.mark.parametrize("row", [b"<row r='3'><c r='A3'><v>2</v></c></row>", b"<row><c><v>2</v></c></row>"])
def test_cells_that_are_written_otherwise_or_have_no_reference_are_read(tmp_path: Path, row: bytes) -> None:
    rows, _ = read(with_row(tmp_path / "a.xlsx", row))
    assert [one[0] for one in rows] == ["1", "2"]


@pytest.mark.parametrize(
    ("first_row", "end_row", "end_column"), [(9, 3, 2), (0, 0x7FFF_FFFF, 2), (0, 3, 0xFFFF)]
)
def test_a_range_that_no_sheet_has_is_refused_before_memory_is_reserved_for_it(
    tmp_path: Path, first_row: int, end_row: int, end_column: int
) -> None:
    content = xls(tmp_path / "a.xls", [["代码"], ["1"]]).read_bytes()
    said = struct.pack("<HHII", 0x0200, 14, 0, 2)
    assert content.count(said) == 1
    place = content.index(said) + 4
    changed = struct.pack("<IIHH", first_row, end_row, 0, end_column)
    path = tmp_path / "b.xls"
    path.write_bytes(content[:place] + changed + content[place + len(changed) :])
    with pytest.raises(DeliveryError, match="broken"):
        read(path)


def test_a_workbook_that_unfolds_to_too_much_is_refused(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [HEADER, ["1", "甲", 1]])
    repacked(path, "xl/worksheets/sheet1.xml", b" " * (80 << 20))
    with pytest.raises(DeliveryError, match="zip bomb"):
        read(path)


def test_a_directory_that_lies_about_sizes_is_refused(tmp_path: Path) -> None:
    path = xlsx(tmp_path / "a.xlsx", [HEADER, *[[str(n), "甲", n] for n in range(500)]])
    with zipfile.ZipFile(path) as file:
        one = file.getinfo("xl/worksheets/sheet1.xml")
    lie = struct.pack("<II", one.compress_size, one.file_size // 2)
    path.write_bytes(path.read_bytes().replace(struct.pack("<II", one.compress_size, one.file_size), lie))
    with pytest.raises(DeliveryError, match="broken"):
        read(path)


def test_a_text_that_is_shared_by_too_many_cells_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = xlsx(tmp_path / "a.xlsx", [HEADER])
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    texts = "".join(f"<si><t>{text}</t></si>" for text in (*HEADER, "长" * 1000)).encode()
    repacked(path, "xl/sharedStrings.xml", b"<sst " + space + b">" + texts + b"</sst>")
    row = '<row r="{0}"><c r="A{0}" t="s"><v>{1}</v></c><c r="B{0}" t="s"><v>{2}</v></c></row>'
    rows = row.format(1, 0, 1) + "".join(row.format(n, 3, 3) for n in range(2, 52))
    repacked(
        path,
        "xl/worksheets/sheet1.xml",
        b"<worksheet " + space + b"><sheetData>" + rows.encode() + b"</sheetData></worksheet>",
    )
    assert read(path)[0] == [["长" * 1000] * 2] * 50
    monkeypatch.setattr(workbook_limits, "MOST_TEXT", 200_000)
    with pytest.raises(DeliveryError, match="shared texts"):
        read(path)


def test_xlsb_and_ods_are_refused_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsb"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("[Content_Types].xml", "x")
        file.writestr("xl/workbook.bin", b"x")
    with pytest.raises(DeliveryError, match="XLSB"):
        read(path)
