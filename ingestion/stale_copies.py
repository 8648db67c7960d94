"""Tell a stale copy: bytes that a later delivery of the slice has replaced, sent once more as if they were new.

Taken for a resend it would be passed over, and taken for news it would put back what is out of date. Which of the two
the agency meant a person decides. Not here: resends of what counts now, which change nothing (``waiting.py``).
"""

import polars as pl

from ingestion.arrival import Arrival
from ingestion.deliveries import current_slices
from resource_catalogue.resource import Resource


class StaleCopies:
    """Compare arrivals with the deliveries on record.

    Args:
        known: Deliveries of the resource under the declaration in force.
        is_by_run: Whether a file arrives when a run sees it, so that its instant says nothing the second time.
    """

    def __init__(self, known: pl.DataFrame, resource: Resource, is_by_run: bool) -> None:
        self._current: dict[str, tuple[str, str]] = {}
        self._rows = known.to_dicts()
        self._is_by_run = is_by_run
        if resource.update.mode == "snapshot":
            hashes = {row["delivery_id"]: row["content_hash"] for row in self._rows}
            self._current = {
                row["_slice"]: (row["order_key"], hashes[row["delivery_id"]])
                for row in current_slices(known, resource).to_dicts()
            }

    def original(self, arrival: Arrival, content: str) -> str | None:
        """Return the id of the delivery whose bytes an arrival repeats, if a later one has replaced it; else null."""
        current = self._current.get(arrival.slice)
        if current is None or content == current[1] or arrival.order_key <= current[0]:
            return None
        same = [row for row in self._rows if (row["slice"], row["content_hash"]) == (arrival.slice, content)]
        if not same or any(self._is_seen(arrival, row) for row in same):
            return None
        return str(same[0]["delivery_id"])

    def _is_seen(self, arrival: Arrival, row: dict[str, object]) -> bool:
        """Tell whether an arrival is the very file of a row."""
        is_named = row["file_name"] == arrival.file_name
        return is_named and (self._is_by_run or row["arrived_at"] == arrival.arrived_at)
