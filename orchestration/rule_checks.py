"""Rules as asset checks: one check per asset and kind of rule, with each rule's counts beneath.

Dagster stores three events per check, so a check per rule would cost more than the rules themselves; the per-rule
truth is ``quality.results``. Counts and codes only, never a value.
"""

from collections.abc import Iterable

import dagster as dg

from expectations.check import ExpectationRule
from expectations.results import RuleResult
from orchestration.stops import blocks

PASSING = ("passed", "not_assessed")


def check_specs(rules: Iterable[ExpectationRule], key: dg.AssetKey) -> list[dg.AssetCheckSpec]:
    """Declare one asset check per kind of rule."""
    texts: dict[str, list[str]] = {}
    for rule in rules:
        texts.setdefault(rule.check, []).append(f"{rule.text.zh} / {rule.text.en}")
    return [
        dg.AssetCheckSpec(kind, asset=key, description="\n\n".join(texts[kind])) for kind in sorted(texts)
    ]


def check_results(results: Iterable[RuleResult], key: dg.AssetKey) -> list[dg.AssetCheckResult]:
    """Show the results of an asset's rules, kind by kind."""
    kinds: dict[str, list[RuleResult]] = {}
    for result in results:
        kinds.setdefault(result.check, []).append(result)
    return [_check_result(kind, kinds[kind], key) for kind in sorted(kinds)]


def _check_result(kind: str, results: list[RuleResult], key: dg.AssetKey) -> dg.AssetCheckResult:
    failed = [result for result in results if result.state not in PASSING]
    is_warning = all(result.severity == "warn" for result in failed)
    rows = [
        dg.TableRecord(
            {
                "rule": result.rule_id,
                "severity": result.severity,
                "state": result.state,
                "evaluated": result.evaluated,
                "unexpected": result.unexpected,
                "indicator": result.indicator,
            }
        )
        for result in results
    ]
    return dg.AssetCheckResult(
        check_name=kind,
        asset_key=key,
        passed=not failed,
        severity=dg.AssetCheckSeverity.WARN if is_warning else dg.AssetCheckSeverity.ERROR,
        metadata={
            "unexpected": sum(result.unexpected for result in results),
            "stops_what_follows": any(blocks(result.severity, result.state) for result in results),
            "rules": dg.MetadataValue.table(rows),
        },
    )
