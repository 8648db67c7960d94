"""Write a file's rows as a workbook in which each error stands at its cell, for the agency that made the file.

Here: marking cells and listing errors. Not here: finding them (``file_errors.py``). Values are written as text, never
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

from ingestion.decode import decode_file
from ingestion.file_error_words import explained
from ingestion.file_errors import CheckedFile, FileError
from resource_catalogue.errors import own_place
from resource_catalogue.resource import Resource

_FAULT, _NOTE = (PatternFill("solid", fgColor=colour) for colour in ("FFC7CE", "FFEB9C"))
_AUTHOR = "civiclake"
_MOST_ROWS = 100_000
_MOST_CHARACTERS = 32_767
_HEADINGS = ("行 line", "工作表 sheet", "列 column", "问题 found", "要求 expected", "处理 remedy")


def write_annotated(path: Path, checked: CheckedFile, resource: Resource, out: Path) -> None:
    """Write the workbook; of a file with very many rows only those with errors.

    Raises:
        SettingError: It cannot be written.
    """
    book = Workbook(write_only=True)
    _rows(book, path, checked, resource)
    _list(book, checked, resource)
    draft = out.with_name(f".{out.name}.{os.getpid()}")
    with own_place(out):
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            book.save(file)
        draft.replace(out)


def _rows(book: Workbook, path: Path, checked: CheckedFile, resource: Resource) -> None:
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
            if is_whole or found:
                row = [str(line), *cells]
                sheet.append([cell.marked(text, found.get(place, [])) for place, text in enumerate(row)])


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

    def marked(self, text: str | None, errors: list[FileError]) -> Cell:
        """Return a cell with its errors as a comment."""
        cell = self.text(text)
        if errors:
            told = [explained(error.code, self._columns.get(error.column)) for error in errors]
            words = (f"{one.found_zh}；{one.remedy_zh}\n{one.found_en}; {one.remedy_en}" for one in told)
            cell.comment = Comment("\n".join(words), _AUTHOR)
            cell.fill = _NOTE if all(error.is_note for error in errors) else _FAULT
        return cell
