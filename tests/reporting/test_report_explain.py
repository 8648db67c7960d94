import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest
from reporting_city import (
    AGREEMENT_RULE,
    BAD_CITIZEN,
    BAD_CODE,
    CITIZEN,
    FIRM,
    LABOUR,
    MARKET,
    PERSON,
    SHOP,
    SHOP_NAME,
    SILENT,
    City,
)

from reporting.explain import AttributeExplanation, Explanation, explain
from resource_catalogue.errors import NotFoundError, SettingError


def _explained(city: City, identifier: str = FIRM, entity: str = "organisation", **more: bool) -> Explanation:
    return explain(city.deployment, city.lake, city.release, entity, identifier, city.state, **more)


def _attribute(explanation: Explanation, name: str) -> AttributeExplanation:
    return next(one for one in explanation.attributes if one.name == name)


@pytest.mark.requirement("Q-03", "K-02")
def test_the_surviving_value_is_shown_with_its_agency_file_and_line(city: City) -> None:
    winner = _attribute(_explained(city), "name").winner
    assert winner is not None
    assert winner.place is not None
    assert (winner.value, winner.role) == ("示例机械有限公司", "source")
    assert (winner.place.agency, winner.place.resource, winner.place.line) == ("market", MARKET, 5)
    lines = (city.deployment.home / winner.place.file_name).read_text(encoding="utf-8").splitlines()
    assert lines[winner.place.line - 1].startswith(f"{FIRM},示例机械有限公司")
    assert (city.deployment.home / winner.place.landed).is_file()


@pytest.mark.requirement("Q-03", "K-10")
def test_a_comparison_that_differs_is_kept_with_its_place(city: City) -> None:
    losers = {
        loser.place.agency: loser for loser in _attribute(_explained(city), "name").losers if loser.place
    }
    assert (losers["labour"].role, losers["labour"].value, losers["labour"].agrees) == (
        "comparison",
        "示例机械公司",
        False,
    )
    assert losers["labour"].place is not None
    assert losers["labour"].place.line == 3


def test_an_older_row_of_the_source_is_shown_as_replaced(city: City) -> None:
    older = [loser for loser in _attribute(_explained(city), "name").losers if not loser.is_latest]
    assert [(row.value, row.place.line if row.place else None) for row in older] == [("示例机械厂", 2)]


@pytest.mark.requirement("K-02", "S-01")
def test_the_deciding_entry_names_document_scope_and_cited_text(city: City) -> None:
    decision = _attribute(_explained(city), "name").decision
    assert decision is not None
    assert (decision.source, decision.compare, decision.scope) == (MARKET, (LABOUR,), {"registrar": "9"})
    assert (decision.decided_by, decision.doc_no, decision.decided_on) == (
        "bureau",
        "示数发〔2025〕3号",
        dt.date(2025, 12, 20),
    )
    assert decision.citation is not None
    assert decision.citation.endswith("(xinjiang@1 a13¶4)")


def test_an_attribute_that_no_entry_covers_has_no_decision(city: City) -> None:
    attribute = _attribute(_explained(city), "business_scope")
    assert (attribute.decision, attribute.winner, attribute.losers) == (None, None, ())


def test_an_entry_that_is_not_yet_valid_decides_nothing(city: City) -> None:
    settings = city.deployment.settings.model_copy(update={"as_of": dt.datetime(2025, 12, 31, tzinfo=dt.UTC)})
    early = replace(city.deployment, settings=settings)
    explanation = explain(early, city.lake, city.release, "organisation", FIRM)
    assert _attribute(explanation, "name").decision is None


def test_a_provisional_value_is_told_from_a_source_value(city: City) -> None:
    phone, name = (_attribute(_explained(city), attribute) for attribute in ("phone", "name"))
    assert phone.winner is not None
    assert (phone.is_provisional, phone.winner.role, name.is_provisional) == (True, "provisional", False)
    assert phone.lines()[0][0].startswith("暂用 / stands provisionally")


def test_open_tasks_put_a_value_under_verification(city: City) -> None:
    explanation = _explained(city)
    task = next(task for task in explanation.tasks if task.rule == AGREEMENT_RULE)
    assert _attribute(explanation, "name").under_verification == (task.id,)
    assert _attribute(explanation, "insured_count").under_verification == ()
    assert (task.due_basis, task.state) == ("prescribed", "issued")


def test_personal_values_are_withheld_unless_asked_for(city: City) -> None:
    hidden = _attribute(_explained(city), "legal_representative_name").winner
    shown = _attribute(_explained(city, show_personal=True), "legal_representative_name").winner
    assert hidden is not None
    assert shown is not None
    assert (hidden.value, hidden.is_withheld, hidden.agrees) == (None, True, True)
    assert (shown.value, shown.is_withheld) == (PERSON, False)


def test_a_name_that_one_agency_calls_personal_is_withheld_from_all(city: City) -> None:
    name = _attribute(_explained(city, SHOP), "name")
    assert name.winner is not None
    assert [(one.value, one.is_withheld) for one in (name.winner, *name.losers)] == [
        (None, True),
        (None, True),
    ]
    assert name.losers[0].agrees is False
    shown = _attribute(_explained(city, SHOP, show_personal=True), "name").winner
    assert shown is not None
    assert shown.value == SHOP_NAME


def test_a_value_counts_as_personal_where_nobody_can_tell(city: City) -> None:
    explanation = _explained(city, SILENT)
    assert explanation.is_in_base is False
    assert [(row.value, row.is_withheld) for row in _attribute(explanation, "name").losers] == [(None, True)]


def test_a_person_is_explained_without_any_value(city: City, has_no_marker: Callable[[str], bool]) -> None:
    explanation = _explained(city, CITIZEN, "person")
    name = _attribute(explanation, "name").winner
    assert explanation.is_in_base
    assert name is not None
    assert name.is_withheld
    assert has_no_marker(repr(explanation))
    assert has_no_marker(repr([attribute.lines() for attribute in explanation.attributes]))


def test_values_asked_for_still_stay_out_of_repr(city: City, has_no_marker: Callable[[str], bool]) -> None:
    assert has_no_marker(repr(_explained(city, CITIZEN, "person", show_personal=True)))


@pytest.mark.parametrize("written", [CITIZEN.lower(), "110105 1949 1231 002X", "110105491231002"])
def test_an_identifier_may_be_written_in_any_form_the_norm_reads(city: City, written: str) -> None:
    assert _explained(city, written, "person").subject_key == _explained(city, CITIZEN, "person").subject_key


def test_a_subject_key_serves_as_well_as_the_identifier(city: City) -> None:
    key = city.row_of(MARKET, "credit_code", FIRM)["_organisation_key"]
    assert _explained(city, key) == _explained(city, FIRM)


@pytest.mark.parametrize(
    ("entity", "identifier"),
    [("person", BAD_CITIZEN), ("organisation", BAD_CODE), ("person", "440524188001010014"), ("person", "")],
)
def test_a_refused_or_unknown_identifier_is_not_repeated(city: City, entity: str, identifier: str) -> None:
    with pytest.raises((SettingError, NotFoundError)) as raised:
        _explained(city, identifier, entity)
    assert not identifier or identifier not in str(raised.value)


def test_an_identifier_with_missing_parts_is_refused_with_the_parts_it_needs(city: City) -> None:
    with pytest.raises(SettingError, match=r"place_kind\|place_id"):
        _explained(city, "parcel", "place")


def test_an_unknown_entity_is_refused_with_the_known_ones(city: City) -> None:
    with pytest.raises(SettingError, match="organisation"):
        _explained(city, FIRM, "company")


def test_lines_lead_with_the_winner_and_fit_six_columns(city: City) -> None:
    lines = _attribute(_explained(city), "name").lines()
    assert [line[0].split(":")[0] for line in lines] == [
        "采用 / stands",
        "不一致，未采用 / differs, does not stand",
        "已被同源新数据取代 / replaced by a newer row of its resource",
    ]
    assert {len(line) for line in lines} == {6}


def test_a_line_names_the_part_of_its_own_resource_and_the_source_that_decides(city: City) -> None:
    lines = {line[1]: line[5] for line in _attribute(_explained(city), "name").lines()}
    assert lines["market"].startswith(f"数源 / registered source: {MARKET} (")
    others = [rule for agency, rule in lines.items() if agency != "market"]
    assert others
    assert all(f"数源 / source: {MARKET}" in rule and "registered source" not in rule for rule in others)


def test_what_the_register_does_not_name_is_said_of_the_attribute_not_of_the_agency(city: City) -> None:
    name = _attribute(_explained(city), "name")
    assert all("此属性" in line[5] for line in replace(name, decision=None).lines())
    assert name.winner is not None
    stranger = replace(name, winner=replace(name.winner, role="unregistered"))
    assert stranger.lines()[0][5].startswith("此资源不是本属性的数源或比对方")
    assert MARKET in stranger.lines()[0][5]
