"""Decode workbooks: XLSX and XLS, whatever the file is called; titles, merged cells, phantom rows and columns.

Numbers that a spreadsheet keeps for codes come out as text without an invented fraction (``320100``, not
``320100.0``); what the spreadsheet destroyed (``9.11E+17`` kept as a number) stays visible as such.
"""

import datetime as dt
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook

from ingestion.decoded import Cell, Decoded
from ingestion.rows import LinedRow, is_blank, table_of
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_EXACT_DIGITS = 15
"""A spreadsheet keeps fifteen digits of a number; beyond them its digits are invented."""


def is_workbook(head: bytes) -> bool:
    """Tell from the first bytes whether a file is a workbook."""
    return head.startswith((_ZIP, _OLE))


def decode(path: Path, resource: Resource) -> Decoded:
    """Read one sheet of a workbook: the declared one, else the first that has rows.

    Raises:
        DeliveryError: The workbook is broken, or lacks the declared sheet.
    """
    try:
        workbook = CalamineWorkbook.from_path(str(path))
        sheet = _sheet(workbook, resource)
    except (CalamineError, OSError, ValueError) as error:
        raise DeliveryError(
            path.name, f"the workbook cannot be read ({type(error).__name__})", "a whole XLSX or XLS file",
            "open it in a spreadsheet program, save it and send it again",
        ) from None  # fmt: skip
    with path.open("rb") as file:
        form = "xls" if file.read(4) == _OLE else "xlsx"
    return table_of(partial(_rows, sheet), resource, form, "", sheet.name)


def _sheet(workbook: CalamineWorkbook, resource: Resource) -> CalamineSheet:
    wanted = resource.source.sheet
    if wanted is not None:
        if wanted not in workbook.sheet_names:
            raise DeliveryError(
                resource.id, "the declared sheet is missing", f"a sheet {wanted}", "correct `sheet`"
            )
        return workbook.get_sheet_by_name(wanted)
    for name in workbook.sheet_names:
        sheet = workbook.get_sheet_by_name(name)
        if sheet.total_height > 0 and any(not is_blank(_texts(row)) for row in sheet.iter_rows()):
            return sheet
    raise DeliveryError(
        resource.id, "no sheet of the workbook has rows", "a sheet with a table", "send it again"
    )


def _rows(sheet: CalamineSheet) -> Iterator[LinedRow]:
    for line, row in enumerate(sheet.iter_rows(), start=1):
        yield line, _texts(row)


def _texts(row: list[Any]) -> list[Cell]:
    return [_text(cell) for cell in row]


def _text(cell: Any) -> Cell:
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, float):
        return _number(cell)
    if isinstance(cell, dt.datetime):
        return cell.date().isoformat() if cell.time() == dt.time(0) else cell.isoformat(sep=" ")
    if isinstance(cell, dt.date | dt.time | dt.timedelta):
        return str(cell)
    return str(cell)


def _number(value: float) -> str:
    """Write a cell's number as its digits.

    >>> _number(320100.0), _number(0.3), _number(9.11e17)
    ('320100', '0.3', '9.11E+17')
    """
    if value == int(value):
        digits = str(int(value))
        return digits if len(digits.lstrip("-")) <= _EXACT_DIGITS else f"{value:.15G}"
    return repr(value)
