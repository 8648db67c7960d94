"""Forms: corrections and demands become cases; tokens, trap, limits; the sender sees the state; nothing is logged."""

import datetime as dt
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from portal_city import INSURED, REPAIRS, City
from starlette.testclient import TestClient

from resource_catalogue.model import Label
from serving.portal import PortalSettings
from serving.portal.form_guard import FormGuard

FORM = f"/dataset/{REPAIRS}/correct"
TEXT = "第三行的企业名称与营业执照不符，请核实。"


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


@pytest.fixture
def client(city: City) -> TestClient:
    return TestClient(city.app())


def token(client: TestClient, path: str = FORM) -> str:
    found = re.search(r'name="token" value="([^"]+)"', client.get(path).text)
    assert found is not None
    return found[1]


def sent(client: TestClient, path: str = FORM, **fields: str) -> Any:
    body = {"text": TEXT, "contact": "", "website": "", "token": token(client, path)} | fields
    return client.post(path, data=body, follow_redirects=False)


@pytest.mark.requirement("P-18", "P-20")
def test_a_correction_becomes_a_case_whose_state_the_sender_sees(city: City, client: TestClient) -> None:
    answer = sent(client, contact="someone@example.org")
    assert answer.status_code == 303
    (receipt,) = city.desk.cases
    assert answer.headers["location"] == f"/receipt/{receipt}?sent=1"
    assert city.desk.texts[receipt] == (TEXT, "someone@example.org")
    assert (city.desk.cases[receipt].kind, city.desk.cases[receipt].dataset) == ("correction", REPAIRS)
    page = client.get(answer.headers["location"]).text
    for word in ("已收到", receipt, "机动车维修信息", "2026-04-08", "2026-03-25 09:00"):
        assert word in page
    assert TEXT not in page
    assert "someone@" not in page
    city.desk.answer(receipt, Label(zh="已更正，感谢指正", en="Corrected, thank you"), city.now)
    assert "已更正，感谢指正" in client.get(f"/receipt/{receipt}").text
    english = client.get(f"/en/receipt/{receipt}")
    assert "Corrected, thank you" in english.text
    assert english.headers["cache-control"] == "no-store"


@pytest.mark.requirement("P-16", "P-30")
def test_a_demand_becomes_a_case_with_or_without_a_dataset(city: City, client: TestClient) -> None:
    assert sent(client, "/demand").status_code == 303
    assert sent(client, f"/en/demand?dataset={INSURED}").headers["location"].startswith("/en/receipt/K-")
    cases = list(city.desk.cases.values())
    assert [(case.kind, case.dataset) for case in cases] == [("demand", None), ("demand", INSURED)]


def test_the_number_of_a_receipt_leads_to_its_page_and_only_there(client: TestClient) -> None:
    answer = client.get("/receipt", params={"number": " K-abc "}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/receipt/K-abc")
    for number in ("//evil.example", "https://evil.example", "..%2f", "a/b", "x" * 61 + "!"):
        answer = client.get("/receipt", params={"number": number}, follow_redirects=False)
        assert answer.status_code == 200
        assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"text": ""}, 422),
        ({"text": "太短了"}, 422),
        ({"text": "长" * 2001}, 422),
        ({"text": TEXT + "\x00"}, 422),
        ({"contact": "9" * 121}, 422),
        ({"website": "http://spam.example"}, 400),
        ({"token": ""}, 403),
        ({"token": "1.2.3"}, 403),
        ({"token": "zz.00.é"}, 403),
        ({"text": "此件拒收，不属于这里的受理范围"}, 422),
    ],
)
def test_what_is_wrong_is_told_beside_the_form_and_no_case_is_made(
    city: City, client: TestClient, fields: dict[str, str], status: int
) -> None:
    answer = sent(client, **fields)
    assert answer.status_code == status
    assert 'role="alert"' in answer.text
    assert city.desk.cases == {}
    if status == 422 and "contact" in fields:
        assert TEXT in answer.text, "what was written stays"


def test_a_form_sent_from_another_site_is_refused(city: City, client: TestClient) -> None:
    stolen = token(client)
    other = TestClient(city.app())
    assert other.post(FORM, data={"text": TEXT, "token": stolen}, follow_redirects=False).status_code == 403
    assert city.desk.cases == {}
    cookie = client.get(FORM).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_a_token_signed_elsewhere_or_too_old_is_refused(city: City, client: TestClient) -> None:
    old = token(client)
    forged = FormGuard(PortalSettings(secret=b"other")).token(city.now)
    client.cookies.set("portal_form", forged)
    assert client.post(FORM, data={"text": TEXT, "token": forged}).status_code == 403
    client.cookies.set("portal_form", old)
    city.now += dt.timedelta(hours=5)
    assert client.post(FORM, data={"text": TEXT, "token": old}).status_code == 403


@given(st.text(max_size=80), st.text(max_size=80))
@settings(max_examples=200)
def test_no_text_passes_for_a_token(first: str, second: str) -> None:
    guard = FormGuard(PortalSettings(secret=b"k" * 32))
    now = dt.datetime(2026, 3, 25, tzinfo=dt.UTC)
    assert not guard.is_ours(first, second, now)
    assert not guard.is_ours(first, first, now)


def test_an_address_may_send_so_many_forms_an_hour(tmp_path: Path) -> None:
    city = City(tmp_path, forms_per_hour=2)
    client = TestClient(city.app())
    assert [sent(client).status_code for _ in range(3)] == [303, 303, 429]
    assert len(city.desk.cases) == 2
    city.now += dt.timedelta(minutes=61)
    assert sent(client).status_code == 303


def test_behind_a_proxy_the_address_is_the_one_that_the_proxy_saw(tmp_path: Path) -> None:
    city = City(tmp_path, forms_per_hour=1, trusted_proxies=1)
    client = TestClient(city.app())

    def from_address(hops: str) -> int:
        body = {"text": TEXT, "token": token(client)}
        answer = client.post(FORM, data=body, headers={"x-forwarded-for": hops}, follow_redirects=False)
        return int(answer.status_code)

    assert from_address("192.0.2.1") == 303
    assert from_address("192.0.2.2") == 303
    assert from_address("10.9.9.9, 192.0.2.1") == 429, (
        "what the caller claims before the proxy does not count"
    )


def test_receipts_cannot_be_guessed_at_speed(tmp_path: Path) -> None:
    client = TestClient(City(tmp_path, receipts_per_minute=3).app())
    assert [client.get(f"/receipt/K-{n}").status_code for n in range(4)] == [404, 404, 404, 429]


def test_a_form_of_another_kind_or_with_a_file_is_refused(city: City, client: TestClient) -> None:
    assert client.post(FORM, json={"text": TEXT}).status_code == 415
    sent_file = client.post(FORM, data={"text": TEXT}, files={"f": ("a.txt", b"x")})
    assert sent_file.status_code in (400, 413)
    many = {f"f{n}": "x" for n in range(50)}
    assert client.post(FORM, data=many).status_code == 400
    assert city.desk.cases == {}


def test_nothing_that_a_person_wrote_reaches_log_record_or_address(
    city: City, client: TestClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> str:
        raise RuntimeError(f"cannot store {TEXT} of someone@example.org")

    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(city.desk, "submit", broken)
    answer = sent(client, contact="someone@example.org")
    assert answer.status_code == 500
    assert TEXT not in caplog.text + answer.text
    assert "someone@" not in caplog.text + answer.text
    assert city.recorder.written == []
