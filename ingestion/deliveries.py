"""The register of deliveries: what has arrived, what became of it, which delivery is current in each slice.

One row per delivery in ``ingestion.deliveries``; a person's decision on a held one is read from
``decisions.deliveries`` and takes effect here.
"""

from typing import Any

import polars as pl

from lake import Lake
from lake.tables import DELIVERIES, DELIVERY_DECISIONS, SCHEMAS
from resource_catalogue.resource import Resource
from resource_catalogue.words import DeliveryState

EFFECTIVE = (DeliveryState.LOADED, DeliveryState.ACCEPTED)
"""States in which a delivery's rows count."""


def deliveries_of(lake: Lake, resource_id: str | None = None) -> pl.DataFrame:
    """Return the deliveries of one resource, or of all, in order of delivery."""
    known = lake.read(DELIVERIES)
    if known.is_empty():
        return pl.DataFrame(schema=_empty().schema)
    # A table of an earlier version has fewer columns: what it did not record is unknown.
    known = known.with_columns(
        pl.lit(None, kind).alias(name) for name, kind in _empty().schema.items() if name not in known.columns
    )
    if resource_id is not None:
        known = known.filter(pl.col("resource_id") == resource_id)
    return known.sort("resource_id", "slice", "order_key", "delivery_id")


def record(lake: Lake, rows: list[dict[str, Any]]) -> None:
    """Write new or changed delivery rows; nothing is committed where there are none."""
    if rows:
        frame = pl.from_dicts(rows, schema=_empty().schema)
        if lake.exists(DELIVERIES) and not set(frame.columns) <= set(lake.read(DELIVERIES).columns):
            lake.append(DELIVERIES, _empty())  # Widens a table of an earlier version: a merge adds no column.
        lake.merge(DELIVERIES, frame, ["delivery_id"])


def decided_deliveries(lake: Lake, known: pl.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of held deliveries that a person has decided on, with the state decided."""
    held = known.filter(pl.col("state") == DeliveryState.HELD)
    decided = lake.read(DELIVERY_DECISIONS)
    if held.is_empty() or decided.is_empty():
        return []
    newest = decided.sort("decided_at").group_by("delivery_id").last().select("delivery_id", "decision")
    is_accepted = pl.col("decision").is_in(["accept", "accepted"])
    state = (
        pl.when(is_accepted)
        .then(pl.lit(str(DeliveryState.ACCEPTED)))
        .otherwise(pl.lit(str(DeliveryState.REJECTED)))
    )
    return held.join(newest, on="delivery_id").with_columns(state=state).drop("decision").to_dicts()


def current_slices(deliveries: pl.DataFrame, resource: Resource) -> pl.DataFrame:
    """Return the deliveries whose rows make up the resource now.

    A snapshot replaces its slice: the newest effective delivery of each counts. Appended and changed deliveries
    all count; each is a slice of its own under its id. Bytes that stand twice in a slice, because two slices
    were made one, count once, at their first place: as a resend would.

    Args:
        deliveries: Deliveries of the resource under its declaration in force (``declared.py``).
        resource: Whose rows.

    Returns:
        One row per slice of ``standard``: ``_slice``, ``delivery_id``, ``order_key``, ``received_at``,
        ``rows_loaded``, ``rows`` (received), ``columns`` (as ``raw`` names them; null where not on record).
    """
    effective = effective_deliveries(deliveries, resource)
    if resource.update.mode == "snapshot":
        chosen = effective.group_by("slice", maintain_order=True).last().with_columns(_slice=pl.col("slice"))
    else:
        chosen = effective.with_columns(_slice=pl.col("delivery_id"))
    kept = (
        "_slice",
        "delivery_id",
        "order_key",
        "received_at",
        "rows_loaded",
        pl.col("rows_received").alias("rows"),
        "columns",
    )
    return chosen.select(*kept).sort("_slice")


def effective_deliveries(deliveries: pl.DataFrame, resource: Resource) -> pl.DataFrame:
    """Return the deliveries that count, or counted until a later one replaced them, in order; bytes of a slice once."""
    content = pl.coalesce("content_hash", "delivery_id")
    effective = deliveries.filter(pl.col("state").is_in([str(state) for state in EFFECTIVE]))
    effective = effective.sort("order_key", "delivery_id")
    # Changes that were issued again on another day put back what others between the two days replaced.
    same = ("slice", content, "issued_on") if resource.update.mode == "changes" else ("slice", content)
    is_first = pl.struct(same).is_first_distinct()
    # A stale copy that a person accepted puts back what it repeats.
    is_chosen = (pl.col("state") == str(DeliveryState.ACCEPTED)) & (resource.update.mode == "snapshot")
    return effective.filter(is_first | is_chosen)


def _empty() -> pl.DataFrame:
    frame = pl.from_arrow(SCHEMAS[DELIVERIES].empty_table())
    assert isinstance(frame, pl.DataFrame)
    return frame
