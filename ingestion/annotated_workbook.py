"""Write a file's rows as a workbook in which each error stands at its cell, for the agency that made the file.

Here: marking cells and listing errors, and what differs from other agencies' data where that was compared. Not here:
finding them (``file_errors.py``, ``file_comparison.py``). Values are written as text, never
as formulas. The workbook holds what the agency's own file holds and is readable by its owner only.
"""

import os
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell, WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import PatternFill

from ingestion.comparison_words import DifferenceWords, difference_words
from ingestion.decode import decode_file
from ingestion.file_comparison import Comparison
from ingestion.file_error_words import explained
from ingestion.file_errors import CheckedFile, FileError
from resource_catalogue.errors import own_place
from resource_catalogue.resource import Resource

_FAULT, _NOTE = (PatternFill("solid", fgColor=colour) for colour in ("FFC7CE", "FFEB9C"))
_AUTHOR = "civiclake"
_MOST_ROWS = 100_000
_MOST_CHARACTERS = 32_767
_HEADINGS = ("行 line", "工作表 sheet", "列 column", "问题 found", "要求 expected", "处理 remedy")
_DIFFERENCE_HEADINGS = ("行 line", "工作表 sheet", "列 column", "机构 agency", "情况 found", "处理 remedy")
_Marks = Mapping[int, Mapping[int, list[str]]]
"""Remarks on cells, by row number and place."""


def write_annotated(
    path: Path,
    checked: CheckedFile,
    resource: Resource,
    out: Path,
    comparison: Comparison | None = None,
    agencies: Mapping[str, str] | None = None,
) -> None:
    """Write the workbook; of a file with very many rows only those with errors or differences.

    Args:
        comparison: What comparing the file came to, if it was compared.
        agencies: Names of the agencies by id.

    Raises:
        SettingError: It cannot be written.
    """
    book = Workbook(write_only=True)
    compared = _compared(comparison, resource, agencies or {})
    _rows(book, path, checked, resource, _marks(compared))
    _list(book, checked, resource)
    if comparison is not None:
        _differences(book, compared, resource)
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    with own_place(out):
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            book.save(file)
        draft.replace(out)


def _rows(book: Workbook, path: Path, checked: CheckedFile, resource: Resource, marks: _Marks) -> None:
    sheet = book.create_sheet("数据 rows")
    cell = _Cells(sheet, resource)
    sheet.append([cell.text("行 line"), *(cell.text(label) for label in checked.header)])
    by_row: dict[int, dict[int, list[FileError]]] = defaultdict(lambda: defaultdict(list))
    for error in checked.errors:
        by_row[error.row_number][error.place].append(error)
    is_whole = checked.row_count <= _MOST_ROWS
    for block in decode_file(path, resource).blocks:
        for number, line, cells in zip(
            block.row_numbers.to_pylist(), block.lines.to_pylist(), block.rows(), strict=True
        ):
            found: Mapping[int, list[FileError]] = by_row.get(number, {})
            remarks = marks.get(number, {})
            if is_whole or found or remarks:
                row = [str(line), *cells]
                sheet.append(
                    [cell.marked(t, found.get(at, []), remarks.get(at, [])) for at, t in enumerate(row)]
                )


def _list(book: Workbook, checked: CheckedFile, resource: Resource) -> None:
    sheet = book.create_sheet("问题 errors")
    cell = _Cells(sheet, resource)
    sheet.append([cell.text(heading) for heading in _HEADINGS])
    for error in checked.errors[: _MOST_ROWS * 10]:
        column = next((one for one in resource.columns if one.name == error.column), None)
        told = explained(error.code, column)
        words = (
            str(error.line), error.sheet, column.zh if column else "", f"{told.found_zh} / {told.found_en}",
            f"{told.expected_zh} / {told.expected_en}", f"{told.remedy_zh} / {told.remedy_en}",
        )  # fmt: skip
        sheet.append([cell.text(text) for text in words])


def _compared(
    comparison: Comparison | None, resource: Resource, agencies: Mapping[str, str]
) -> list[DifferenceWords]:
    if comparison is None:
        return []
    return [difference_words(one, resource, agencies) for one in comparison.cells()]


def _marks(compared: list[DifferenceWords]) -> _Marks:
    marks: dict[int, dict[int, list[str]]] = defaultdict(lambda: defaultdict(list))
    for one in compared:
        marks[one.cell.row_number][one.cell.place].append(f"{one.found}\n{one.remedy}")
    return marks


def _differences(book: Workbook, compared: list[DifferenceWords], resource: Resource) -> None:
    sheet = book.create_sheet("比对 comparison")
    cell = _Cells(sheet, resource)
    sheet.append([cell.text(heading) for heading in _DIFFERENCE_HEADINGS])
    for one in compared[: _MOST_ROWS * 10]:
        words = (str(one.cell.line), one.cell.sheet, one.label, one.agency, one.found, one.remedy)
        sheet.append([cell.text(text) for text in words])


class _Cells:
    """Make cells of a sheet: text only, marked where they have errors."""

    def __init__(self, sheet: Any, resource: Resource) -> None:
        self._sheet = sheet
        self._columns = {column.name: column for column in resource.columns}

    def text(self, text: str | None) -> Cell:
        """Return a cell that holds text, whatever the text looks like."""
        cell = WriteOnlyCell(self._sheet, value=ILLEGAL_CHARACTERS_RE.sub("", text or "")[:_MOST_CHARACTERS])
        cell.data_type = "s"
        return cell

    def marked(self, text: str | None, errors: list[FileError], remarks: list[str]) -> Cell:
        """Return a cell with its errors, and what differs, as a comment."""
        cell = self.text(text)
        if errors or remarks:
            told = [explained(error.code, self._columns.get(error.column)) for error in errors]
            words = [f"{one.found_zh}；{one.remedy_zh}\n{one.found_en}; {one.remedy_en}" for one in told]
            words += remarks
            cell.comment = Comment("\n".join(words), _AUTHOR)
            cell.fill = _NOTE if all(error.is_note for error in errors) else _FAULT
        return cell
