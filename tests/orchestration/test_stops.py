"""A blocking rule stops what is built from its data and nothing else; the run says so."""

from collections.abc import Callable
from pathlib import Path

import dagster as dg
import polars as pl
import pytest
from civiclake import ACTS, civiclake, lake_of, status_of

from lake.store import Lake
from lake.tables import RESULTS
from orchestration.asset_keys import claims_key, standard_key
from orchestration.platform import Platform, open_platform
from orchestration.stops import blockers, stopped
from resource_catalogue.words import TableName

RESOURCE = "market_regulation.market_entity_registration"
RULE = f"{RESOURCE}:approved_not_before_established"
FILE = "catalogue/resources/market_regulation/market_entity_registration.yml"


def with_severity(home: Path, severity: str) -> None:
    path = home / FILE
    text = path.read_text("utf-8")
    head, rule = text.split("- {id: approved_not_before_established", 1)
    changed = rule.replace("severity: error", f"severity: {severity}", 1)
    assert changed != rule or severity == "error"
    path.write_text(f"{head}- {{id: approved_not_before_established{changed}", "utf-8")


@pytest.mark.dear
def test_a_failed_rule_of_severity_block_stops_what_is_built_from_its_data_and_nothing_else(
    city: Path, publish: Callable[[Path], None]
) -> None:
    with_severity(city, "block")
    publish(city)
    told = civiclake("run", "--home", str(city), "--as-of", ACTS[0], expect=1)
    assert (
        f"阻断 / blocking: {RULE} -> base/organisation, candidate/market_entities, open/market_entities"
        in told
    )
    assert "未更新, 仍为此前内容 / not updated, as they were: " in told
    lake = lake_of(city)
    assert not lake.exists(TableName("base", "organisation"))
    assert not lake.exists(TableName("candidate", "market_entities"))
    assert lake.row_count(TableName("standard", RESOURCE.replace(".", "__"))) > 0
    assert lake.row_count(TableName("base", "person")) > 0
    status = status_of(city)
    assert "block" in {found["severity"] for found in status["findings"] if found["rule"] == RULE}
    assert RESOURCE in {task["resource"] for task in status["tasks"]}, "tasks are issued all the same"
    assert {one["dataset"] for one in status["opened"]} == {"insured_by_division", "population_by_division"}
    assert (city / "var" / "report" / "run.html").exists()


def platform_with(city: Path, *states: tuple[str, str, str, str]) -> Platform:
    """Write results of rules: id, resource, severity, state."""
    platform = open_platform(city)
    names = ("rule_id", "resource_id", "severity", "state")
    platform.lake.overwrite(RESULTS, pl.DataFrame([dict(zip(names, one, strict=True)) for one in states]))
    return platform


@pytest.mark.parametrize(
    ("severity", "state", "is_blocking"),
    [
        ("block", "failed", True),
        ("block", "passed", False),
        ("block", "not_assessed", False),
        ("error", "failed", False),
        ("warn", "failed", False),
        ("error", "crashed", True),
        ("warn", "crashed", True),
    ],
)
def test_a_failed_rule_blocks_by_its_severity_and_a_crashed_one_always(
    city: Path, severity: str, state: str, is_blocking: bool
) -> None:
    platform = platform_with(city, (RULE, RESOURCE, severity, state))
    found = blockers(platform.lake, platform.release)
    assert found == ({standard_key(RESOURCE): frozenset([RULE])} if is_blocking else {})


def test_a_crashed_comparison_stops_the_base_and_not_the_table_that_was_compared(city: Path) -> None:
    from expectations.agreement import agreement_rules

    rule = agreement_rules(open_platform(city).release, "organisation")[0]
    platform = platform_with(city, (rule.rule_id, rule.resource_id, "error", "crashed"))
    assert set(blockers(platform.lake, platform.release)) == {claims_key("organisation")}


def test_rules_of_a_resource_that_is_listed_no_more_stop_nothing(city: Path) -> None:
    platform = platform_with(city, ("gone.feed:x", "gone.feed", "block", "failed"))
    assert blockers(platform.lake, platform.release) == {}


def test_before_anything_was_checked_nothing_is_stopped(city: Path) -> None:
    platform = open_platform(city)
    assert blockers(Lake(city / "empty"), platform.release) == {}


def test_a_stop_reaches_what_follows_however_far_and_names_every_rule() -> None:
    a, b, c, d, e = (dg.AssetKey(name) for name in "abcde")
    parents = {e: [d], d: [c, b], c: [a]}
    assert stopped({a: frozenset("x"), b: frozenset("y")}, parents) == {
        c: frozenset("x"),
        d: frozenset("xy"),
        e: frozenset("xy"),
    }
    assert stopped({e: frozenset("x")}, parents) == {}
