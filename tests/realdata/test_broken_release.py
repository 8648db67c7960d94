"""The eight destroyed rows of the broken registry release are all found, and gone after the re-issue."""

from pathlib import Path

import polars as pl
import pytest
from other_reader import table
from real_city import BROKEN, REGISTRY, Ingestion, broken_deliveries, findings

from lake.tables import REJECTED_ROWS, REPLACED_ROWS
from resource_catalogue.words import standard_table

DESTROYED = {"2002/西藏": 2, "2002/青海": 6}


@pytest.fixture(scope="module")
def destroyed(data: Path) -> dict[str, set[int]]:
    """Find by comparing both releases which rows of the first are not in the second, by slice."""
    found = {}
    for name in DESTROYED:
        broken = table(data / BROKEN / f"{name}.csv")
        right = {tuple(row) for row in table(data / "enterprise_registry/csv" / f"{name}.csv")}
        found[name] = {number for number, row in enumerate(broken, start=1) if tuple(row) not in right}
    return found


def test_the_releases_differ_in_eight_rows(destroyed: dict[str, set[int]]) -> None:
    assert {name: len(rows) for name, rows in destroyed.items()} == DESTROYED


def test_each_destroyed_row_has_a_reason_and_a_line(
    before: pl.DataFrame, destroyed: dict[str, set[int]]
) -> None:
    for name, rows in destroyed.items():
        found = before.filter((pl.col("slice") == name) & pl.col("_row_number").is_in(list(rows)))
        assert set(found["_row_number"]) == rows
        assert found["_line"].min() >= 2  # type: ignore[operator]
        assert (found["reason"] != "").all()


def test_the_two_rows_of_eleven_fields_are_rejected(first_wave: Ingestion) -> None:
    rejected = first_wave.lake.read(REJECTED_ROWS)
    assert rejected["reason"].to_list() == ["too_many_fields"] * 2
    assert set(rejected["delivery_id"]) <= set(broken_deliveries(first_wave)["delivery_id"])


def test_after_the_reissue_nothing_of_the_eight_rows_is_left(
    before: pl.DataFrame, destroyed: dict[str, set[int]], ingested: Ingestion, data: Path
) -> None:
    deliveries = ingested.deliveries.filter(
        (pl.col("resource_id") == REGISTRY) & pl.col("slice").is_in(list(DESTROYED))
    )
    current = deliveries.sort("order_key").group_by("slice").last()
    standard = ingested.lake.read(standard_table(REGISTRY)).filter(pl.col("_slice").is_in(list(DESTROYED)))
    standing = set(standard["_delivery_id"])
    assert standing == set(current["delivery_id"])
    assert not current["file_name"].str.starts_with(BROKEN).any()
    now = findings(ingested, current["delivery_id"].to_list()).join(
        deliveries.select("delivery_id", "slice"), left_on="_delivery_id", right_on="delivery_id"
    )
    assert not set(now["reason"]) & {
        "destroyed_characters",
        "too_many_fields",
        "wrong_characters",
        "other_format",
    }
    links = ingested.lake.read(REPLACED_ROWS).join(
        deliveries.select("delivery_id", "slice"), left_on="old_delivery_id", right_on="delivery_id"
    )
    for name, rows in destroyed.items():
        broken = {tuple(row) for row in table(data / BROKEN / f"{name}.csv")}
        mended = table(data / "enterprise_registry/csv" / f"{name}.csv")
        new = {number for number, row in enumerate(mended, start=1) if tuple(row) not in broken}
        followed = dict(
            links.filter(pl.col("slice") == name).select("old_row_number", "new_row_number").rows()
        )
        heights = (standard.filter(pl.col("_slice") == name).height, len(mended))
        assert heights[0] == heights[1]
        assert set(followed) == rows
        assert set(followed.values()) == new
