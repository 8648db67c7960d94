"""Read delimited text in blocks of whole lines: the engine splits what is plain, a strict parser what is not.

Here: which blocks the engine may split, because it cannot but give what the parser would give; lines given back when a
row runs on into the next block. A block is plain where each row is one line and each quote stands where a cell begins
or ends. Not here: headers, numbers of rows and what becomes of misfits (``rows.py``).
"""

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv

from ingestion.decoded import Cell
from ingestion.text_pieces import LONGEST_LINE, TextPieces, lines_of

LinedRow = tuple[int, list[Cell]]
LONGEST_CELL_LINES = 10_000
"""A quoted cell may hold a whole document; one of more lines is a quote that was never closed."""
_NEWLINE, _RETURN, _QUOTE = 10, 13, 34


@dataclass(frozen=True, slots=True)
class Split:
    """Hold the rows of a plain block.

    Attributes:
        columns: Cells, one array of texts per column.
        lines: Line of the file at which each row stands.
    """

    columns: list[pa.StringArray]
    lines: np.ndarray


class TextBlocks:
    """Give the rows of a text file from a line on: blocks that the engine split, and single rows of all others.

    Args:
        pieces: The text of the file.
        first_line: 1-based line to begin at.
        width: Number of cells that a row should have.
    """

    def __init__(self, pieces: TextPieces, delimiter: str, first_line: int, width: int) -> None:
        self._pieces = _from_line(pieces, first_line)
        self._returned = b""
        self._delimiter, self._width = delimiter, width
        self._line = first_line

    def __iter__(self) -> Iterator[Split | list[LinedRow]]:
        while block := self._next():
            split = self._split(block)
            if split is not None:
                self._line += block.count(b"\n") + (not block.endswith(b"\n"))
                yield split
            else:
                yield self._parsed(block)

    def _next(self) -> bytes:
        block, self._returned = self._returned, b""
        return block or next(self._pieces, b"")

    def _split(self, block: bytes) -> Split | None:
        """Split a block into columns, or return null where only the parser knows what it means."""
        if self._width == 0 or not _is_plain(block, self._delimiter):
            return None
        misfits: list[int] = []
        is_misfit = False

        def judge(row: arrow_csv.InvalidRow) -> str:
            nonlocal is_misfit
            is_misfit = is_misfit or bool(row.text.replace(self._delimiter, "").strip())
            misfits.append(row.number)
            return "skip"

        names = [str(number) for number in range(self._width)]
        quote = '"' if b'"' in block else False
        table = arrow_csv.read_csv(
            pa.BufferReader(block),
            arrow_csv.ReadOptions(use_threads=False, column_names=names, block_size=len(block) + 1),
            arrow_csv.ParseOptions(
                delimiter=self._delimiter,
                quote_char=quote,
                ignore_empty_lines=False,
                invalid_row_handler=judge,
            ),
            arrow_csv.ConvertOptions(
                column_types=dict.fromkeys(names, pa.string()), strings_can_be_null=False, check_utf8=False
            ),
        )
        if is_misfit:
            return None
        every = table.num_rows + len(misfits)
        lines = np.arange(self._line, self._line + every, dtype=np.int64)
        if misfits:
            lines = np.delete(lines, np.array(misfits) - 1)
        return Split([column.combine_chunks() for column in table.columns], lines)

    def _parsed(self, block: bytes) -> list[LinedRow]:
        """Parse the rows that begin in a block; what is left of the next one is given back."""
        lines = _Lines(block, self._pieces)
        rows = []
        while not lines.is_past_first_block:
            line = self._line
            cells = lines.row(self._delimiter)
            self._line += lines.taken
            if cells is None:
                break
            rows.append((line, cells))
        self._returned = lines.left()
        return rows


class _Lines:
    """Give the lines of a block and of those that follow it to the parser, row by row."""

    def __init__(self, block: bytes, pieces: Iterator[bytes]) -> None:
        self._held = lines_of(block.decode())
        self._next, self._first = 0, len(self._held)
        self._pieces = pieces
        self._begun = 0

    @property
    def is_past_first_block(self) -> bool:
        return self._next >= self._first

    @property
    def taken(self) -> int:
        """Return how many lines the last row took."""
        return self._next - self._begun

    def row(self, delimiter: str) -> list[Cell] | None:
        """Return the cells of the next row; of one whose quotes are wrong, its first line as a single cell."""
        self._begun = self._next
        csv.field_size_limit(LONGEST_LINE)
        try:
            cells = next(csv.reader(self, delimiter=delimiter, strict=True), None)
        except csv.Error:
            self._next = self._begun + 1
            return [self._held[self._begun].rstrip("\r\n")]
        return None if cells is None else [*cells]

    def forget(self) -> None:
        """Let go of the lines that rows have taken, now and then: it costs as much as what is left."""
        if self._next > LONGEST_CELL_LINES:
            del self._held[: self._next]
            self._next = 0

    def left(self) -> bytes:
        """Return the lines that no row took."""
        return "".join(self._held[self._next :]).encode()

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self._next - self._begun >= LONGEST_CELL_LINES:
            raise csv.Error
        if self._next == len(self._held):
            self._held += lines_of(next(self._pieces, b"").decode())
        if self._next == len(self._held):
            raise StopIteration
        self._next += 1
        return self._held[self._next - 1]


def parsed_rows(pieces: TextPieces, delimiter: str) -> Iterator[LinedRow]:
    """Give line and cells of every row from the top, by the parser alone."""
    lines, line = _Lines(b"", _from_line(pieces, 1)), 1
    while (cells := lines.row(delimiter)) is not None:
        yield line, cells
        line += lines.taken
        lines.forget()


def _is_plain(block: bytes, delimiter: str) -> bool:
    """Tell whether each row of a block is one line, and each quote opens, closes or doubles."""
    # The engine takes a mark at the beginning for that of a file, and drops it.
    if b"\0" in block or block.startswith(codecs.BOM_UTF8):
        return False
    marks = np.frombuffer(block, dtype=np.uint8)
    if b"\r" in block:
        returns = np.flatnonzero(marks == _RETURN)
        following = marks[np.minimum(returns + 1, len(marks) - 1)]
        if not (following == _NEWLINE).all():
            return False
    return b'"' not in block or _quotes_are_regular(marks, ord(delimiter))


def _quotes_are_regular(marks: np.ndarray, delimiter: int) -> bool:
    """Tell whether every line has its quotes in pairs, each first one where a cell begins, each second where it ends.

    Two side by side are a quote within a cell: the first of them closes, the second opens again.
    """
    quotes = np.flatnonzero(marks == _QUOTE)
    ends = np.flatnonzero(marks == _NEWLINE)
    before_each_end = np.searchsorted(quotes, np.append(ends, len(marks)))
    if (before_each_end % 2).any():
        return False
    openers, closers = quotes[::2], quotes[1::2]
    before = marks[np.maximum(openers - 1, 0)]
    opens = (openers == 0) | np.isin(before, (delimiter, _NEWLINE, _QUOTE))
    after = marks[np.minimum(closers + 1, len(marks) - 1)]
    closes = (closers == len(marks) - 1) | np.isin(after, (delimiter, _NEWLINE, _RETURN, _QUOTE))
    return bool(opens.all() and closes.all())


def _from_line(pieces: TextPieces, first_line: int) -> Iterator[bytes]:
    """Give the text from a line on in UTF-8."""
    to_skip = first_line - 1
    for text in pieces:
        if to_skip:
            lines = lines_of(text)
            text, to_skip = "".join(lines[to_skip:]), max(0, to_skip - len(lines))
        if text:
            yield text.encode()
