"""Turn a stream of lined rows into a decoded table: header found, blank rows passed over, misfits rejected.

Shared by every decoder whose rows are lists of cells under a header line (delimited text, workbooks).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.decoded import Block, Cell, Decoded, Gathered, RejectedRow
from ingestion.header import (
    SEARCHED_LINES,
    find_header,
    joined_names,
    most_names,
    no_header,
    raw_names,
    read_columns,
)
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

LinedRow = tuple[int, list[Cell]]
OpenRows = Callable[[], Iterator[LinedRow]]
"""Begin to read a file or sheet from its top: line and cells of every row."""


def is_blank(row: Iterable[Cell]) -> bool:
    """Tell whether a row holds nothing but white space."""
    return not any(cell and cell.strip() for cell in row)


def table_of(
    open_rows: OpenRows, resource: Resource, form: str, encoding: str, sheet: str = "", delimiter: str = ","
) -> Decoded:
    """Find the header of lined rows and give the rest as blocks.

    Args:
        delimiter: Text to show between the cells of a rejected row.

    Raises:
        DeliveryError: There are no rows, or no header is found.
    """
    found = find_table(open_rows, resource)
    decoded = Decoded(form, encoding, found.header, found.line, sheet, iter(()))
    decoded.blocks = Body(decoded, resource, delimiter).blocks(_rows_below(open_rows, found.last_line))
    return decoded


@dataclass(frozen=True, slots=True)
class FoundTable:
    """Say where a table stands among lined rows.

    Attributes:
        header: Names of its columns; ``line`` is that of the header, 0 where there is none, ``last_line`` where it
            ends.
        cells: How many cells the header's row has; those beyond ``header`` are blank in all rows.
        body_line: Line of the first row below it; null where there is none.
    """

    header: list[str]
    line: int
    last_line: int
    cells: int
    body_line: int | None


def find_table(open_rows: OpenRows, resource: Resource) -> FoundTable:
    """Find the header of lined rows.

    Raises:
        DeliveryError: There are no rows, or no header is found.
    """
    source = resource.source
    head = list(islice(open_rows(), max(SEARCHED_LINES, source.header_row or 0) + source.header_lines))
    if all(is_blank(cells) for _, cells in head):
        raise DeliveryError(
            resource.id, "the file has no rows", "a table with a header", "send the file again"
        )
    position, cells = _header(_header_lines(head, source.header_lines), resource)
    line = head[position][0] if position >= 0 else 0
    last = min(position + source.header_lines, len(head)) - 1 if position >= 0 else -1
    last_line = head[last][0] if last >= 0 else 0
    below = head[last + 1 : last + 2]
    body_line = below[0][0] if below else None
    return FoundTable(_named(cells, open_rows, last_line), line, last_line, len(cells), body_line)


def _header_lines(head: list[LinedRow], count: int) -> list[LinedRow]:
    """Give what each line would be as the first of a header."""
    if count == 1:
        return head
    return [
        (line, joined_names([cells for _, cells in head[place : place + count]]))
        for place, (line, _) in enumerate(head)
    ]


def _rows_below(open_rows: OpenRows, header_line: int) -> Iterator[LinedRow]:
    return (row for row in open_rows() if row[0] > header_line)


def _header(head: list[LinedRow], resource: Resource) -> tuple[int, list[Cell]]:
    declared = resource.source.header_row
    if declared == 0:
        return -1, [column.zh for column in read_columns(resource)]
    if declared is None:
        position = find_header((cells for _, cells in head), resource)
        return position, head[position][1]
    for position, (line, cells) in enumerate(head):
        if line == declared and most_names([cells], resource)[0]:
            return position, cells
    raise no_header(resource, f"line {declared} does not carry the declared column names")


def _named(header: list[Cell], open_rows: OpenRows, header_line: int) -> list[str]:
    """Drop cells without a name behind the last named one that no row fills: spreadsheets keep such columns."""
    names = [(cell or "").strip() for cell in header]
    physical = len(names)
    while names and not names[-1]:
        names.pop()
    if len(names) == physical:
        return names
    body = _rows_below(open_rows, header_line)
    filled = max((_filled(cells) for _, cells in body if len(cells) <= physical), default=0)
    return names + [""] * (filled - len(names))


def _filled(cells: list[Cell]) -> int:
    """Return the 1-based position of the last cell that holds something."""
    return next((place for place in range(len(cells), 0, -1) if (cells[place - 1] or "").strip()), 0)


class Body:
    """Make blocks of the rows below a header: number them, pass over what is no data, reject what does not fit.

    Args:
        delimiter: Text to show between the cells of a rejected row.
    """

    def __init__(self, decoded: Decoded, resource: Resource, delimiter: str) -> None:
        self._decoded, self._delimiter = decoded, delimiter
        self._width, self._number = len(decoded.header), 0
        not_data = resource.source.not_data
        self._heading = re.compile(not_data) if not_data else None
        filled_down = resource.source.fill_down
        names = raw_names(decoded.header, resource) if filled_down else []
        self._above: dict[int, Cell] = {
            place: None for place, name in enumerate(names) if name in filled_down
        }

    def blocks(self, rows: Iterable[LinedRow]) -> Iterator[Block]:
        """Make blocks of single rows."""
        held = Gathered()
        for line, cells in rows:
            if not self._is_data(cells):
                continue
            self._number += 1
            if len(cells) > self._width and is_blank(cells[self._width :]):
                cells = cells[: self._width]
            if len(cells) != self._width:
                text = self._delimiter.join(cell or "" for cell in cells)
                misfit = RejectedRow(self._number, line, _misfit(cells, self._width), text)
                self._decoded.rejected.append(misfit)
                continue
            held.add(self._number, line, self._filled_down(cells))
            if held.is_full:
                yield held.block()
                held = Gathered()
        if held.rows:
            yield held.block()

    def block(self, columns: list[pa.StringArray], lines: pa.Int64Array) -> Block:
        """Make a block of columns that are as long as each other; blank rows are left out.

        Args:
            columns: At least as many as the header has names; those beyond are blank.
        """
        is_filled = _filled_rows(columns)
        if is_filled is not None:
            columns = [column.filter(is_filled) for column in columns]
            lines = lines.filter(is_filled)
        first = self._number + 1
        self._number += len(lines)
        numbers = pa.array(range(first, self._number + 1), pa.int64())
        return Block(numbers, lines, columns[: self._width])

    def _filled_down(self, cells: list[Cell]) -> list[Cell]:
        """Repeat the value of a merged cell in the rows that it spans."""
        for place, above in self._above.items():
            if is_blank([cells[place]]):
                cells[place] = above
            else:
                self._above[place] = cells[place]
        return cells

    def _is_data(self, cells: list[Cell]) -> bool:
        """Tell whether a row holds data; declared headings and notes are counted and passed over."""
        texts = [cell for cell in cells if cell and cell.strip()]
        if self._heading and len(texts) == 1 and self._heading.search(texts[0]):
            self._decoded.passed_over += 1
            return False
        return bool(texts)


def _filled_rows(columns: list[pa.StringArray]) -> pa.BooleanArray | None:
    """Tell of each row whether any cell holds something; null where all do, which the first column often tells."""
    blank = pa.array([True] * len(columns[0]), pa.bool_())
    for column in columns:
        own = pc.equal(pc.utf8_trim_whitespace(column), "")
        blank = pc.and_(blank, own)
        if not pc.any(blank).as_py():
            return None
    return pc.invert(blank)


def _misfit(cells: list[Cell], width: int) -> str:
    """Say why a row cannot be split into the columns of the header."""
    if len(cells) > width:
        return "too_many_fields"
    # A decoder gives a line whose quotes do not close as a single cell.
    is_unclosed = len(cells) == 1 and (cells[0] or "").count('"') % 2 == 1
    return "unbalanced_quote" if is_unclosed else "too_few_fields"
