"""What is recorded of an evaluation: ``quality.results`` and ``quality.findings``, replaced per resource.

Here: fingerprints that let an unchanged rule be skipped, first-seen instants that survive, and one commit
per table and resource, made only where something differs. Not here: how rules are evaluated (``run.py``).

Two runs for the same resource must not be concurrent: rows of the rules that a run did not evaluate are
carried over.
"""

import datetime as dt
import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import polars as pl

from expectations.check import ExpectationRule, version_of
from lake.store import Lake
from lake.tables import FINDINGS, RESULTS, SCHEMAS
from resource_catalogue.release import Release
from resource_catalogue.words import TableName


@dataclass(frozen=True, slots=True)
class RuleResult:
    """Hold the newest result of one rule.

    Attributes:
        evaluated: Elements looked at (B of GB/T 36344); 0 where the state is not ``passed`` or ``failed``.
        unexpected: Elements that failed.
        state: ``passed``, ``failed``, ``not_assessed`` or ``crashed``.
        as_of: Instant of the evaluation, which may be an earlier run's.
        error: Type of the error of a crash; its text is withheld.
    """

    rule_id: str
    rule_version: str
    check: str
    indicator: str
    severity: str
    agency_id: str
    resource_id: str
    column: str
    evaluated: int
    unexpected: int
    state: str
    fingerprint: str
    as_of: dt.datetime
    release: int
    profile: str
    error: str = ""


def result_of(
    rule: ExpectationRule,
    release: Release,
    as_of: dt.datetime,
    fingerprint: str,
    state: str,
    evaluated: int = 0,
    unexpected: int = 0,
    error: str = "",
) -> RuleResult:
    """Put a rule's outcome into a result."""
    return RuleResult(
        rule.rule_id, rule.version, rule.check, rule.indicator, rule.severity, rule.agency_id,
        rule.resource_id, rule.column, evaluated, unexpected, state, fingerprint,
        as_of.astimezone(dt.UTC), release.number, release.profile.reference, error,
    )  # fmt: skip


def fingerprint_of(rule: ExpectationRule, inputs: object, as_of: dt.datetime, is_dated: bool) -> str:
    """Return the hash of all that an outcome depends on: the rule, this room's code, its inputs, the day."""
    return version_of(rule.version, _code(), inputs, as_of.date() if is_dated else None)


def stored_results(lake: Lake, resource_id: str) -> dict[str, RuleResult]:
    """Read the results of a resource by rule id."""
    frame = _stored_results(lake, resource_id)
    return {row["rule_id"]: RuleResult(**row) for row in frame.iter_rows(named=True)}


def record(
    lake: Lake,
    resource_id: str,
    results: Iterable[RuleResult],
    findings: pl.DataFrame,
    gone: Collection[str] = (),
) -> None:
    """Replace the evaluated rules' rows of one resource; nothing is committed where nothing differs.

    The findings of a crashed rule stay as they were: not knowing is no reason to close a task.

    Args:
        lake: Where they are kept.
        resource_id: The one resource of all results and findings.
        results: The evaluated rules, and only those.
        findings: Their findings, in the columns of ``quality.findings``; ``first_seen`` is this run's.
        gone: Rules that no longer exist.
    """
    results = list(results)
    done = {result.rule_id for result in results} | set(gone)
    crashed = {result.rule_id for result in results if result.state == "crashed"}
    before = _stored(lake, FINDINGS, resource_id)
    seen = before.select("finding_id", earlier="first_seen")
    found = findings.join(seen, "finding_id", "left").with_columns(
        first_seen=pl.coalesce("earlier", "first_seen")
    )
    kept = before.filter(~pl.col("rule_id").is_in(list(done - crashed)))
    after = pl.concat([kept, found.select(before.columns)])
    # Results are last: they say that the findings are there.
    _replace(lake, FINDINGS, resource_id, before, after.sort("finding_id"), [])
    _record_results(lake, resource_id, results, done)


def forget_unlisted(lake: Lake, release: Release) -> list[str]:
    """Remove results and findings of resources that are listed no more; return their ids."""
    listed = {resource.id for resource in release.listed_resources()}
    forgotten: set[str] = set()
    for table in (FINDINGS, RESULTS):
        if not lake.exists(table):
            continue
        present = lake.query(f"select distinct resource_id from {table}", table)["resource_id"].to_list()
        for resource_id in sorted(set(present) - listed):
            lake.delete_where(table, {"resource_id": resource_id})
            forgotten.add(resource_id)
    return sorted(forgotten)


def empty(table: TableName) -> pl.DataFrame:
    """Return an empty frame in the shape of a system table."""
    frame = pl.from_arrow(SCHEMAS[table].empty_table())
    return frame if isinstance(frame, pl.DataFrame) else frame.to_frame()


def shaped(table: TableName, rows: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """Return rows in the shape of a system table."""
    blank = empty(table)
    return pl.DataFrame([{name: row[name] for name in blank.columns} for row in rows], schema=blank.schema)


def _record_results(lake: Lake, resource_id: str, results: list[RuleResult], done: Collection[str]) -> None:
    before = _stored_results(lake, resource_id)
    kept = before.filter(~pl.col("rule_id").is_in(list(done)))
    rows = [{name: getattr(result, name) for name in before.columns} for result in results]
    after = pl.concat([kept, shaped(RESULTS, rows)])
    _replace(lake, RESULTS, resource_id, before, after.sort("rule_id"), ["as_of", "release", "profile"])


def _replace(
    lake: Lake,
    table: TableName,
    resource_id: str,
    before: pl.DataFrame,
    after: pl.DataFrame,
    ignored: list[str],
) -> None:
    """Commit the rows of a resource unless they are the same but for the ignored columns."""
    key = after.columns[0]
    if lake.exists(table) and before.sort(key).drop(ignored).equals(after.drop(ignored)):
        return
    data = after.to_arrow(compat_level=pl.CompatLevel.oldest()).cast(SCHEMAS[table])
    lake.replace_where(table, data, {"resource_id": resource_id})


def _stored_results(lake: Lake, resource_id: str) -> pl.DataFrame:
    """Read from the small table as it is: opening an engine costs more."""
    blank = empty(RESULTS)
    rows = lake.read(RESULTS)
    return (
        blank if rows.is_empty() else rows.filter(pl.col("resource_id") == resource_id).select(blank.columns)
    )


def _stored(lake: Lake, table: TableName, resource_id: str) -> pl.DataFrame:
    if not lake.exists(table):
        return empty(table)
    columns = empty(table).columns
    listed = ", ".join(f'"{name}"' for name in columns)
    frame = lake.query(f"select {listed} from {table} where resource_id = ?", table, parameters=[resource_id])
    return frame.cast(empty(table).schema)


@cache
def _code() -> str:
    """Hash this room's code, so that a changed check is evaluated again."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
