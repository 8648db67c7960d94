"""Write ``raw.*``: what the agency sent, as text, in full, one row per data row that could be split."""

from collections.abc import Iterator

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


def deliveries_in_raw(lake: Lake, resource: Resource) -> frozenset[str]:
    """Return the deliveries that the raw table, or the table of rejected rows, holds rows of."""
    table = raw_table(resource.id)
    found: set[str] = set()
    if lake.exists(table):
        found.update(lake.query(f"select distinct _delivery_id from {table}", table)["_delivery_id"])
    if lake.exists(REJECTED_ROWS):
        sql = f"select distinct delivery_id from {REJECTED_ROWS} where resource_id = ?"
        found.update(lake.query(sql, REJECTED_ROWS, parameters=[resource.id])["delivery_id"])
    return frozenset(found)


def raw_schema(names: list[str]) -> pa.Schema:
    """Return the schema of raw rows with the given text columns."""
    return pa.schema([*_LEAD, *((name, pa.string()) for name in names)])


def read_raw(
    connection: duckdb.DuckDBPyConnection, resource: Resource, deliveries: pl.DataFrame, rows: int
) -> Iterator[pl.DataFrame]:
    """Give the raw rows of deliveries, one delivery after the other, a batch of at most ``rows`` at a time.

    Args:
        connection: Engine that has the raw table. It is opened before the rows stream into a commit: the writer may
            not open another Delta table while it pulls.
        resource: Whose rows.
        deliveries: ``delivery_id`` and columns that are the same for all rows of a delivery; these are laid beside
            the rows. Its order is theirs.
        rows: Size of a batch.
    """
    listed = ", ".join(f"'{identity}'" for identity in deliveries["delivery_id"])
    if not listed:
        return
    connection.register("wanted", deliveries.with_row_index("_place").to_arrow())
    relation = connection.execute(
        f"select r.*, w.* exclude (delivery_id) from {raw_table(resource.id)} r "
        "join wanted w on r._delivery_id = w.delivery_id "
        # The list lets the engine pass over files of other deliveries.
        f"where r._delivery_id in ({listed}) order by w._place, r._row_number"
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
