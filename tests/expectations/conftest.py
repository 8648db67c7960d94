"""Small lakes built by hand: a standard table, its deliveries, the release that declares it."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from lake import Lake
from lake.tables import DELIVERIES, FINDINGS, REJECTED_ROWS, SCHEMAS
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.code_list import Code, CodeList
from resource_catalogue.profile import Profile
from resource_catalogue.profile_parts import Dimension
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.source_register import SourceRegister
from resource_catalogue.words import TableName, standard_table

AS_OF = dt.datetime(2026, 3, 16, 9, tzinfo=dt.timezone(dt.timedelta(hours=8)))
RESOURCE = "registry.entities"
CODES = CodeList(
    "statuses",
    (
        Code("active", "在业"),
        Code("closed", "注销", valid_to=dt.date(2020, 12, 31)),
        Code("paused", "歇业", valid_from=dt.date(2022, 3, 1)),
    ),
)
DIVISIONS = CodeList("divisions", (Code("320901", "a"), Code("320902", "b", valid_to=dt.date(2015, 1, 1))))


def a_resource(columns: Sequence[Mapping[str, Any]], **changes: Any) -> Resource:
    """Declare a resource with the given columns."""
    name = changes.pop("id", RESOURCE)
    agency = name.split(".")[0]
    label = {"zh": "登记", "en": "register"}
    body = {
        "id": name, "code": "3/1", "name": label, "summary": label, "class": "department",
        "categories": ("x",),
        "agencies": {"collecting": agency, "reviewing": agency, "providing": agency},
        "obtained_by": "collected",
        "form": "structured", "format": "file", "subject": "organisation", "grain": label, "key": (),
        "collected": {"at": "collected_on"}, "update": {"frequency": "daily"},
        "share": {"type": "open_to_all"}, "open": {"type": "open_to_all"}, "source": {"path": "*.csv"},
        "columns": [{"zh": f"列{column['name']}", **column} for column in columns], **changes,
    }  # fmt: skip
    return Resource.model_validate(body)


def a_release(
    *resources: Resource,
    registers: Mapping[str, SourceRegister] | None = None,
    lists: Sequence[CodeList] = (),
) -> Release:
    """Put resources into a release under a profile with three quality words."""
    dimensions = {
        "完整性": Dimension.model_construct(en="completeness", indicators=("0201", "0202"), art=("a16",)),
        "准确性": Dimension.model_construct(en="accuracy", indicators=("0301", "0302"), art=("a16",)),
        "重复": Dimension.model_construct(en="repetition", indicators=("0303",), art=("a16",)),
        "通用": Dimension.model_construct(en="usability", indicators=(), art=("a45",)),
    }
    codes = {one.name: one for one in (CODES, DIVISIONS, *lists)}
    catalogue = Catalogue(
        resources={one.id: one for one in resources}, registers=dict(registers or {}), code_lists=codes
    )
    profile = Profile.model_construct(id="profile", version=1, dimensions=dimensions)
    states = {one.id: "listed" for one in resources}
    published = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    return Release(3, "h", published, "r", "v", profile, catalogue, states)  # type: ignore[arg-type]


def write_standard(
    lake: Lake, resource: Resource, rows: Sequence[Mapping[str, Any]], types: Mapping[str, Any] | None = None
) -> None:
    """Write a standard table; row numbers start at 1, lines at 11, and what a row does not say is null."""
    schema: dict[str, Any] = {
        "_delivery_id": pl.String, "_row_number": pl.Int64, "_line": pl.Int64, "_collected_at": pl.Date,
        "_row_key": pl.String,
    }  # fmt: skip
    for column in resource.columns:
        schema[column.name] = (types or {}).get(column.name, pl.Date if column.type == "date" else pl.String)
        schema[f"{column.name}__fault"] = pl.String
        schema[f"{column.name}__original"] = pl.String
    given = [
        {"_delivery_id": "d1", "_row_number": n, "_line": n + 10, "_row_key": f"key{n}", **row}
        for n, row in enumerate(rows, 1)
    ]
    full = [{name: row.get(name) for name in schema} for row in given]
    lake.overwrite(standard_table(resource.id), pl.DataFrame(full, schema=schema))


def a_delivery(**changes: Any) -> dict[str, Any]:
    """Describe a delivery that arrived today."""
    return {
        "delivery_id": "d1", "resource_id": RESOURCE, "agency_id": "registry", "submitted_by": "registry",
        "slice": "", "file_name": "registry/entities.csv", "sheet": "", "content_hash": "h", "size_bytes": 1,
        "format": "csv", "encoding": "utf-8", "header_row": 1, "rows_received": 10, "rows_loaded": 10,
        "rows_rejected": 0, "state": "loaded", "reason": "", "issued_on": None,
        "arrived_at": dt.datetime(2026, 3, 16, 1, tzinfo=dt.UTC), "received_at": AS_OF.astimezone(dt.UTC),
        "release": 3, "order_key": "2026-03-16", **changes,
    }  # fmt: skip


def write_system(lake: Lake, table: TableName, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write a system table anew."""
    blank = pl.from_arrow(SCHEMAS[table].empty_table())
    assert isinstance(blank, pl.DataFrame)
    lake.overwrite(table, pl.DataFrame(rows, schema=blank.schema))


def a_rejected_row(row_number: int, text: str = "") -> dict[str, Any]:
    """Describe a row of delivery d1 that could not be split."""
    return {
        "delivery_id": "d1", "resource_id": RESOURCE, "row_number": row_number, "line": row_number + 10,
        "sheet": "", "reason": "too_many_fields", "row_key": f"rejected{row_number}", "text": text,
    }  # fmt: skip


def found(lake: Lake, resource_id: str = RESOURCE) -> list[tuple[str, int, str, str]]:
    """List findings as (check, row number, column, reason), in order."""
    frame = lake.read(FINDINGS)
    if frame.is_empty():
        return []
    frame = frame.filter(pl.col("resource_id") == resource_id)
    return sorted(frame.select("check", "row_number", "column", "reason").rows())


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Open an empty lake with one delivery of today and no rejected row."""
    made = Lake(tmp_path / "lake", threads=1)
    write_system(made, DELIVERIES, [a_delivery()])
    write_system(made, REJECTED_ROWS, [])
    return made


@pytest.fixture
def reject(lake: Lake) -> Callable[..., None]:
    """Return a function that records rejected rows."""
    return lambda *rows: write_system(lake, REJECTED_ROWS, list(rows))
