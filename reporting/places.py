"""Where a row stands: the delivery that brought it, the file as the agency named it, sheet, line, row number.

Here: looking up the places of many rows at once, of superseded deliveries too (``raw`` keeps them all). Not
here: what is said about a row.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from lake import Lake
from lake.tables import DELIVERIES
from reporting.queries import Row, from_clause, rows
from resource_catalogue.deployment import Deployment
from resource_catalogue.words import raw_table

RowId = tuple[str, int]
"""A delivery's id and the number of a data row in it, counted from 1."""


@dataclass(frozen=True, slots=True)
class Place:
    """Name the place of one row in what an agency sent.

    Attributes:
        file_name: Path of the delivered file, relative to the deployment where it lies in it.
        landed: Path of the platform's own copy of its bytes, relative to the deployment.
        line: Line of the file or row of the sheet; null where it is not known.
        row_number: Data row within the delivery, counted from 1.
        received_at: When the platform received it.
    """

    agency: str
    resource: str
    delivery_id: str
    slice: str
    state: str
    file_name: str
    landed: str
    sheet: str
    line: int | None
    row_number: int
    received_at: dt.datetime


def file_below_home(deployment: Deployment, file_name: str) -> str:
    """Return a delivered file's path below the deployment; below the inbox where that lies elsewhere.

    What was fetched from another machine keeps its address.
    """
    if "://" in file_name:
        return file_name
    path = deployment.inbox / PurePosixPath(file_name)
    return below_home(deployment, path) if path.is_relative_to(deployment.home) else file_name


def below_home(deployment: Deployment, path: Path) -> str:
    """Return a path relative to the deployment's folder, as it is where it lies elsewhere."""
    return (path.relative_to(deployment.home) if path.is_relative_to(deployment.home) else path).as_posix()


def places_of(deployment: Deployment, lake: Lake, wanted: Iterable[RowId]) -> dict[RowId, Place]:
    """Return the places of rows; rows of deliveries that are not on record are left out."""
    by_delivery: dict[str, set[int]] = {}
    for identity, number in wanted:
        by_delivery.setdefault(identity, set()).add(number)
    found = {}
    for delivery in _deliveries(lake, sorted(by_delivery)):
        numbers = sorted(by_delivery[delivery["delivery_id"]])
        lines = _lines(lake, delivery, numbers)
        for number in numbers:
            place = _place(deployment, delivery, number, lines.get(number, {}))
            found[place.delivery_id, number] = place
    return found


def _deliveries(lake: Lake, ids: list[str]) -> list[Row]:
    sql = f"select * from {DELIVERIES} where delivery_id in (select unnest(?)) order by delivery_id"
    return rows(lake, sql, DELIVERIES, parameters=[ids]) if ids else []


def _lines(lake: Lake, delivery: Row, numbers: list[int]) -> dict[int, Row]:
    table = raw_table(delivery["resource_id"])
    sql = (
        f"select _row_number, _line, _sheet from {from_clause(table)} "
        "where _delivery_id = ? and _row_number in (select unnest(?))"
    )
    found = rows(lake, sql, table, parameters=[delivery["delivery_id"], numbers])
    return {row["_row_number"]: row for row in found}


def _place(deployment: Deployment, delivery: Row, number: int, raw: Mapping[str, object]) -> Place:
    identity, resource = delivery["delivery_id"], delivery["resource_id"]
    landed = deployment.landing / resource / identity / PurePosixPath(delivery["file_name"]).name
    line = raw.get("_line")
    return Place(
        agency=delivery["agency_id"],
        resource=resource,
        delivery_id=identity,
        slice=delivery["slice"],
        state=delivery["state"],
        file_name=file_below_home(deployment, delivery["file_name"]),
        landed=below_home(deployment, landed),
        sheet=str(raw.get("_sheet") or delivery["sheet"] or ""),
        line=line if isinstance(line, int) else None,
        row_number=number,
        received_at=delivery["received_at"],
    )
