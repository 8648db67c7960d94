"""Decode delimited text: CSV and TSV in UTF-8, with or without mark, UTF-16, GBK and GB18030."""

from collections.abc import Iterator
from functools import partial
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa

from ingestion.decoded import Block, Decoded
from ingestion.header import SEARCHED_LINES, most_names
from ingestion.rows import Body, find_table
from ingestion.text_blocks import Split, TextBlocks, parsed_rows
from ingestion.text_encoding import line_encoding
from ingestion.text_pieces import TextPieces, lines_of
from resource_catalogue.resource import Resource

_DELIMITERS = ",\t;|"


def decode(path: Path, resource: Resource) -> Decoded:
    """Read a delimited text file; whole documents in a quoted cell are allowed.

    Raises:
        DeliveryError: No encoding fits, the file is empty or has no header.
    """
    encoding = line_encoding(path, resource.source.encoding)
    pieces = TextPieces(path, encoding)
    delimiter = resource.source.delimiter or _find_delimiter(pieces, resource)
    form = "tsv" if delimiter == "\t" else "csv"
    found = find_table(partial(parsed_rows, pieces, delimiter), resource)
    decoded = Decoded(form, encoding.name, found.header, found.line, "", iter(()), odd_lines=pieces.odd_lines)
    body = Body(decoded, resource, delimiter)
    if found.body_line is not None:
        # Headings between the rows are told by their words and merged cells by those above them, for which the rows
        # must be looked at one by one.
        is_row_wise = bool(resource.source.not_data or resource.source.fill_down)
        cells = 0 if is_row_wise else found.cells
        decoded.blocks = _blocks(TextBlocks(pieces, delimiter, found.body_line, cells), body)
    return decoded


def _blocks(pieces: TextBlocks, body: Body) -> Iterator[Block]:
    for piece in pieces:
        if isinstance(piece, Split):
            yield body.block(piece.columns, pa.array(piece.lines))
        else:
            yield from body.blocks(piece)


def _find_delimiter(pieces: TextPieces, resource: Resource) -> str:
    """Choose the delimiter that shows most declared names in one line; where none does, the commonest one."""
    text = "".join(islice(chain.from_iterable(map(lines_of, pieces)), SEARCHED_LINES))

    def fitness(mark: str) -> tuple[int, int]:
        rows = (cells for _, cells in islice(parsed_rows(pieces, mark), SEARCHED_LINES))
        return most_names(rows, resource)[0], text.count(mark)

    return max(_DELIMITERS, key=fitness)
