"""Judge whether a delivery may count, or is held for a person; and say what a reader of it should know.

Here: all guards in one place, and the words of a delivery's reason. Not here: any one guard (``guard.py``,
``header_guard.py``, ``type_guard.py``, ``stale_copies.py``), nor what becomes of what was judged (``taking.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ingestion import guard
from ingestion.decoded import Decoded
from ingestion.header import missing_columns, raw_names, read_columns, undeclared_columns
from ingestion.header_guard import header_change
from ingestion.row_links import unchanged_rows
from ingestion.tombstones import is_deletion
from ingestion.type_guard import TypeGuard
from ingestion.waiting import NewDelivery
from ingestion.whole_files import rows_reason
from lake import Lake
from resource_catalogue.resource import Resource
from resource_catalogue.sources.push import PushSource
from resource_catalogue.words import raw_table

_NAMED_COLUMNS = 20
_UNORDERED = frozenset({"json", "jsonl", "geojson", "xml"})
"""Forms in which each row names its columns, so that their order says nothing."""
_Row = dict[str, Any]


@dataclass(frozen=True)
class Judge:
    """Judge deliveries of one resource whose rows stand in ``raw``."""

    lake: Lake
    resource: Resource

    @cached_property
    def _types(self) -> TypeGuard:
        return TypeGuard(self.lake, self.resource)

    def prepare(self, counts: Mapping[str, int]) -> None:
        """Look at several deliveries at once, before each is judged.

        Args:
            counts: Rows in ``raw`` by delivery.
        """
        self._types.prepare(counts)

    def reason(
        self, new: NewDelivery, decoded: Decoded, loaded: int, before: _Row | None, like: _Row | None
    ) -> str:
        """Say why a delivery is held; empty where it may count.

        Args:
            loaded: How many rows of it stand in ``raw``.
            before: The delivery that it would replace.
            like: The one whose columns it should have: that, else the newest before it.
        """
        if isinstance(self.resource.source, PushSource):
            # Each record stands for itself: what it leaves out is null in its row, and a finding there.
            return ""
        names, received = raw_names(decoded.header, self.resource), loaded + len(decoded.rejected)
        told = together(_stale(new), rows_reason(new.arrival.rows_stated, received))
        if self._is_of_deletions(new.identity, names):
            return told
        return together(
            told,
            self._content_reason(new, names, received, before),
            _header_reason(names, decoded, like),
            self._types.reason((like["delivery_id"], like["rows_loaded"]), (new.identity, loaded))
            if like is not None
            else "",
        )

    def _content_reason(
        self, new: NewDelivery, names: list[str], rows: int, before: _Row | None
    ) -> str | None:
        missing = missing_columns(names, self.resource)
        if missing:
            return _missing(missing)
        if before is None:
            return None
        limits = self.resource.guard
        reason = guard.shrink_reason(before["rows"], rows, limits)
        if reason is None and guard.bounds_change(limits):
            unchanged = unchanged_rows(self.lake, self.resource, before["delivery_id"], new.identity)
            reason = guard.change_reason(before["rows"], unchanged, limits)
        return reason

    def columns(self, identity: str, decoded: Decoded) -> list[str] | None:
        """Name the columns of a delivery; null where it has none that later ones should have.

        Args:
            identity: Id of the delivery; its rows stand in ``raw``.
        """
        names = raw_names(decoded.header, self.resource)
        return None if self._is_of_deletions(identity, names) else names

    def _is_of_deletions(self, identity: str, names: list[str]) -> bool:
        """Tell whether a delivery lacks columns and needs none: each of its records says that a row is gone."""
        resource, table = self.resource, raw_table(self.resource.id)
        if resource.deleted is None or {column.name for column in read_columns(resource)} <= set(names):
            return False
        (mark,) = raw_names([resource.deleted.column], resource)
        if not {mark, *resource.key} <= set(names):
            return False
        sql = f'select "{mark}" from {table} where _delivery_id = ?'
        marks = self.lake.query(sql, table, parameters=[identity])
        return not marks.is_empty() and is_deletion(marks, resource).all()

    def remarks(self, identity: str, decoded: Decoded) -> str:
        """Say what a reader should know about a delivery that counts; names of columns and numbers only."""
        names = raw_names(decoded.header, self.resource)
        missing, undeclared = (
            missing_columns(names, self.resource),
            undeclared_columns(names, self.resource),
        )
        said = [_missing(missing)] if missing and not self._is_of_deletions(identity, names) else []
        if undeclared:
            said.append(f"columns not in the catalogue: {_listed(undeclared)}")
        if decoded.passed_over:
            said.append(f"headings and notes passed over: {decoded.passed_over}")
        for name in dict.fromkeys(decoded.odd_lines.values()):
            lines = sorted(line for line, found in decoded.odd_lines.items() if found == name)
            kind = f"lines in {name} among {decoded.encoding}" if name else "lines with destroyed characters"
            said.append(f"{kind}: {len(lines)} ({_listed(lines)})")
        return together(*said, *decoded.remarks)


def together(*said: str | None) -> str:
    """Join what is said, leaving out what is empty.

    >>> together("a", None, "", "b")
    'a; b'
    """
    return "; ".join(filter(None, said))


def _listed(things: list[Any]) -> str:
    return ", ".join(map(str, things[:_NAMED_COLUMNS])) + (", …" if len(things) > _NAMED_COLUMNS else "")


def _header_reason(names: list[str], decoded: Decoded, like: _Row | None) -> str:
    """Say how the columns differ from those that the resource had; empty where they do not, or none had any."""
    if like is None or not like["columns"]:
        return ""
    change = header_change(like["columns"], names)
    if decoded.format in _UNORDERED:
        change = replace(change, moved=False)
    return change.reason


def _stale(new: NewDelivery) -> str:
    return f"the same bytes as delivery {new.stale_of}, which a later one replaced" if new.stale_of else ""


def _missing(columns: list[str]) -> str:
    return f"required columns are missing: {', '.join(columns)}"
