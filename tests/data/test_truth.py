"""The list of planted faults is complete: a second reading of all rows finds exactly these."""

import datetime as dt
from collections import Counter

import pytest
from truth_witness import Found, Witness

from data.generator import city
from data.generator.__main__ import feeds_of
from data.generator.feed import Feed
from data.generator.truth import Place, Truth
from data.generator.world import World
from resource_catalogue.catalogue import Draft

NOT_IN_EFFECT = ("held", "unreadable", "no_op")


@pytest.mark.parametrize("seed", [7, 20260316])
def test_the_first_act_has_exactly_the_findings_of_the_truth(draft: Draft, seed: int) -> None:
    truth = Truth()
    feeds = feeds_of(World.make(seed, 1500, 700), truth)
    witness = Witness(draft.catalogue, city.FIRST_ACT)
    for feed in feeds:
        if feed.arrival <= city.FIRST_ACT.isoformat():
            witness.add(feed)
    _assert_same(witness.check(), _standing(truth, 1))


@pytest.mark.parametrize("seed", [7, 20260316])
def test_the_second_act_has_exactly_the_findings_of_the_truth(draft: Draft, seed: int) -> None:
    truth = Truth()
    feeds = feeds_of(World.make(seed, 1500, 700), truth)
    idle = {(e.arrival, e.file) for e in truth.entries if e.expect in NOT_IN_EFFECT}
    reissued = {
        f.resource
        for f in feeds
        if f.arrival == city.SECOND_ACT.isoformat() and (f.arrival, f.file) not in idle
    }
    witness = Witness(draft.catalogue, city.SECOND_ACT)
    for feed in feeds:
        if (feed.arrival, feed.file) not in idle and (
            feed.resource not in reissued or feed.arrival == city.SECOND_ACT.isoformat()
        ):
            witness.add(feed)
    _assert_same(witness.check(), _standing(truth, 2))


def test_every_finding_of_a_reissued_file_has_one_outcome(small_city: tuple[list[Feed], Truth]) -> None:
    entries = small_city[1].entries
    reissued = {e.resource for e in entries if e.was}
    before = Counter((e.place, e.rule_id) for e in entries if e.act == 1 and e.resource in reissued)
    after = Counter((e.was, e.rule_id) for e in entries if e.was)
    assert reissued == {"market_regulation.market_entity_registration", "human_resources.insured_persons"}
    assert before == after


def test_the_second_act_holds_every_kind_of_outcome(small_city: tuple[list[Feed], Truth]) -> None:
    outcomes = Counter(e.expect for e in small_city[1].entries if e.act == 2)
    assert set(outcomes) == {"closed", "withdrawn", "still_failing", "finding", "held", "unreadable", "no_op"}
    assert outcomes["still_failing"] == 1
    assert Counter(e.note for e in small_city[1].entries)["row_removed"] == 1


def test_every_check_is_provoked(small_city: tuple[list[Feed], Truth]) -> None:
    assert {e.check for e in small_city[1].entries if e.check} == {
        "required", "identifier", "type", "noted", "code_list", "unique", "order", "not_future", "not_stale",
        "agreement", "rejected_row", "freshness",
    }  # fmt: skip


def test_a_fault_of_the_second_act_was_fine_before(small_city: tuple[list[Feed], Truth]) -> None:
    feeds, truth = small_city
    new = [e for e in truth.entries if e.act == 2 and e.expect == "finding"]
    first, second = (next(f for f in feeds if f.arrival == a and "market_entity" in f.file)
                     for a in (city.FIRST_ACT.isoformat(), city.SECOND_ACT.isoformat()))  # fmt: skip
    faulty_before = {
        list(first.rows())[e.row_number - 1][0] for e in truth.entries if e.place in _places(first, truth)
    }
    codes = [list(second.rows())[e.row_number - 1][0] for e in new]
    assert len(codes) == 2
    assert not set(codes) & faulty_before


def _places(feed: Feed, truth: Truth) -> set[Place]:
    return {e.place for e in truth.entries if e.act == 1 and (e.arrival, e.file) == (feed.arrival, feed.file)}


def _standing(truth: Truth, act: int) -> set[Found]:
    """List the row findings that stand in an act."""
    superseded = {(e.was, e.rule_id) for e in truth.entries if e.was and e.act <= act}
    return {
        (e.arrival, e.file, e.rule_id, e.row_number)
        for e in truth.entries
        if e.act <= act
        and e.expect in ("finding", "rejected_row", "still_failing")
        and e.check != "freshness"
        and (e.place, e.rule_id) not in superseded
    }


def _assert_same(found: set[Found], expected: set[Found]) -> None:
    assert sorted(found - expected) == []
    assert sorted(expected - found) == []


def test_freshness_fails_for_one_resource_only(draft: Draft, small_city: tuple[list[Feed], Truth]) -> None:
    newest: dict[str, dt.date] = {}
    for feed in small_city[0]:
        newest[feed.resource] = max(
            newest.get(feed.resource, dt.date.min), dt.date.fromisoformat(feed.arrival)
        )
    days = {"weekly": 7, "monthly": 31, "quarterly": 92, "half_yearly": 184, "yearly": 366}
    late = {
        resource
        for resource, day in newest.items()
        if (city.FIRST_ACT - day).days > days[draft.catalogue.resources[resource].update.frequency]
    }
    assert late == {e.resource for e in small_city[1].entries if e.check == "freshness"}
