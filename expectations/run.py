"""Evaluate the rules of a resource or the agreement of an entity: what orchestration calls.

Here: which rules must be evaluated again, on which batch, and what becomes of the answer. Great
Expectations is loaded only where something must be evaluated. Not here: SQL of the batches
(``batches.py``), recording (``results.py``).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import duckdb
import polars as pl

from expectations.batches import BATCHES, lay_out_deliveries, lay_out_pairs, lay_out_rows
from expectations.check import Batch, Count, ExpectationRule
from expectations.checks import all_checks
from expectations.checks.agreement import sources_on
from expectations.failing import failing_rows
from expectations.results import RuleResult, empty, fingerprint_of, record, result_of, stored_results
from expectations.rule import rules_of
from expectations.workspace import workspace
from lake.claims import claim_inputs, register_claims
from lake.engine import engine_errors
from lake.listing import listed_since
from lake.store import Lake
from lake.tables import DELIVERIES, FINDINGS, REJECTED_ROWS
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.words import standard_table

_DELIVERY_STATE = (
    "delivery_id", "slice", "state", "rows_received", "rows_loaded", "rows_rejected", "arrived_at",
    "order_key",
)  # fmt: skip


@dataclass
class _Evaluation:
    """Hold what one run finds, rule by rule."""

    release: Release
    as_of: dt.datetime
    fingerprints: dict[str, str]
    results: list[RuleResult] = field(default_factory=list)
    findings: list[pl.DataFrame] = field(default_factory=list)

    def settle(self, rule: ExpectationRule, count: Count | None = None, error: str = "") -> None:
        """Keep a rule's outcome: no count is a crash, nothing evaluated is not assessed."""
        state = "crashed" if count is None else "not_assessed" if not count.evaluated else "passed"
        if count and count.unexpected:
            state = "failed"
        evaluated, unexpected = (count.evaluated, count.unexpected) if count else (0, 0)
        fingerprint = self.fingerprints[rule.rule_id]
        self.results.append(
            result_of(rule, self.release, self.as_of, fingerprint, state, evaluated, unexpected, error)
        )


def check_resource(lake: Lake, release: Release, resource_id: str, as_of: dt.datetime) -> list[RuleResult]:
    """Evaluate the rules of one resource on its rows and deliveries, and record what differs.

    A rule whose inputs, version and (where it counts) day are those of its last evaluation is not
    evaluated; a crashed one always is.

    Returns:
        The newest result of each rule, in order of rule id.

    Raises:
        CatalogueError: The resource has no rule, or a wrong one.
    """
    resource = release.resource(resource_id)
    every = rules_of(resource, release)
    rules = [rule for rule in every if all_checks()[rule.check].batch != "pairs"]
    before = stored_results(lake, resource_id)
    gone = set(before) - {rule.rule_id for rule in every}
    prints = _fingerprints(lake, resource, rules, as_of)
    stale = [rule for rule in rules if _is_stale(before.get(rule.rule_id), prints[rule.rule_id])]
    evaluation = _Evaluation(release, as_of, prints)
    if stale:
        _evaluate_resource(lake, resource, stale, evaluation)
    if stale or gone:
        record(
            lake, resource_id, evaluation.results, pl.concat([empty(FINDINGS), *evaluation.findings]), gone
        )
    return _newest(rules, before, evaluation.results)


def check_agreement(lake: Lake, release: Release, entity: str, as_of: dt.datetime) -> list[RuleResult]:
    """Compare agencies' claims about one kind of entity with those of the registered sources.

    Returns:
        The newest result of each agreement rule of the entity, in order of rule id.
    """
    rules = [
        rule
        for resource in release.listed_resources()
        for rule in rules_of(resource, release)
        if rule.check == "agreement" and rule.arguments["entity"] == entity
    ]
    prints = {rule.rule_id: _agreement_fingerprint(lake, release, rule, as_of) for rule in rules}
    before = {
        rule_id: result
        for resource_id in {rule.resource_id for rule in rules}
        for rule_id, result in stored_results(lake, resource_id).items()
    }
    stale = [rule for rule in rules if _is_stale(before.get(rule.rule_id), prints[rule.rule_id])]
    evaluation = _Evaluation(release, as_of, prints)
    if stale:
        _evaluate_agreement(lake, entity, stale, evaluation)
        _record_per_resource(lake, evaluation)
    return _newest(rules, before, evaluation.results)


def _evaluate_resource(
    lake: Lake, resource: Resource, stale: list[ExpectationRule], evaluation: _Evaluation
) -> None:
    rows = [rule for rule in stale if all_checks()[rule.check].batch == "rows"]
    deliveries = [rule for rule in stale if all_checks()[rule.check].batch == "deliveries"]
    release, as_of = evaluation.release, evaluation.as_of
    tables = (standard_table(resource.id), DELIVERIES, REJECTED_ROWS)
    with workspace(lake, as_of, *tables) as connection, engine_errors(resource.id):
        if rows and lake.exists(standard_table(resource.id)):
            lay_out_rows(connection, resource, release, rows, as_of)
            _evaluate(connection, "rows", rows, evaluation)
        else:
            for rule in rows:
                evaluation.settle(rule, Count(0, 0))
        if deliveries:
            listed_at = listed_since(lake, release).get(resource.id, release.published_at)
            lay_out_deliveries(connection, resource, listed_at, deliveries, as_of)
            _evaluate(connection, "deliveries", deliveries, evaluation)


def _evaluate_agreement(
    lake: Lake, entity: str, stale: list[ExpectationRule], evaluation: _Evaluation
) -> None:
    with (
        workspace(lake, evaluation.as_of, DELIVERIES) as connection,
        engine_errors(f"agreement {entity}"),
    ):
        register_claims(connection, lake, evaluation.release, [entity])
        lay_out_pairs(connection, entity, stale, evaluation.as_of.date())
        _evaluate(connection, "pairs", stale, evaluation)


def _evaluate(
    connection: duckdb.DuckDBPyConnection,
    batch: Batch,
    rules: Sequence[ExpectationRule],
    evaluation: _Evaluation,
) -> None:
    """Count all rules in one bundle, then find the rows of those that failed."""
    from expectations.engine import measure  # takes seconds to import

    asked = {rule.rule_id: all_checks()[rule.check].metrics(rule) for rule in rules}
    measured = measure(
        connection, BATCHES[batch], [metric for metrics in asked.values() for metric in metrics]
    )
    counts: dict[str, Count] = {}
    for rule in rules:
        crashed = next((measured.crashed[m] for m in asked[rule.rule_id] if m in measured.crashed), "")
        try:
            counts[rule.rule_id] = all_checks()[rule.check].count(rule, measured.values)
        except KeyError:
            evaluation.settle(rule, error=crashed or "EmptyAnswer")
    counted = [rule for rule in rules if rule.rule_id in counts]
    found = _located(connection, [rule for rule in counted if counts[rule.rule_id].unexpected], evaluation)
    for rule in counted:
        rows = found.get(rule.rule_id)
        # Counting and locating share their conditions; if they differ, neither can be trusted.
        if counts[rule.rule_id].unexpected != (len(rows) if rows is not None else 0):
            evaluation.settle(rule, error="CountsDisagree")
            continue
        evaluation.settle(rule, counts[rule.rule_id])
        if rows is not None:
            evaluation.findings.append(rows)


def _located(
    connection: duckdb.DuckDBPyConnection, failed: Sequence[ExpectationRule], evaluation: _Evaluation
) -> dict[str, pl.DataFrame]:
    if not failed:
        return {}
    frame = failing_rows(connection, failed, evaluation.release, evaluation.as_of)
    return {str(key[0]): rows for key, rows in frame.partition_by("rule_id", as_dict=True).items()}


def _record_per_resource(lake: Lake, evaluation: _Evaluation) -> None:
    findings = pl.concat([empty(FINDINGS), *evaluation.findings])
    for resource_id in sorted({result.resource_id for result in evaluation.results}):
        results = [result for result in evaluation.results if result.resource_id == resource_id]
        record(lake, resource_id, results, findings.filter(pl.col("resource_id") == resource_id))


def _fingerprints(
    lake: Lake, resource: Resource, rules: Iterable[ExpectationRule], as_of: dt.datetime
) -> dict[str, str]:
    """Return each rule's fingerprint: rows by table version, deliveries by their own content."""
    inputs: dict[Batch, object] = {
        "rows": lake.version(standard_table(resource.id)),
        "deliveries": _delivery_states(lake, resource.id),
    }
    found: dict[str, str] = {}
    for rule in rules:
        check = all_checks()[rule.check]
        given = [inputs[check.batch], check.phase(rule, as_of)]
        found[rule.rule_id] = fingerprint_of(rule, given, as_of, check.is_dated(rule))
    return found


def _delivery_states(lake: Lake, resource_id: str) -> list[tuple[object, ...]]:
    """Read what the delivery checks depend on, so that other resources' deliveries change nothing here."""
    deliveries = lake.read(DELIVERIES)
    if deliveries.is_empty():
        return []
    mine = deliveries.filter(pl.col("resource_id") == resource_id).sort("delivery_id", "state", "order_key")
    return mine.select(_DELIVERY_STATE).rows()


def _agreement_fingerprint(lake: Lake, release: Release, rule: ExpectationRule, as_of: dt.datetime) -> str:
    """Return the fingerprint over the comparing resource's table and those of the sources of the day."""
    sources = sources_on(rule, as_of.date())
    concerned = {rule.resource_id, *(one["source"] for one in sources)}
    claimed = claim_inputs(release, str(rule.arguments["entity"]))
    tables = [table for table in claimed if table in {standard_table(one) for one in concerned}]
    return fingerprint_of(rule, [lake.versions(tables), sources], as_of, False)


def _is_stale(before: RuleResult | None, fingerprint: str) -> bool:
    return before is None or before.fingerprint != fingerprint or before.state == "crashed"


def _newest(
    rules: Iterable[ExpectationRule], before: dict[str, RuleResult], now: Iterable[RuleResult]
) -> list[RuleResult]:
    newest = {**before, **{result.rule_id: result for result in now}}
    return [newest[rule.rule_id] for rule in sorted(rules, key=lambda rule: rule.rule_id)]
