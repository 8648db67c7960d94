"""Grants: what may be granted, to whom, in which words and modes; unconditional ones are in force at once."""

import concurrent.futures
import datetime as dt
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from casework_city import City, at, finding
from sharing_city import (
    BUREAU,
    CENTRE,
    DAY,
    MARKET,
    PERSONS,
    POLICE,
    TAX,
    build_sharing_city,
    enrol,
    grant,
    relisted,
    wanted,
    with_resource,
)
from sqlalchemy import event, text

from casework.access_tables import flush_grants, flush_open_rows
from casework.actors import Actor
from casework.consents import give_consent, revoke_grant
from casework.consumer_suspension import suspend_agency
from casework.grant_review import review_grants
from casework.grants import add_grant, list_grants, show_grant
from casework.ledger import verify_ledger
from casework.permits import permit
from casework.recipients import suspend
from casework.rectification import reconcile
from casework.state import State, open_state
from lake.tables import GRANTS, OPEN_ROWS, SCHEMAS
from resource_catalogue.access_words import Grant
from resource_catalogue.errors import CaseError, CivicError, NotFoundError, NotPermitted
from resource_catalogue.model import Access


@pytest.fixture
def city(tmp_path: Path) -> City:
    return build_sharing_city(tmp_path)


def seen(state: State, when: dt.datetime = DAY) -> tuple[Grant, ...]:
    found = permit(state, "demo_tax", when, state.zone)
    assert found is not None
    return found.grants


@pytest.mark.parametrize("profile", ["putuo", "weihai", "xinjiang", "yancheng", "yinchuan"])
@pytest.mark.requirement("H-12")
def test_unconditional_data_are_granted_on_subscription_under_every_profile(
    any_state: State, tmp_path: Path, profile: str
) -> None:
    city = build_sharing_city(tmp_path, profile)
    enrol(any_state, city)
    made = grant(any_state, city, commitment="cd" * 32)
    assert (made.state, made.consents, made.grant.id) == ("in_force", (), "G-2026-0001")
    assert seen(any_state) == (made.grant,)
    assert made.profile == city.release.profile.reference
    assert verify_ledger(any_state).intact


def test_a_permit_names_exactly_what_was_granted(any_state: State, city: City) -> None:
    enrol(any_state, city)
    made = grant(any_state, city, columns=("name", "credit_code"), valid_to=dt.date(2026, 12, 31))
    (found,) = seen(any_state)
    assert (found.entry, found.columns, found.divisions, found.mode) == (
        "market.entities",
        ("name", "credit_code"),
        (),
        "table",
    )
    assert (found.purpose, found.scenario) == ("核对纳税主体", "税务登记")
    assert (made.agency, made.raised_by, made.providers) == ("market", "data_centre", ("market",))


def test_a_permit_takes_two_statements(state: State, city: City) -> None:
    enrol(state, city)
    for number in range(5):
        grant(state, city, mode="service", purpose=f"用途{number}")
    statements: list[str] = []
    event.listen(state.engine, "before_cursor_execute", lambda *args: statements.append(args[2]))
    assert len(seen(state)) == 5
    assert len([one for one in statements if one.lower().startswith("select")]) == 2


@pytest.mark.parametrize(
    ("changed", "kind", "words"),
    [
        ({"entry": "police.watchlist", "columns": ("citizen_id",)}, NotPermitted, "第三十四条"),
        ({"columns": ("complaint_note",)}, NotPermitted, "第十八条第一款"),
        ({"columns": ("credit_code", "nothing")}, CaseError, "nothing"),
        ({"columns": ()}, CaseError, "columns"),
        ({"columns": ("name", "name")}, CaseError, "twice"),
        ({"entry": "market.drafted", "columns": ("credit_code",)}, CaseError, "not listed"),
        ({"entry": "market.nothing"}, NotFoundError, "no such entry"),
        ({"entry": "x'; drop table cases; --"}, NotFoundError, "no such entry"),
        ({"entry": "base.nothing"}, NotFoundError, "no such base"),
        ({"entry": "base.indicator", "columns": ("value",)}, NotFoundError, "no such base"),
        ({"entry": "base.person", "columns": ("phone",)}, NotPermitted, "不予共享"),
        ({"entry": "base.person", "columns": ("marital_status",)}, CaseError, "marital_status"),
        ({"mode": "file"}, NotPermitted, "service | table"),
        ({"purpose": " "}, CaseError, "use"),
        ({"scenario": ""}, CaseError, "scenario"),
        ({"commitment": ""}, CaseError, "真实性、合规性、安全性"),
        ({"commitment": "nonsense"}, CaseError, "SHA-256"),
        ({"purpose": "联系 13800138000"}, CaseError, "phone"),
        ({"valid_to": dt.date(2026, 3, 1)}, CaseError, "2026-03-01"),
        ({"valid_from": dt.date(2025, 1, 1), "valid_to": dt.date(2025, 2, 1)}, CaseError, "2025-02-01"),
        ({"divisions": ("329901",)}, CaseError, "no column of divisions"),
        ({"mode": "service", "with_history": True}, CaseError, "history"),
        (PERSONS | {"divisions": ("32990",)}, CaseError, "6 digits"),
        (PERSONS | {"mode": "table"}, NotPermitted, "service"),
        (PERSONS | {"basis": ""}, CaseError, "basis"),
    ],
)
@pytest.mark.requirement("H-02", "H-10", "H-11")
def test_what_may_not_be_granted_is_refused_with_its_ground(
    state: State, city: City, changed: dict[str, Any], kind: type[CivicError], words: str
) -> None:
    enrol(state, city)
    events = verify_ledger(state).events
    with pytest.raises(kind, match=words):
        grant(state, city, **changed)
    assert verify_ledger(state).events == events
    assert list_grants(state) == []


@pytest.mark.parametrize("actor", [BUREAU, CENTRE, TAX, MARKET, POLICE])
def test_what_is_not_shared_is_granted_by_nobody(state: State, city: City, actor: Actor) -> None:
    enrol(state, city)
    application = wanted(entry="police.watchlist", columns=("citizen_id",))
    with pytest.raises(NotPermitted):
        add_grant(state, city.lake, city.release, "demo_tax", application, actor, DAY)


@pytest.mark.parametrize("actor", [TAX, MARKET, Actor("data_centre", "steward"), Actor("x", "data_officer")])
def test_only_officers_of_authority_and_operator_grant(state: State, city: City, actor: Actor) -> None:
    enrol(state, city)
    with pytest.raises(NotPermitted):
        add_grant(state, city.lake, city.release, "demo_tax", wanted(), actor, DAY)


def test_data_are_shared_with_agencies_and_not_with_users_of_the_portal(state: State, city: City) -> None:
    enrol(state, city, "someone", None, kind="user")
    with pytest.raises(NotPermitted, match="portal"):
        grant(state, city, "someone")


def test_nobody_unknown_and_nobody_suspended_is_granted_anything(state: State, city: City) -> None:
    with pytest.raises(NotFoundError, match="no such recipient"):
        grant(state, city)
    enrol(state, city)
    suspend(state, city.release, "demo_tax", CENTRE, "异常", DAY)
    with pytest.raises(CaseError, match="suspended"):
        grant(state, city)


def test_a_written_commitment_is_asked_for_where_the_text_says_so(state: State, tmp_path: Path) -> None:
    city = build_sharing_city(tmp_path, "xinjiang")
    enrol(state, city)
    with pytest.raises(CaseError, match="书面承诺"):
        grant(state, city, commitment="declared")
    assert grant(state, city, commitment="cd" * 32).commitment == "cd" * 32


def test_a_mode_that_the_text_does_not_list_is_refused(state: State, tmp_path: Path) -> None:
    city = build_sharing_city(tmp_path, "xinjiang")
    resource = city.release.resource("health.births")
    rules = city.release.profile.provisions
    narrowed = rules["share.modes"].model_copy(update={"value": ("service",)})
    profile = city.release.profile.model_copy(update={"provisions": {**rules, "share.modes": narrowed}})
    city = City(city.lake, replace(city.release, profile=profile))
    enrol(state, city)
    with pytest.raises(NotPermitted, match="第二十二条第（一）项"):
        grant(state, city, entry=resource.id, columns=("certificate_no",), commitment="cd" * 32)


@pytest.mark.requirement("H-21")
def test_volatile_data_go_by_interface_where_the_text_forces_it(state: State, tmp_path: Path) -> None:
    city = build_sharing_city(tmp_path, "yinchuan")
    resource = city.release.resource("market.entities")
    update = resource.update.model_copy(update={"frequency": "real_time"})
    city = with_resource(city, resource.model_copy(update={"update": update}))
    enrol(state, city)
    with pytest.raises(NotPermitted, match="第十八条"):
        grant(state, city)
    assert grant(state, city, mode="service").state == "in_force"


def test_one_copy_per_entry_and_one_lookup_per_purpose(any_state: State, city: City) -> None:
    enrol(any_state, city)
    grant(any_state, city)
    grant(any_state, city, mode="service")
    grant(any_state, city, mode="service", purpose="另一用途")
    for changed in (
        {},
        {"columns": ("name",)},
        {"mode": "service"},
        {"mode": "service", "purpose": " 另一用途 "},
    ):
        with pytest.raises(CaseError, match="G-2026-000"):
            grant(any_state, city, **changed)
    assert len(list_grants(any_state)) == 3


def test_a_following_grant_may_begin_when_the_former_one_has_ended(any_state: State, city: City) -> None:
    enrol(any_state, city)
    grant(any_state, city, valid_to=dt.date(2026, 6, 30))
    grant(any_state, city, valid_from=dt.date(2026, 7, 1))
    assert [one.id for one in seen(any_state)] == ["G-2026-0001"]
    assert [one.id for one in seen(any_state, at("2026-07-01"))] == ["G-2026-0002"]


def test_a_revoked_grant_makes_room_for_another(any_state: State, city: City) -> None:
    enrol(any_state, city)
    first = grant(any_state, city)
    revoke_grant(any_state, city.release, first.grant.id, CENTRE, "不再需要", None, DAY)
    assert seen(any_state) == ()
    second = grant(any_state, city)
    assert [one.id for one in seen(any_state)] == [second.grant.id]
    assert verify_ledger(any_state).intact


@pytest.mark.parametrize(
    ("instant", "admitted"),
    [
        ("2026-03-31T23:59:59", False),
        ("2026-04-01T00:00:00", True),
        ("2026-04-30T23:59:59", True),
        ("2026-05-01T00:00:00", False),
    ],
)
def test_a_grant_holds_from_its_first_day_to_its_last_in_the_platforms_zone(
    any_state: State, city: City, instant: str, admitted: bool
) -> None:
    enrol(any_state, city)
    grant(any_state, city, valid_from=dt.date(2026, 4, 1), valid_to=dt.date(2026, 4, 30))
    assert bool(seen(any_state, at(instant).astimezone(dt.UTC))) is admitted


def test_two_writers_at_once_grant_one_copy(any_url: str, city: City) -> None:
    states = [open_state(any_url) for _ in range(4)]
    enrol(states[0], city)

    def tried(state: State) -> str:
        try:
            return grant(state, city).grant.id
        except CaseError:
            return "refused"

    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = sorted(pool.map(tried, states))
    assert results == ["G-2026-0001", "refused", "refused", "refused"]
    assert verify_ledger(states[0]).intact
    for state in states:
        state.close()


def test_history_begins_at_the_version_at_which_the_grant_came_into_force(state: State, city: City) -> None:
    enrol(state, city)
    enrol(state, city, "demo_health", "health")
    first = grant(state, city, with_history=True)
    assert first.grant.history_from_version == 0
    assert grant(state, city, "demo_health").grant.history_from_version is None
    rows = pa.table({"name": ["x"]})
    for _ in range(3):
        city.lake.append(first.grant.table, rows)
    enrol(state, city, "demo_market", "market")
    assert grant(state, city, "demo_market", with_history=True).grant.history_from_version == 2


def test_an_expired_grant_is_closed_by_the_review(any_state: State, city: City) -> None:
    enrol(any_state, city)
    made = grant(any_state, city, valid_to=dt.date(2026, 3, 31))
    assert not review_grants(any_state, city.lake, city.release, at("2026-03-31")).wrote
    assert review_grants(any_state, city.lake, city.release, at("2026-04-01")).expired == [made.grant.id]
    assert show_grant(any_state, made.grant.id).state == "expired"
    assert not review_grants(any_state, city.lake, city.release, at("2026-04-02")).wrote
    assert verify_ledger(any_state).intact


def test_a_grant_rests_while_its_entry_is_suspended(any_state: State, city: City) -> None:
    enrol(any_state, city)
    made = grant(any_state, city)
    stopped = relisted(city, market__entities="suspended")
    assert review_grants(any_state, city.lake, stopped.release, DAY).suspended == [made.grant.id]
    assert seen(any_state) == ()
    assert not review_grants(any_state, city.lake, stopped.release, DAY).wrote
    assert review_grants(any_state, city.lake, city.release, DAY).resumed == [made.grant.id]
    assert [one.id for one in seen(any_state)] == [made.grant.id]
    assert verify_ledger(any_state).intact


def _tightened(city: City, type_: Any) -> City:
    """Return the city with another share type of a column that was unconditional."""
    resource = city.release.resource("market.entities")
    columns = [
        column.model_copy(update={"share": Access(type=type_)}) if column.name == "name" else column
        for column in resource.columns
    ]
    return with_resource(city, resource.model_copy(update={"columns": tuple(columns)}))


@pytest.mark.parametrize("type_", ["conditional", "none"])
def test_a_grant_rests_when_a_column_was_tightened(any_state: State, city: City, type_: str) -> None:
    enrol(any_state, city)
    made = grant(any_state, city, mode="service")
    tightened = _tightened(city, type_)
    assert review_grants(any_state, city.lake, tightened.release, DAY).suspended == [made.grant.id]
    assert seen(any_state) == ()
    missing = show_grant(any_state, made.grant.id).missing
    assert [one.agency for one in missing] == (["market"] if type_ == "conditional" else [])
    assert not review_grants(any_state, city.lake, tightened.release, DAY).wrote
    assert review_grants(any_state, city.lake, city.release, DAY).resumed == [made.grant.id]
    assert verify_ledger(any_state).intact


def test_the_lake_is_told_each_grant_as_it_stands_and_nothing_twice(any_state: State, city: City) -> None:
    enrol(any_state, city)
    made = grant(any_state, city, valid_to=dt.date(2026, 12, 31))
    grant(any_state, city, **PERSONS)
    assert flush_grants(any_state, city.lake, city.release)
    (row,) = city.lake.read(GRANTS).to_dicts()
    assert row == {
        "grant_id": "G-2026-0001",
        "recipient_id": "demo_tax",
        "agency_id": "market",
        "entry": "market.entities",
        "columns": ["credit_code", "name"],
        "divisions": [],
        "mode": "table",
        "purpose": "核对纳税主体",
        "share_table": str(made.grant.table),
        "valid_from": dt.date(2026, 3, 16),
        "valid_to": dt.date(2026, 12, 31),
        "state": "in_force",
        "release": 1,
        "decided_at": DAY,
    }
    assert city.lake.read(GRANTS).columns == SCHEMAS[GRANTS].names
    version = city.lake.version(GRANTS)
    assert not flush_grants(any_state, city.lake, city.release)
    revoke_grant(any_state, city.release, made.grant.id, CENTRE, "不再需要", None, DAY)
    assert flush_grants(any_state, city.lake, city.release)
    assert city.lake.read(GRANTS)["state"].to_list() == ["revoked"]
    assert city.lake.version(GRANTS) == (version or 0) + 1


def test_the_lake_is_told_at_once_that_an_entry_was_taken_off_the_list(state: State, city: City) -> None:
    enrol(state, city)
    grant(state, city)
    flush_grants(state, city.lake, city.release)
    assert flush_grants(state, city.lake, relisted(city, market__entities="retired").release)
    assert city.lake.read(GRANTS)["state"].to_list() == ["suspended"]


def test_tables_of_decisions_exist_before_there_is_any(state: State, city: City) -> None:
    assert flush_grants(state, city.lake, city.release)
    assert flush_open_rows(state, city.lake)
    assert city.lake.row_count(GRANTS) == city.lake.row_count(OPEN_ROWS) == 0
    assert not flush_grants(state, city.lake, city.release)
    assert not flush_open_rows(state, city.lake)


def test_rows_of_open_tasks_are_under_verification_until_they_are_settled(
    any_state: State, city: City
) -> None:
    columns = {"resource_id": "market.entities", "agency_id": "market"}
    city.found(finding(1, **columns), finding(2, column="name", **columns))
    city.results(**{"market.entities:identifier:credit_code": "failed"})
    city.standard("k1", "k2", resource="market.entities")
    reconcile(any_state, city.lake, city.release, DAY)
    assert flush_open_rows(any_state, city.lake)
    rows = city.lake.read(OPEN_ROWS).sort("row_number").to_dicts()
    assert rows[0] == {
        "case_id": "R-2026-0001",
        "resource_id": "market.entities",
        "delivery_id": "d1",
        "row_number": 1,
        "row_key": "k1",
        "column": "credit_code",
    }
    assert [row["column"] for row in rows] == ["credit_code", "name"]
    assert not flush_open_rows(any_state, city.lake)
    city.found(finding(1, **columns))
    reconcile(any_state, city.lake, city.release, at("2026-03-17"))
    assert flush_open_rows(any_state, city.lake)
    assert city.lake.read(OPEN_ROWS)["row_number"].to_list() == [1]


@pytest.mark.parametrize(
    "statement",
    [
        "update grants set columns = '[\"complaint_note\"]'",
        "update grants set divisions = '[]', mode = 'file'",
        "update grants set valid_to = '2099-01-01'",
        "update grants set recipient_id = 'demo_health'",
        "update cases set state = 'in_force' where id = 'G-2026-0001'",
        "update consents set given_by = 'police' where number = 1",
        "delete from consents",
    ],
)
def test_a_tampered_grant_is_detected(any_state: State, city: City, statement: str) -> None:
    enrol(any_state, city)
    enrol(any_state, city, "demo_health", "health")
    grant(any_state, city, **PERSONS, divisions=("329901",))
    assert verify_ledger(any_state).intact
    with any_state.engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount >= 1
    assert not verify_ledger(any_state).intact


def test_a_resting_grant_does_not_come_back_without_the_consent_that_became_due_meanwhile(
    any_state: State, city: City
) -> None:
    enrol(any_state, city)
    made = grant(any_state, city, mode="service")
    stopped = relisted(city, market__entities="suspended")
    review_grants(any_state, city.lake, stopped.release, DAY)
    tightened = _tightened(city, "conditional").release
    done = review_grants(any_state, city.lake, tightened, DAY)
    assert (done.followed, done.resumed) == ([made.grant.id], [])
    assert seen(any_state) == ()
    assert [one.agency for one in show_grant(any_state, made.grant.id).missing] == ["market"]
    assert not review_grants(any_state, city.lake, tightened, DAY).wrote
    assert verify_ledger(any_state).intact


def _handed_over(city: City) -> City:
    """Return the city whose register of entities another agency provides."""
    resource = city.release.resource("market.entities")
    agencies = resource.agencies.model_copy(update={"providing": "police"})
    return with_resource(city, resource.model_copy(update={"agencies": agencies}))


def test_a_last_consent_opens_nothing_for_which_another_became_due_meanwhile(
    any_state: State, city: City
) -> None:
    enrol(any_state, city)
    columns = ("name", "legal_representative_name")
    made = grant(any_state, city, columns=columns, mode="service")
    given = give_consent(any_state, city.lake, _handed_over(city).release, made.grant.id, MARKET, DAY)
    assert (given.state, [one.agency for one in given.missing]) == ("requested", ["police"])
    assert seen(any_state) == ()
    assert verify_ledger(any_state).intact


def test_a_provider_that_took_an_entry_over_shuts_off_the_grants_of_before(
    any_state: State, tmp_path: Path
) -> None:
    city = build_sharing_city(tmp_path, "weihai")
    enrol(any_state, city)
    made = grant(any_state, city)
    after = _handed_over(city).release
    assert review_grants(any_state, city.lake, after, DAY).followed == [made.grant.id]
    assert not review_grants(any_state, city.lake, after, DAY).wrote
    suspend_agency(any_state, after, "tax", POLICE, "违规下载", DAY)
    assert seen(any_state) == ()
    assert verify_ledger(any_state).intact


def test_a_grant_of_a_division_rests_when_the_rows_name_none_any_more(state: State, city: City) -> None:
    enrol(state, city)
    made = grant(state, city, **PERSONS, divisions=("329901",))
    give_consent(state, city.lake, city.release, made.grant.id, POLICE, DAY)
    assert seen(state) != ()
    resource = city.release.resource("police.households")
    columns = tuple(column for column in resource.columns if column.type != "division")
    without = with_resource(city, resource.model_copy(update={"columns": columns})).release
    assert review_grants(state, city.lake, without, DAY).suspended == [made.grant.id]
    assert seen(state) == ()
