"""Scores are A / B, turned round for what counts what is wrong, and null where nothing was assessed."""

from typing import Any

import pytest

from expectations.results import shaped
from expectations.scores import Score, score_quality, scores_of
from lake import Lake
from lake.tables import RESULTS, SCORES
from resource_catalogue.release import Release
from tests.expectations.conftest import AS_OF, a_release, a_resource, write_system


def result(indicator: str, evaluated: int, unexpected: int, **changes: Any) -> dict[str, Any]:
    return {
        "rule_id": "r", "rule_version": "v", "check": "c", "indicator": indicator, "severity": "error",
        "agency_id": "a", "resource_id": "a.one", "column": "", "evaluated": evaluated,
        "unexpected": unexpected,
        "state": "failed" if unexpected else "passed" if evaluated else "not_assessed", "fingerprint": "f",
        "as_of": AS_OF, "release": 1, "profile": "p", **changes,
    }  # fmt: skip


@pytest.fixture
def release() -> Release:
    columns = [{"name": "c", "type": "integer"}]
    return a_release(
        a_resource(columns, id="a.one"), a_resource(columns, id="a.two"), a_resource(columns, id="b.x")
    )


def scored(
    release: Release, *results: dict[str, Any]
) -> dict[tuple[str, str], tuple[int, int, float | None]]:
    frame = shaped(RESULTS, results)
    return {(s.scope_id, s.indicator): (s.a, s.b, s.score) for s in scores_of(frame, release)}


def test_a_score_is_the_share_of_elements_that_meet_the_rule(release: Release) -> None:
    two = result("0201", 6, 3, resource_id="a.two")
    scores = scored(release, result("0201", 10, 1), result("0201", 4, 0), two)
    assert scores["a.one", "0201"] == (13, 14, 13 / 14)
    assert scores["a", "0201"] == (16, 20, 0.8)
    assert scores["b", "0201"] == (0, 0, None)


def test_repetition_counts_what_is_wrong_and_is_turned_round(release: Release) -> None:
    assert scored(release, result("0303", 10, 4))["a.one", "0303"] == (4, 10, 0.6)


def test_nothing_assessed_is_no_score_and_never_full_marks(release: Release) -> None:
    scores = scored(release, result("0301", 0, 0))
    assert {scores["a.one", one] for one in ("0301", "0302", "0303")} == {(0, 0, None)}


def test_a_crashed_rule_leaves_its_indicator_without_a_score(release: Release) -> None:
    scores = scored(release, result("0301", 10, 0), result("0301", 0, 0, state="crashed"))
    assert scores["a.one", "0301"] == (0, 0, None)


@pytest.mark.requirement("Q-01")
def test_every_word_of_the_profile_is_scored_or_shown_without_a_score(release: Release) -> None:
    scores = list(scores_of(shaped(RESULTS, []), release))
    words = [(s.dimension, s.indicator) for s in scores if s.scope_id == "a.one"]
    assert sorted(words) == [
        ("准确性", "0301"), ("准确性", "0302"), ("完整性", "0201"), ("完整性", "0202"),
        ("通用", ""), ("重复", "0303"),
    ]  # fmt: skip
    assert all(isinstance(s, Score) and s.score is None for s in scores)


def test_resources_that_are_not_listed_do_not_count(release: Release) -> None:
    assert (
        scored(release, result("0201", 10, 1), result("0201", 10, 9, resource_id="a.gone"))["a", "0201"][1]
        == 10
    )


def test_equal_scores_are_written_once(lake: Lake, release: Release) -> None:
    write_system(lake, RESULTS, [result("0201", 10, 1)])
    first = score_quality(lake, release, AS_OF)
    version = lake.version(SCORES)
    assert score_quality(lake, release, AS_OF) == first
    assert lake.version(SCORES) == version
    write_system(lake, RESULTS, [result("0201", 10, 2)])
    score_quality(lake, release, AS_OF)
    assert lake.version(SCORES) == (version or 0) + 1
