"""Decode delimited text: CSV and TSV in UTF-8, with or without mark, UTF-16, GBK and GB18030."""

import csv
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from ingestion.decoded import Decoded
from ingestion.rows import LinedRow, table_of
from ingestion.text_encoding import detect_encoding
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

_DELIMITERS = ",\t;|"
_SAMPLED_LINES = 20
_FIELD_LIMIT = 64 * 1024 * 1024


def decode(path: Path, resource: Resource) -> Decoded:
    """Read a delimited text file; whole documents in a quoted cell are allowed.

    Raises:
        DeliveryError: No encoding fits, the file is empty or has no header.
    """
    encoding = detect_encoding(path, resource.source.encoding)
    delimiter = resource.source.delimiter or _find_delimiter(path, encoding)
    form = "tsv" if delimiter == "\t" else "csv"
    return table_of(_rows(path, encoding, delimiter), resource, form, encoding, delimiter=delimiter)


def _find_delimiter(path: Path, encoding: str) -> str:
    with path.open(encoding=encoding, newline="") as file:
        counts = Counter("".join(islice(file, _SAMPLED_LINES)))
    return max(_DELIMITERS, key=lambda mark: counts[mark])


def _rows(path: Path, encoding: str, delimiter: str) -> Iterator[LinedRow]:
    csv.field_size_limit(_FIELD_LIMIT)
    with path.open(encoding=encoding, newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        before = 0
        while True:
            try:
                cells = next(reader, None)
            except csv.Error:
                raise DeliveryError(
                    path.name, f"line {before + 1} cannot be read as delimited text", "CSV", "export it again"
                ) from None
            if cells is None:
                return
            yield before + 1, list(cells)
            before = reader.line_num
