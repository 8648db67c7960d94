"""Guard against a type flip: values that suddenly are of another type than those before them.

Dates become serial numbers, codes become ``9.11E+17``, numbers become text. Read as declared, most of such a column
would be null; the delivery waits for a person instead, who is told the column, the shares and the kinds of faults,
never a value. Both deliveries are read under the declaration in force, on a sample spread over each. Text has no type
to flip: there only scientific notation and destroyed characters count. Not here: single wrong values, which are
findings.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import polars as pl

from ingestion.conform import as_sent, raw_labels, readings
from ingestion.header import read_columns
from lake import Lake
from resource_catalogue.resource import Column, Resource
from resource_catalogue.words import raw_table

SAMPLED_ROWS = 2_000
"""About how many rows of a delivery are looked at."""
LEAST_VALUES = 3
"""Fewer values than these tell nothing of a type."""
_ROWS_A_QUERY = 200_000
_PERCENT = 100
_SCIENTIFIC = r"^\s*[0-9]+(?:\.[0-9]+)?[Ee]\+[0-9]+\s*$"
"""What spreadsheets make of long codes; a code that has an E in it has no plus sign."""
_NUMBERS = frozenset({"decimal", "integer", "money"})


@dataclass(slots=True)
class Readable:
    """Count the values of a column in the sample of a delivery.

    Attributes:
        stated: How many are stated at all.
        faults: How many of them do not read as declared, by kind of fault.
    """

    stated: int = 0
    faults: Counter[str] = field(default_factory=Counter)

    @property
    def read(self) -> int:
        """Return how many read as declared."""
        return self.stated - self.faults.total()

    @property
    def share(self) -> float:
        """Return the share that reads as declared, in percent."""
        return self.read * _PERCENT / self.stated


Profile = Mapping[str, Readable]
"""By column; one without values in the sample is left out."""


class TypeGuard:
    """Compare how deliveries of a resource read under its declaration; what was read once is remembered."""

    def __init__(self, lake: Lake, resource: Resource) -> None:
        self._lake, self._resource = lake, resource
        self._known: dict[str, Profile] = {}

    @property
    def is_on(self) -> bool:
        """Tell whether the resource bounds the fall at all."""
        return self._resource.guard.max_type_flip_pct < _PERCENT

    def prepare(self, rows: Mapping[str, int]) -> None:
        """Read the samples of several deliveries at once: a query costs more than a small delivery's rows.

        Args:
            rows: How many rows of each delivery stand in ``raw``, by id.
        """
        if self.is_on:
            missing = {identity: count for identity, count in rows.items() if identity not in self._known}
            for part in _parts(missing):
                self._known.update(profiles(self._lake, self._resource, part))

    def reason(self, before: tuple[str, int], now: tuple[str, int]) -> str:
        """Say why a delivery is held; empty where it may pass.

        Args:
            before: Id of the delivery that it is compared with, and its rows in ``raw``.
            now: The same of itself.
        """
        if not self.is_on:
            return ""
        self.prepare(dict([before, now]))
        return flip_reason(self._known[before[0]], self._known[now[0]], self._resource)


def flip_reason(before: Profile, now: Profile, resource: Resource) -> str:
    """Say which columns read as declared much less than before; empty where none does."""
    most = resource.guard.max_type_flip_pct
    said = [
        _said(column, before[column.name], now[column.name])
        for column in read_columns(resource)
        if column.name in before
        and column.name in now
        and is_flipped(before[column.name], now[column.name], most)
    ]
    return "; ".join(said)


def is_flipped(before: Readable, now: Readable, most: float) -> bool:
    """Tell whether a column's values are of another type now.

    Args:
        most: How far the share that reads as declared may fall, in percentage points.

    >>> is_flipped(Readable(9), Readable(9, Counter(other_format=9)), 30)
    True
    >>> is_flipped(Readable(9, Counter(other_format=9)), Readable(9, Counter(other_format=9)), 30)
    False
    """
    is_enough = before.read >= LEAST_VALUES and now.faults.total() >= LEAST_VALUES
    return is_enough and before.share - now.share > most


def profiles(lake: Lake, resource: Resource, rows: Mapping[str, int]) -> dict[str, Profile]:
    """Read a sample of deliveries under the declaration in force.

    Args:
        rows: How many rows of each delivery stand in ``raw``, by id.
    """
    found: dict[str, dict[str, Readable]] = {identity: {} for identity in rows}
    filled = {identity: count for identity, count in rows.items() if count}
    sample = _sample(lake, resource, filled) if filled else pl.DataFrame()
    for column in read_columns(resource) if sample.height else ():
        for identity, code, count in _counts(sample, column):
            one = found[identity].setdefault(column.name, Readable())
            one.stated += count
            if code is not None:
                one.faults[code] += count
    return dict(found)


def _parts(rows: Mapping[str, int]) -> Iterator[dict[str, int]]:
    """Part deliveries so that a query reads a bounded number of rows."""
    part: dict[str, int] = {}
    total = 0
    for identity, count in rows.items():
        part[identity] = count
        total += min(count, 2 * SAMPLED_ROWS)
        if total >= _ROWS_A_QUERY:
            yield part
            part, total = {}, 0
    if part:
        yield part


def _sample(lake: Lake, resource: Resource, rows: Mapping[str, int]) -> pl.DataFrame:
    """Return every n-th row of deliveries, the declared columns only; n is odd, as agencies pair rows."""
    table = raw_table(resource.id)
    steps = {identity: max(1, count // SAMPLED_ROWS) | 1 for identity, count in rows.items()}
    present = lake.query(f"select * from {table} limit 0", table).columns
    wanted = {label for column in read_columns(resource) for label in raw_labels(column)}
    columns = "".join(f', "{name}"' for name in present if name in wanted)
    cases = [
        f"(_delivery_id in ({', '.join(_quoted(identity) for identity in same)}) and _row_number % {step} = 0)"
        for step, same in _by_step(steps).items()
    ]
    return lake.query(f"select _delivery_id{columns} from {table} where {' or '.join(cases)}", table)


def _by_step(steps: Mapping[str, int]) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for identity, step in steps.items():
        found.setdefault(step, []).append(identity)
    return found


def _quoted(identity: str) -> str:
    return "'" + identity.replace("'", "''") + "'"


def _counts(sample: pl.DataFrame, column: Column) -> list[tuple[str, str | None, int]]:
    """Return delivery, kind of fault (null where it reads as declared) and number of the stated values of a column."""
    # Beside the rows, because a constant of the entry has no length of its own.
    text = sample.select("_delivery_id", sent=as_sent(sample, column))["sent"]
    read = readings(text, column)
    is_read = read["value"].is_not_null()
    if column.type not in _NUMBERS:
        is_read &= ~text.str.contains(_SCIENTIFIC).fill_null(value=False)
    fault = read["code"].fill_null("scientific_notation").set(is_read, None)
    is_stated = (read["value"].is_not_null() | read["code"].is_not_null()) & (
        fault.fill_null("") != "not_stated"
    )
    judged = pl.DataFrame({"delivery": sample["_delivery_id"], "fault": fault}).filter(is_stated)
    return judged.group_by("delivery", "fault").len().sort("delivery", "fault").rows()


def _said(column: Column, before: Readable, now: Readable) -> str:
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(now.faults.items()))
    return (
        f"column {column.name}: {now.share:.1f} % of its values read as {column.type}, "
        f"{before.share:.1f} % before ({kinds})"
    )
