"""A second reader of the public data, written without the platform's decoders.

It knows each file only by where its table begins, as a person sees it; it counts and compares.
"""

import csv
import io
import json
import re
from pathlib import Path

import openpyxl
import python_calamine

FEEDS = "beijing_feeds"
TABLE_BEGINS: dict[str, int] = {
    "东城区科技型中小企业名单汇总信息（2022年度）(1).csv": 3,
    "北京市昌平区环境信息依法披露企业名单.csv": 3,
    "政府采购项目采购合同信息表.csv": 4,
    "区住建委双随机结果公示.csv": 3,
    "北京市企业科技研究开发机构.csv": 3,
    "通州区园林绿化局行政处罚信息.csv": 5,
    "全国高等学校名单.xls": 4,
    "result_to_2022.csv": 2,
}
"""Line of the first data row where it is not the second, as a person sees it in the file."""
SINGLE_CELLS_ARE_NOTES = ("北京市昌平区环境信息依法披露企业名单.csv", "全国高等学校名单.xls")
NO_HEADER = "air_quality"


def table(path: Path) -> list[list[str]]:
    """Read every row of a file that is not blank, header and titles left out."""
    begins = 1 if path.parent.name == NO_HEADER else TABLE_BEGINS.get(path.name, 2)
    rows = [row for line, row in _numbered(path) if line >= begins and any(cell.strip() for cell in row)]
    if path.name in SINGLE_CELLS_ARE_NOTES:
        rows = [row for row in rows if sum(1 for cell in row if cell.strip()) > 1]
    return rows


def _numbered(path: Path) -> list[tuple[int, list[str]]]:
    head = path.read_bytes()[:8]
    if head.startswith(b"PK"):
        book = openpyxl.load_workbook(io.BytesIO(path.read_bytes()), data_only=True)
        page = book.worksheets[0]
        return [(n, ["" if c is None else str(c) for c in row]) for n, row in enumerate(page.values, start=1)]
    if head.startswith(b"\xd0\xcf"):
        # No other reader of BIFF8 is at hand; the whole sheet is taken as it is, without the platform's rules.
        page = python_calamine.load_workbook(str(path)).get_sheet_by_index(0)
        return [
            (n, [str(c) for c in row]) for n, row in enumerate(page.to_python(skip_empty_area=False), start=1)
        ]
    rows, line = [], 1
    reader = csv.reader(io.StringIO(_text(path), newline=""))
    for row in reader:
        rows.append((line, row))
        line = reader.line_num + 1
    return rows


def _text(path: Path) -> str:
    content = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError(f"{path.name} is in no known encoding")


def features(path: Path) -> int:
    """Count the features of a GeoJSON file."""
    return len(json.loads(path.read_text(encoding="utf-8"))["features"])


def rows_of(path: Path) -> int:
    """Count the data rows of any file."""
    return features(path) if path.suffix == ".json" else len(table(path))


def rows_seen(path: Path, begins: str, notes: int) -> int:
    """Count the data rows of a file as a person sees it.

    Args:
        begins: Line of the first data row; of a workbook with several tables, that of each sheet, joined by ``;``.
        notes: Number of headings and notes among or below the rows.
    """
    lines = begins.split(";")
    sheets = [_numbered(path)] if len(lines) == 1 else _sheets(path)
    rows = sum(
        line >= int(first) and any(cell.strip() for cell in row)
        for first, sheet in zip(lines, sheets, strict=False)
        for line, row in sheet
    )
    return rows - notes


def _sheets(path: Path) -> list[list[tuple[int, list[str]]]]:
    book = python_calamine.load_workbook(str(path))
    pages = [book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names]
    return [[(n, [str(c) for c in row]) for n, row in enumerate(page, start=1)] for page in pages]


def destroyed_codes(path: Path) -> int:
    """Count the cells of columns of credit codes that are numbers in scientific notation."""
    rows = [row for _, row in _numbered(path)]
    labelled = {
        at
        for row in rows[:6]
        for at, cell in enumerate(row)
        if "信用代码" in cell or cell.strip() == "统一社会"
    }
    pattern = re.compile(r"\s*[0-9](?:[.][0-9]+)?E[+]?[0-9]+\s*", re.I)
    return sum(at < len(row) and bool(pattern.fullmatch(row[at])) for row in rows for at in labelled)
