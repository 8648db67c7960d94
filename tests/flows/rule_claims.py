"""A city whose agencies agree, until every value that they compare is changed.

Here: the agreement rules of the demo's release over clean claims and over changed ones, evaluated with one
half of the rules at a time. Not here: rules over rows and deliveries (``rule_city.py``).
"""

from pathlib import Path

import polars as pl
from rule_breakings import AS_OF, changed
from rule_city import (
    Place,
    Proof,
    clean_rows,
    delivery_row,
    demo_release,
    halves,
    only,
    places_of,
    write_rows,
    write_system,
)

from expectations.agreement import agreement_rules
from expectations.check import ExpectationRule
from expectations.run import check_agreement
from lake import Lake
from lake.tables import DELIVERIES, FINDINGS, RESULTS
from resource_catalogue.entities import ENTITIES
from resource_catalogue.words import standard_table


class AgreeingCity:
    """Compare the claims of clean rows, then of rows whose compared values were all changed.

    Args:
        folder: Empty folder of the lake.
        home: Deployment whose catalogue is published.
    """

    def __init__(self, folder: Path, home: Path) -> None:
        self.lake = Lake(folder / "lake", threads=1)
        self.release = demo_release(self.lake, home)
        clean = clean_rows()
        for resource in self.release.listed_resources():
            write_rows(self.lake, resource, clean[resource.id])
        write_system(self.lake, DELIVERIES, [delivery_row(r) for r in self.release.listed_resources()])
        self.rules = {r.rule_id: r for e in ENTITIES for r in agreement_rules(self.release, e)}
        self.compared = self._evaluated(frozenset(self.rules))
        for rule in self.rules.values():
            self._differ(rule)
        self.proofs = self._proved()

    def _evaluated(self, kept: frozenset[str]) -> dict[str, tuple[int, int]]:
        # Findings of an earlier evaluation would tell of rules that this one lacks.
        for table in (FINDINGS, RESULTS):
            write_system(self.lake, table, [])
        with only(kept):
            every = [check_agreement(self.lake, self.release, entity, AS_OF) for entity in ENTITIES]
        return {one.rule_id: (one.evaluated, one.unexpected) for some in every for one in some}

    def _differ(self, rule: ExpectationRule) -> None:
        table = standard_table(rule.resource_id)
        frame = self.lake.read(table)
        self.lake.overwrite(table, frame.with_columns(changed(frame[rule.column])))

    def _proved(self) -> dict[str, Proof]:
        proofs = {rule: Proof(self._rows(self.rules[rule])) for rule in self.rules}
        for kept in halves(self.rules):
            self._evaluated(kept)
            found = {p for r in {x.resource_id for x in self.rules.values()} for p in places_of(self.lake, r)}
            for rule, proof in proofs.items():
                proof.found |= {p for p in found if p[0] == rule and rule in kept}
                proof.without |= set() if rule in kept else found
        return proofs

    def _rows(self, rule: ExpectationRule) -> set[Place]:
        """List the rows that have a value of the rule's column: those that may be compared."""
        sent = self.lake.read(standard_table(rule.resource_id)).filter(pl.col(rule.column).is_not_null())
        return {(rule.rule_id, number, rule.column) for number in sent["_row_number"]}
