"""Decode delimited text: CSV and TSV in UTF-8, with or without mark, UTF-16, GBK and GB18030."""

from collections.abc import Iterator
from functools import partial
from itertools import islice
from pathlib import Path

import pyarrow as pa

from ingestion.decoded import Block, Decoded
from ingestion.header import SEARCHED_LINES, most_names
from ingestion.rows import Body, find_table
from ingestion.text_blocks import Split, TextBlocks, parsed_rows
from ingestion.text_encoding import detect_encoding
from resource_catalogue.resource import Resource

_DELIMITERS = ",\t;|"


def decode(path: Path, resource: Resource) -> Decoded:
    """Read a delimited text file; whole documents in a quoted cell are allowed.

    Raises:
        DeliveryError: No encoding fits, the file is empty or has no header.
    """
    encoding = detect_encoding(path, resource.source.encoding)
    delimiter = resource.source.delimiter or _find_delimiter(path, encoding, resource)
    form = "tsv" if delimiter == "\t" else "csv"
    rows = partial(parsed_rows, path, encoding, delimiter)
    found = find_table(rows, resource)
    decoded = Decoded(form, encoding, found.header, found.line, "", iter(()))
    body = Body(decoded, resource, delimiter)
    if found.body_line is not None:
        # Headings between the rows are told by their words, for which the rows must be looked at one by one.
        cells = 0 if resource.source.not_data else found.cells
        decoded.blocks = _blocks(TextBlocks(path, encoding, delimiter, found.body_line, cells), body)
    return decoded


def _blocks(pieces: TextBlocks, body: Body) -> Iterator[Block]:
    for piece in pieces:
        if isinstance(piece, Split):
            yield body.block(piece.columns, pa.array(piece.lines))
        else:
            yield from body.blocks(piece)


def _find_delimiter(path: Path, encoding: str, resource: Resource) -> str:
    """Choose the delimiter that shows most declared names in one line; where none does, the commonest one."""
    with path.open(encoding=encoding, newline="") as file:
        text = "".join(islice(file, SEARCHED_LINES))

    def fitness(mark: str) -> tuple[int, int]:
        rows = (cells for _, cells in islice(parsed_rows(path, encoding, mark), SEARCHED_LINES))
        return most_names(rows, resource)[0], text.count(mark)

    return max(_DELIMITERS, key=fitness)
