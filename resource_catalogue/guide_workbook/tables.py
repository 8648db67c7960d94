"""Sheets as tables: which sheet is which, where its headings stand, which column holds which field.

Here: finding by name or by headings, columns in any order, headings in one or two rows. Not here: what the rows mean
(``assembly.py``).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from norms.text import bare
from resource_catalogue.guide_workbook.layout import (
    CODES_SHEET,
    GUIDE,
    IGNORED_HEADINGS,
    LAYOUTS,
    NOTES_SHEET,
    Field,
    Layout,
)
from resource_catalogue.guide_workbook.pages import Page, Spot

_HEAD_ROWS = 12
"""Headings stand within the first rows; titles and notes may stand above them."""
_LEAST_HEADINGS = 2
_NOTE = re.compile(r"(填表|填报|制表|审核人|备注|说明|注)[^.]{0,8}[:：]")
_DECORATION = re.compile(r"[*＊★]|[(（](必填|选填|非必填)[)）]")


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    table: "Table"
    number: int

    def text(self, field: Field) -> str:
        """Return the text of a column; empty where the sheet does not have it."""
        column = self.table.columns.get(field)
        return "" if column is None else self.table.page.text(self.number, column)

    def spot(self, field: Field | None = None) -> Spot:
        """Return where a column's cell stands; the row where the sheet does not have the column."""
        column = self.table.columns.get(field) if field else None
        return Spot(self.table.page.name, self.number, column)


@dataclass(frozen=True)
class Table:
    """Hold a sheet with the columns that were found in it.

    Attributes:
        columns: 0-based column by field.
        first: 0-based row below the headings.
    """

    layout: Layout
    page: Page
    columns: dict[Field, int]
    first: int

    def has(self, field: Field) -> bool:
        """Tell whether the sheet has the column."""
        return field in self.columns

    def rows(self) -> Iterator[Row]:
        """Yield the rows that say anything; notes of those who filled it in are passed over."""
        for number in range(self.first, len(self.page.rows)):
            texts = [
                text
                for column in sorted(self.columns.values())
                if bare(text := self.page.text(number, column))
            ]
            if texts and not _NOTE.match(bare(texts[0])):
                yield Row(self, number)


@dataclass(frozen=True)
class Tables:
    """Hold the tables of a workbook by layout name, and what was passed over."""

    found: dict[str, Table]
    notes: tuple[str, ...]

    def get(self, layout: Layout) -> Table | None:
        """Return the table of a layout, null where the workbook has none."""
        return self.found.get(layout.name.zh)


def find_tables(pages: Sequence[Page]) -> Tables:
    """Tell which sheet holds which table; the guide's sheet may bear any name."""
    found: dict[str, Table] = {}
    notes: list[str] = []
    names = {bare(layout.name.zh): layout for layout in LAYOUTS}
    for page in pages:
        if bare(page.name) in (CODES_SHEET.zh, NOTES_SHEET.zh):
            continue
        named = names.get(bare(page.name))
        table = _table(page, named or GUIDE)
        if table is None or (named is None and (GUIDE.name.zh in found or not _is_guide(table))):
            notes.append(f"{page.name}: 未读取的工作表 / a sheet that was passed over")
            continue
        found[table.layout.name.zh] = table
        notes.extend(_unknown_columns(table))
    return Tables(found, tuple(notes))


def _is_guide(table: Table) -> bool:
    return any(field.zh in ("信息资源名称", "信息资源代码") for field in table.columns)


def _table(page: Page, layout: Layout) -> Table | None:
    """Find the row of headings that knows most columns, with the row below or above it where both do."""
    known = [len(_known(page, row, layout)) for row in range(min(_HEAD_ROWS, len(page.rows)))]
    if not known or max(known) < _LEAST_HEADINGS:
        return None
    best = known.index(max(known))
    last = best + 1 if best + 1 < len(known) and known[best + 1] >= _LEAST_HEADINGS else best
    columns: dict[Field, int] = {}
    for row in range(last, max(best - 2, -1), -1):
        for column, field in _known(page, row, layout).items():
            if field not in columns and column not in columns.values():
                columns[field] = column
    return Table(layout, page, columns, last + 1)


def _known(page: Page, row: int, layout: Layout) -> dict[int, Field]:
    found = {}
    for column, text in enumerate(page.rows[row]):
        field = layout.by_heading.get(_heading(text)) or layout.by_heading.get(_heading(text.split("\n")[0]))
        if field:
            found[column] = field
    return found


def _heading(text: str) -> str:
    return bare(_DECORATION.sub("", text)).lower()


def _unknown_columns(table: Table) -> Iterator[str]:
    """Name the columns that have a heading and values but no field."""
    for column in range(max((len(row) for row in table.page.rows), default=0)):
        heading = bare(table.page.text(table.first - 1, column))
        is_known = column in table.columns.values() or heading.lower() in IGNORED_HEADINGS
        has_values = any(
            bare(table.page.text(row, column)) for row in range(table.first, len(table.page.rows))
        )
        if not is_known and has_values:
            spot = Spot(table.page.name, table.first - 1, column)
            yield f"{spot} {heading[:30]}: 未读取的列 / a column that was passed over"
