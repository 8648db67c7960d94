"""Since when a resource is listed: a later release does not begin anew, a break does."""

import datetime as dt

import polars as pl
import pytest

from lake import Lake
from lake.listing import listed_since
from lake.release_rows import ENTRIES, ENTRIES_SCHEMA, RELEASES, RELEASES_SCHEMA
from tests.expectations.conftest import RESOURCE, a_release, a_resource

DAYS = [dt.datetime(2026, 1, day, tzinfo=dt.UTC) for day in (1, 5, 9)]


@pytest.mark.parametrize(
    ("states", "since"),
    [
        (["listed", "listed"], DAYS[0]),
        (["suspended", "listed"], DAYS[1]),
        (["listed", "suspended"], dt.datetime(2026, 3, 1, tzinfo=dt.UTC)),
        ([], dt.datetime(2026, 3, 1, tzinfo=dt.UTC)),
    ],
)
@pytest.mark.requirement("G-11")
def test_a_resource_is_listed_since_the_first_release_of_an_unbroken_row(
    tmp_path: object, states: list[str], since: dt.datetime
) -> None:
    lake = Lake(tmp_path / "lake", threads=1)  # type: ignore[operator]
    rows = [{"number": number, "published_at": DAYS[number - 1]} for number, _ in enumerate(states, 1)]
    entries = [
        {"release": number, "kind": "resource", "id": RESOURCE, "state": state}
        for number, state in enumerate(states, 1)
    ]
    for table, schema, given in ((RELEASES, RELEASES_SCHEMA, rows), (ENTRIES, ENTRIES_SCHEMA, entries)):
        blank = pl.from_arrow(schema.empty_table())
        assert isinstance(blank, pl.DataFrame)
        lake.overwrite(table, pl.DataFrame(given, schema=blank.schema))
    # The release in force is number 3 of the made city, published on the first of March.
    release = a_release(a_resource([{"name": "c", "type": "integer"}]))
    assert listed_since(lake, release) == {RESOURCE: since}
