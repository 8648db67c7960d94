"""Accounts on the portal: registering, logging in, the way back, keys for programs; and what attacks on them meet."""

import datetime as dt
import logging
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from markupsafe import escape
from portal_city import INSURED, REPAIRS, City
from portal_members import (
    CONTACT,
    NAME,
    OTHER,
    PAGE,
    PASSWORD,
    MemberCity,
    key_of,
    log_in,
    member,
    posted,
    register,
)
from sqlalchemy import text
from starlette.testclient import TestClient

from casework import passwords
from casework.access_models import RecipientEntry
from casework.account_sessions import log_out_everywhere
from casework.ledger import Act, advance, by_platform, verify_ledger
from casework.state import State

FILE = f"/dataset/{REPAIRS}/download/{REPAIRS}.csv"
ROWS = f"/api/3/action/datastore_search?resource_id={REPAIRS}.csv&limit=2"


@pytest.fixture(autouse=True)
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash by little work: what is shown here does not depend on how much it is."""
    monkeypatch.setattr(passwords, "_COST", 4)
    monkeypatch.setattr(passwords, "_LANES", 1)


@pytest.fixture
def city(tmp_path: Path) -> Iterator[MemberCity]:
    made = MemberCity(tmp_path)
    yield made
    made.state.close()


@pytest.fixture
def client(city: MemberCity) -> TestClient:
    return TestClient(city.app())


def users(state: State) -> list[str]:
    with state.engine.connect() as connection:
        return list(connection.execute(text("select id from recipients")).scalars())


def suspended(state: State, act: str = "suspend") -> None:
    """Suspend every user, as another process does."""
    with state.write() as session:
        for entry in session.query(RecipientEntry):
            last = dt.datetime(2026, 3, 25, 12, tzinfo=dt.UTC)
            advance(session, entry.case, Act(act, by_platform(entry.case), last, "违规"))


@pytest.mark.requirement("P-11")
def test_a_person_is_led_to_the_log_in_registers_comes_back_and_downloads_on_record(
    city: MemberCity, client: TestClient
) -> None:
    led = client.get(FILE, headers=PAGE, follow_redirects=False)
    assert led.status_code == 303
    assert led.headers["location"] == f"/login?next=%2Fdataset%2F{REPAIRS}%23downloads"
    assert city.recorder.written == []
    back = f"/dataset/{REPAIRS}#downloads"
    assert f'name="next" value="{back}"' in client.get(led.headers["location"]).text
    done = register(client, next=back)
    assert (done.status_code, done.headers["location"]) == (
        303,
        f"/login?registered=1&next=%2Fdataset%2F{REPAIRS}%23downloads",
    )
    assert log_in(client, next=back).headers["location"] == back
    got = client.get(FILE, headers=PAGE)
    assert got.status_code == 200
    assert got.headers["cache-control"].startswith("private")
    (user,) = users(city.state)
    assert city.recorder.written[-1].recipient_id == user
    assert verify_ledger(city.state).intact


def test_pages_preview_search_and_descriptions_stay_open_to_all(client: TestClient) -> None:
    shown = client.get(f"/dataset/{REPAIRS}")
    assert "示例维修店2" in shown.text
    for path in (
        "/", "/search?q=维修", f"/dataset/{REPAIRS}.ttl", f"/dataset/{REPAIRS}/datapackage.json", "/catalog.ttl",
        f"/api/3/action/package_show?id={REPAIRS}", "/api/3/action/package_search?q=维修", "/feed.atom", "/developers",
        f"/api/3/action/datastore_search?resource_id={REPAIRS}.csv&limit=0",
    ):  # fmt: skip
        assert client.get(path).status_code == 200, path


def test_the_page_says_before_the_click_that_a_log_in_is_needed_and_leads_there(client: TestClient) -> None:
    for start, words in (("", "下载须先登录"), ("/en", "Log in to download")):
        shown = client.get(f"{start}/dataset/{REPAIRS}").text
        assert words in shown
        assert f'href="{start}/login?next=' in shown
        assert f'href="{start}/register?next=' in shown
        assert not re.search(r'class="download" [^>]*\bdownload>', shown), "a saved log-in page is no file"
    assert "Authorization: KEY" in client.get("/developers").text


@pytest.mark.requirement("P-11")
def test_a_program_is_told_how_to_get_a_key_and_takes_data_with_it_in_both_forms(
    city: MemberCity, client: TestClient
) -> None:
    for path in (FILE, ROWS):
        refused = client.get(path)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Bearer")
        assert "/register" in refused.text
    assert client.get(ROWS).json()["error"]["__type"] == "Authorization Error"
    key = key_of(member(client.app))  # type: ignore[arg-type]
    (user,) = users(city.state)
    for header in (key, f"Bearer {key}", f"bearer {key}"):
        assert client.get(FILE, headers={"authorization": header}).status_code == 200
        assert client.get(ROWS, headers={"authorization": header}).json()["success"] is True
        assert city.recorder.written[-1].recipient_id == user
    for header in ("", key[:-1], f"Basic {key}", f"Token {key}", f"{key} x", "Bearer", "é" * 30):
        assert client.get(ROWS, headers={"authorization": header.encode()}).status_code == 401
    wrong = client.get(FILE, headers={"authorization": key[:-1]})
    assert "访问密钥无效" in wrong.text
    assert "/account" in wrong.json()["error"]["how"]
    assert wrong.headers["www-authenticate"].endswith('error="invalid_token"')


@pytest.mark.parametrize(
    "asked", ['&filters={"code":"000001"}&limit=0', "&q=000001&limit=0", "&limit=1", "&limit=0&distinct=true"]
)
def test_no_question_about_rows_is_answered_without_a_log_in(client: TestClient, asked: str) -> None:
    path = f"/api/3/action/datastore_search?resource_id={REPAIRS}.csv"
    assert client.get(path + asked).status_code == 401


def test_a_conditional_dataset_stays_closed_to_members(city: MemberCity, client: TestClient) -> None:
    key = key_of(member(city.app()))
    answer = client.get(f"/dataset/{INSURED}/download/{INSURED}.csv", headers={"authorization": key})
    assert answer.status_code == 403


def test_where_the_text_demands_no_log_in_nobody_is_asked_to_register(tmp_path: Path) -> None:
    open_city = MemberCity(tmp_path, login=False)
    client = TestClient(open_city.app())
    assert client.get(FILE).status_code == 200
    assert client.get(FILE).headers["cache-control"].startswith("public")
    assert client.get(ROWS).json()["success"] is True
    assert client.get("/register").status_code == 404
    assert "/account" not in client.get("/").text
    assert "/login" not in client.get(f"/dataset/{REPAIRS}").text
    assert open_city.recorder.written[-1].recipient_id == ""
    open_city.state.close()


def test_without_accounts_there_are_no_pages_for_them(tmp_path: Path) -> None:
    client = TestClient(City(tmp_path).app())
    for path in ("/register", "/login", "/account"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("changed", "status", "field"),
    [
        ({"name": "a"}, 422, "name"),
        ({"password": "short", "again": "short"}, 422, "password"),
        ({"again": OTHER}, 422, "again"),
        ({"contact": "nowhere"}, 422, "contact"),
        ({"agree": ""}, 422, "agree"),
        ({"website": "http://spam.example"}, 400, None),
        ({"token": "forged"}, 403, None),
    ],
)
def test_a_faulty_registration_is_shown_again_without_the_password(
    city: MemberCity, client: TestClient, changed: dict[str, str], status: int, field: str | None
) -> None:
    answer = register(client, **changed)
    assert answer.status_code == status
    assert field is None or f'id="{field}-fault"' in answer.text
    assert PASSWORD not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert users(city.state) == []


def test_an_empty_registration_tells_everything_that_is_missing_at_once(client: TestClient) -> None:
    answer = posted(client, "/en/register", "/en/register")
    assert answer.status_code == 422
    for field in ("name", "password", "contact", "agree"):
        assert f'id="{field}-fault"' in answer.text


def test_a_script_as_account_name_is_refused_and_shown_as_text(client: TestClient) -> None:
    for name in ('"><script>alert(1)</script>', "{{7*7}}", "a' or '1'='1"):
        answer = register(client, name=name)
        assert answer.status_code == 422
        assert "<script>alert" not in answer.text
        assert f'value="{escape(name)}"' in answer.text
        answer = log_in(client, name)
        assert "<script>alert" not in answer.text


def test_the_log_in_tells_no_unknown_from_a_known_or_suspended_account(
    city: MemberCity, client: TestClient
) -> None:
    register(client)
    answers = [log_in(client, NAME, OTHER), log_in(client, "nobody", PASSWORD)]
    suspended(city.state)
    answers.append(log_in(client, NAME, PASSWORD))
    assert {answer.status_code for answer in answers} == {422}
    told = {re.search(r'role="alert".*?</div>', answer.text, flags=re.S)[0] for answer in answers}  # type: ignore[index]
    assert len(told) == 1
    assert all("portal_session" not in answer.headers.get("set-cookie", "") for answer in answers)


def test_brute_force_is_stopped_per_account_and_per_address(tmp_path: Path) -> None:
    city = MemberCity(tmp_path, failed_logins=3, logins_per_hour=8, trusted_proxies=1)
    client = TestClient(city.app())
    register(client)

    def tried(name: str, password: str, caller: str) -> int:
        found = re.search(r'name="token" value="([^"]+)"', client.get("/login").text)
        assert found is not None
        fields = {"token": found[1], "name": name, "password": password}
        caller_header = {"x-forwarded-for": caller}
        return client.post("/login", data=fields, headers=caller_header, follow_redirects=False).status_code

    assert [tried(NAME, OTHER, f"198.51.100.{n}") for n in range(3)] == [422] * 3
    assert tried(NAME, PASSWORD, "198.51.100.9") == 429, "not even the right one, from wherever"
    assert tried("ｎobody", OTHER, "198.51.100.9") == 422
    assert [tried(f"nobody{n}", OTHER, "192.0.2.1") for n in range(9)] == [422] * 8 + [429]
    assert [tried(f"nobody{n}", OTHER, f"2001:db8::{n:x}") for n in range(9)] == [422] * 8 + [429]
    city.now += dt.timedelta(hours=1)
    assert tried(NAME, PASSWORD, "192.0.2.1") == 303
    city.state.close()


def test_a_right_password_forgives_the_wrong_ones_before(tmp_path: Path) -> None:
    city = MemberCity(tmp_path, failed_logins=3)
    client = TestClient(city.app())
    register(client)
    for _ in range(3):
        assert [log_in(client, NAME, OTHER).status_code for _ in range(2)] == [422, 422]
        assert log_in(client).status_code == 303
    city.state.close()


def test_registrations_are_few_per_address(tmp_path: Path) -> None:
    city = MemberCity(tmp_path, registrations_per_hour=2)
    client = TestClient(city.app())
    assert [register(client, name=f"reader-{n}").status_code for n in range(3)] == [303, 303, 429]
    assert len(users(city.state)) == 2
    city.state.close()


def test_the_session_s_cookie_is_closed_to_scripts_other_sites_and_plain_http(tmp_path: Path) -> None:
    city = MemberCity(tmp_path, https=True, session_hours=2)
    client = TestClient(city.app(), base_url="https://testserver")
    register(client)
    (cookie,) = [
        one for one in log_in(client).headers.get_list("set-cookie") if one.startswith("portal_session")
    ]
    for word in ("HttpOnly", "SameSite=lax", "Secure", "Path=/", "Max-Age=7200"):
        assert word.lower() in cookie.lower()
    assert client.get("/account").status_code == 200
    city.now += dt.timedelta(hours=2)
    assert client.get("/account", follow_redirects=False).status_code == 303
    city.state.close()


def test_a_log_in_takes_up_no_session_that_was_planted_and_ends_the_former_one(city: MemberCity) -> None:
    client = member(city.app())
    first = client.cookies["portal_session"]
    stranger = TestClient(city.app())
    stranger.cookies.set("portal_session", "planted." + "0" * 64)
    assert log_in(stranger).status_code == 303
    taken = {cookie.value for cookie in stranger.cookies.jar if cookie.name == "portal_session"} - {
        "planted." + "0" * 64
    }
    assert len(taken) == 1
    assert first not in taken
    log_in(client)
    assert client.cookies["portal_session"] != first
    assert TestClient(city.app(), cookies={"portal_session": first}).get(FILE).status_code == 401


def test_forged_foreign_and_expired_cookies_open_nothing(city: MemberCity, tmp_path: Path) -> None:
    client = member(city.app())
    good = client.cookies["portal_session"]
    token, _, signature = good.partition(".")
    other = MemberCity(tmp_path / "other")
    foreign = member(other.app()).cookies["portal_session"]
    forged = [
        token, f"{token}.", f".{signature}", f"{token}.{'0' * 64}", f"x{token}.{signature}", foreign,
        f"{token}.{signature.upper()}", f"{good}x", "x" * 5000, "' or 1=1 --", "%00",
    ]  # fmt: skip
    for cookie in forged:
        browser = TestClient(city.app(), cookies={"portal_session": cookie})
        assert browser.get(FILE).status_code == 401, cookie
        assert browser.get("/account", follow_redirects=False).status_code == 303, cookie
    assert client.get(FILE).status_code == 200
    city.now += dt.timedelta(hours=12)
    assert client.get(FILE).status_code == 401
    other.state.close()


def test_a_suspended_user_is_stopped_on_the_next_request_by_session_and_by_key(city: MemberCity) -> None:
    client = member(city.app())
    key = {"authorization": key_of(client)}
    program = TestClient(city.app())
    assert client.get(FILE).status_code == program.get(FILE, headers=key).status_code == 200
    suspended(city.state)
    assert client.get(FILE).status_code == program.get(FILE, headers=key).status_code == 401
    assert client.get(ROWS).status_code == program.get(ROWS, headers=key).status_code == 401
    assert client.get("/account", follow_redirects=False).status_code == 303
    suspended(city.state, "resume")
    assert program.get(FILE, headers=key).status_code == 200


def test_logging_out_ends_the_session_here_or_everywhere(city: MemberCity) -> None:
    one, two, three = member(city.app()), TestClient(city.app()), TestClient(city.app())
    log_in(two)
    log_in(three)
    kept = one.cookies["portal_session"]
    out = posted(one, "/account", "/logout")
    assert (out.status_code, out.headers["location"]) == (303, "/login?out=1")
    assert "portal_session" not in one.cookies
    assert TestClient(city.app(), cookies={"portal_session": kept}).get(FILE).status_code == 401
    assert two.get(FILE).status_code == 200
    posted(two, "/account", "/logout", everywhere="yes")
    assert three.get(FILE).status_code == 401


def test_what_another_process_ends_is_over_on_the_next_request(city: MemberCity) -> None:
    client = member(city.app())
    assert client.get(FILE).status_code == 200
    (user,) = users(city.state)
    log_out_everywhere(city.state, user)
    assert client.get(FILE).status_code == 401


@pytest.mark.parametrize(
    "path", ["/logout", "/account/keys", "/account/keys/revoke", "/account/password", "/account/close"]
)
def test_no_other_site_can_send_a_form_of_the_account(city: MemberCity, path: str) -> None:
    client = member(city.app())
    fields = {"current": PASSWORD, "closing": PASSWORD, "password": OTHER, "again": OTHER}
    for token in (
        "",
        "forged",
        TestClient(city.app()).get("/login").text.partition('token" value="')[2][:80],
    ):
        answer = client.post(path, data=fields | {"token": token}, follow_redirects=False)
        assert answer.status_code in (303, 403)
    assert client.get(path, follow_redirects=False).status_code in (303, 405)
    assert client.get(FILE).status_code == 200
    assert "还没有密钥" in client.get("/account").text


@pytest.mark.parametrize(
    "back",
    [
        "https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "/\t/evil.example",
        "/%0d%0aset-cookie:x", "javascript:alert(1)", "http:evil", "/\n/evil.example", "/ /evil", "x" * 600, "evil",
        "///evil", "/\u2028/evil",
    ],
)  # fmt: skip
def test_the_way_back_leads_to_no_other_site(city: MemberCity, back: str) -> None:
    client = TestClient(city.app())
    register(client)
    for answer in (log_in(client, next=back), log_in(client, next="https://evil.example")):
        location = answer.headers["location"]
        assert location.startswith("/")
        assert location in ("/account", "/%0d%0aset-cookie:x")
        assert "set-cookie:x" not in str(answer.headers.get_list("set-cookie"))
    shown = client.get("/login", params={"next": back}).text
    kept = re.findall(r'name="next" value="([^"]*)"', shown)
    assert kept in ([""], ["/%0d%0aset-cookie:x"])


def test_a_changed_password_ends_this_session_too_and_wrong_ones_are_counted(tmp_path: Path) -> None:
    city = MemberCity(tmp_path, failed_logins=4)
    client = member(city.app())
    change = {"password": OTHER, "again": OTHER}
    wrong = posted(client, "/account", "/account/password", current=OTHER, **change)
    assert (wrong.status_code, 'id="current-fault"' in wrong.text) == (422, True)
    differ = posted(client, "/account", "/account/password", current=PASSWORD, password=OTHER, again="x")
    assert (differ.status_code, 'id="again-fault"' in differ.text) == (422, True)
    done = posted(client, "/account", "/account/password", current=PASSWORD, **change)
    assert done.status_code == 303
    assert client.get(FILE).status_code == 401
    assert log_in(client, NAME, OTHER).status_code == 303
    tries = [posted(client, "/account", "/account/close", closing="wrong").status_code for _ in range(6)]
    assert tries == [422, 422, 422, 422, 429, 429]
    city.state.close()


def test_a_key_is_shown_once_and_revoked_by_its_owner_only(city: MemberCity) -> None:
    client, other = member(city.app()), member(city.app(), "另一读者")
    key = key_of(client)
    shown = client.get("/account").text
    assert key not in shown
    found = re.search(r'name="key" value="([^"]+)"', shown)
    assert found is not None
    program = {"authorization": key}
    posted(other, "/account", "/account/keys/revoke", key=found[1])
    assert other.get(FILE, headers=program).status_code == 200
    assert posted(client, "/account", "/account/keys/revoke", key=found[1]).status_code == 303
    assert TestClient(city.app()).get(FILE, headers=program).status_code == 401
    for _ in range(5):
        assert posted(client, "/account", "/account/keys").status_code == 303
    full = posted(client, "/account", "/account/keys")
    assert (full.status_code, "最多 5 个" in full.text) == (422, True)


def test_a_closed_account_is_gone_with_its_contact(city: MemberCity) -> None:
    client = member(city.app())
    done = posted(client, "/account", "/account/close", closing=PASSWORD)
    assert (done.status_code, done.headers["location"]) == (303, "/login?out=1")
    assert client.get(FILE).status_code == 401
    assert log_in(client).status_code == 422
    with city.state.engine.connect() as connection:
        assert connection.execute(text("select count(*) from account_contacts")).scalar() == 0
    assert verify_ledger(city.state).intact


def test_nothing_that_a_person_types_reaches_logs_record_or_addresses(
    city: MemberCity, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = member(city.app())
    key = key_of(client)
    client.get(FILE, headers={"authorization": key})
    log_in(client, NAME, OTHER)
    told = caplog.text + repr(city.recorder.written)
    for secret in (PASSWORD, OTHER, CONTACT, key, NAME, client.cookies["portal_session"]):
        assert secret not in told


def test_registering_waits_until_a_run_has_published_who_operates_the_portal(city: MemberCity) -> None:
    client = TestClient(city.app())
    city.publish(bodies=None)
    answer = register(client)
    assert answer.status_code == 422
    assert "尚未准备好" in answer.text
    city.publish(terms=city.content["terms"] | {"profile": "another@1"})
    assert register(client).status_code == 422


def test_pages_of_accounts_are_kept_from_crawlers_and_caches(city: MemberCity) -> None:
    client = member(city.app())
    for path in ("/register", "/login", "/account"):
        answer = client.get(path)
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        assert f"Disallow: {path}" in client.get("/robots.txt").text
