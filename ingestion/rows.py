"""Turn a stream of lined rows into a decoded table: header found, blank rows passed over, misfits rejected.

Shared by every decoder whose rows are lists of cells under a header line (delimited text, workbooks).
"""

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from ingestion.decoded import BLOCK_ROWS, Block, Cell, Decoded, RejectedRow
from ingestion.header import SEARCHED_LINES, find_header
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

LinedRow = tuple[int, list[Cell]]


def is_blank(row: Iterable[Cell]) -> bool:
    """Tell whether a row holds nothing but white space."""
    return not any(cell and cell.strip() for cell in row)


def table_of(
    rows: Iterable[LinedRow], resource: Resource, form: str, encoding: str, sheet: str = "", delimiter: str = ","
) -> Decoded:
    """Find the header of lined rows and give the rest as blocks.

    Args:
        rows: Line and cells of every row of the file or sheet, header included.
        delimiter: Text to show between the cells of a rejected row.

    Raises:
        DeliveryError: There are no rows, or no header is found.
    """
    stream = iter(rows)
    head = list(islice(stream, max(SEARCHED_LINES, resource.source.header_row or 0) + 1))
    if all(is_blank(cells) for _, cells in head):
        raise DeliveryError(resource.id, "the file has no rows", "a table with a header", "send the file again")
    position, header = _header(head, resource)
    line = head[position][0] if position >= 0 else 0
    decoded = Decoded(form, encoding, _trimmed(header), line, sheet, iter(()))
    decoded.blocks = _blocks(chain(head[position + 1 :], stream), decoded, delimiter)
    return decoded


def _header(head: list[LinedRow], resource: Resource) -> tuple[int, list[Cell]]:
    declared = resource.source.header_row
    if declared == 0:
        return -1, [column.zh for column in resource.columns]
    if declared is None:
        position = find_header((cells for _, cells in head), resource)
        return position, head[position][1]
    for position, (line, cells) in enumerate(head):
        if line == declared:
            return position, cells
    raise DeliveryError(
        resource.id, f"the file has no line {declared}", "a header on the declared line", "correct header_row"
    )


def _trimmed(header: list[Cell]) -> list[str]:
    """Drop the empty cells behind the last named column: spreadsheets keep phantom columns."""
    names = [(cell or "").strip() for cell in header]
    while names and not names[-1]:
        names.pop()
    return names


def _blocks(rows: Iterable[LinedRow], decoded: Decoded, delimiter: str) -> Iterator[Block]:
    width = len(decoded.header)
    block = Block([], [], [])
    number = 0
    for line, cells in rows:
        if is_blank(cells):
            continue
        number += 1
        if len(cells) != width:
            cells = cells[:width] if len(cells) > width and is_blank(cells[width:]) else cells
        if len(cells) != width:
            reason = "too_many_fields" if len(cells) > width else "too_few_fields"
            decoded.rejected.append(RejectedRow(number, line, reason, delimiter.join(c or "" for c in cells)))
            continue
        block.row_numbers.append(number)
        block.lines.append(line)
        block.rows.append(cells)
        if len(block.rows) >= BLOCK_ROWS:
            yield block
            block = Block([], [], [])
    if block.rows:
        yield block
