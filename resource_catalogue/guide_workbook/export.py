"""Write entries as a workbook in the guide's layout, with drop-downs, code lists and notes on filling in.

Here: rows, merged cells, styles. Not here: headings and order (``layout.py``), texts of cells (``cell_text.py``).
Every cell is text, so codes keep their zeros and nothing is read as a formula.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.cell_range import CellRange
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from resource_catalogue.errors import CatalogueError, SettingError, own_place
from resource_catalogue.guide_workbook import views
from resource_catalogue.guide_workbook.kinds import Words
from resource_catalogue.guide_workbook.layout import (
    BASES,
    CODES_SHEET,
    GUIDE,
    ITEMS,
    MORE,
    NOTES_SHEET,
    RULES,
    Layout,
)
from resource_catalogue.guide_workbook.notes import NOTES
from resource_catalogue.resource import Resource

_MAX_CELL = 32_767
_SPARE_ROWS = 1_000
_HEAD = PatternFill("solid", fgColor="DDE6F0")
_OWN = PatternFill("solid", fgColor="F3EBDD")
_WRAP = Alignment(wrap_text=True, vertical="top")
_CENTRE = Alignment(wrap_text=True, vertical="center", horizontal="center")
Tree = Mapping[str, Any]
Texts = Mapping[str, str]
"""Text by Chinese heading."""


@dataclass(frozen=True)
class Guide:
    """Write entries with the words of one deployment.

    Attributes:
        listed_on: Day of first listing by entry id, for the column 发布日期.
    """

    words: Words
    listed_on: Mapping[str, str] = field(default_factory=dict)

    def workbook(self, resources: Sequence[Resource]) -> Workbook:
        """Return the workbook of some entries, in their order."""
        book = Workbook()
        book.remove(book.worksheets[0])
        guide = self._sheet(book, GUIDE, ())
        rows = guide.max_row
        for resource in resources:
            rows = self._append_block(guide, rows, resource)
        self._sheet(book, MORE, (self._entry_row(MORE, resource) for resource in resources))
        self._sheet(book, ITEMS, (row for resource in resources for row in self._item_rows(ITEMS, resource)))
        self._sheet(book, BASES, (row for resource in resources for row in self._basis_rows(resource)))
        self._sheet(book, RULES, (row for resource in resources for row in self._rule_rows(resource)))
        self._add_drop_downs(book)
        _add_notes(book)
        return book

    def save(self, resources: Sequence[Resource], path: Path) -> None:
        """Write the workbook; it appears whole under its name, and no file is written over.

        Raises:
            SettingError: There is a file of that name, or it cannot be written.
        """
        with own_place(path):
            if path.exists():
                raise SettingError(
                    str(path), "文件已存在 / the file is there already", "新文件名 / a new name",
                    "换一个名称或先移走它 / choose another name, or move it away",
                )  # fmt: skip
            path.parent.mkdir(parents=True, exist_ok=True)
            draft = path.with_name(f".{path.name}.{os.getpid()}")
            try:
                self.workbook(resources).save(draft)
                draft.replace(path)
            finally:
                draft.unlink(missing_ok=True)

    def _append_block(self, sheet: Worksheet, last: int, resource: Resource) -> int:
        """Write an entry with its items as rows; the entry's cells are merged over them."""
        entry, items = self._entry_row(GUIDE, resource), list(self._item_rows(GUIDE, resource))
        first, last = last + 1, last + len(items)
        for row, item in enumerate(items, start=first):
            _write_row(sheet, row, GUIDE, {**item, **(entry if row == first else {})}, resource.id)
        if last > first:
            for column, one in enumerate(GUIDE.fields, start=1):
                if one.of == "entry":
                    # `merge_cells` compares each range with all before it, which takes minutes for a city.
                    sheet.merged_cells.ranges.add(CellRange(None, column, first, column, last))
        return last

    def _entry_row(self, layout: Layout, resource: Resource) -> Texts:
        tree, whole = _trees(resource)
        return self._texts(layout, "entry", tree, whole, resource)

    def _item_rows(self, layout: Layout, resource: Resource) -> Iterator[Texts]:
        for column in resource.columns:
            tree, whole = _trees(column)
            label = {"信息项名称": self.words.kinds["phrase"].write(column.zh)}
            yield {**label, **self._texts(layout, "item", tree, whole, resource)}

    def _basis_rows(self, resource: Resource) -> Iterator[Texts]:
        for place, item, bases in _bases(resource):
            for basis in bases:
                tree, whole = _trees(basis)
                where = {"依据用途": self.words.drop_downs["basis_place"].shown(place), "信息项标识": item}
                yield {**self._texts(BASES, "entry", tree, whole, resource), **where}

    def _rule_rows(self, resource: Resource) -> Iterator[Texts]:
        for rule in resource.rules:
            tree, whole = _trees(rule)
            yield self._texts(RULES, "entry", tree, whole, resource)

    def _texts(self, layout: Layout, of: str, tree: Tree, whole: Tree, resource: Resource) -> dict[str, str]:
        """Return the texts of the columns that belong to an entry, item, basis or rule."""
        texts = {"资源标识": resource.id, "信息资源代码": self.words.kinds["mark"].write(resource.code)}
        for one in layout.fields:
            if one.of != of:
                continue
            if one.is_view and one.kind in views.SHOWN:
                texts[one.zh] = views.shown(one.kind, whole, self.words, self.listed_on.get(resource.id, ""))
            elif one.path:
                value = _at(whole if one.is_shown else tree, one.path)
                texts[one.zh] = "" if value is None else self.words.kinds[one.kind].write(value)
        return texts

    def _sheet(self, book: Workbook, layout: Layout, rows: Iterator[Texts] | tuple[Texts, ...]) -> Worksheet:
        sheet: Worksheet = book.create_sheet(layout.name.zh)
        head = _write_head(sheet, layout)
        for row, texts in enumerate(rows, start=head + 1):
            _write_row(sheet, row, layout, texts, texts.get("资源标识", ""))
        return sheet

    def _add_drop_downs(self, book: Workbook) -> None:
        """Write the code lists, and let the cells that take one of them offer it; codes may still be typed."""
        ranges = _write_codes(book.create_sheet(CODES_SHEET.zh), self.words)
        for layout in (GUIDE, MORE, ITEMS, BASES, RULES):
            sheet, head = book[layout.name.zh], 2 if layout.groups else 1
            for column, one in enumerate(layout.fields, start=1):
                formula = '"是,否"' if one.kind in ("flag", "is_open") else ranges.get(one.kind)
                if formula:
                    rule = DataValidation(
                        type="list", formula1=formula, allow_blank=True, showErrorMessage=False
                    )
                    letter = get_column_letter(column)
                    rule.add(f"{letter}{head + 1}:{letter}{max(sheet.max_row, head) + _SPARE_ROWS}")
                    sheet.add_data_validation(rule)


def _trees(entry: Any) -> tuple[Tree, Tree]:
    """Return what a shape says beyond its defaults, and all that it says, as values of the files."""
    return (
        entry.model_dump(mode="json", by_alias=True, exclude_defaults=True),
        entry.model_dump(mode="json", by_alias=True),
    )


def _at(tree: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        if not isinstance(tree, Mapping):
            return None
        tree = tree.get(key)
    return tree


def _bases(resource: Resource) -> Iterator[tuple[str, str, Sequence[Any]]]:
    """Yield every list of bases with its place and, where it is an item's, the item."""
    yield "collected_under", "", resource.collected_under
    yield "share", "", resource.share.basis
    yield "open", "", resource.open.basis
    for column in resource.columns:
        yield "column_share", column.name, column.share.basis if column.share else ()
        yield "column_open", column.name, column.open.basis if column.open else ()


def _write_head(sheet: Worksheet, layout: Layout) -> int:
    """Write one row of headings, or two where the layout has groups, and return their number."""
    rows = 2 if layout.groups else 1
    grouped = {heading: group for group, headings in layout.groups.items() for heading in headings}
    for column, one in enumerate(layout.fields, start=1):
        is_grouped = one.zh in grouped
        cell = sheet.cell(rows if is_grouped else 1, column, one.heading)
        if rows == 2 and not is_grouped:
            sheet.merge_cells(start_row=1, end_row=2, start_column=column, end_column=column)
        sheet.column_dimensions[get_column_letter(column)].width = one.width
        cell.font, cell.alignment, cell.fill = (
            Font(bold=True),
            _CENTRE,
            _OWN if one.zh == "资源标识" else _HEAD,
        )
    _merge_groups(sheet, layout, grouped)
    sheet.freeze_panes = f"B{rows + 1}"
    sheet.row_dimensions[rows].height = 34
    return rows


def _merge_groups(sheet: Worksheet, layout: Layout, grouped: Mapping[str, str]) -> None:
    """Write each group's heading over its columns; a group whose columns are apart gets one over each run."""
    first = 1
    for column, one in enumerate(layout.fields, start=1):
        group = grouped.get(one.zh)
        following = grouped.get(layout.fields[column].zh) if column < len(layout.fields) else None
        if group and following != group:
            cell = sheet.cell(1, first, group)
            cell.font, cell.alignment, cell.fill = Font(bold=True), _CENTRE, _HEAD
            sheet.merge_cells(start_row=1, end_row=1, start_column=first, end_column=column)
        if following != group:
            first = column + 1


def _write_row(sheet: Worksheet, row: int, layout: Layout, texts: Texts, entry: str) -> None:
    for column, one in enumerate(layout.fields, start=1):
        text = texts.get(one.zh, "")
        if not text:
            continue
        if len(text) > _MAX_CELL:
            raise CatalogueError(
                f"{entry} {one.zh}", f"{len(text)} 个字符 / characters",
                f"一个单元格至多 {_MAX_CELL} 个字符 / at most {_MAX_CELL} characters in a cell", "缩短 / shorten it",
            )  # fmt: skip
        cell = sheet.cell(row, column, text)
        # Without these a text such as "=1" would be a formula and "#N/A" an error.
        cell.data_type, cell.number_format, cell.alignment = "s", "@", _WRAP


def _write_codes(sheet: Worksheet, words: Words) -> dict[str, str]:
    """Write each list in two columns, the cell's text and what it means, and return its range by kind."""
    ranges = {}
    for place, (kind, choices) in enumerate(words.drop_downs.items()):
        column = 2 * place + 1
        lines = [
            (choices.name.zh, choices.name.en),
            *((c.shown, f"{c.en} ({c.word})") for c in choices.choices),
        ]
        for row, (text, meaning) in enumerate(lines, start=1):
            for cell in (sheet.cell(row, column, text), sheet.cell(row, column + 1, meaning)):
                cell.data_type, cell.number_format, cell.font = "s", "@", Font(bold=row == 1)
        letter = get_column_letter(column)
        for name in (letter, get_column_letter(column + 1)):
            sheet.column_dimensions[name].width = 22
        ranges[kind] = f"={CODES_SHEET.zh}!${letter}$2:${letter}${len(choices.choices) + 1}"
    return ranges


def _add_notes(book: Workbook) -> None:
    sheet = book.create_sheet(NOTES_SHEET.zh)
    for row, note in enumerate(NOTES, start=1):
        for column, text in enumerate((note.zh, note.en), start=1):
            sheet.cell(row, column, text).alignment = _WRAP
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 70, 90
