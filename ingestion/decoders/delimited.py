"""Decode delimited text: CSV and TSV in UTF-8, with or without mark, UTF-16, GBK and GB18030."""

import csv
from collections import deque
from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

from ingestion.decoded import Decoded
from ingestion.header import SEARCHED_LINES, most_names
from ingestion.rows import LinedRow, table_of
from ingestion.text_encoding import detect_encoding
from resource_catalogue.resource import Resource

_DELIMITERS = ",\t;|"
_FIELD_LIMIT = 64 * 1024 * 1024
_LONGEST_CELL_LINES = 10_000
"""A quoted cell may hold a whole document; one of more lines is a quote that was never closed."""


def decode(path: Path, resource: Resource) -> Decoded:
    """Read a delimited text file; whole documents in a quoted cell are allowed.

    Raises:
        DeliveryError: No encoding fits, the file is empty or has no header.
    """
    encoding = detect_encoding(path, resource.source.encoding)
    delimiter = resource.source.delimiter or _find_delimiter(path, encoding, resource)
    form = "tsv" if delimiter == "\t" else "csv"
    rows = partial(_rows, path, encoding, delimiter)
    return table_of(rows, resource, form, encoding, delimiter=delimiter)


def _find_delimiter(path: Path, encoding: str, resource: Resource) -> str:
    """Choose the delimiter that shows most declared names in one line; where none does, the commonest one."""
    with path.open(encoding=encoding, newline="") as file:
        text = "".join(islice(file, SEARCHED_LINES))

    def fitness(mark: str) -> tuple[int, int]:
        rows = (cells for _, cells in islice(_rows(path, encoding, mark), SEARCHED_LINES))
        return most_names(rows, resource)[0], text.count(mark)

    return max(_DELIMITERS, key=fitness)


def _rows(path: Path, encoding: str, delimiter: str) -> Iterator[LinedRow]:
    """Give line and cells of every row; a line whose quotes are wrong is given as a single cell."""
    csv.field_size_limit(_FIELD_LIMIT)
    with path.open(encoding=encoding, newline="") as file:
        lines = _Lines(file)
        reader = csv.reader(lines, delimiter=delimiter, strict=True)
        while True:
            line = lines.begin_row()
            try:
                cells = next(reader, None)
            except csv.Error:
                yield line, [lines.only_first()]
                reader = csv.reader(lines, delimiter=delimiter, strict=True)
                continue
            if cells is None:
                return
            yield line, list(cells)


class _Lines:
    """Give the lines of a file to the parser, and take back those behind the first line of a broken row."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._returned: deque[str] = deque()
        self._row: list[str] = []
        self._before = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if len(self._row) >= _LONGEST_CELL_LINES:
            raise csv.Error
        line = self._returned.popleft() if self._returned else next(self._lines)
        self._row.append(line)
        return line

    def begin_row(self) -> int:
        """Forget the lines of the last row and return the number of the next line."""
        self._before += len(self._row)
        self._row = []
        return self._before + 1

    def only_first(self) -> str:
        """Return the first line of the present row; the others will be read again."""
        first, *others = self._row
        self._returned.extendleft(reversed(others))
        self._row = [first]
        return first.rstrip("\r\n")
