"""Tell silent restatements: what an agency now says about the past, different from what it said then.

Written to ``ingestion.restatements`` per delivery before it takes effect, counted by column, never with a value. About
the past is a row whose period was over on the day of the earlier delivery: the period of its slice, or the one that a
declared column names (``update.about``). Appended rows speak of what happened, so that any later word on the same key
counts. A snapshot of the state of the day, and a change of it, restate nothing. Values are compared as the declaration
in force reads them: another way of writing a date says nothing else. Not here: how the rows are compared
(``compared_rows.py``).
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

import polars as pl

from ingestion.compared_rows import ComparedRows, Counted
from ingestion.deliveries import EFFECTIVE
from ingestion.periods import slice_end
from ingestion.standard import refresh_standard
from ingestion.standing import Standing
from lake import Lake
from lake.tables import RESTATEMENTS, SCHEMAS
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource

_Row = dict[str, Any]
NOW, SLICE = "now", "slice"
"""Words of ``update.about`` that name no column."""


class Restatements:
    """Record what deliveries of a resource say anew about the past, those of one wave group after group.

    Args:
        key: Secret of the row keys.
    """

    def __init__(self, lake: Lake, release: Release, resource: Resource, key: bytes) -> None:
        self._lake, self._release, self._resource, self._key = lake, release, resource, key
        self._rows: ComparedRows | None = None

    def record(self, deliveries: Iterable[_Row], standing: Standing) -> None:
        """Write what deliveries restate; to be called before they are recorded, and may be repeated.

        Args:
            deliveries: Their rows for ``ingestion.deliveries``; those that do not take effect are passed over.
            standing: What stood before them.
        """
        effective = [row for row in deliveries if row["state"] in EFFECTIVE]
        if not effective or self._resource.update.about == NOW:
            return
        if self._resource.update.mode == "snapshot":
            found = [one for row in effective for one in self._of_snapshot(row, standing)]
        else:
            found = self._of_rows(effective, standing)
        self._write(effective, found)

    def _of_snapshot(self, row: _Row, standing: Standing) -> list[Counted]:
        before = standing.before(row["slice"], row["order_key"])
        column = _column(self._resource)
        if before is None or before["delivery_id"] == row["delivery_id"]:
            return []
        if column is None and not _is_over(row["slice"], before, self._resource):
            return []
        return self._compared().slices(before, row, column)

    def _of_rows(self, rows: list[_Row], standing: Standing) -> list[Counted]:
        """Compare rows with earlier ones of their key, whatever delivery these came in."""
        column = _column(self._resource)
        is_told = column is not None or self._resource.update.mode == "append"
        if not self._resource.key or not is_told:
            return []
        if self._rows is None and not standing.is_empty:
            # A killed run, or another declaration, may have left the table behind; keys are looked up in it.
            refresh_standard(self._lake, self._release, self._resource, self._key)
        return self._compared().keys(rows, column)

    def _compared(self) -> ComparedRows:
        if self._rows is None:
            self._rows = ComparedRows(self._lake, self._resource, self._key)
        return self._rows

    def _write(self, effective: list[_Row], found: list[Counted]) -> None:
        slices = {row["delivery_id"]: row["slice"] for row in effective}
        rows = [
            {**one._asdict(), "resource_id": self._resource.id, "slice": slices[one.delivery_id]}
            for one in found
        ]
        known = self._lake.read(RESTATEMENTS)
        again = sorted(set(known["delivery_id"]) & set(slices)) if known.height else []
        blank = pl.from_arrow(SCHEMAS[RESTATEMENTS].empty_table())
        assert isinstance(blank, pl.DataFrame)
        table = pl.DataFrame(rows, schema=blank.schema)
        if again:
            self._lake.replace_where(RESTATEMENTS, table, {"delivery_id": again})
        elif rows:
            self._lake.append(RESTATEMENTS, table)


def _column(resource: Resource) -> str | None:
    """Return the column that names the period of a row; null where none is declared."""
    about = resource.update.about
    return about if about in {column.name for column in resource.columns} else None


def _is_over(name: str, before: _Row, resource: Resource) -> bool:
    """Tell whether the period of a slice was over when the earlier delivery spoke of it."""
    end = slice_end(name) if resource.source.slice else None
    return end is not None and end < dt.date.fromisoformat(before["order_key"][:10])
