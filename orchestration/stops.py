"""What a blocking rule stops: everything built from what it guards, and nothing else.

A rule blocks when it failed with severity ``block``, or crashed, whatever its severity. ``quality.results`` says so,
hence it holds for a run of the daemon, of the pages and of ``civiclake run`` alike. Scores, tasks and the report are
not stopped: they are how the agency hears of it. Decision 9 says why these are no blocking checks of Dagster's.
"""

from collections.abc import Iterable, Mapping

import dagster as dg

from expectations.agreement import agreement_rules
from lake.store import Lake
from lake.tables import RESULTS
from orchestration.asset_keys import claims_key, standard_key
from resource_catalogue.entities import ENTITIES
from resource_catalogue.release import Release

Blockers = Mapping[dg.AssetKey, frozenset[str]]
"""Rules that block, by the asset that they stop or guard."""
BUILT = ("base", "theme", "topic", "share", "candidate", "open")
"""Kinds of table that a stop leaves as they were."""


def blocks(severity: str, state: str) -> bool:
    """Tell whether a result stops what depends on it."""
    return state == "crashed" or (severity == "block" and state == "failed")


def blockers(lake: Lake, release: Release) -> Blockers:
    """Return the rules that block now, by the asset whose data they looked at."""
    results = lake.read(RESULTS)
    listed = {resource.id for resource in release.listed_resources()}
    claimed = {rule.rule_id: claims_key(e) for e in ENTITIES for rule in agreement_rules(release, e)}
    found: dict[dg.AssetKey, set[str]] = {}
    wanted = ("rule_id", "resource_id", "severity", "state")
    rows = results.select(wanted).rows() if not results.is_empty() else []
    for rule_id, resource_id, severity, state in rows:
        if resource_id in listed and blocks(severity, state):
            found.setdefault(claimed.get(rule_id, standard_key(resource_id)), set()).add(rule_id)
    return {key: frozenset(rules) for key, rules in found.items()}


def stopped(blocking: Blockers, parents: Mapping[dg.AssetKey, Iterable[dg.AssetKey]]) -> Blockers:
    """Return what may not be built, with the rules that stop it.

    Args:
        blocking: Rules by the asset they guard.
        parents: What each asset is built from.
    """
    found: dict[dg.AssetKey, frozenset[str]] = {}
    is_settled = False
    while not is_settled:
        before = dict(found)
        for key, upstream in parents.items():
            rules = [blocking.get(p, frozenset()) | found.get(p, frozenset()) for p in upstream]
            found[key] = frozenset[str]().union(*rules)
        is_settled = found == before
    return {key: rules for key, rules in found.items() if rules}
