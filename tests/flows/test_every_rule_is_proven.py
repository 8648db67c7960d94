"""Removing any one rule turns a test red: each is listed, finds what is broken for it, and nobody else does.

The planted faults of the demo strike a share of the rules (``test_planted_truth.py``); here each rule of the
demo's release is struck, so that none is there for show.
"""

import pkgutil
from collections.abc import Iterator

import pytest
from civiclake import DEMO
from demo_rules import LISTED, listed_rules
from rule_breakings import ADD, WAYS
from rule_city import RuleCity, halves
from rule_claims import AgreeingCity
from truth_comparison import NONE, differences

import expectations.checks
from expectations.checks import all_checks
from expectations.rule import rules_of
from resource_catalogue.errors import CatalogueError
from resource_catalogue.release import Release

RULES = listed_rules()
PAIRS = sorted(rule for rule, check in RULES.items() if check == "agreement")
OTHERS = sorted(set(RULES) - set(PAIRS))
DECLARED_CHECKS = {check for rule, check in RULES.items() if rule.split(":")[1] != check}
"""Checks that rules of the demo declare: without them, the rules are refused."""
FILES = sorted(module.name for module in pkgutil.iter_modules(expectations.checks.__path__))


def rules_in(release: Release) -> dict[str, str]:
    """Return the check of every rule of a release, by rule id."""
    return {rule.rule_id: rule.check for r in release.listed_resources() for rule in rules_of(r, release)}


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> RuleCity:
    """Return the city in which every rule has something to find."""
    return RuleCity(tmp_path_factory.mktemp("rules"), DEMO)


@pytest.fixture(scope="module")
def agreeing(tmp_path_factory: pytest.TempPathFactory) -> AgreeingCity:
    """Return the city whose agencies agreed, until every compared value was changed."""
    return AgreeingCity(tmp_path_factory.mktemp("claims"), DEMO)


def test_the_release_has_the_rules_that_are_written_down_and_no_other(city: RuleCity) -> None:
    gone, new = differences(RULES.items(), rules_in(city.release).items())
    assert not gone, f"rules of {LISTED.name} that the release lacks: {sorted(gone)}"
    assert not new, f"rules that {LISTED.name} does not list: {sorted(new)}"


def test_every_kind_of_check_has_a_way_to_break_it() -> None:
    of_deliveries, of_claims = {"freshness", "volume", "rejected_row"}, {"agreement"}
    lacking = set(all_checks()) - set(WAYS) - of_deliveries - of_claims
    assert not lacking, ADD.format(f"rules of {sorted(lacking)}")


def test_every_rule_that_is_written_down_is_struck(city: RuleCity, agreeing: AgreeingCity) -> None:
    resources = {rule.split(":")[0] for rule in RULES}
    struck = {rule for one in resources for rule in city.proofs(one)} | set(agreeing.proofs)
    assert differences(RULES, struck) == NONE


@pytest.mark.parametrize("rule", OTHERS)
def test_a_rule_alone_finds_what_is_broken_for_it(city: RuleCity, rule: str) -> None:
    proof = city.proof(rule)
    assert proof is not None, f"nothing is broken for {rule}"
    assert proof.expected, f"nothing is broken for {rule}"
    assert differences(proof.expected, proof.found) == NONE
    missing, _ = differences(proof.expected, proof.without)
    assert missing == proof.expected, "removed, and yet found"


@pytest.mark.parametrize("resource", sorted({rule.split(":")[0] for rule in RULES}))
def test_nothing_else_is_found_in_the_broken_rows_or_beside_them(city: RuleCity, resource: str) -> None:
    assert city.proofs(resource)
    assert city.strays[resource] == set()


@pytest.mark.parametrize("rule", PAIRS)
def test_a_comparison_alone_finds_the_changed_claims(agreeing: AgreeingCity, rule: str) -> None:
    compared, differing = agreeing.compared[rule]
    assert compared > 0, "no clean claim is compared"
    assert differing == 0
    proof = agreeing.proofs[rule]
    assert len(proof.found) == compared
    assert proof.found <= proof.expected
    removed = {one for half in halves(PAIRS) if rule not in half for one in half}
    assert {place[0] for place in proof.without} == removed


@pytest.fixture
def without_file(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[str]:
    """Let a file of the checks' folder be missing; return the name of its check."""
    check = _module(request.param)
    listing = pkgutil.iter_modules
    monkeypatch.setattr(
        pkgutil,
        "iter_modules",
        lambda *where: [found for found in listing(*where) if found.name != request.param],
    )
    all_checks.cache_clear()
    yield check
    monkeypatch.undo()
    all_checks.cache_clear()


def _module(name: str) -> str:
    return next(check.name for check in all_checks().values() if type(check).__module__.endswith(f".{name}"))


@pytest.mark.parametrize("without_file", FILES, indirect=True)
def test_without_a_check_s_file_its_rules_are_missed_or_refused(without_file: str, city: RuleCity) -> None:
    assert without_file not in all_checks()
    expected = {rule for rule, check in RULES.items() if check == without_file}
    assert expected, f"no rule of the demo is of check {without_file}"
    if without_file in DECLARED_CHECKS:
        with pytest.raises(CatalogueError, match=without_file):
            rules_in(city.release)
    else:
        assert differences(RULES, rules_in(city.release)) == (expected, set())
