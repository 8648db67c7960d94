"""Accounts of the portal's users: registered by themselves, hashed, asked for on every request, closed for good."""

import concurrent.futures
import datetime as dt
import logging
from pathlib import Path

import pytest
from casework_city import PLANTED, City
from sharing_city import CENTRE, DAY, MARKET, enrol
from sqlalchemy import text

from casework import passwords
from casework.account_keys import MOST_KEYS, make_key, revoke_key, view_account
from casework.account_sessions import log_in, log_out, log_out_everywhere, recipient_by_session
from casework.accounts import (
    AccountFacts,
    AccountRefused,
    Wish,
    change_password,
    close_account,
    register_account,
)
from casework.contact_erasure import erase_due_contacts
from casework.credentials import recipient_by_token
from casework.ledger import verify_ledger
from casework.passwords import NOBODY, is_password, password_fault, password_hash
from casework.recipients import end, list_recipients, resume, show_recipient, suspend
from casework.state import State, open_state
from resource_catalogue.errors import NotPermitted

FACTS = AccountFacts("yancheng@1", 1, "data_centre")
PASSWORD, OTHER = "blue-harbour-27", "green-harbour-28"
CONTACT = "reader@example.org"
KEPT = ("cases", "events", "recipients", "credentials", "accounts", "account_sessions")
"""Tables that outlast an account's contact."""
LIFE, HOUR = dt.timedelta(hours=12), dt.timedelta(hours=1)

pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture
def city(sharing_city: City) -> City:
    return sharing_city


def wish(name: str = "数据读者", **changed: str) -> Wish:
    fields = {"holder": "person", "password": PASSWORD, "contact": CONTACT} | changed
    return Wish(name, **fields)  # type: ignore[arg-type]


def registered(state: State, name: str = "数据读者", when: dt.datetime = DAY) -> str:
    return register_account(state, FACTS, wish(name), when)


def session_of(
    state: State, name: str = "数据读者", when: dt.datetime = DAY, password: str = PASSWORD
) -> str:
    token = log_in(state, name, password, LIFE, when)
    assert token is not None
    return token


def visitor(state: State, token: str, when: dt.datetime = DAY) -> str | None:
    found = recipient_by_session(state, token, when)
    return found.id if found is not None else None


def dumped(state: State, *tables: str) -> str:
    with state.engine.connect() as connection:
        return "\n".join(
            repr(row) for table in tables for row in connection.execute(text(f"select * from {table}"))
        )


@pytest.mark.requirement("P-11")
def test_a_person_registers_logs_in_and_is_known_by_the_session(any_state: State) -> None:
    user = registered(any_state)
    token = session_of(any_state)
    found = recipient_by_session(any_state, token, DAY)
    assert found is not None
    assert (found.id, found.kind, found.state, found.agency_id) == (user, "user", "active", None)
    view = view_account(any_state, user, DAY)
    assert (view.name, view.holder, view.registered_at, view.keys) == ("数据读者", "person", DAY, ())
    assert verify_ledger(any_state).intact
    assert [one.id for one in list_recipients(any_state)] == [user]


def test_the_user_is_the_actor_of_its_own_acts_and_its_number_tells_nothing_of_it(any_state: State) -> None:
    user = registered(any_state)
    make_key(any_state, user, 30, DAY)
    with any_state.engine.connect() as connection:
        events = connection.execute(text("select act, agency_id, post from events order by sequence")).all()
    assert [tuple(event) for event in events] == [
        ("enrol", user, "account_holder"),
        ("make_key", user, "account_holder"),
    ]
    assert user.startswith("user_")
    assert registered(any_state, "另一读者") != user


def test_contact_password_and_tokens_stand_in_no_other_table_log_or_representation(
    any_state: State, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    asked = wish(contact="13800138000")
    user = register_account(any_state, FACTS, asked, DAY)
    token, key = session_of(any_state), make_key(any_state, user, 30, DAY)
    everywhere = dumped(any_state, *KEPT, "ledger_head")
    for secret in (PASSWORD, "13800138000", token, key.secret):
        assert secret not in everywhere
        assert secret not in caplog.text
        assert secret not in repr(
            (asked, key, view_account(any_state, user, DAY), show_recipient(any_state, user))
        )
    assert dumped(any_state, "account_contacts").count("13800138000") == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": "ab"}, "name"),
        ({"name": "长" * 31}, "name"),
        ({"name": "<script>"}, "name"),
        ({"name": "a b c"}, "name"),
        ({"name": "reader\x00x"}, "name"),
        ({"name": "reader\u202ex"}, "name"),
        ({"name": "a' or 1=1 --"}, "name"),
        ({"name": "13800138000"}, "name"),
        ({"name": PLANTED}, "name"),
        ({"password": "short-1"}, "password"),
        ({"password": "x" * 129}, "password"),
        ({"password": "abcdefghijkl"}, "password"),
        ({"password": "1111111111a"}, "password"),
        ({"name": "harbour", "password": PASSWORD}, "password"),
        ({"contact": ""}, "contact"),
        ({"contact": "at home"}, "contact"),
        ({"contact": "a@" + "b" * 130 + ".org"}, "contact"),
    ],
)
def test_what_is_wrong_is_told_by_field_and_not_repeated(
    state: State, changed: dict[str, str], field: str
) -> None:
    with pytest.raises(AccountRefused) as refused:
        register_account(state, FACTS, wish(**changed), DAY)
    assert refused.value.field == field
    for value in changed.values():
        assert not value or value not in str(refused.value)
    assert verify_ledger(state).events == 0


def test_names_that_look_alike_are_one_and_taken_once(any_url: str) -> None:
    states = [open_state(any_url) for _ in range(3)]

    def tried(pair: tuple[State, str]) -> str:
        try:
            return registered(pair[0], pair[1])[:4]
        except AccountRefused as refused:
            return refused.field

    with concurrent.futures.ThreadPoolExecutor() as pool:
        found = sorted(pool.map(tried, zip(states, ("Reader", "READER", "Ｒeader"), strict=True)))
    assert found == ["name", "name", "user"]
    assert log_in(states[0], "reader", PASSWORD, LIFE, DAY)
    assert verify_ledger(states[0]).intact
    for state in states:
        state.close()


def test_wrong_passwords_unknown_names_and_injections_open_nothing(any_state: State) -> None:
    registered(any_state)
    for name, password in (
        ("数据读者", OTHER),
        ("数据读者", ""),
        ("nobody", PASSWORD),
        ("' or 1=1 --", PASSWORD),
        ("%", PASSWORD),
        ("数据读者\x00", PASSWORD),
        ("数据读者", PASSWORD + "\ud800"),
    ):
        assert log_in(any_state, name, password, LIFE, DAY) is None
    assert dumped(any_state, "account_sessions") == ""


def test_an_unknown_account_is_compared_by_the_same_work_as_a_known_one(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    registered(state)
    monkeypatch.undo()
    done: list[tuple[object, ...]] = []
    derived = passwords._derived
    monkeypatch.setattr(passwords, "_derived", lambda *a: (done.append(a[2:]), derived(*a))[1])
    assert NOBODY.split("$")[1:4] == password_hash(PASSWORD).split("$")[1:4]
    done.clear()
    log_in(state, "nobody", PASSWORD, LIFE, DAY)
    suspended = is_password(PASSWORD, "")
    assert not suspended
    assert done == [(passwords._COST, passwords._BLOCK, passwords._LANES)] * 2


def test_a_hash_is_salted_memory_hard_and_keeps_its_parameters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    one, two = password_hash(PASSWORD), password_hash(PASSWORD)
    assert one != two
    assert one.split("$")[:4] == ["scrypt", "15", "8", "3"]
    monkeypatch.setattr(passwords, "_COST", 4)
    assert is_password(PASSWORD, one)
    assert not is_password(OTHER, one)
    assert not is_password("", NOBODY)
    assert password_fault("ｂlue-harbour-27", "x") is None
    assert is_password("ｂlue-harbour-27", one)


def test_a_session_ends_by_time_log_out_log_out_everywhere_and_the_next_log_in_of_the_browser(
    any_state: State,
) -> None:
    user = registered(any_state)
    first = session_of(any_state)
    assert visitor(any_state, first, DAY + LIFE) is None
    second = log_in(any_state, "数据读者", PASSWORD, LIFE, DAY, former=first)
    assert second is not None
    assert (visitor(any_state, first), visitor(any_state, second)) == (None, user)
    third = session_of(any_state)
    log_out(any_state, second, DAY)
    assert (visitor(any_state, second), visitor(any_state, third)) == (None, user)
    log_out_everywhere(any_state, user)
    assert visitor(any_state, third) is None
    session_of(any_state)
    session_of(any_state, when=DAY + LIFE + HOUR)
    assert dumped(any_state, "account_sessions").count("\n") == 0, "sessions that are over are forgotten"


@pytest.mark.requirement("P-26")
def test_a_suspended_or_ended_user_is_out_at_once_and_logs_in_anew_when_resumed(
    any_state: State, city: City
) -> None:
    user = registered(any_state)
    token, key = session_of(any_state), make_key(any_state, user, 30, DAY)
    suspend(any_state, city.release, user, CENTRE, "超出范围使用", DAY)
    held = recipient_by_token(any_state, key.secret, DAY)
    assert held is not None
    assert held.state == "suspended"
    assert visitor(any_state, token) is None
    assert log_in(any_state, "数据读者", PASSWORD, LIFE, DAY) is None
    with pytest.raises(AccountRefused):
        make_key(any_state, user, 30, DAY)
    resume(any_state, city.release, user, CENTRE, "已改正", DAY)
    assert visitor(any_state, token) is None
    again = session_of(any_state)
    end(any_state, city.release, user, CENTRE, "再次违规", DAY)
    assert visitor(any_state, again) is None
    assert recipient_by_token(any_state, key.secret, DAY) is None
    assert log_in(any_state, "数据读者", PASSWORD, LIFE, DAY) is None
    with pytest.raises(AccountRefused):
        registered(any_state)
    with pytest.raises(NotPermitted):
        suspend(any_state, city.release, user, MARKET, "越权", DAY)
    assert verify_ledger(any_state).intact


def test_a_pinned_clock_that_began_anew_refuses_neither_the_user_nor_the_officer(
    any_state: State, city: City
) -> None:
    user = registered(any_state, when=DAY + HOUR)
    make_key(any_state, user, 30, DAY)
    suspend(any_state, city.release, user, CENTRE, "超出范围使用", DAY)
    assert verify_ledger(any_state).intact


def test_a_changed_password_ends_every_session_and_needs_the_former_one(any_state: State) -> None:
    user = registered(any_state)
    token = session_of(any_state)
    for old, new, field in (
        (OTHER, OTHER, "current"),
        (PASSWORD, "short", "password"),
        ("", OTHER, "current"),
    ):
        with pytest.raises(AccountRefused) as refused:
            change_password(any_state, user, old, new, DAY)
        assert refused.value.field == field
    assert visitor(any_state, token) == user
    change_password(any_state, user, PASSWORD, OTHER, DAY)
    assert visitor(any_state, token) is None
    assert log_in(any_state, "数据读者", PASSWORD, LIFE, DAY) is None
    assert log_in(any_state, "数据读者", OTHER, LIFE, DAY)
    assert verify_ledger(any_state).intact


def test_a_log_in_that_a_changed_password_overtakes_opens_nothing(
    any_state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = registered(any_state)
    slow = is_password

    def overtaken(password: str, stored: str) -> bool:
        right = slow(password, stored)
        monkeypatch.setattr("casework.account_sessions.is_password", slow)
        change_password(any_state, user, PASSWORD, OTHER, DAY)
        return right

    monkeypatch.setattr("casework.account_sessions.is_password", overtaken)
    assert log_in(any_state, "数据读者", PASSWORD, LIFE, DAY) is None


def test_keys_are_few_named_without_their_secret_and_only_ones_own_are_revoked(any_state: State) -> None:
    user, other = registered(any_state), registered(any_state, "另一读者")
    keys = [make_key(any_state, user, 30, DAY) for _ in range(MOST_KEYS)]
    with pytest.raises(AccountRefused):
        make_key(any_state, user, 30, DAY)
    holder = recipient_by_token(any_state, keys[0].secret, DAY)
    assert holder is not None
    assert holder.id == user
    assert not revoke_key(any_state, other, keys[0].id, DAY)
    assert revoke_key(any_state, user, keys[0].id, DAY)
    assert not revoke_key(any_state, user, keys[0].id, DAY)
    assert recipient_by_token(any_state, keys[0].secret, DAY) is None
    assert recipient_by_token(any_state, keys[1].secret, DAY + dt.timedelta(days=30)) is None
    assert {key.id for key in view_account(any_state, user, DAY).keys} == {key.id for key in keys[1:]}
    assert verify_ledger(any_state).intact


def test_a_closed_account_leaves_case_and_ledger_and_nothing_of_its_holder(any_state: State) -> None:
    user = registered(any_state)
    token, key = session_of(any_state), make_key(any_state, user, 30, DAY)
    with pytest.raises(AccountRefused):
        close_account(any_state, user, OTHER, DAY)
    close_account(any_state, user, PASSWORD, DAY + HOUR)
    assert visitor(any_state, token) is None
    assert recipient_by_token(any_state, key.secret, DAY) is None
    left = dumped(any_state, *KEPT, "account_contacts")
    assert "数据读者" not in left
    assert CONTACT not in left
    assert "scrypt" not in left
    assert show_recipient(any_state, user).recipient.state == "ended"
    assert verify_ledger(any_state).intact
    assert registered(any_state) != user, "the name may be chosen anew"
    assert log_in(any_state, "closed U-2026-0001", "", LIFE, DAY) is None


def test_the_contact_of_an_ended_account_is_erased_after_its_days(any_state: State, city: City) -> None:
    user = registered(any_state)
    registered(any_state, "另一读者")
    end(any_state, city.release, user, CENTRE, "违规", DAY)
    assert erase_due_contacts(any_state, DAY + dt.timedelta(days=29), 30).accounts == ()
    assert erase_due_contacts(any_state, DAY + dt.timedelta(days=30), 30).accounts == ("U-2026-0001",)
    assert erase_due_contacts(any_state, DAY + dt.timedelta(days=31), 30).accounts == ()
    assert dumped(any_state, "account_contacts").count(CONTACT) == 1, "who is active can still be reached"
    assert verify_ledger(any_state).intact


def test_a_database_of_the_version_before_gets_the_tables_and_keeps_its_ledger(
    any_url: str, city: City
) -> None:
    state = open_state(any_url)
    enrol(state, city)
    with state.engine.begin() as connection:
        for table in ("account_sessions", "account_contacts", "accounts"):
            connection.execute(text(f"drop table {table}"))
        connection.execute(text("update alembic_version set version_num = 'v0003'"))
    state.close()
    upgraded = open_state(any_url)
    assert verify_ledger(upgraded).intact
    registered(upgraded)
    assert verify_ledger(upgraded).intact
    upgraded.close()


def test_a_password_set_behind_the_ledger_s_back_is_found(any_state: State) -> None:
    registered(any_state)
    with any_state.engine.begin() as connection:
        connection.execute(text("update accounts set password_hash = ''"))
    assert [fault.case_id for fault in verify_ledger(any_state).faults] == ["U-2026-0001"]


def test_a_path_of_the_state_is_no_place_for_secrets(state: State, tmp_path: Path) -> None:
    registered(state)
    stored = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert PASSWORD.encode() not in stored
