"""The failing rows of the failed rules, by key: one query per relation, whatever the number of rules.

Here: that query and the rows of ``quality.findings`` it gives. Not here: counting (``engine.py``), which
comes first, so that only failed rules are looked for. A finding holds where and why, never the value.
"""

import datetime as dt
from collections.abc import Iterable

import duckdb
import polars as pl

from expectations.batches import BATCHES
from expectations.check import ExpectationRule, literal
from expectations.checks import all_checks
from expectations.results import empty
from lake.tables import FINDINGS
from resource_catalogue.release import Release


def failing_rows(
    connection: duckdb.DuckDBPyConnection,
    rules: Iterable[ExpectationRule],
    release: Release,
    as_of: dt.datetime,
) -> pl.DataFrame:
    """Return the findings of failed rules in the columns of ``quality.findings``.

    The finding id is a hash of rule, row key, column and the number of the occurrence among rows of one
    key, so that it is the same in a later delivery of the same row.
    """
    by_relation: dict[str, list[ExpectationRule]] = {}
    for rule in rules:
        check = all_checks()[rule.check]
        relation = check.failing(rule).relation or BATCHES[check.batch]
        by_relation.setdefault(relation, []).append(rule)
    frames = [
        _findings(connection, relation, group, release, as_of) for relation, group in by_relation.items()
    ]
    return pl.concat([empty(FINDINGS), *frames])


def _findings(
    connection: duckdb.DuckDBPyConnection,
    relation: str,
    rules: list[ExpectationRule],
    release: Release,
    as_of: dt.datetime,
) -> pl.DataFrame:
    found = connection.execute(_query(relation, rules)).pl()
    described = pl.DataFrame([_described(number, rule) for number, rule in enumerate(rules)])
    common = {
        "first_seen": pl.lit(as_of.astimezone(dt.UTC)),
        "release": pl.lit(release.number),
        "profile": pl.lit(release.profile.reference),
    }
    frame = found.join(described, "rule").with_columns(**common)
    blank = empty(FINDINGS)
    return frame.select(blank.columns).cast(blank.schema)


def _described(number: int, rule: ExpectationRule) -> dict[str, str | int]:
    return {
        "rule": number,
        "rule_version": rule.version,
        "check": rule.check,
        "indicator": rule.indicator,
        "severity": rule.severity,
        "agency_id": rule.agency_id,
        "resource_id": rule.resource_id,
    }


def _query(relation: str, rules: list[ExpectationRule]) -> str:
    """Write one scan that unfolds each row into the rules it fails."""
    asked = [all_checks()[rule.check].failing(rule) for rule in rules]
    cases = ", ".join(
        f"case when {one.condition} then struct_pack(rule := {number}, rule_id := {literal(rule.rule_id)}, "
        f'"column" := {literal(rule.column)}, reason := cast({one.reason} as varchar)) end'
        for number, (rule, one) in enumerate(zip(rules, asked, strict=True))
    )
    anything = " or ".join(f"({one.condition})" for one in asked)
    return f"""
with unfolded as (
  select _row_key, _delivery_id, _row_number, _line, _sheet, unnest([{cases}]) as failed
  from {relation} as batch where {anything}
), numbered as (
  select failed.rule as rule, failed.rule_id as rule_id, failed."column" as "column", failed.reason as reason,
    coalesce(_row_key, '') as row_key, coalesce(_delivery_id, '') as delivery_id,
    coalesce(_row_number, 0)::bigint as row_number, _line, _sheet,
    row_number() over (partition by failed.rule, _row_key order by _row_number, _delivery_id) as nth
  from unfolded where failed is not null
)
select n.rule::bigint as rule, n.rule_id, n."column", n.reason, n.row_key, n.delivery_id, n.row_number,
  substr(sha256(concat_ws('|', n.rule_id, n.row_key, n."column", n.nth)), 1, 24) as finding_id,
  coalesce(d.file_name, '') as file_name, coalesce(nullif(n._sheet, ''), d.sheet, '') as sheet,
  coalesce(n._line, 0)::bigint as line
from numbered n left join known_deliveries d on d.delivery_id = n.delivery_id and n.delivery_id <> ''
"""
