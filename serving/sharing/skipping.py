"""Leaving files out of an answer that hints show to be of no use: statistics, partition values, a limit.

Here: what is known of a file, and the choice. A hint only ever leaves out files without a row that it asks for; one
that cannot be read leaves out none. Not here: the predicates.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from lake.shared import DataFile, Snapshot
from serving.sharing.json_hints import read_json_hint
from serving.sharing.literals import column_family, read_value
from serving.sharing.predicates import TRUE, All, Family, HintError, Knowledge, Predicate, Span
from serving.sharing.sql_hints import read_sql_hint

_MOST_WORK = 5_000_000
"""Comparisons of one request; beyond it the hints cost more than the files that they save."""
_MOST_HINTS = 100
_STATISTICS_STEP = dt.timedelta(milliseconds=1)
"""Statistics of instants are cut to milliseconds, so that the largest may be that much larger."""


@dataclass(frozen=True, slots=True)
class Hints:
    """Hold what a request says of the rows that it wants.

    Attributes:
        sql: Conditions in SQL; all hold.
        json: The tree in JSON, null where there is none.
        limit: Number of rows that suffice, null where all are wanted.
    """

    sql: tuple[str, ...] = ()
    json: str | None = None
    limit: int | None = None


def useful_files(snapshot: Snapshot, hints: Hints) -> tuple[DataFile, ...]:
    """Return the files that may hold a row that the hints ask for, in the table's order."""
    if not hints.sql and hints.json is None:
        return snapshot.files if hints.limit is None else _enough(snapshot.files, hints.limit)
    # With a condition the limit counts rows that satisfy it, and how many a file has is not known.
    schema = _Schema(snapshot)
    predicates = list(_readable(hints, schema))
    work = len(snapshot.files) * sum(1 + len(list(p.columns())) for p in predicates)
    if not predicates or work > _MOST_WORK:
        return snapshot.files
    predicate = All(tuple(predicates))
    return tuple(file for file in snapshot.files if _may_match(predicate, file, schema))


def _enough(files: Sequence[DataFile], limit: int) -> tuple[DataFile, ...]:
    chosen, rows = [], 0
    for file in files:
        if rows >= limit:
            break
        chosen.append(file)
        rows += file.rows or 0
    return tuple(chosen)


class _Schema:
    """Know the families of a table's columns."""

    def __init__(self, snapshot: Snapshot) -> None:
        fields = orjson.loads(snapshot.schema_string)["fields"]
        self._names = {field["name"]: column_family(field["type"]) for field in fields}
        folded: dict[str, list[str]] = {}
        for name in self._names:
            folded.setdefault(name.casefold(), []).append(name)
        self._folded = folded
        self.partitions = frozenset(snapshot.partition_columns)
        # Under a mapping of columns, statistics and partition values bear other names.
        self.is_plain = snapshot.configuration.get("delta.columnMapping.mode", "none") == "none"

    def column(self, name: str) -> str:
        """Return a column's own spelling.

        Raises:
            HintError: There is none, or more than one differ in case only.
        """
        if name in self._names:
            return name
        found = self._folded.get(name.casefold(), [])
        if len(found) != 1:
            raise HintError("column")
        return found[0]

    def family(self, name: str) -> Family | None:
        return self._names[self.column(name)]


def _readable(hints: Hints, schema: _Schema) -> Iterable[Predicate]:
    """Read the hints, passing over those that cannot be."""
    if not schema.is_plain:
        return
    # All hold: passing some over only keeps more files.
    for text in hints.sql[:_MOST_HINTS]:
        try:
            yield read_sql_hint(text, schema.family)
        except HintError:
            continue
    if hints.json is not None:
        try:
            predicate = read_json_hint(hints.json)
            for name in predicate.columns():
                schema.column(name)
        except HintError:
            return
        yield predicate


def _may_match(predicate: Predicate, file: DataFile, schema: _Schema) -> bool:
    try:
        return bool(predicate.outcomes(_knowledge(file, schema)) & TRUE)
    except (HintError, TypeError, ValueError, KeyError, AttributeError, OverflowError):
        return True


def _knowledge(file: DataFile, schema: _Schema) -> Knowledge:
    """Return what the log tells of a file, read when it is first asked for."""
    held: dict[str, Any] | None = None

    def known(name: str) -> Span | None:
        nonlocal held
        column = schema.column(name)
        family = schema.family(column)
        if family is None:
            return None
        if column in schema.partitions:
            return _partition_span(file.partition_values.get(column), family)
        if held is None:
            held = orjson.loads(file.stats) if file.stats else {}
        return _span(held, column, family)

    return known


def _span(stats: Mapping[str, Any], column: str, family: Family) -> Span:
    """Return the span that statistics tell; each bound that is missing is open."""
    low = (stats.get("minValues") or {}).get(column)
    high = (stats.get("maxValues") or {}).get(column)
    nulls, rows = (stats.get("nullCount") or {}).get(column), stats.get("numRecords")
    has_nulls = has_values = True
    if isinstance(nulls, int) and isinstance(rows, int):
        has_nulls, has_values = nulls > 0, nulls < rows
    lowest = None if low is None else read_value(low, family)
    return Span(family, lowest, _highest(high, family), has_nulls, has_values)


def _partition_span(text: str | None, family: Family) -> Span:
    if text == "" and family == "string":
        return Span(family, "", "")  # null by the protocol, and an empty text to some readers
    return Span.of(family, read_value(text, family) if text else None)


def _highest(value: Any, family: Family) -> Any:
    # Statistics leave out what is no number, which readers order above every number.
    if value is None or family == "double":
        return None
    highest = read_value(value, family)
    return highest + _STATISTICS_STEP if family == "timestamp" else highest
