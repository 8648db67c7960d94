"""Sheets of a workbook as rows of text: XLSX from any program, or an old XLS; merged cells filled.

Here: bytes to text, cell by cell, with what a spreadsheet makes of numbers and dates undone. Not here: which column is
which (``tables.py``).
"""

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openpyxl.utils import get_column_letter
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from resource_catalogue.errors import CatalogueError, own_place


@dataclass(frozen=True)
class Page:
    """Hold one sheet: its name and its rows of text, from the first row and column on."""

    name: str
    rows: list[list[str]]

    def text(self, row: int, column: int) -> str:
        """Return the text of a cell; empty where the sheet ends before it."""
        line = self.rows[row] if row < len(self.rows) else []
        return line[column] if column < len(line) else ""


@dataclass(frozen=True, slots=True)
class Spot:
    """Name a cell of the workbook, 0-based; without a column the row, without a row the sheet."""

    sheet: str
    row: int | None = None
    column: int | None = None

    @property
    def line(self) -> int:
        """Return the 1-based row, 0 for a whole sheet."""
        return 0 if self.row is None else self.row + 1

    def __str__(self) -> str:
        if self.row is None:
            return self.sheet
        letter = "" if self.column is None else get_column_letter(self.column + 1)
        return f"{self.sheet}!{letter}{self.row + 1}"


def read_pages(path: Path) -> list[Page]:
    """Read every sheet of a workbook.

    Raises:
        CatalogueError: It is no workbook, or broken, or protected by a password.
        SettingError: The file cannot be read.
    """
    with own_place(path):
        path.open("rb").close()
    try:
        book = CalamineWorkbook.from_path(str(path))
        return [_page(book.get_sheet_by_name(name)) for name in book.sheet_names]
    except (CalamineError, OSError, ValueError) as error:
        raise CatalogueError(
            str(path), f"无法按工作簿读取 / not readable as a workbook ({type(error).__name__})",
            "完整、未加密的 XLSX 或 XLS / a whole XLSX or XLS without a password",
            "在表格软件中另存为 XLSX / save it as XLSX in a spreadsheet program",
        ) from None  # fmt: skip


def _page(sheet: CalamineSheet) -> Page:
    rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    for (first_row, first_column), (last_row, last_column) in sheet.merged_cell_ranges or ():
        _fill(rows, first_row, first_column, last_row, last_column)
    return Page(sheet.name, rows)


def _fill(rows: list[list[str]], first_row: int, first_column: int, last_row: int, last_column: int) -> None:
    """Let every cell of a merged range say what its first one says."""
    if first_row >= len(rows) or first_column >= len(rows[first_row]):
        return
    text = rows[first_row][first_column]
    for row in rows[first_row : last_row + 1]:
        for column in range(first_column, min(last_column + 1, len(row))):
            row[column] = text


def _text(cell: Any) -> str:
    """Write a cell as text: whole numbers without a fraction, dates in ISO form.

    >>> _text(256.0), _text(dt.datetime(2026, 3, 1)), _text(dt.time(8, 0))
    ('256', '2026-03-01', '08:00')
    """
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time(0) else cell.isoformat(sep=" ")
    if isinstance(cell, dt.time):
        return cell.strftime("%H:%M") if cell.second == 0 else cell.isoformat()
    return "" if cell is None else str(cell)
