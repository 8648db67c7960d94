"""Write ``raw.*``: what the agency sent, as text, in full, one row per data row that could be split."""

from collections.abc import Collection, Iterator, Mapping

import duckdb
import polars as pl
import pyarrow as pa

from ingestion.decoded import Block, Decoded, not_decodable
from ingestion.header import RAW_LEAD, raw_names
from lake import Lake
from lake.tables import REJECTED_ROWS
from resource_catalogue.errors import DeliveryError, EngineError
from resource_catalogue.resource import Resource
from resource_catalogue.words import raw_table

_LEAD = list(zip(RAW_LEAD, (pa.string(), pa.int64(), pa.int64(), pa.string()), strict=True))


def write_raw(
    lake: Lake, resource: Resource, delivery_id: str, decoded: Decoded, is_again: bool = False
) -> int:
    """Write a delivery's rows to its raw table in one commit and return how many there are.

    Args:
        is_again: The table holds rows of the delivery, from a killed run or an older release; they are replaced.
    """
    table = raw_table(resource.id)
    schema = raw_schema(raw_names(decoded.header, resource))
    tally = _Tally()
    batches = (_batch(block, decoded, delivery_id, schema) for block in tally.counted(decoded.blocks))
    reader = pa.RecordBatchReader.from_batches(schema, tally.watched(batches))
    try:
        if is_again:
            lake.replace_where(table, reader, {"_delivery_id": delivery_id})
        else:
            lake.append(table, reader)
    except EngineError:
        # The engine wraps what the decoder raised while it streamed; the decoder's own words help the agency.
        raise tally.error or EngineError(str(table), "the rows could not be written") from None
    return tally.rows


def write_raw_of_many(lake: Lake, resource: Resource, deliveries: Mapping[str, Decoded]) -> dict[str, int]:
    """Write the rows of new deliveries to their raw table, one commit for those of the same columns.

    Args:
        deliveries: By id, as ``gathered`` gives them.

    Returns:
        How many rows each has.
    """
    batches: dict[tuple[str, ...], list[pa.RecordBatch]] = {}
    counts = dict.fromkeys(deliveries, 0)
    for identity, decoded in deliveries.items():
        names = tuple(raw_names(decoded.header, resource))
        same = batches.setdefault(names, [])
        for block in decoded.blocks:
            same.append(_batch(block, decoded, identity, raw_schema([*names])))
            counts[identity] += same[-1].num_rows
    for names, same in batches.items():
        rows = pa.Table.from_batches(same, raw_schema([*names]))
        lake.append(raw_table(resource.id), rows.combine_chunks())
    return counts


def gathered(decoded: Decoded) -> tuple[Decoded, int]:
    """Decode a file to its end and return it with its blocks in memory, and how many bytes they take.

    Raises:
        DeliveryError: It cannot be decoded.
    """
    try:
        blocks = [*decoded.blocks]
    except DeliveryError:
        raise
    except BaseException as error:
        raise not_decodable("", error) from None
    decoded.blocks = iter(blocks)
    return decoded, sum(column.nbytes for block in blocks for column in block.columns)


def deliveries_in_raw(lake: Lake, resource: Resource, asked: Collection[str]) -> frozenset[str]:
    """Return which of some deliveries the raw table, or the table of rejected rows, holds rows of.

    Cheap for new deliveries: the statistics of the files say that they are in none of them.
    """
    table = raw_table(resource.id)
    found: set[str] = set()
    listed = ", ".join(f"'{identity}'" for identity in sorted(asked))
    for name, column in ((table, "_delivery_id"), (REJECTED_ROWS, "delivery_id")):
        if listed and lake.exists(name):
            sql = f"select distinct {column} as id from {name} where {column} in ({listed})"
            found.update(lake.query(sql, name)["id"])
    return frozenset(found)


def raw_schema(names: list[str]) -> pa.Schema:
    """Return the schema of raw rows with the given text columns."""
    return pa.schema([*_LEAD, *((name, pa.string()) for name in names)])


def read_raw(
    connection: duckdb.DuckDBPyConnection, resource: Resource, deliveries: pl.DataFrame, rows: int
) -> Iterator[pl.DataFrame]:
    """Give the raw rows of deliveries, a batch of at most ``rows`` at a time, in no order: to sort is to hold them all.

    Args:
        connection: Engine that has the raw table. It is opened before the rows stream into a commit: the writer may
            not open another Delta table while it pulls.
        resource: Whose rows.
        deliveries: ``delivery_id`` and columns that are the same for all rows of a delivery; these are laid beside
            the rows.
        rows: Size of a batch.
    """
    listed = ", ".join(f"'{identity}'" for identity in deliveries["delivery_id"])
    if not listed:
        return
    connection.register("wanted", deliveries.to_arrow())
    relation = connection.execute(
        f"select r.*, w.* exclude (delivery_id) from {raw_table(resource.id)} r "
        "join wanted w on r._delivery_id = w.delivery_id "
        # The list lets the engine pass over files of other deliveries.
        f"where r._delivery_id in ({listed})"
    )
    for batch in relation.to_arrow_reader(rows):
        frame = pl.from_arrow(batch)
        assert isinstance(frame, pl.DataFrame)
        yield frame


class _Tally:
    """Count the rows that pass, and remember why the decoder stopped."""

    def __init__(self) -> None:
        self.rows = 0
        self.error: DeliveryError | None = None

    def counted(self, blocks: Iterator[Block]) -> Iterator[Block]:
        for block in blocks:
            self.rows += len(block.row_numbers)
            yield block

    def watched(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            yield from batches
        except DeliveryError as error:
            self.error = error
            raise
        except BaseException as error:
            self.error = not_decodable("", error)
            raise self.error from None


def _batch(block: Block, decoded: Decoded, delivery_id: str, schema: pa.Schema) -> pa.RecordBatch:
    rows = len(block.row_numbers)
    sheet = decoded.sheet if block.sheet is None else block.sheet
    same = [pa.repeat(pa.scalar(text, pa.string()), rows) for text in (delivery_id, sheet)]
    arrays = [same[0], block.row_numbers, block.lines, same[1], *block.columns]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
