"""Every planted fault is found, at its line, and none is invented; corrections close exactly what they corrected."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from civiclake import lake_of, run_act, status_of
from demo_rules import listed_rules
from truth_comparison import NONE, differences

from expectations.checks import all_checks
from lake.tables import DELIVERIES, FINDINGS, RESULTS

Place = tuple[str, str, int, str]
NOT_PLANTED = frozenset({"volume"})
"""Checks that no planted fault of the first act strikes; ``test_every_rule_is_proven.py`` strikes every rule."""


def entries(home: Path, act: int) -> list[dict[str, Any]]:
    loaded = json.loads((home / "truth.json").read_text(encoding="utf-8"))
    return [entry for entry in loaded["entries"] if entry["act"] == act]


def planted(entry: dict[str, Any]) -> Place:
    file = f"{entry['arrival']}/{entry['file']}"
    return (entry["rule_id"], file, entry["row_number"], entry["column"])


def expected_first(home: Path) -> set[Place]:
    """Return what must be found after act 1."""
    return {planted(e) for e in entries(home, 1) if e["expect"] in ("finding", "rejected_row")}


def found(home: Path) -> set[Place]:
    lake = lake_of(home)
    findings = lake.read(FINDINGS)
    files = lake.read(DELIVERIES).select("delivery_id", pl.col("file_name").alias("file"))
    joined = findings.join(files, on="delivery_id", how="left")
    rows = joined.select("rule_id", "file", "row_number", "column").rows()
    assert len(set(rows)) == len(rows), "two findings for one fault"
    return set(rows)


@pytest.mark.requirement("Q-01", "Q-03", "C-10", "K-02")
def test_every_planted_fault_is_found_and_none_is_invented(drawn_city: Path, drawn_seed: int) -> None:
    expected = expected_first(drawn_city)
    assert len(expected) > 100
    assert differences(expected, found(drawn_city)) == NONE, f"seed {drawn_seed}"


def test_every_rule_that_is_written_down_was_evaluated(drawn_city: Path, drawn_seed: int) -> None:
    results = lake_of(drawn_city).read(RESULTS)
    assert differences(listed_rules(), results["rule_id"]) == NONE
    assert "crashed" not in set(results["state"]), f"seed {drawn_seed}"


def test_without_the_findings_of_any_one_struck_rule_the_comparison_fails(
    drawn_city: Path, drawn_seed: int
) -> None:
    expected, actual = expected_first(drawn_city), found(drawn_city)
    struck = {place[0] for place in expected}
    assert struck <= set(listed_rules())
    for rule in struck:
        left = {place for place in actual if place[0] != rule}
        assert differences(expected, left) != NONE, f"{rule} may go unseen, seed {drawn_seed}"


@pytest.mark.parametrize("check", sorted(set(all_checks()) - NOT_PLANTED))
def test_without_the_findings_of_any_one_check_the_comparison_fails(
    drawn_city: Path, drawn_seed: int, check: str
) -> None:
    rules = {rule for rule, its_check in listed_rules().items() if its_check == check}
    left = {place for place in found(drawn_city) if place[0] not in rules}
    missing, invented = differences(expected_first(drawn_city), left)
    assert {place[0] for place in missing} & rules, f"no planted fault of {check}, seed {drawn_seed}"
    assert not invented


@pytest.fixture(scope="module")
def second_act(drawn_city: Path) -> Path:
    """Return the drawn city after its second act."""
    run_act(drawn_city, 2)
    return drawn_city


def standing(home: Path) -> set[Place]:
    """Return what must still be found after act 2: faults not followed up, those that stay, and new ones."""
    second = entries(home, 2)
    followed = {
        (e["rule_id"], f"{e['was']['arrival']}/{e['was']['file']}", e["was"]["row_number"], e["column"])
        for e in second
        if e["was"]
    }
    stays = {planted(e) for e in second if e["expect"] in ("finding", "still_failing")}
    return (expected_first(home) - followed) | stays


@pytest.mark.requirement("Q-03", "Q-04")
def test_a_corrected_delivery_leaves_only_the_faults_it_did_not_correct(
    second_act: Path, drawn_seed: int
) -> None:
    expected, actual = standing(second_act), found(second_act)
    assert differences(expected, actual) == NONE, f"seed {drawn_seed}"


def test_each_planted_delivery_trouble_has_its_state(second_act: Path) -> None:
    states = {row["file"].removeprefix("feeds/"): row for row in status_of(second_act)["deliveries"]}
    for entry in entries(second_act, 2):
        file = f"{entry['arrival']}/{entry['file']}"
        if entry["expect"] in ("held", "unreadable"):
            assert states[file]["state"] == entry["expect"]
            assert states[file]["reason"]
        elif entry["expect"] == "no_op":
            assert file not in states


@pytest.mark.requirement("Q-04", "D02")
def test_the_outcome_of_every_task_row_is_what_the_correction_did(second_act: Path, drawn_seed: int) -> None:
    from casework.state import open_state
    from casework.tasks import list_tasks, show_task

    wanted = {
        (e["rule_id"], e["was"]["row_number"]): e["expect"]
        for e in entries(second_act, 2)
        if e["was"] and e["check"] != "noted"
    }
    state = open_state(f"sqlite:///{second_act / 'var' / 'state' / 'casework.sqlite'}")
    outcomes = {}
    for task in list_tasks(state):
        for row in show_task(state, task.id).rows:
            outcomes[task.rule, row.row_number] = row.outcome
    state.close()
    names = {"closed": "corrected", "withdrawn": "withdrawn_by_source", "still_failing": "still_failing"}
    differing = {k: (v, outcomes.get(k)) for k, v in wanted.items() if outcomes.get(k) != names[v]}
    assert not differing, f"seed {drawn_seed}"
    assert {"closed", "still_failing"} <= set(wanted.values())
