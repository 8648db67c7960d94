"""Decode fixed-width text: columns of declared widths, counted in bytes of the file's encoding or in characters.

Programs of older systems count bytes: a Chinese character takes two of them in GBK.
"""

from collections.abc import Iterator
from functools import partial
from itertools import accumulate, chain, pairwise
from pathlib import Path

from ingestion.decoded import Cell, Decoded
from ingestion.rows import LinedRow, table_of
from ingestion.text_encoding import TextEncoding, line_encoding
from ingestion.text_pieces import TextPieces, lines_of
from resource_catalogue.resource import Resource

_BLANKS = " \u3000"


def decode(path: Path, resource: Resource) -> Decoded:
    """Read text whose columns have the declared widths; a header, where there is one, has them too.

    Raises:
        DeliveryError: No encoding fits, the file is empty or has no header.
    """
    encoding = line_encoding(path, resource.source.encoding)
    pieces = TextPieces(path, encoding)
    decoded = table_of(
        partial(_rows, pieces, _Cut(resource, encoding)), resource, "fixed_width", encoding.name
    )
    decoded.odd_lines = pieces.odd_lines
    return decoded


class _Cut:
    """Cut lines where columns end."""

    def __init__(self, resource: Resource, encoding: TextEncoding) -> None:
        source = resource.source
        self._bounds = list(pairwise(accumulate(source.widths or (), initial=0)))
        self._encoding = _without_mark(encoding.name) if source.width_unit == "byte" else ""

    def cells(self, line: str) -> list[Cell]:
        """Return the cells of a line: fewer where it ends before the last column begins, one more for what is over.

        A cell in the middle of which a character stands shows it as destroyed: the widths are not those of the file.
        """
        if not self._encoding:
            return self._stripped(
                [line[start:end] for start, end in self._bounds], line[self._bounds[-1][1] :]
            )
        # A line read in another encoding than the file's may hold what that one cannot write.
        written = line.encode(self._encoding, "replace")
        cut = [written[start:end].decode(self._encoding, "replace") for start, end in self._bounds]
        return self._stripped(cut, written[self._bounds[-1][1] :].decode(self._encoding, "replace"))

    def _stripped(self, cells: list[str], over: str) -> list[Cell]:
        found: list[Cell] = [cell.strip(_BLANKS) for cell in cells]
        return [*found, over] if over.strip(_BLANKS) else found


def _without_mark(name: str) -> str:
    """Return the encoding in which bytes are counted: marks stand at the beginning of the file only."""
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(name, name)


def _rows(pieces: TextPieces, cut: _Cut) -> Iterator[LinedRow]:
    lines = chain.from_iterable(map(lines_of, pieces))
    for number, line in enumerate(lines, start=1):
        yield number, cut.cells(line.rstrip("\r\n"))
