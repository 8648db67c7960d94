"""Open a workbook with the reader that reads it rightly, and give the cells of its sheets as text.

Numbers that a spreadsheet keeps for codes come out as text without an invented fraction (``320100``, not
``320100.0``); what the spreadsheet destroyed (``9.11E+17`` kept as a number) stays visible as such. Of a formula the
stored value is taken; nothing is computed, and no reference to another file is followed.
"""

import datetime as dt
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import xlrd
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetVisibleEnum

from ingestion.decoded import Cell
from ingestion.form_of_bytes import ZIP
from ingestion.rows import LinedRow
from ingestion.text_encoding import encoding_candidates
from ingestion.workbook_limits import Seen, is_old, looked_into
from resource_catalogue.errors import DeliveryError

_EXACT_DIGITS = 15
"""A spreadsheet keeps fifteen digits of a number; beyond them its digits are invented."""
_EAST_ASIAN = (932, 936, 949, 950, 1361, 54936)
"""Code pages that a program writes only where it means them; that of Western Europe is written by default."""


@dataclass(frozen=True)
class Sheet:
    """Hold a sheet.

    Attributes:
        rows: Begins to read it from its top.
        seen: What was seen in it before it was opened.
    """

    name: str
    is_hidden: bool
    rows: Callable[[], Iterator[LinedRow]]
    seen: Seen


def open_sheets(path: Path, declared_encoding: str | None) -> tuple[str, list[Sheet]]:
    """Return the form of a workbook (xlsx, xls) and its sheets in order.

    Args:
        declared_encoding: That of the texts of a workbook of Excel 5.0/95 or older; later ones say it themselves.

    Raises:
        DeliveryError: It is broken, or would take too much memory.
    """
    with path.open("rb") as file:
        is_zip = file.read(len(ZIP)) == ZIP
    if not is_zip and is_old(path):
        return "xls", _old_sheets(path, declared_encoding)
    seen = looked_into(path, is_zip)
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheets = [
            Sheet(
                one.name,
                one.visible != SheetVisibleEnum.Visible,
                _lazily(workbook, one.name),
                seen.get(one.name, Seen()),
            )
            for one in workbook.sheets_metadata
        ]
    except (CalamineError, OSError, ValueError) as error:
        raise _broken(path, error) from None
    return ("xlsx" if is_zip else "xls"), sheets


def _lazily(workbook: CalamineWorkbook, name: str) -> Callable[[], Iterator[LinedRow]]:
    """Return what reads a sheet, loading it when it is first wanted."""
    loaded: list[CalamineSheet] = []

    def rows() -> Iterator[LinedRow]:
        if not loaded:
            loaded.append(workbook.get_sheet_by_name(name))
        for line, row in enumerate(loaded[0].iter_rows(), start=1):
            yield line, [_text(cell) for cell in row]

    return rows


def _old_sheets(path: Path, declared: str | None) -> list[Sheet]:
    book = _old_book(path, declared)
    return [
        Sheet(one.name, one.visibility != 0, partial(_old_rows, book, one), _old_seen(one))
        for one in book.sheets()
    ]


def _old_book(path: Path, declared: str | None) -> xlrd.book.Book:
    """Open an old workbook in the encoding of its mark where that may be believed, else in one that fits.

    Raises:
        DeliveryError: It is broken, or in no such encoding.
    """
    own = None if declared else _marked_encoding(path)
    for encoding in dict.fromkeys([*filter(None, (own,)), *encoding_candidates(declared), "cp1252"]):
        try:
            return _read_old(path, encoding)
        except (UnicodeError, LookupError):
            continue
    raise _broken(path, UnicodeError())


def _marked_encoding(path: Path) -> str | None:
    page = getattr(_read_old(path, "latin-1"), "codepage", None)
    return f"cp{page}" if page in _EAST_ASIAN else None


def _read_old(path: Path, encoding: str) -> xlrd.book.Book:
    try:
        return xlrd.open_workbook(
            str(path),
            logfile=io.StringIO(),
            encoding_override=encoding,
            formatting_info=True,
            ragged_rows=True,
        )
    except (UnicodeError, LookupError):
        raise
    except Exception as error:
        # The reader has no error of its own for most of what may be wrong.
        raise _broken(path, error) from None


def _old_seen(sheet: xlrd.sheet.Sheet) -> Seen:
    return Seen(hidden_rows=sum(bool(row.hidden) for row in sheet.rowinfo_map.values()))


def _old_rows(book: xlrd.book.Book, sheet: xlrd.sheet.Sheet) -> Iterator[LinedRow]:
    width = sheet.ncols
    for line in range(sheet.nrows):
        cells = [_text(_old_value(book, one)) for one in sheet.row(line)]
        yield line + 1, cells + [None] * (width - len(cells))


def _old_value(book: xlrd.book.Book, cell: xlrd.sheet.Cell) -> Any:
    """Return a cell's value as the other reader gives it."""
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            instant = xlrd.xldate.xldate_as_datetime(cell.value, book.datemode)
        except (ValueError, OverflowError):
            return cell.value
        return instant.time() if cell.value < 1 else instant
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "")
    return cell.value


def _text(cell: Any) -> Cell:
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _number(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time(0) else cell.isoformat(sep=" ")
    return str(cell)


def _number(value: float) -> str:
    """Write a cell's number as its digits.

    >>> _number(320100.0), _number(0.3), _number(9.11e17)
    ('320100', '0.3', '9.11E+17')
    """
    if value == value and abs(value) != float("inf") and value == int(value):
        digits = str(int(value))
        return digits if len(digits.lstrip("-")) <= _EXACT_DIGITS else f"{value:.15G}"
    return repr(value)


def _broken(path: Path, error: Exception) -> DeliveryError:
    return DeliveryError(
        path.name,
        f"工作簿不能读取 / the workbook cannot be read ({type(error).__name__})",
        "完整的 XLSX 或 XLS / a whole XLSX or XLS file",
        "用表格软件打开后另存并报送 / open it in a spreadsheet program, save it and send it again",
    )
