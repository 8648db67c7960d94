"""What stands already when a delivery comes: the one that it would replace, the one whose columns it should have."""

from typing import Any

import polars as pl

from ingestion.deliveries import EFFECTIVE
from resource_catalogue.resource import Resource

_Row = dict[str, Any]


class Standing:
    """Hold the deliveries of a resource that count.

    Args:
        current: One row per slice of ``standard``, as ``current_slices`` gives them.

    Attributes:
        is_empty: Whether nothing stood before the first of this wave.
    """

    def __init__(self, current: pl.DataFrame, resource: Resource) -> None:
        rows = current.sort("order_key", "delivery_id").to_dicts()
        self._is_snapshot = resource.update.mode == "snapshot"
        self._by_slice = {row["_slice"]: row for row in rows}
        self._in_order = rows
        self.is_empty = not rows

    def before(self, slice_name: str, order_key: str) -> _Row | None:
        """Return the delivery that a snapshot would replace: the one that stands in its slice, if it is earlier."""
        row = self._by_slice.get(slice_name) if self._is_snapshot else None
        return row if row and row["order_key"] <= order_key else None

    def newest(self, order_key: str) -> _Row | None:
        """Return the newest of the deliveries with columns on record that come before one, whatever their slice."""
        earlier = (row for row in reversed(self._in_order) if row["order_key"] <= order_key)
        return next((row for row in earlier if row["columns"]), None)

    def add(self, row: _Row) -> None:
        """Let a delivery stand that was just taken in beside others, so that the next is compared with it.

        A snapshot stands from the next wave on, when it has been checked.

        Args:
            row: Its row in ``ingestion.deliveries``.
        """
        if row["state"] in EFFECTIVE and not self._is_snapshot:
            self._in_order.append(row)
            self._in_order.sort(key=lambda one: str(one["order_key"]))
