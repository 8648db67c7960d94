"""Turn a stream of lined rows into a decoded table: header found, blank rows passed over, misfits rejected.

Shared by every decoder whose rows are lists of cells under a header line (delimited text, workbooks).
"""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import islice

from ingestion.decoded import BLOCK_ROWS, Block, Cell, Decoded, RejectedRow
from ingestion.header import SEARCHED_LINES, find_header, most_names, no_header, read_columns
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
    head = list(islice(open_rows(), max(SEARCHED_LINES, resource.source.header_row or 0) + 1))
    if all(is_blank(cells) for _, cells in head):
        raise DeliveryError(
            resource.id, "the file has no rows", "a table with a header", "send the file again"
        )
    position, cells = _header(head, resource)
    line = head[position][0] if position >= 0 else 0
    header = _named(cells, _Body(open_rows, line))
    decoded = Decoded(form, encoding, header, line, sheet, iter(()))
    decoded.blocks = _blocks(_data(_Body(open_rows, line), decoded, resource), decoded, delimiter)
    return decoded


class _Body:
    """Give the rows below the header, as often as they are wanted."""

    def __init__(self, open_rows: OpenRows, header_line: int) -> None:
        self._open_rows, self._header_line = open_rows, header_line

    def __iter__(self) -> Iterator[LinedRow]:
        return (row for row in self._open_rows() if row[0] > self._header_line)


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


def _named(header: list[Cell], body: Iterable[LinedRow]) -> list[str]:
    """Drop cells without a name behind the last named one that no row fills: spreadsheets keep such columns."""
    names = [(cell or "").strip() for cell in header]
    physical = len(names)
    while names and not names[-1]:
        names.pop()
    if len(names) == physical:
        return names
    filled = max((_filled(cells) for _, cells in body if len(cells) <= physical), default=0)
    return names + [""] * (filled - len(names))


def _filled(cells: list[Cell]) -> int:
    """Return the 1-based position of the last cell that holds something."""
    return next((place for place in range(len(cells), 0, -1) if (cells[place - 1] or "").strip()), 0)


def _data(body: Iterable[LinedRow], decoded: Decoded, resource: Resource) -> Iterator[LinedRow]:
    """Give the rows that hold data; declared headings and notes between them are counted and passed over."""
    heading = re.compile(resource.source.not_data) if resource.source.not_data else None
    for line, cells in body:
        texts = [cell for cell in cells if cell and cell.strip()]
        if heading and len(texts) == 1 and heading.search(texts[0]):
            decoded.passed_over += 1
        elif texts:
            yield line, cells


def _blocks(rows: Iterable[LinedRow], decoded: Decoded, delimiter: str) -> Iterator[Block]:
    width = len(decoded.header)
    block = Block([], [], [])
    for number, (line, cells) in enumerate(rows, start=1):
        if len(cells) > width and is_blank(cells[width:]):
            cells = cells[:width]
        if len(cells) != width:
            text = delimiter.join(cell or "" for cell in cells)
            decoded.rejected.append(RejectedRow(number, line, _misfit(cells, width), text))
            continue
        block.row_numbers.append(number)
        block.lines.append(line)
        block.rows.append(cells)
        if len(block.rows) >= BLOCK_ROWS:
            yield block
            block = Block([], [], [])
    if block.rows:
        yield block


def _misfit(cells: list[Cell], width: int) -> str:
    """Say why a row cannot be split into the columns of the header."""
    if len(cells) > width:
        return "too_many_fields"
    # A decoder gives a line whose quotes do not close as a single cell.
    is_unclosed = len(cells) == 1 and (cells[0] or "").count('"') % 2 == 1
    return "unbalanced_quote" if is_unclosed else "too_few_fields"
