"""Decode Parquet: every value as the text that stands for it, batch by batch.

Codes that were kept as numbers come out without an invented fraction, as from a workbook; lists and structures as
JSON. A connector that reads tables of a database or of another node keeps them in this form.
"""

from collections.abc import Iterator
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.decoded import BLOCK_ROWS, Block, Decoded
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

_MARK = b"PAR1"
_MIDNIGHT = r" 00:00:00(?:\.0+)?$"
_NO_MICROSECONDS = r"\.0+($|[+-])"
_NO_FRACTION = r"^(-?[0-9]{1,15})\.0+$"


def is_parquet(head: bytes) -> bool:
    """Tell from the first bytes whether a file is Parquet."""
    return head.startswith(_MARK)


def decode(path: Path, resource: Resource) -> Decoded:
    """Read a Parquet file; the line of a row is its place in the file.

    Raises:
        DeliveryError: It is broken, or has no columns.
    """
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise _broken(path, error) from None
    header = file.schema_arrow.names
    if not header:
        raise DeliveryError(path.name, "the file has no columns", "a table", "send the file again")
    return Decoded("parquet", "", list(header), 0, "", _blocks(file, path))


def _blocks(file: pq.ParquetFile, path: Path) -> Iterator[Block]:
    first = 1
    batches = file.iter_batches(BLOCK_ROWS)
    while True:
        try:
            batch = next(batches, None)
            if batch is not None:
                batch.validate(full=True)
        except (pa.ArrowException, OSError) as error:
            raise _broken(path, error) from None
        if batch is None:
            return
        numbers = pa.array(range(first, first + batch.num_rows), pa.int64())
        first += batch.num_rows
        if batch.num_rows:
            yield Block(numbers, numbers, [texts(column) for column in batch.columns])


def _broken(path: Path, error: Exception) -> DeliveryError:
    return DeliveryError(
        path.name,
        f"the Parquet file cannot be read ({type(error).__name__})",
        "a whole Parquet file",
        "write it again and send it",
    )


def texts(column: pa.Array) -> pa.StringArray:
    """Return the texts that stand for the values of a column; null for null.

    >>> texts(pa.array([320100.0, 0.5, None])).to_pylist()
    ['320100', '0.5', None]
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return texts(column.dictionary_decode())
    if pa.types.is_string(kind):
        return column
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.array([None if one is None else one.hex() for one in column.to_pylist()], pa.string())
    if pa.types.is_nested(kind):
        return pa.array([None if one is None else _json(one) for one in column.to_pylist()], pa.string())
    if pa.types.is_timestamp(kind):
        written = pc.strftime(column, "%Y-%m-%d %H:%M:%S%z" if kind.tz else "%Y-%m-%d %H:%M:%S")
        written = pc.replace_substring_regex(written, _MIDNIGHT, "")
        return pc.replace_substring_regex(written, _NO_MICROSECONDS, r"\1").cast(pa.string())
    if pa.types.is_floating(kind):
        return pc.replace_substring_regex(column.cast(pa.string()), _NO_FRACTION, r"\1")
    return column.cast(pa.string())


def _json(value: object) -> str:
    return orjson.dumps(value, default=str).decode()
