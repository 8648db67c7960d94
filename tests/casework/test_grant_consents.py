"""Consents: whose a profile wants, given by the bodies concerned, with the last of which a grant comes into force."""

import concurrent.futures
import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from casework_city import City, at
from hypothesis import given
from hypothesis import strategies as st
from sharing_city import (
    BUREAU,
    CENTRE,
    COUNTY,
    DAY,
    DOCUMENT,
    HEALTH,
    MARKET,
    PERSONS,
    POLICE,
    TAX,
    build_sharing_city,
    enrol,
    grant,
    relisted,
    with_resource,
)
from sqlalchemy import text

from casework.actors import Actor
from casework.consent_needs import consent_needs
from casework.consents import Document, give_consent, refuse_grant, revoke_grant
from casework.grant_review import review_grants
from casework.grants import GrantCase, show_grant
from casework.ledger import verify_ledger
from casework.permits import permit
from casework.recipients import end
from casework.shared_entry import shared_entry
from casework.state import State, open_state
from resource_catalogue.access_words import COPYING, GRANT_MODES
from resource_catalogue.errors import CaseError, CatalogueError, CivicError, NotFoundError, NotPermitted
from resource_catalogue.model import Access, LegalBasis

PROFILES = ("putuo", "weihai", "xinjiang", "yancheng", "yinchuan")
BASE_PERSONS = {"entry": "base.person", "columns": ("citizen_id", "name"), "mode": "table"}
LAW = LegalBasis(title="中华人民共和国个人信息保护法", article="第十三条", rank="law")
RULE = LegalBasis(title="某市政府规章", article="第三条", rank="government_rule")


@pytest.fixture
def city(tmp_path: Path) -> City:
    return build_sharing_city(tmp_path)


def asked(made: GrantCase) -> list[tuple[str, str, str]]:
    return [(one.kind, one.role, one.agency) for one in made.missing]


def consent(
    state: State,
    city: City,
    actor: Actor,
    document: Document | None = None,
    when: dt.datetime = DAY,
    grant_id: str = "G-2026-0001",
) -> GrantCase:
    return give_consent(state, city.lake, city.release, grant_id, actor, when, document)


def is_served(state: State) -> bool:
    found = permit(state, "demo_tax", DAY, state.zone)
    return found is not None and bool(found.grants)


WANTED = {
    ("yancheng", "service"): [("reply", "provider", "police")],
    ("yancheng", "table"): [
        ("reply", "provider", "police"),
        ("agreement", "consumer", "tax"),
        ("agreement", "provider", "police"),
        ("copy", "authority", "data_bureau"),
        ("copy", "provider", "police"),
    ],
    ("xinjiang", "service"): [("reply", "provider", "police")],
    ("xinjiang", "table"): [("reply", "provider", "police")],
    ("putuo", "service"): [("reply", "authority", "data_bureau"), ("reply", "provider", "police")],
    ("weihai", "table"): [("reply", "authority", "data_bureau"), ("reply", "provider", "police")],
    ("yinchuan", "service"): [
        ("reply", "authority", "data_bureau"),
        ("reply", "provider", "police"),
        ("confidentiality", "consumer", "tax"),
        ("confidentiality", "provider", "police"),
    ],
}


@pytest.mark.parametrize(("profile", "mode"), WANTED)
@pytest.mark.requirement("H-13", "H-19", "H-20", "H-29")
def test_a_profile_wants_its_own_consents(state: State, tmp_path: Path, profile: str, mode: str) -> None:
    city = _with_modes(build_sharing_city(tmp_path, profile))
    enrol(state, city)
    made = grant(state, city, **PERSONS | {"mode": mode, "commitment": "cd" * 32})
    assert made.state == "requested"
    assert asked(made) == WANTED[profile, mode]
    assert all(profile in one.citation and "第" in one.citation for one in made.consents)
    assert not is_served(state)


def _with_modes(city: City) -> City:
    resource = city.release.resource("police.households")
    share = resource.share.model_copy(update={"modes": ()})
    return with_resource(city, resource.model_copy(update={"share": share}))


@pytest.mark.requirement("H-13")
def test_a_lookup_of_conditional_data_is_served_once_the_provider_consents(
    any_state: State, city: City
) -> None:
    enrol(any_state, city)
    made = grant(any_state, city, **PERSONS)
    assert (made.state, made.agency) == ("requested", "police")
    assert not is_served(any_state)
    given_ = consent(any_state, city, POLICE, when=at("2026-03-17"))
    assert (given_.state, given_.missing, given_.decided_at) == ("in_force", (), at("2026-03-17"))
    assert is_served(any_state)
    assert given_.consents[0].given_by == "police/data_officer"
    assert verify_ledger(any_state).intact


@pytest.mark.requirement("H-19", "H-20")
def test_a_copy_waits_for_both_consents_and_both_confirmations_of_one_document(
    any_state: State, city: City
) -> None:
    enrol(any_state, city)
    grant(any_state, city, **BASE_PERSONS, with_history=True)
    for actor, document in ((POLICE, None), (HEALTH, DOCUMENT), (BUREAU, None), (TAX, DOCUMENT)):
        assert consent(any_state, city, actor, document).state == "requested"
        assert not is_served(any_state)
    made = consent(any_state, city, POLICE, DOCUMENT)
    assert made.state == "in_force"
    assert is_served(any_state)
    stamps = [(c.agency, c.signed_on, c.document_hash) for c in made.consents if c.kind == "agreement"]
    assert sorted(stamps) == [
        (agency, DOCUMENT.signed_on, DOCUMENT.sha256) for agency in ("health", "police", "tax")
    ]
    assert made.grant.history_from_version == 0
    assert verify_ledger(any_state).intact


def test_every_agency_that_contributes_a_conditional_column_of_a_base_consents(
    state: State, city: City
) -> None:
    enrol(state, city)
    made = grant(state, city, **BASE_PERSONS | {"mode": "service"})
    assert asked(made) == [("reply", "provider", "health"), ("reply", "provider", "police")]
    assert made.agency == "data_centre"
    alone = grant(
        state, city, **BASE_PERSONS | {"columns": ("citizen_id",), "mode": "service", "purpose": "其他"}
    )
    assert asked(alone) == [("reply", "provider", "police")]


def test_a_base_column_is_as_strict_as_its_strictest_contributor(city: City) -> None:
    columns = shared_entry(city.release, "base.person").columns
    assert {name: column.type for name, column in columns.items()} == {
        "citizen_id": "conditional",
        "name": "conditional",
        "registered_division_code": "conditional",
        "birth_certificate_no": "open_to_all",
        "phone": "none",
    }
    assert columns["name"].providers == ("health", "police")


@pytest.mark.requirement("H-15")
def test_a_county_agency_has_its_batch_stamped_by_its_own_authority(state: State, city: City) -> None:
    enrol(state, city, agency="county_affairs")
    made = grant(state, city, **BASE_PERSONS | {"columns": ("citizen_id",)})
    assert [one for one in asked(made) if one[0] == "agreement"] == [
        ("agreement", "provider", "police"),
        ("agreement", "lower_authority", "county_bureau"),
    ]
    with pytest.raises(NotPermitted, match="not asked for"):
        consent(state, city, COUNTY, DOCUMENT)
    assert consent(state, city, Actor("county_bureau", "data_officer"), DOCUMENT).state == "requested"


def test_a_batch_to_a_county_without_an_authority_is_refused(state: State, city: City) -> None:
    city = city.under("yancheng")
    agencies = {k: v for k, v in city.release.catalogue.agencies.items() if k != "county_bureau"}
    object.__setattr__(city.release.catalogue, "agencies", agencies)
    enrol(state, city, agency="county_affairs")
    with pytest.raises(CatalogueError, match="no authority of tier county"):
        grant(state, city, **BASE_PERSONS)


@pytest.mark.parametrize(
    ("actor", "document", "kind", "words"),
    [
        (MARKET, None, NotPermitted, "not asked for"),
        (CENTRE, None, NotPermitted, "not asked for"),
        (Actor("police", "steward"), None, NotPermitted, "no such post"),
        (Actor("police", "quality_officer"), None, NotPermitted, "data_officer"),
        (TAX, None, CaseError, "document"),
        (TAX, Document("AB" * 32, dt.date(2026, 3, 10)), CaseError, "SHA-256"),
        (TAX, Document("ab" * 32, dt.date(2026, 3, 17)), CaseError, "2026-03-17"),
    ],
)
def test_a_consent_is_given_by_the_body_and_post_that_owe_it(
    any_state: State,
    city: City,
    actor: Actor,
    document: Document | None,
    kind: type[CivicError],
    words: str,
) -> None:
    posts = city.release.catalogue.agencies["police"]
    quality = posts.posts[0].model_copy(update={"post": "quality_officer"})
    agencies = city.release.catalogue.agencies
    agencies["police"] = posts.model_copy(update={"posts": (*posts.posts, quality)})
    enrol(any_state, city)
    grant(any_state, city, **BASE_PERSONS)
    events = verify_ledger(any_state).events
    with pytest.raises(kind, match=words):
        consent(any_state, city, actor, document)
    assert verify_ledger(any_state).events == events


def test_a_document_that_only_accompanies_a_consent_is_named_in_the_ledger(state: State, city: City) -> None:
    enrol(state, city)
    grant(state, city, **PERSONS)
    assert consent(state, city, POLICE, DOCUMENT).consents[0].document_hash is None
    with state.engine.connect() as connection:
        told = connection.execute(text("select detail from events where act = 'consent'")).scalar_one()
    assert DOCUMENT.sha256 in told


def test_both_bodies_confirm_one_and_the_same_document(state: State, city: City) -> None:
    enrol(state, city)
    grant(state, city, **BASE_PERSONS)
    consent(state, city, TAX, DOCUMENT)
    with pytest.raises(CaseError, match="another document"):
        consent(state, city, POLICE, Document("cd" * 32, DOCUMENT.signed_on))


def test_a_consent_is_given_once_and_not_to_a_grant_that_is_over(state: State, city: City) -> None:
    enrol(state, city)
    grant(state, city, **BASE_PERSONS)
    consent(state, city, BUREAU)
    with pytest.raises(CaseError, match="consented before"):
        consent(state, city, BUREAU)
    with pytest.raises(NotFoundError):
        consent(state, city, BUREAU, grant_id="G-2026-0009")
    with pytest.raises(NotFoundError):
        consent(state, city, BUREAU, grant_id="R-2026-0001' or 1=1 --")
    revoke_grant(state, city.release, "G-2026-0001", CENTRE, "撤回申请", None, DAY)
    with pytest.raises(CaseError, match="consent in state revoked"):
        consent(state, city, POLICE)


@pytest.mark.requirement("H-26")
def test_a_refusal_carries_reason_and_a_basis_of_an_admitted_rank(any_state: State, city: City) -> None:
    enrol(any_state, city)
    grant(any_state, city, **PERSONS)

    def refuse(actor: Actor, reason: str, basis: LegalBasis | None) -> GrantCase:
        return refuse_grant(any_state, city.release, "G-2026-0001", actor, reason, basis, DAY)

    for actor, reason, basis, words in (
        (POLICE, " ", LAW, "no reason"),
        (POLICE, "与职责无关", None, "law \\| administrative_regulation \\| local_regulation .*第二十条"),
        (POLICE, "与职责无关", RULE, "government_rule"),
        (TAX, "不要了", LAW, "may not"),
        (MARKET, "不同意", LAW, "may not"),
    ):
        with pytest.raises(CaseError, match=words):
            refuse(actor, reason, basis)
    assert refuse(POLICE, "与职责无关", LAW).state == "refused"
    with pytest.raises(CaseError, match="consent in state refused"):
        consent(any_state, city, POLICE)
    assert not is_served(any_state)
    assert verify_ledger(any_state).intact


@pytest.mark.parametrize(
    ("profile", "basis", "words"),
    [
        ("weihai", None, ""),
        ("yinchuan", None, ""),
        ("xinjiang", None, "basis"),
        ("xinjiang", RULE, ""),
        ("putuo", RULE, "government_rule"),
        ("putuo", LAW, ""),
    ],
)
def test_what_a_refusal_carries_is_the_profiles_rule(
    state: State, tmp_path: Path, profile: str, basis: LegalBasis | None, words: str
) -> None:
    city = build_sharing_city(tmp_path, profile)
    enrol(state, city)
    grant(state, city, **PERSONS, commitment="cd" * 32)
    if words:
        with pytest.raises(CaseError, match=words):
            refuse_grant(state, city.release, "G-2026-0001", POLICE, "与职责无关", basis, DAY)
    else:
        done = refuse_grant(state, city.release, "G-2026-0001", POLICE, "与职责无关", basis, DAY)
        assert done.state == "refused"


@pytest.mark.parametrize(
    ("actor", "basis", "admitted"),
    [
        (CENTRE, None, True),
        (BUREAU, None, True),
        (TAX, None, True),
        (POLICE, LAW, True),
        (POLICE, None, False),
        (MARKET, LAW, False),
        (Actor("county_bureau", "data_officer"), LAW, False),
    ],
)
def test_a_grant_in_force_is_revoked_by_a_body_concerned(
    any_state: State, city: City, actor: Actor, basis: LegalBasis | None, admitted: bool
) -> None:
    enrol(any_state, city)
    grant(any_state, city, **PERSONS)
    consent(any_state, city, POLICE)
    if admitted:
        revoke_grant(any_state, city.release, "G-2026-0001", actor, "用途已了结", basis, DAY)
    else:
        with pytest.raises(CaseError):
            revoke_grant(any_state, city.release, "G-2026-0001", actor, "用途已了结", basis, DAY)
    assert is_served(any_state) is not admitted
    assert verify_ledger(any_state).intact


def test_a_tightened_grant_is_resumed_by_the_consent_that_it_now_needs(any_state: State, city: City) -> None:
    enrol(any_state, city)
    made = grant(any_state, city, mode="service")
    resource = city.release.resource("market.entities")
    share = Access(type="conditional", modes=resource.share.modes)
    city = with_resource(city, resource.model_copy(update={"share": share}))
    review_grants(any_state, city.lake, city.release, DAY)
    assert not is_served(any_state)
    assert consent(any_state, city, MARKET, when=at("2026-03-17")).state == "in_force"
    assert [one.id for one in permit(any_state, "demo_tax", DAY, any_state.zone).grants] == [made.grant.id]  # type: ignore[union-attr]
    assert not review_grants(any_state, city.lake, city.release, at("2026-03-18")).wrote
    assert verify_ledger(any_state).intact


def test_a_requested_grant_does_not_come_into_force_while_its_entry_is_off_the_list(
    state: State, city: City
) -> None:
    enrol(state, city)
    grant(state, city, **PERSONS)
    stopped = relisted(city, police__households="suspended")
    assert consent(state, stopped, POLICE).state == "requested"
    assert not is_served(state)
    review_grants(state, city.lake, city.release, DAY)
    assert show_grant(state, "G-2026-0001").state == "in_force"


def test_a_request_that_nobody_answered_expires(state: State, city: City) -> None:
    enrol(state, city)
    grant(state, city, **PERSONS, valid_to=dt.date(2026, 3, 31))
    assert consent(state, city, POLICE, when=at("2026-04-01")).state == "expired"
    assert not is_served(state)


def test_the_successor_of_an_agency_gives_its_consent(state: State, city: City) -> None:
    enrol(state, city)
    grant(state, city, **PERSONS)
    agencies = city.release.catalogue.agencies
    agencies["health"] = agencies["health"].model_copy(update={"succeeds": ("police",)})
    assert consent(state, city, HEALTH).state == "in_force"


def test_a_grant_of_an_ended_recipient_is_over(state: State, city: City) -> None:
    enrol(state, city)
    grant(state, city, **PERSONS)
    end(state, city.release, "demo_tax", CENTRE, "系统下线", DAY)
    with pytest.raises(CaseError, match="revoked"):
        consent(state, city, POLICE)


def test_consents_given_at_once_bring_the_grant_into_force_once(any_url: str, city: City) -> None:
    states = [open_state(any_url) for _ in range(4)]
    enrol(states[0], city)
    grant(states[0], city, **BASE_PERSONS)
    acts: list[tuple[Actor, Document | None]] = [
        (POLICE, DOCUMENT),
        (HEALTH, DOCUMENT),
        (BUREAU, None),
        (TAX, DOCUMENT),
    ]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        runs = [pool.submit(consent, s, city, *act) for s, act in zip(states, acts, strict=True)]
        results = sorted(run.result().state for run in runs)
    assert results == ["in_force", "requested", "requested", "requested"]
    assert verify_ledger(states[0]).intact
    for state in states:
        state.close()


@given(data=st.data())
def test_conditional_columns_never_go_without_their_providers_consent(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    profile = data.draw(st.sampled_from(PROFILES))
    if profile not in _CITIES:
        _CITIES[profile] = build_sharing_city(tmp_path_factory.mktemp("city"), profile)
    city = _CITIES[profile]
    name = data.draw(st.sampled_from(["base.person", "police.households"]))
    entry = shared_entry(city.release, name, also_built=("population",))
    names = data.draw(st.lists(st.sampled_from(sorted(entry.columns)), unique=True, min_size=1))
    mode: Any = data.draw(st.sampled_from(sorted(GRANT_MODES)))
    chosen = [entry.columns[name] for name in names]
    needs = consent_needs(city.release, chosen, mode, "tax", DAY.date())
    conditional = [column for column in chosen if column.type == "conditional"]
    providers = {agency for column in conditional for agency in column.providers}
    assert {need.agency_id for need in needs if need.role == "provider"} == providers
    assert len({(need.kind, need.agency_id) for need in needs}) == len(needs)
    copying = {need.agency_id for need in needs if need.kind == "copy"}
    assert bool(copying) == (profile == "yancheng" and mode in COPYING and bool(conditional))


_CITIES: dict[str, City] = {}


def test_what_a_text_only_encourages_is_asked_of_nobody(state: State, city: City) -> None:
    profile = city.release.profile
    asked_for = profile.provision("share.copy_needs").model_copy(update={"strength": "encouraged"})
    softened = profile.model_copy(
        update={"provisions": {**profile.provisions, "share.copy_needs": asked_for}}
    )
    enrol(state, city)
    softer = City(city.lake, replace(city.release, profile=softened))
    assert "copy" not in {kind for kind, _, _ in asked(grant(state, softer, **BASE_PERSONS))}


@pytest.mark.requirement("H-29")
def test_confidentiality_is_signed_for_personal_columns_only(state: State, tmp_path: Path) -> None:
    city = build_sharing_city(tmp_path, "yinchuan")
    resource = city.release.resource("market.entities")
    conditional = resource.model_copy(update={"share": Access(type="conditional")})
    enrol(state, city)
    plain = grant(state, with_resource(city, conditional), columns=("name",), mode="service")
    assert {kind for kind, _, _ in asked(plain)} == {"reply"}
