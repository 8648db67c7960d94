"""Where a row stood last that is gone, and which delivery took it away (``ingestion.deleted_rows``).

Here: looking it up by row key. Not here: rows that are there (``trace.py``).
"""

from dataclasses import dataclass

from lake import Lake
from lake.tables import DELETED_ROWS, DELIVERIES
from reporting.places import RowId
from reporting.queries import from_clause, rows


@dataclass(frozen=True, slots=True)
class GoneRow:
    """Say where a row stood last and what took it away.

    Attributes:
        row_id: Delivery and number of the row.
        deleted_in: Delivery that says that it is gone, or is all there is and does not have it.
        deleted_in_file: Its file, as the agency named it.
    """

    row_key: str
    row_id: RowId
    deleted_in: str
    deleted_in_file: str


def gone_rows(lake: Lake, resource: str, keys: list[str]) -> list[GoneRow]:
    """Return the rows of some row keys that a delivery took away; of one that went several times, the last time."""
    if not lake.exists(DELETED_ROWS):
        return []
    sql = (
        "select g.row_key, g.old_delivery_id, g.old_row_number, g.new_delivery_id, d.file_name "
        f"from {from_clause(DELETED_ROWS)} g join {from_clause(DELIVERIES)} d on d.delivery_id = g.new_delivery_id "
        "where g.resource_id = ? and g.row_key in (select unnest(?)) "
        "qualify row_number() over (partition by g.row_key order by d.order_key desc, d.delivery_id desc) = 1 "
        "order by g.row_key"
    )
    found = rows(lake, sql, DELETED_ROWS, DELIVERIES, parameters=[resource, keys])
    return [
        GoneRow(
            row["row_key"],
            (row["old_delivery_id"], row["old_row_number"]),
            row["new_delivery_id"],
            row["file_name"],
        )
        for row in found
    ]
