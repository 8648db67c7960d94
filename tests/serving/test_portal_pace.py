"""How fast one may ask the portal: per address behind proxies, per holder of a key; in the form the asker reads."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from portal_city import NOW, City
from portal_members import PAGE, MemberCity, key_of, member
from starlette.testclient import TestClient

from casework import passwords
from serving.buckets import Buckets


@pytest.fixture
def slow(tmp_path: Path) -> City:
    return City(tmp_path, requests_per_minute=3, trusted_proxies=1)


def asked(client: TestClient, caller: str = "192.0.2.1", path: str = "/", **headers: str) -> int:
    return client.get(path, headers={"x-forwarded-for": caller, **headers}).status_code


def test_one_address_is_refused_for_as_long_as_it_is_told_and_others_are_not(slow: City) -> None:
    client = TestClient(slow.app())
    assert [asked(client) for _ in range(4)] == [200, 200, 200, 429]
    assert asked(client, "192.0.2.2") == 200
    refused = client.get("/", headers={"x-forwarded-for": "192.0.2.1"})
    assert refused.headers["retry-after"] == "20"
    slow.now += dt.timedelta(seconds=20)
    assert [asked(client) for _ in range(2)] == [200, 429]


def test_what_an_address_claims_before_the_trusted_proxy_does_not_count(slow: City) -> None:
    client = TestClient(slow.app())
    assert [asked(client, f"203.0.113.{n}, 192.0.2.1") for n in range(4)] == [200, 200, 200, 429]


def test_a_refusal_is_a_page_an_object_or_in_ckan_s_envelope(slow: City) -> None:
    client = TestClient(slow.app())
    for _ in range(3):
        asked(client)
    from_here = {"x-forwarded-for": "192.0.2.1"}
    page = client.get("/en/search", headers={**from_here, **PAGE})
    assert (page.status_code, "Too many requests" in page.text) == (429, True)
    plain = client.get("/catalog.ttl", headers={**from_here, "accept": "application/json"})
    assert plain.json()["error"]["status"] == 429
    ckan = client.get("/api/3/action/package_list", headers=from_here)
    assert (ckan.json()["success"], ckan.json()["error"]["__type"]) == (False, "Rate Limit Error")
    assert {one.headers["retry-after"] for one in (page, plain, ckan)} == {"20"}


def test_style_sheets_and_health_are_free(slow: City) -> None:
    client = TestClient(slow.app())
    assert {asked(client, path="/health") for _ in range(9)} == {200}
    assert {asked(client, path="/static/portal.css") for _ in range(9)} == {200}


def test_the_holder_of_a_key_is_counted_wherever_it_asks_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_COST", 4)
    city = MemberCity(tmp_path, requests_per_minute=30, trusted_proxies=1)
    key = key_of(member(city.app()))
    client = TestClient(city.app())
    for n in range(30):
        assert asked(client, f"192.0.2.{n}", authorization=key) == 200
    assert asked(client, "192.0.2.77", authorization=key) == 429
    assert asked(client, "192.0.2.77") == 200
    assert asked(client, "192.0.2.77", authorization="x" * 43) == 200, "a wrong key counts for its address"
    city.state.close()


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.integers(1, 50))
def test_a_bucket_admits_no_more_than_its_minute_and_what_has_come_since(gaps: list[int], rate: int) -> None:
    buckets, now, admitted = Buckets(), NOW, 0
    for gap in gaps:
        now += dt.timedelta(seconds=gap)
        admitted += buckets.spend("one", rate, now) == 0
    assert admitted <= rate + (now - NOW).total_seconds() * rate / 60 + 1e-6


@given(st.integers(1, 500), st.integers(0, 100))
def test_who_waits_as_long_as_it_is_told_is_admitted(rate: int, more: int) -> None:
    buckets = Buckets()
    waits = [buckets.spend("one", rate, NOW) for _ in range(rate + 1 + more)]
    assert waits[:rate] == [0] * rate
    assert buckets.spend("one", rate, NOW + dt.timedelta(seconds=waits[-1])) == 0


def test_buckets_are_bounded_and_forget_those_used_longest_ago() -> None:
    buckets = Buckets(most=100)
    for n in range(1000):
        buckets.spend(n, 1, NOW)
    assert len(buckets) == 100
    assert buckets.spend(999, 1, NOW) == 60
    assert buckets.spend(1, 1, NOW) == 0
