"""Reconcile deliveries: every row received is loaded, superseded, duplicate, a deletion, rejected or held (对账).

Each number is counted in the tables that hold the rows, none is taken from another: received is what the decoder
counted when the bytes had landed; the others are counted now. Where they do not add up, rows were lost or doubled, and
the difference is named. Read-only; one query per resource over the ids of deliveries, and one reading of the keys of
resources in the mode ``changes``. Not here: what the rows say.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import polars as pl

from ingestion.deliveries import current_slices, deliveries_of
from ingestion.record_fates import Fates, record_fates
from lake import Lake
from lake.tables import REJECTED_ROWS
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.words import DeliveryState, raw_table, standard_table

_WAITS = (DeliveryState.HELD, DeliveryState.REJECTED)
_NOWHERE = {"raw": 0, "standard": 0, "rejected": 0}
FAULTS: dict[str, Label] = {
    "raw": Label(zh="原始层行数与收到行数不符", en="rows are missing from raw, or doubled in it"),
    "standard": Label(zh="标准库行数与应有行数不符", en="rows are missing from standard, or doubled in it"),
    "register": Label(zh="有行而无批次登记", en="rows of a delivery that is not on record"),
}
"""What can be wrong with a delivery's rows, by where it shows."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Say where the rows of a delivery do not add up.

    Attributes:
        kind: Key of ``FAULTS``.
    """

    delivery_id: str
    resource_id: str
    kind: str
    expected: int
    found: int


@dataclass(frozen=True, slots=True)
class Rows:
    """Account for rows.

    Attributes:
        received: As the decoder counted them when the bytes had landed.
        loaded: In ``standard`` now.
        superseded: Loaded once, or too late to be; a later delivery stands in their place.
        duplicate: Replaced by a later row of their key, or repeated by bytes that count once (modes that keep one).
        deletions: Records that only say that a row is gone.
        rejected: Not split into columns; kept as text.
        held: Of deliveries that wait for a person, or that a person rejected.
    """

    received: int = 0
    loaded: int = 0
    superseded: int = 0
    duplicate: int = 0
    deletions: int = 0
    rejected: int = 0
    held: int = 0

    @property
    def difference(self) -> int:
        """Return how many rows received are accounted for nowhere; negative where some are twice."""
        placed = self.loaded + self.superseded + self.duplicate + self.deletions + self.rejected + self.held
        return self.received - placed

    def plus(self, other: "Rows") -> "Rows":
        """Return the sum of two accounts."""
        more = asdict(other)
        return Rows(**{name: count + more[name] for name, count in asdict(self).items()})


@dataclass(frozen=True, slots=True)
class Account:
    """Account for the rows of one delivery."""

    delivery_id: str
    agency_id: str
    resource_id: str
    slice: str
    file_name: str
    state: str
    rows: Rows


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """Hold the accounts of deliveries and what is wrong with them."""

    accounts: tuple[Account, ...] = ()
    faults: tuple[Fault, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Tell whether every row received is accounted for once."""
        return not self.faults

    @property
    def total(self) -> Rows:
        """Return the account of all deliveries together."""
        return _summed(account.rows for account in self.accounts)

    def by_agency(self) -> dict[str, Rows]:
        """Return the account of each agency's deliveries together."""
        agencies = sorted({account.agency_id for account in self.accounts})
        return {
            agency: _summed(one.rows for one in self.accounts if one.agency_id == agency)
            for agency in agencies
        }


def reconcile(
    lake: Lake, release: Release, key: bytes, agency: str | None = None, resource: str | None = None
) -> Reconciliation:
    """Count where the rows of every delivery are now.

    Args:
        release: Whose entries say which deliveries count.
        key: Secret of the row keys, by which changes find their rows.
        agency: Only deliveries of this agency.
        resource: Only deliveries of this resource.
    """
    known = deliveries_of(lake, resource)
    asked = known.filter(pl.col("agency_id") == agency) if agency else known
    accounts: list[Account] = []
    faults: list[Fault] = []
    for name in asked["resource_id"].unique().sort():
        books = _Books(lake, release, key, name, known.filter(pl.col("resource_id") == name))
        accounts += books.accounts()
        faults += books.faults
    return Reconciliation(tuple(one for one in accounts if agency in (None, one.agency_id)), tuple(faults))


@dataclass
class _Books:
    """Account for the deliveries of one resource."""

    lake: Lake
    release: Release
    key: bytes
    resource_id: str
    known: pl.DataFrame
    faults: list[Fault] = field(default_factory=list)

    def accounts(self) -> Iterator[Account]:
        """Yield the account of each delivery, and remember what is wrong."""
        counts = self._counts()
        resource = self.release.catalogue.resources.get(self.resource_id)
        current = self._current(resource, counts)
        fates = self._fates(resource, current)
        first = _first_of_bytes(self.known)
        for row in self.known.to_dicts():
            identity = row["delivery_id"]
            there = counts.pop(identity, _NOWHERE)
            if row["state"] == DeliveryState.UNREADABLE:
                # What an earlier declaration could read of it counts no more.
                there = {**_NOWHERE, "standard": there["standard"]}
            rows, expected = _placed(row, there, identity in current, identity in first, fates.get(identity))
            self._compare(identity, "raw", row["rows_received"], there["raw"] + there["rejected"])
            self._compare(identity, "standard", expected, there["standard"])
            kept = {name: row[name] for name in ("agency_id", "resource_id", "slice", "file_name", "state")}
            yield Account(identity, **kept, rows=rows)
        for identity, there in counts.items():
            self._compare(identity, "register", 0, sum(there.values()))

    def _compare(self, identity: str, kind: str, expected: int, found: int) -> None:
        if expected != found:
            self.faults.append(Fault(identity, self.resource_id, kind, expected, found))

    def _counts(self) -> dict[str, dict[str, int]]:
        """Count the rows of each delivery in each table that holds some, in one query."""
        raw, standard = raw_table(self.resource_id), standard_table(self.resource_id)
        queries = {
            raw: f"select _delivery_id as id, 'raw' as place from {raw}",
            standard: f"select _delivery_id, 'standard' from {standard}",
            REJECTED_ROWS: f"select delivery_id, 'rejected' from {REJECTED_ROWS} where resource_id = ?",
        }
        there = {table: sql for table, sql in queries.items() if self.lake.exists(table)}
        if not there:
            return {}
        union = " union all ".join(there.values())
        sql = f"with rows(id, place) as ({union}) select id, place, count(*) as n from rows group by all"
        parameters = [self.resource_id] if REJECTED_ROWS in there else []
        found: dict[str, dict[str, int]] = {}
        for identity, place, count in self.lake.query(sql, *there, parameters=parameters).rows():
            found.setdefault(identity, dict(_NOWHERE))[place] = count
        return found

    def _current(self, resource: Resource | None, counts: Mapping[str, Mapping[str, int]]) -> Sequence[str]:
        """Return the deliveries whose rows count now, in order; of an entry that is gone, those with rows in it."""
        if resource is None:
            return [identity for identity, there in counts.items() if there["standard"]]
        chosen = current_slices(self.known, resource).sort("order_key", "delivery_id")
        return list(chosen["delivery_id"])

    def _fates(self, resource: Resource | None, current: Sequence[str]) -> dict[str, Fates]:
        if resource is None or resource.update.mode != "changes":
            return {}
        rows = {row["delivery_id"]: row for row in self.known.to_dicts()}
        return record_fates(self.lake, resource, self.key, [rows[identity] for identity in current])


def _placed(
    row: Mapping[str, Any], there: Mapping[str, int], is_current: bool, is_first: bool, fates: Fates | None
) -> tuple[Rows, int]:
    """Return the account of a delivery, and how many rows of it should be in ``standard``."""
    raw, rejected, loaded = there["raw"], there["rejected"], there["standard"]
    base = Rows(received=row["rows_received"], loaded=loaded, rejected=rejected)
    if row["state"] in _WAITS:
        return base.plus(Rows(held=raw)), 0
    if not is_current:
        return base.plus(Rows(superseded=raw) if is_first else Rows(duplicate=raw)), 0
    if fates is None:
        return base, raw
    gone = Rows(superseded=fates.superseded, duplicate=fates.duplicate, deletions=fates.deletions)
    return base.plus(gone), fates.standing


def _first_of_bytes(known: pl.DataFrame) -> set[str]:
    """Return the deliveries that are the first of their slice with their bytes; others repeat one to the letter."""
    ordered = known.sort("order_key", "delivery_id")
    first = pl.struct("slice", pl.coalesce("content_hash", "delivery_id")).is_first_distinct()
    return set(ordered.filter(first)["delivery_id"])


def _summed(rows: Iterable[Rows]) -> Rows:
    total = Rows()
    for one in rows:
        total = total.plus(one)
    return total
