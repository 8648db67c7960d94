"""Judge whether a delivery may count, or is held for a person; and say what a reader of it should know.

Here: all guards in one place, and the words of a delivery's reason. Not here: any one guard (``guard.py``,
``header_guard.py``, ``type_guard.py``, ``stale_copies.py``), nor what becomes of what was judged (``taking.py``).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import polars as pl

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
    _of_deletions: dict[str, bool] = field(default_factory=dict, init=False)

    @cached_property
    def _types(self) -> TypeGuard:
        return TypeGuard(self.lake, self.resource)

    def prepare(self, counts: Mapping[str, int], decoded: Mapping[str, Decoded]) -> None:
        """Look at several deliveries at once, before each is judged.

        Args:
            counts: Rows in ``raw`` by delivery.
            decoded: What each was decoded to.
        """
        self._types.prepare(counts)
        names = {identity: raw_names(one.header, self.resource) for identity, one in decoded.items()}
        self._look_for_deletions([one for one in counts if self._may_lack_columns(names[one])])

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
        if not self._may_lack_columns(names):
            return False
        if identity not in self._of_deletions:
            self._look_for_deletions([identity])
        return self._of_deletions[identity]

    def _may_lack_columns(self, names: list[str]) -> bool:
        """Tell whether columns are missing, but not those that a deletion needs."""
        resource = self.resource
        if resource.deleted is None or {column.name for column in read_columns(resource)} <= set(names):
            return False
        return {*raw_names([resource.deleted.column], resource), *resource.key} <= set(names)

    def _look_for_deletions(self, identities: list[str]) -> None:
        """Note of deliveries whose rows stand in ``raw`` whether all of these are deletions."""
        if not identities or self.resource.deleted is None:
            return
        (mark,) = raw_names([self.resource.deleted.column], self.resource)
        table = raw_table(self.resource.id)
        listed = ", ".join("?" * len(identities))
        sql = f'select distinct _delivery_id, "{mark}" from {table} where _delivery_id in ({listed})'
        said = self.lake.query(sql, table, parameters=list(identities))
        told = said.select("_delivery_id", is_gone=is_deletion(said, self.resource))
        rows = told.group_by("_delivery_id").agg(pl.col("is_gone").all()).rows()
        self._of_deletions.update(dict.fromkeys(identities, False) | dict(rows))

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
