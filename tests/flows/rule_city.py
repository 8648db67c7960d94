"""A city of clean rows in which each rule of the demo's release has one row, or delivery, that breaks it.

Here: clean rows as the generator makes them, conformed by ``ingestion``, broken one row per rule, and
evaluated by ``expectations`` with one half of the rules at a time. So each rule is once asked and once
removed, and what it finds is compared with what was broken for it. Not here: how to break
(``rule_breakings.py``), nor comparing agencies (``rule_claims.py``).
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from rule_breakings import ADD, AS_OF, Broken, Sent, broken

from data.generator.__main__ import feeds_of
from data.generator.feed import Feed
from data.generator.truth import Truth
from data.generator.world import World
from expectations.check import ExpectationRule
from expectations.checks import all_checks
from expectations.rule import rules_of
from expectations.run import check_resource
from ingestion.conform import conform
from lake import Lake
from lake.releases import publish
from lake.tables import DELIVERIES, FINDINGS, REJECTED_ROWS, SCHEMAS
from resource_catalogue.catalogue import load_draft
from resource_catalogue.profile import load_profile
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.settings import load_settings
from resource_catalogue.words import TableName, standard_table

SEED, PERSONS, ORGANISATIONS = 20260316, 1200, 600
MOST_ROWS = 120
KEY = b"a key of this test only"
RECEIVED = AS_OF.astimezone(dt.UTC)

Place = tuple[str, int, str]
"""Rule, row number (0: a delivery) and column."""


def demo_release(lake: Lake, home: Path) -> Release:
    """Publish the demo's catalogue files into a lake, as the command does."""
    profile = load_profile(load_settings(home, {}).profile)
    catalogue = load_draft(home / "catalogue").catalogue
    return publish(lake, catalogue, profile, AS_OF, "data_centre/registrar", "data_bureau/reviewer")


def rules_by_batch(release: Release, resource: Resource, *batches: str) -> list[ExpectationRule]:
    """List the rules of a resource that look at rows, deliveries or pairs of claims."""
    return [rule for rule in rules_of(resource, release) if all_checks()[rule.check].batch in batches]


def clean_rows() -> dict[str, list[Sent]]:
    """Return clean rows of every resource, as text: what the generator makes before it plants anything."""
    found: dict[str, list[Sent]] = {}
    for feed in feeds_of(World.make(SEED, PERSONS, ORGANISATIONS), Truth()):
        found.setdefault(feed.resource, list(_sent(feed)))
    return found


def _sent(feed: Feed) -> Iterator[Sent]:
    names = [name for name, _ in feed.columns]
    for position in range(1, len(feed.subjects) + 1):
        cells = feed.clean(position)
        yield {name: "" if cell is None else str(cell) for name, cell in zip(names, cells, strict=True)}


@dataclass
class Table:
    """Hold one table of clean rows in which several rules have a row of their own.

    Attributes:
        rows: The rows as they will stand, row numbers from 1.
        taken: Positions already broken.
        places: What each rule must find.
        noted: Row numbers and columns that get a note.
    """

    rows: list[Sent]
    taken: set[int] = field(default_factory=set)
    places: dict[str, set[Place]] = field(default_factory=lambda: defaultdict(set))
    noted: list[tuple[int, str]] = field(default_factory=list)

    def take(self, rule: ExpectationRule, resource: Resource) -> bool:
        """Break a free row for a rule, one that breaks no other rule if there is any."""
        kept: tuple[int, Broken] | None = None
        for position in range(1, len(self.rows) + 1):
            change = None if position in self.taken else broken(rule, resource, self.rows[position - 1])
            if change and (kept is None or len(change.also) < len(kept[1].also)):
                kept = position, change
            if kept and not kept[1].also:
                break
        if kept is None:
            return False
        self._put(rule, resource, *kept)
        return True

    def _put(self, rule: ExpectationRule, resource: Resource, position: int, change: Broken) -> None:
        self.rows[position - 1] = change.sent
        self.taken.add(position)
        self.places[rule.rule_id].add((rule.rule_id, position, rule.column))
        if change.twice:
            self.rows.append(change.sent)
            self.taken.add(len(self.rows))
            self.places[rule.rule_id].add((rule.rule_id, len(self.rows), rule.column))
        if change.noted:
            self.noted.append((position, change.noted))
        for other in change.also:
            declared = next(one for one in resource.rules if f"{resource.id}:{one.id}" == other)
            self.places[other].add((other, position, declared.columns[-1]))


def tables_for(resource: Resource, rules: Iterable[ExpectationRule], clean: Sequence[Sent]) -> list[Table]:
    """Give every rule a row, in as few tables as it takes."""
    tables: list[Table] = []
    for rule in rules:
        if any(table.take(rule, resource) for table in tables):
            continue
        fresh = Table([dict(row) for row in clean])
        assert fresh.take(rule, resource), f"no clean row of {resource.id} lends itself to {rule.rule_id}"
        tables.append(fresh)
    return tables


def write_rows(
    lake: Lake, resource: Resource, rows: Sequence[Sent], noted: Iterable[tuple[int, str]] = ()
) -> None:
    """Conform rows and write them as the standard table of a resource."""
    raw = pl.DataFrame(
        [{name: text or None for name, text in row.items()} for row in rows],
        schema=dict.fromkeys(rows[0], pl.String),
    ).with_row_index("_row_number", offset=1)
    raw = raw.with_columns(
        pl.col("_row_number").cast(pl.Int64), _line=pl.col("_row_number").cast(pl.Int64) + 1,
        _delivery_id=pl.lit(f"new {resource.id}"), _slice=pl.lit(""), _sheet=pl.lit(""),
        _order_key=pl.lit("2"), _received_at=pl.lit(RECEIVED),
    )  # fmt: skip
    table = conform(raw, resource, KEY)
    frame = pl.DataFrame(table)
    for number, column in noted:
        struck = pl.col("_row_number") == number
        fault = pl.when(struck).then(pl.lit("full_width")).otherwise(pl.col(f"{column}__fault"))
        frame = frame.with_columns(fault.alias(f"{column}__fault"))
    lake.overwrite(standard_table(resource.id), frame)


def delivery_row(resource: Resource, **changes: Any) -> dict[str, Any]:
    """Describe a delivery of a resource that arrived today."""
    return {
        "delivery_id": f"new {resource.id}", "resource_id": resource.id, "agency_id": resource.agency,
        "submitted_by": resource.agency, "slice": "", "file_name": "f", "sheet": "", "content_hash": "h",
        "size_bytes": 1, "format": "csv", "encoding": "utf-8", "header_row": 1, "rows_received": 100,
        "rows_loaded": 100, "rows_rejected": 0, "state": "loaded", "reason": "", "issued_on": None,
        "arrived_at": RECEIVED, "received_at": RECEIVED, "release": 1, "order_key": "2", **changes,
    }  # fmt: skip


def write_system(lake: Lake, table: TableName, rows: Sequence[dict[str, Any]]) -> None:
    """Write a system table anew."""
    lake.overwrite(table, pl.DataFrame(rows, schema=pl.DataFrame(SCHEMAS[table].empty_table()).schema))


_REST = 12
"""Days by which a last day that is not worked moves at most, and one more."""


def break_deliveries(lake: Lake, release: Release) -> dict[str, set[Place]]:
    """Write late, shrunk deliveries with a rejected row for every resource; return what each rule must find."""
    deliveries, rejected, places = [], [], {}
    for resource in release.listed_resources():
        late = 1
        for rule in rules_by_batch(release, resource, "deliveries"):
            if rule.check not in ("freshness", "volume", "rejected_row"):
                raise AssertionError(ADD.format(f"a rule of check {rule.check}"))
            if rule.check == "freshness" and "max_age" not in rule.arguments:
                raise AssertionError(ADD.format("a freshness rule that promises nothing"))
            row = 77 if rule.check == "rejected_row" else 0
            places[rule.rule_id] = {(rule.rule_id, row, "")}
            late = max(late, int(rule.arguments.get("max_age", 0)) + _REST)
        arrived = RECEIVED - dt.timedelta(days=late)
        before = {"delivery_id": f"old {resource.id}", "order_key": "1", "rows_loaded": 300}
        deliveries.append(delivery_row(resource, **before, arrived_at=arrived - dt.timedelta(days=1)))
        deliveries.append(delivery_row(resource, rows_rejected=1, arrived_at=arrived))
        rejected.append(
            {
                "delivery_id": f"new {resource.id}", "resource_id": resource.id, "row_number": 77, "line": 78,
                "sheet": "", "reason": "too_many_fields", "row_key": f"r {resource.id}", "text": "",
            }
        )  # fmt: skip
    write_system(lake, DELIVERIES, deliveries)
    write_system(lake, REJECTED_ROWS, rejected)
    return places


def places_of(lake: Lake, resource_id: str) -> set[Place]:
    """Return what is found for a resource."""
    findings = lake.read(FINDINGS)
    if findings.is_empty():
        return set()
    mine = findings.filter(pl.col("resource_id") == resource_id).select("rule_id", "row_number", "column")
    assert mine.is_unique().all(), "two findings for one fault"
    return set(mine.rows())


@contextmanager
def only(kept: frozenset[str]) -> Iterator[None]:
    """Let the evaluation know some rules only."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            "expectations.run.rules_of",
            lambda resource, release: tuple(r for r in rules_of(resource, release) if r.rule_id in kept),
        )
        yield


def halves(rules: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
    """Split rules so that each is in one half and removed from the other."""
    ordered = sorted(rules)
    return frozenset(ordered[::2]), frozenset(ordered[1::2])


@dataclass
class Proof:
    """Hold what was broken for one rule and what came of it.

    Attributes:
        expected: What the rule must find.
        found: What it found.
        without: What was found by the others in the evaluation from which it was removed.
    """

    expected: set[Place]
    found: set[Place] = field(default_factory=set)
    without: set[Place] = field(default_factory=set)


class RuleCity:
    """Evaluate the demo's rules over clean rows of which one, or one delivery, is broken for each rule.

    Args:
        folder: Empty folder of the lake.
        home: Deployment whose catalogue is published.
    """

    def __init__(self, folder: Path, home: Path) -> None:
        self.lake = Lake(folder / "lake", threads=1)
        self.release = demo_release(self.lake, home)
        self._clean = clean_rows()
        self._deliveries = break_deliveries(self.lake, self.release)
        self._proofs: dict[str, dict[str, Proof]] = {}
        self.strays: dict[str, set[Place]] = {}

    def proof(self, rule_id: str) -> Proof | None:
        """Return the proof of a rule over rows or deliveries; null where nothing was broken for it."""
        return self.proofs(rule_id.split(":")[0]).get(rule_id)

    def proofs(self, resource_id: str) -> dict[str, Proof]:
        """Return the proofs of a resource's rules by id; what was found besides is kept in ``strays``."""
        if resource_id not in self._proofs:
            self._proofs[resource_id], self.strays[resource_id] = {}, set()
            resource = self.release.resource(resource_id)
            late = {rule: places for rule, places in self._deliveries.items() if _of(rule, resource_id)}
            tables = tables_for(
                resource, rules_by_batch(self.release, resource, "rows"), self._clean[resource_id][:MOST_ROWS]
            )
            for table in tables:
                write_rows(self.lake, resource, table.rows, table.noted)
                self._evaluate(resource, {**table.places, **late}, late.keys())
        return self._proofs[resource_id]

    def _evaluate(self, resource: Resource, places: dict[str, set[Place]], late: Iterable[str]) -> None:
        proofs = self._proofs[resource.id]
        known = {*(rule.rule_id for rule in rules_of(resource, self.release))}
        for rule in places:
            proofs.setdefault(rule, Proof(set())).expected |= places[rule]
        for kept in halves(known):
            with only(kept):
                check_resource(self.lake, self.release, resource.id, AS_OF)
            found = places_of(self.lake, resource.id)
            planted = {place for rule, some in places.items() if rule in kept for place in some}
            self.strays[resource.id] |= found - planted
            for rule in places:
                mine = {place for place in found if place[0] == rule}
                proofs[rule].found |= mine if rule in kept else set()
                proofs[rule].without |= set() if rule in kept else found


def _of(rule_id: str, resource_id: str) -> bool:
    return rule_id.startswith(f"{resource_id}:")
