"""Recipients and their credentials: hashed, rotated with overlap, revoked at once; suspended on the next request."""

import concurrent.futures
import datetime as dt
import hashlib
import json
import logging
import stat
from pathlib import Path
from typing import Any

import pytest
from casework_city import City, finding
from sharing_city import (
    BUREAU,
    CENTRE,
    DAY,
    MARKET,
    SETTINGS,
    TAX,
    build_sharing_city,
    enrol,
    grant,
)
from sqlalchemy import text

from casework import sharing_profile
from casework.actors import Actor
from casework.consumer_suspension import list_suspensions, resume_agency, suspend_agency
from casework.credentials import (
    Issued,
    client_holds,
    issue_client,
    issue_token,
    recipient_by_client,
    recipient_by_token,
    revoke_tokens,
)
from casework.grants import show_grant
from casework.ledger import verify_ledger
from casework.permits import permit
from casework.recipients import end, list_recipients, resume, show_recipient, suspend
from casework.rectification import reconcile
from casework.sharing_profile import client_profile_file, profile_file, write_profile
from casework.state import State, open_state
from resource_catalogue.errors import CaseError, CivicError, NotFoundError, NotPermitted, SettingError
from resource_catalogue.settings import ServingSettings

HOUR = dt.timedelta(hours=1)
NEWER = ("account_sessions", "account_contacts", "accounts")
"""Tables of later versions, those that others refer to last."""
ENDPOINT = "https://data.example.gov.cn/delta-sharing"


@pytest.fixture
def city(tmp_path: Path) -> City:
    return build_sharing_city(tmp_path)


def token(state: State, city: City, when: dt.datetime = DAY, **settings: int) -> Issued:
    return issue_token(state, city.release, "demo_tax", CENTRE, when, ServingSettings(**settings))


def may(state: State, when: dt.datetime = DAY) -> bool:
    return permit(state, "demo_tax", when, state.zone) is not None


def stored(state: State) -> str:
    """Return everything that the database holds, as text."""
    with state.engine.connect() as connection:
        tables = [
            "cases",
            "events",
            "recipients",
            "credentials",
            "grants",
            "consents",
            "ledger_head",
        ]
        return "\n".join(
            repr(row) for table in tables for row in connection.execute(text(f"select * from {table}"))
        )


def test_a_recipient_is_an_active_case_of_its_agency(any_state: State, city: City) -> None:
    made = enrol(any_state, city, networks=("10.20.0.0/16",), requests_per_minute=60)
    assert (made.agency_id, made.state, made.networks, made.requests_per_minute) == (
        "tax",
        "active",
        ("10.20.0.0/16",),
        60,
    )
    assert list_recipients(any_state) == [made]
    assert show_recipient(any_state, "demo_tax").case_id == "U-2026-0001"
    assert verify_ledger(any_state).intact


def test_a_token_opens_the_door_until_it_expires(any_state: State, city: City) -> None:
    enrolled = enrol(any_state, city)
    issued = token(any_state, city, token_days=2)
    assert recipient_by_token(any_state, issued.secret, DAY) == enrolled
    assert recipient_by_token(any_state, issued.secret, DAY + 48 * HOUR - dt.timedelta(microseconds=1))
    assert recipient_by_token(any_state, issued.secret, DAY + 48 * HOUR) is None


@pytest.mark.parametrize("wrong", ["", "x", "' or 1=1 --", "\x00", "\ud800", "é" * 300, "a" * 5000])
def test_another_text_is_nobodys_token(any_state: State, city: City, wrong: str) -> None:
    enrol(any_state, city)
    issued = token(any_state, city)
    assert recipient_by_token(any_state, wrong, DAY) is None
    assert recipient_by_token(any_state, issued.id, DAY) is None
    assert recipient_by_token(any_state, hashlib.sha256(issued.secret.encode()).hexdigest(), DAY) is None
    assert recipient_by_token(any_state, issued.secret[:-1], DAY) is None


def test_a_client_needs_its_own_id_and_its_own_secret(any_state: State, city: City) -> None:
    enrolled = enrol(any_state, city)
    made = issue_client(any_state, city.release, "demo_tax", CENTRE, DAY, SETTINGS)
    bearer = token(any_state, city)
    assert recipient_by_client(any_state, made.id, made.secret, DAY) == enrolled
    wrong = [
        (made.id, made.secret + "x"),
        (made.id, bearer.secret),
        (bearer.id, bearer.secret),
        ("demo_tax-0000000000000000", made.secret),
        ("demo_tax' or '1'='1", made.secret),
        ("\x00", made.secret),
        (made.id, ""),
    ]
    assert [recipient_by_client(any_state, *pair, DAY) for pair in wrong] == [None] * len(wrong)
    assert recipient_by_token(any_state, made.secret, DAY) is None


def test_a_client_holds_until_it_is_revoked_or_has_run_out(any_state: State, city: City) -> None:
    enrol(any_state, city)
    made = issue_client(any_state, city.release, "demo_tax", CENTRE, DAY, SETTINGS)
    assert client_holds(any_state, made.id, DAY)
    assert not client_holds(any_state, made.id, made.expires_at)
    assert not client_holds(any_state, "demo_tax-0000000000000000", DAY)
    assert not client_holds(any_state, "demo_tax' or '1'='1", DAY)
    revoke_tokens(any_state, city.release, "demo_tax", CENTRE, "设备遗失", DAY)
    assert not client_holds(any_state, made.id, DAY)


def test_a_fresh_token_leaves_the_former_one_the_overlap_and_no_more(any_state: State, city: City) -> None:
    enrol(any_state, city)
    first = token(any_state, city)
    second = token(any_state, city, DAY + HOUR, token_overlap_hours=24)
    assert recipient_by_token(any_state, first.secret, DAY + 24 * HOUR)
    assert recipient_by_token(any_state, first.secret, DAY + 25 * HOUR) is None
    assert recipient_by_token(any_state, second.secret, DAY + 25 * HOUR)


def test_the_overlap_never_lengthens_a_life(state: State, city: City) -> None:
    enrol(state, city)
    first = token(state, city, token_days=1)
    token(state, city, DAY + HOUR, token_overlap_hours=1000)
    assert recipient_by_token(state, first.secret, DAY + 24 * HOUR) is None


def test_without_overlap_the_former_token_ends_at_once(state: State, city: City) -> None:
    enrol(state, city)
    first = token(state, city)
    token(state, city, token_overlap_hours=0)
    assert recipient_by_token(state, first.secret, DAY) is None


def test_a_fresh_client_does_not_touch_tokens(state: State, city: City) -> None:
    enrol(state, city)
    first = token(state, city)
    issue_client(state, city.release, "demo_tax", CENTRE, DAY, ServingSettings(token_overlap_hours=0))
    assert recipient_by_token(state, first.secret, DAY)


def test_revocation_ends_every_credential_at_once(any_state: State, city: City) -> None:
    enrol(any_state, city)
    bearer = token(any_state, city)
    client = issue_client(any_state, city.release, "demo_tax", CENTRE, DAY, SETTINGS)
    revoked = revoke_tokens(any_state, city.release, "demo_tax", CENTRE, "令牌外泄", DAY)
    assert sorted(revoked) == sorted([bearer.id, client.id])
    assert recipient_by_token(any_state, bearer.secret, DAY) is None
    assert recipient_by_client(any_state, client.id, client.secret, DAY) is None
    assert verify_ledger(any_state).intact


def test_a_suspended_recipient_gets_nothing_until_it_is_resumed(any_state: State, city: City) -> None:
    enrol(any_state, city)
    issued = token(any_state, city)
    assert may(any_state)
    suspend(any_state, city.release, "demo_tax", CENTRE, "接口异常", DAY)
    assert not may(any_state)
    known = recipient_by_token(any_state, issued.secret, DAY)
    assert known is not None
    assert known.state == "suspended"
    with pytest.raises(CaseError, match="issue_token in state suspended"):
        token(any_state, city)
    resume(any_state, city.release, "demo_tax", CENTRE, "已修复", DAY)
    assert may(any_state)
    assert verify_ledger(any_state).intact


def test_an_ended_recipient_loses_credentials_and_grants_for_good(any_state: State, city: City) -> None:
    enrol(any_state, city)
    issued = token(any_state, city)
    made = grant(any_state, city)
    end(any_state, city.release, "demo_tax", CENTRE, "系统下线", DAY)
    assert not may(any_state)
    assert recipient_by_token(any_state, issued.secret, DAY) is None
    assert show_grant(any_state, made.grant.id).state == "revoked"
    with pytest.raises(CaseError, match="taken"):
        enrol(any_state, city)
    with pytest.raises(CaseError, match="resume in state ended"):
        resume(any_state, city.release, "demo_tax", CENTRE, "再用", DAY)
    assert verify_ledger(any_state).intact


def test_an_agency_suspended_by_the_authority_gets_nothing_on_the_next_request(
    any_state: State, tmp_path: Path
) -> None:
    city = build_sharing_city(tmp_path, "weihai")
    enrol(any_state, city)
    enrol(any_state, city, "demo_health", "health")
    issued = token(any_state, city)
    suspend_agency(any_state, city.release, "tax", BUREAU, "未经许可下载保存", DAY)
    assert not may(any_state)
    known = recipient_by_token(any_state, issued.secret, DAY)
    assert known is not None
    assert known.state == "suspended"
    assert permit(any_state, "demo_health", DAY, any_state.zone) is not None
    (lifted,) = resume_agency(any_state, city.release, "tax", BUREAU, "已整改", DAY)
    assert lifted.state == "lifted"
    assert may(any_state)
    assert [one.id for one in list_suspensions(any_state)] == ["S-2026-0001"]
    assert verify_ledger(any_state).intact


def test_a_provider_shuts_off_what_it_provides_and_nothing_else(any_state: State, tmp_path: Path) -> None:
    city = build_sharing_city(tmp_path, "weihai")
    enrol(any_state, city)
    own = grant(any_state, city)
    other = grant(any_state, city, entry="health.births", columns=("certificate_no",))
    suspend_agency(any_state, city.release, "tax", MARKET, "变相用于其他目的", DAY)
    seen = permit(any_state, "demo_tax", DAY, any_state.zone)
    assert seen is not None
    assert [one.id for one in seen.grants] == [other.grant.id]
    with pytest.raises(CaseError, match="not suspended by data_bureau"):
        resume_agency(any_state, city.release, "tax", BUREAU, "不是我", DAY)
    resume_agency(any_state, city.release, "tax", MARKET, "已整改", DAY)
    again = permit(any_state, "demo_tax", DAY, any_state.zone)
    assert again is not None
    assert [one.id for one in again.grants] == [own.grant.id, other.grant.id]


@pytest.mark.parametrize(
    ("profile", "actor", "admitted"),
    [
        ("weihai", BUREAU, True),
        ("weihai", MARKET, True),
        ("weihai", Actor("market", "quality_officer"), False),
        ("weihai", CENTRE, False),
        ("weihai", TAX, True),
        ("yancheng", BUREAU, True),
        ("yancheng", CENTRE, True),
        ("yancheng", MARKET, False),
        ("yancheng", Actor("data_centre", "steward"), False),
        ("yancheng", Actor("county_bureau", "data_officer"), False),
    ],
)
def test_an_agency_is_suspended_by_whom_the_profile_names(
    state: State, tmp_path: Path, profile: str, actor: Actor, admitted: bool
) -> None:
    city = build_sharing_city(tmp_path, profile)
    if admitted:
        assert suspend_agency(state, city.release, "health", actor, "理由", DAY).state == "in_force"
    else:
        with pytest.raises(NotPermitted):
            suspend_agency(state, city.release, "health", actor, "理由", DAY)
        assert verify_ledger(state).events == 0


def test_a_suspension_needs_a_reason_and_an_agency_and_stands_once(state: State, city: City) -> None:
    with pytest.raises(CaseError, match="no reason"):
        suspend_agency(state, city.release, "tax", BUREAU, " ", DAY)
    with pytest.raises(NotFoundError):
        suspend_agency(state, city.release, "nobody", BUREAU, "理由", DAY)
    suspend_agency(state, city.release, "tax", BUREAU, "理由", DAY)
    with pytest.raises(CaseError, match="already"):
        suspend_agency(state, city.release, "tax", BUREAU, "理由", DAY)


@pytest.mark.parametrize(
    "actor", [MARKET, TAX, Actor("data_centre", "steward"), Actor("nobody", "data_officer")]
)
def test_only_officers_of_authority_and_operator_register(state: State, city: City, actor: Actor) -> None:
    from casework.recipients import Enrolment, register
    from resource_catalogue.model import Label

    with pytest.raises(NotPermitted):
        register(state, city.release, Enrolment("demo_tax", Label(zh="系统"), "tax"), actor, DAY)
    enrol(state, city)
    for act in (suspend, resume, end, revoke_tokens):
        with pytest.raises(NotPermitted):
            act(state, city.release, "demo_tax", actor, "理由", DAY)
    with pytest.raises(NotPermitted):
        issue_token(state, city.release, "demo_tax", actor, DAY, SETTINGS)


@pytest.mark.parametrize(
    ("id_", "more", "kind"),
    [
        ("Demo", {}, CaseError),
        ("x", {}, CaseError),
        ("a" * 61, {}, CaseError),
        ("a'; drop table cases; --", {}, CaseError),
        ("demo_tax", {"agency": "nobody"}, NotFoundError),
        ("demo_tax", {"agency": None}, NotFoundError),
        ("demo_tax", {"kind": "user"}, CaseError),
        ("demo_tax", {"networks": ("10.0.0.1/8",)}, CaseError),
        ("demo_tax", {"networks": ("all",)}, CaseError),
        ("demo_tax", {"requests_per_minute": 0}, CaseError),
    ],
)
def test_a_malformed_enrolment_is_refused(
    state: State, city: City, id_: str, more: dict[str, Any], kind: type[CivicError]
) -> None:
    with pytest.raises(kind):
        enrol(state, city, id_, **({"agency": "tax"} | more))
    assert list_recipients(state) == []


def test_a_user_of_the_portal_has_no_agency(state: State, city: City) -> None:
    user = enrol(state, city, "someone", None, kind="user")
    assert (user.kind, user.agency_id) == ("user", None)


@pytest.mark.parametrize("id_", ["nobody", "' or 1=1 --", "\x00", "x" * 1000, ""])
def test_nobody_of_that_name_has_a_permit(any_state: State, city: City, id_: str) -> None:
    enrol(any_state, city)
    assert permit(any_state, id_, DAY, any_state.zone) is None
    with pytest.raises(NotFoundError):
        show_recipient(any_state, id_)


def test_no_secret_is_in_the_database_the_ledger_the_logs_or_a_repr(
    any_state: State, city: City, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.DEBUG)
    enrol(any_state, city)
    out = tmp_path / "profile.json"
    write_profile(any_state, city.release, "demo_tax", out, ENDPOINT, CENTRE, DAY, SETTINGS)
    written = json.loads(out.read_text(encoding="utf-8"))["bearerToken"]
    issued = [
        token(any_state, city),
        issue_client(any_state, city.release, "demo_tax", CENTRE, DAY, SETTINGS),
    ]
    for secret in (written, *(one.secret for one in issued)):
        assert secret not in stored(any_state)
        assert secret not in caplog.text
        assert secret not in repr(issued)
        assert secret not in repr(show_recipient(any_state, "demo_tax"))
        for file in (tmp_path / "state").glob("*") if (tmp_path / "state").exists() else ():
            assert secret.encode() not in file.read_bytes()


@pytest.mark.parametrize(
    "statement",
    [
        "update credentials set expires_at = '2030-01-01'",
        "update credentials set secret_hash = 'f'",
        "update recipients set agency_id = 'police'",
        "update recipients set networks = '[\"0.0.0.0/0\"]'",
        "delete from credentials",
    ],
)
def test_a_tampered_recipient_or_credential_is_detected(any_state: State, city: City, statement: str) -> None:
    enrol(any_state, city)
    token(any_state, city)
    assert verify_ledger(any_state).intact
    with any_state.engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount == 1
    assert not verify_ledger(any_state).intact


def test_a_profile_file_is_written_once_for_its_owner_only(
    any_state: State, city: City, tmp_path: Path
) -> None:
    enrolled = enrol(any_state, city)
    out = tmp_path / "tax.share"
    write_profile(any_state, city.release, "demo_tax", out, ENDPOINT + "/", CENTRE, DAY, SETTINGS)
    content = json.loads(out.read_text(encoding="utf-8"))
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert sorted(content) == ["bearerToken", "endpoint", "expirationTime", "shareCredentialsVersion"]
    assert (content["shareCredentialsVersion"], content["endpoint"]) == (1, ENDPOINT)
    assert content["expirationTime"] == "2026-09-12T01:00:00.000Z"
    assert recipient_by_token(any_state, content["bearerToken"], DAY) == enrolled
    before = out.read_bytes()
    with pytest.raises(SettingError, match="already"):
        write_profile(any_state, city.release, "demo_tax", out, ENDPOINT, CENTRE, DAY, SETTINGS)
    assert out.read_bytes() == before
    assert recipient_by_token(any_state, content["bearerToken"], DAY + 48 * HOUR)


def test_an_oauth_profile_names_the_token_endpoint(any_state: State, city: City, tmp_path: Path) -> None:
    enrolled = enrol(any_state, city)
    out = tmp_path / "tax.share"
    write_profile(any_state, city.release, "demo_tax", out, ENDPOINT, CENTRE, DAY, SETTINGS, oauth=True)
    content = json.loads(out.read_text(encoding="utf-8"))
    assert content.pop("shareCredentialsVersion") == 2
    assert content.pop("type") == "oauth_client_credentials"
    found = recipient_by_client(any_state, content.pop("clientId"), content.pop("clientSecret"), DAY)
    assert found == enrolled
    assert content == {"endpoint": ENDPOINT, "tokenEndpoint": ENDPOINT + "/oauth/token"}


def test_the_official_client_reads_both_profiles() -> None:
    protocol = pytest.importorskip("delta_sharing.protocol")
    read = protocol.DeltaSharingProfile.from_json(json.dumps(profile_file(ENDPOINT, "t", DAY)))
    assert (read.endpoint, read.bearer_token) == (ENDPOINT, "t")
    read = protocol.DeltaSharingProfile.from_json(json.dumps(client_profile_file(ENDPOINT, "c", "s")))
    assert (read.type, read.token_endpoint) == ("oauth_client_credentials", ENDPOINT + "/oauth/token")
    assert (read.client_id, read.client_secret) == ("c", "s")


@pytest.mark.parametrize(
    "endpoint",
    ["data.example", "ftp://a/b", "https://", "https://u:p@h/x", "https://h/x?a=1", "https://h/#x"],
)
def test_a_profile_needs_an_address(state: State, city: City, tmp_path: Path, endpoint: str) -> None:
    enrol(state, city)
    with pytest.raises(SettingError):
        write_profile(state, city.release, "demo_tax", tmp_path / "p", endpoint, CENTRE, DAY, SETTINGS)
    assert not (tmp_path / "p").exists()


def test_a_profile_that_cannot_be_written_issues_nothing(state: State, city: City, tmp_path: Path) -> None:
    enrol(state, city)
    events = verify_ledger(state).events
    with pytest.raises(SettingError, match="no such folder"):
        write_profile(state, city.release, "demo_tax", tmp_path / "no" / "p", ENDPOINT, CENTRE, DAY, SETTINGS)
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SettingError, match="already"):
        write_profile(state, city.release, "demo_tax", tmp_path / "link", ENDPOINT, CENTRE, DAY, SETTINGS)
    assert not (tmp_path / "elsewhere").exists()
    assert verify_ledger(state).events == events


def test_a_profile_of_which_the_token_fails_leaves_no_file(
    state: State, city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(state, city)

    def broken(*_: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(sharing_profile, "_write", broken)
    with pytest.raises(RuntimeError):
        write_profile(state, city.release, "demo_tax", tmp_path / "p", ENDPOINT, CENTRE, DAY, SETTINGS)
    assert list(tmp_path.glob("p")) == []


def test_tokens_issued_at_once_are_all_good_and_chained(any_url: str, city: City) -> None:
    states = [open_state(any_url) for _ in range(3)]
    enrol(states[0], city)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        runs = [pool.submit(token, state, city) for state in states for _ in range(3)]
        issued = [run.result() for run in runs]
    assert all(recipient_by_token(states[0], one.secret, DAY) for one in issued)
    assert len({one.id for one in issued}) == 9
    assert verify_ledger(states[0]).intact
    for state in states:
        state.close()


def test_a_database_of_the_version_before_gets_the_tables_and_keeps_its_ledger(
    any_url: str, city: City
) -> None:
    state = open_state(any_url)
    city.found(finding(1, resource_id="market.entities", agency_id="market"))
    reconcile(state, city.lake, city.release, DAY)
    with state.engine.begin() as connection:
        for table in (*NEWER, "form_contents", "forms", "consents", "grants", "credentials", "recipients"):
            connection.execute(text(f"drop table {table}"))
        connection.execute(text("update alembic_version set version_num = 'v0001'"))
    state.close()
    upgraded = open_state(any_url)
    assert verify_ledger(upgraded).intact
    enrol(upgraded, city)
    assert verify_ledger(upgraded).intact
    upgraded.close()


def test_recipients_registered_at_once_under_one_name_are_one(any_url: str, city: City) -> None:
    states = [open_state(any_url) for _ in range(4)]

    def tried(state: State) -> str:
        try:
            return enrol(state, city).id
        except CaseError:
            return "refused"

    with concurrent.futures.ThreadPoolExecutor() as pool:
        results = sorted(pool.map(tried, states))
    assert results == ["demo_tax", "refused", "refused", "refused"]
    assert verify_ledger(states[0]).intact
    for state in states:
        state.close()


@pytest.mark.parametrize(
    "quota", [{"requests_per_minute": 2**31}, {"bytes_per_day": 2**51}, {"bytes_per_day": 0}]
)
def test_a_quota_that_no_database_can_hold_is_refused_with_the_numbers_that_are_admitted(
    any_state: State, city: City, quota: dict[str, int]
) -> None:
    with pytest.raises(CaseError, match="quota"):
        enrol(any_state, city, **quota)
    largest = {name: number - 1 for name, number in quota.items() if number}
    assert enrol(any_state, city, **largest).id == "demo_tax"


def test_a_profile_that_cannot_be_written_leaves_the_former_token_as_it_was(
    state: State, city: City, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    enrol(state, city)
    former = issue_token(state, city.release, "demo_tax", CENTRE, DAY, SETTINGS)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("casework.sharing_profile._write", full)
    out = tmp_path / "tax.share"
    with pytest.raises((CivicError, OSError)):
        write_profile(state, city.release, "demo_tax", out, ENDPOINT, CENTRE, DAY, SETTINGS)
    assert not out.exists()
    end = former.expires_at - dt.timedelta(seconds=1)
    assert recipient_by_token(state, former.secret, end) is not None
