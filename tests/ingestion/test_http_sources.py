"""Rows of a real HTTP interface become one whole delivery, or none: no fault of the server passes for an answer."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from faulty_server import Ask, Far, Reply, far_server, rows_reply
from made_inbox import RAW, Inbox
from pydantic import ValidationError

from ingestion.spool import Spool

pytestmark = pytest.mark.enable_socket
KEY = "key-of-the-platform"
ROWS = [{"code": f"c{number}", "title": f"名称{number}", "amount": number} for number in range(7)]


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> Iterator[Far]:
    monkeypatch.setenv("FAR_KEY", KEY)
    with far_server() as server:
        yield server


def _source(far: Far, **changes: Any) -> dict[str, Any]:
    return {
        "connector": "http_api", "url": f"{far.url}/v1/rows", "rows_at": "data.rows",
        "retry": {"attempts": 3, "first_wait_seconds": 0, "longest_wait_seconds": 2, "timeout_seconds": 2,
                  "whole_seconds": 4}, **changes,
    }  # fmt: skip


def _page(rows: list[dict[str, Any]], **others: Any) -> Reply:
    return rows_reply({"data": {"rows": rows, **others}})


def _codes(inbox: Inbox) -> list[str]:
    return sorted(code for (code,) in inbox.rows("code"))


def _all_codes() -> list[str]:
    return [row["code"] for row in ROWS]


def test_a_single_page_is_kept_with_the_digits_of_its_numbers(inbox: Inbox, far: Far) -> None:
    inbox.declare(source=_source(far))
    far.answers = lambda _: Reply('{"data":{"rows":[{"code":1.10,"title":"甲","amount":1e2}]}}'.encode())
    assert inbox.ingest().source_fault == ""
    assert inbox.rows("code", "title", "amount", table=RAW) == [("1.10", "甲", "1e2")]
    assert inbox.delivery()["file_name"] == f"{far.url}/v1/rows"


def test_an_interface_that_goes_back_to_an_earlier_state_is_read_as_that(inbox: Inbox, far: Far) -> None:
    inbox.declare(source=_source(far))
    for rows in (ROWS[:2], ROWS[:2], ROWS[1:3], ROWS[:2], ROWS[1:3]):
        far.answers = lambda _, rows=rows: _page(rows)  # type: ignore[misc]
        assert inbox.ingest().source_fault == ""
        assert _codes(inbox) == [row["code"] for row in rows]
    assert len(inbox.deliveries()) == 4


def _by_number(ask: Ask) -> Reply:
    start = (int(ask.query.get("page", 1)) - 1) * 3
    return _page(ROWS[start : start + 3], total=len(ROWS))


def _by_offset(ask: Ask) -> Reply:
    start = int(ask.query["offset"])
    return _page(ROWS[start : start + 3])


def _by_cursor(ask: Ask) -> Reply:
    start = int(ask.query.get("after", 0))
    return _page(ROWS[start : start + 3], next=str(start + 3) if start + 3 < len(ROWS) else "")


def _by_body_link(ask: Ask) -> Reply:
    start = int(ask.query.get("p", 0))
    return _page(ROWS[start : start + 3], next=f"/v1/rows?p={start + 3}" if start + 3 < len(ROWS) else None)


def _by_header_link(ask: Ask) -> Reply:
    reply = _by_body_link(ask)
    following = json.loads(reply.body)["data"].pop("next")
    if following:
        reply.headers["Link"] = f'<{following}>; rel="next", </v1/rows>; rel="first"'
    return reply


@pytest.mark.parametrize(
    ("pages", "answers"),
    [
        ({"by": "page", "parameter": "page"}, _by_number),
        ({"by": "page", "parameter": "page", "total": "data.total"}, _by_number),
        ({"by": "offset", "parameter": "offset"}, _by_offset),
        ({"cursor": "data.next", "parameter": "after"}, _by_cursor),
        ({"next_link": "data.next"}, _by_body_link),
        ({"next_link": "Link"}, _by_header_link),
    ],
)
def test_pages_are_followed_to_the_last_and_joined(
    inbox: Inbox, far: Far, pages: dict[str, Any], answers: Any
) -> None:
    inbox.declare(source=_source(far, pages=pages, query={"size": "3"}))
    far.answers = answers
    assert inbox.ingest().source_fault == ""
    assert _codes(inbox) == _all_codes()
    assert inbox.delivery()["rows_received"] == len(ROWS)


@pytest.mark.parametrize(
    "fault",
    [
        Reply(b"oh", 500),
        Reply(b"", 503, headers={"Retry-After": "1"}),
        Reply(b"", 429),
        Reply(b'{"data":{"rows":[{"code":"x"}', length=500),
        Reply(b'{"data":{"rows":[{"code":"x"}]}}', length=20),
        Reply(b'{"data":{"rows":[' + b" " * 400 + b"]}}", drip=0.02),
        Reply(b"", length=100),
    ],
    ids=["500", "503 with a wait", "429", "cut", "announced too short", "drip", "nothing"],
)
def test_a_fault_that_passes_is_outlasted_and_never_taken_for_an_answer(
    inbox: Inbox, far: Far, fault: Reply
) -> None:
    inbox.declare(source=_source(far, pages={"next_link": "data.next"}))
    far.answers = _by_body_link
    far.faults = [_by_body_link(Ask("", {}, {})), fault]
    assert inbox.ingest().source_fault == ""
    assert _codes(inbox) == _all_codes()
    assert len(far.asks) == 4


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (Reply(b"<html>", kind="text/html"), "text/html"),
        (Reply(b"", 403), "HTTP 403"),
        (Reply(b"", 302, headers={"Location": "http://localhost:1/v1/rows?k=stolen"}), "another server"),
        (Reply(b"", 302, headers={"Location": "/v1/rows"}), "too many redirects"),
        (Reply(b"", 429, headers={"Retry-After": "3600"}), "HTTP 429"),
        (rows_reply({"code": 500, "msg": "busy"}), "no list of rows"),
        (Reply(b"[" * 100_000), "not whole JSON"),
        (Reply(b'{"data":{"rows":["' + b"x" * 3_000_000 + b'"]}}'), "too large"),
    ],
    ids=["type", "403", "elsewhere", "loop", "long wait", "no rows", "deep", "large"],
)
def test_a_fault_that_lasts_is_told_and_nothing_of_the_pages_before_counts(
    inbox: Inbox, far: Far, fault: Reply, said: str
) -> None:
    inbox.declare(source=_source(far, pages={"next_link": "data.next"}, max_bytes=2_000_000))
    far.answers = lambda ask: (
        fault if ask.query.get("p") == "3" or ask.path != "/v1/rows" else _by_body_link(ask)
    )
    if said == "too many redirects":
        far.answers = lambda _: fault
    assert said in inbox.ingest().source_fault
    assert inbox.waiting() == []
    assert Spool.of(inbox.deployment, inbox.resource.id).count == 0


def test_a_redirect_within_the_server_is_followed(inbox: Inbox, far: Far) -> None:
    inbox.declare(source=_source(far, api_key={"name": "X-Key", "value": "env:FAR_KEY"}))
    far.answers = lambda ask: (
        Reply(status=307, headers={"Location": "/v2/rows"}) if ask.path == "/v1/rows" else _page(ROWS)
    )
    inbox.ingest()
    assert _codes(inbox) == _all_codes()
    assert [ask.headers["x-key"] for ask in far.asks] == [KEY, KEY]


def test_a_server_that_gives_the_same_page_for_ever_is_found_out(inbox: Inbox, far: Far) -> None:
    inbox.declare(source=_source(far, pages={"by": "page", "parameter": "page"}))
    far.answers = lambda _: _page(ROWS)
    assert "the same page came twice" in inbox.ingest().source_fault


def test_fewer_rows_than_the_server_says_there_are_is_a_fault(inbox: Inbox, far: Far) -> None:
    inbox.declare(source=_source(far, pages={"next_link": "data.next", "total": "data.total"}))
    far.answers = lambda _: _page(ROWS, total=8)
    assert "7 行" in inbox.ingest().source_fault
    assert inbox.waiting() == []


def test_only_what_is_newer_is_asked_for_and_rows_that_come_twice_stand_once(inbox: Inbox, far: Far) -> None:
    since = {"field": "changed.at", "parameter": "from", "first": "2000"}
    source = _source(far, pages={"by": "offset", "parameter": "offset"}, since=since)
    inbox.declare(source=source, mode="changes")
    rows = [{**row, "changed": {"at": f"2026-03-{number + 1:02}"}} for number, row in enumerate(ROWS)]

    def answers(ask: Ask) -> Reply:
        new = [row for row in rows if row["changed"]["at"] >= ask.query["from"]]
        start = int(ask.query["offset"])
        return _page(new[start : start + 2])

    far.answers = answers
    inbox.ingest()
    assert _codes(inbox) == _all_codes()
    rows[0] |= {"title": "改", "changed": {"at": "2026-03-20"}}
    before = len(far.asks)
    inbox.ingest()
    assert {ask.query["from"] for ask in far.asks[before:]} == {"2026-03-07"}
    assert _codes(inbox) == _all_codes()
    assert ("c0", "改") in inbox.rows("code", "title")
    rows.clear()
    count = len(inbox.deliveries())
    assert inbox.ingest().source_fault == ""
    assert len(inbox.deliveries()) == count


@pytest.mark.parametrize("place", ["header", "query"])
def test_a_key_goes_with_every_page_and_into_no_log(
    inbox: Inbox, far: Far, caplog: pytest.LogCaptureFixture, place: str
) -> None:
    api_key = {"name": "apikey", "value": "env:FAR_KEY", "place": place}
    inbox.declare(source=_source(far, api_key=api_key, pages={"next_link": "data.next"}))
    far.answers = lambda ask: Reply(status=500) if ask.query.get("p") == "6" else _by_body_link(ask)
    with caplog.at_level(logging.DEBUG, "ingestion"):
        fault = inbox.ingest().source_fault
    seen = [(ask.query if place == "query" else ask.headers).get("apikey") for ask in far.asks]
    assert len(seen) == 5
    assert set(seen) == {KEY}
    state = (Spool.of(inbox.deployment, inbox.resource.id).folder / "state.json").read_text(encoding="utf-8")
    assert "HTTP 500" in fault
    assert KEY not in fault + caplog.text + state


def test_a_token_is_asked_for_with_the_clients_secret_and_renewed_before_it_ends(
    inbox: Inbox, far: Far
) -> None:
    oauth2 = {
        "token_url": f"{far.url}/token",
        "client_id": "plat form",
        "client_secret": "env:FAR_KEY",
        "scope": "r",
    }
    inbox.declare(source=_source(far, oauth2=oauth2, pages={"next_link": "data.next"}))
    given = iter(f"token-{number}" for number in range(9))

    def answers(ask: Ask) -> Reply:
        if ask.path == "/token":
            return rows_reply({"access_token": next(given), "expires_in": 30, "token_type": "Bearer"})
        return _by_body_link(ask)

    far.answers = answers
    inbox.ingest()
    assert _codes(inbox) == _all_codes()
    tokens = [ask for ask in far.asks if ask.path == "/token"]
    assert tokens[0].body == "grant_type=client_credentials&scope=r"
    assert tokens[0].headers["authorization"].startswith("Basic cGxhdCUyMGZvcm06")
    sent = [ask.headers["authorization"] for ask in far.asks if ask.path != "/token"]
    assert sent == ["Bearer token-0", "Bearer token-1", "Bearer token-2"]


XML = (
    '<?xml version="1.0" encoding="{encoding}"?>\n<r:root xmlns:r="urn:x"><page><row id="{n}"><code>{n}</code>'
    "<title>名称&amp;{n}</title></row></page><next>{next}</next></r:root>"
)


@pytest.mark.parametrize("encoding", ["UTF-8", "GB2312", "UTF-16"])
def test_pages_of_xml_are_joined_below_one_root(inbox: Inbox, far: Far, encoding: str) -> None:
    inbox.declare(source=_source(far, form="xml", rows_at="root/page/row", pages={"next_link": "root/next"}))

    def answers(ask: Ask) -> Reply:
        number = int(ask.query.get("p", 1))
        text = XML.format(encoding=encoding, n=number, next=f"?p={number + 1}" if number < 3 else "")
        return Reply(text.encode(encoding), kind="text/xml")

    far.answers = answers
    assert inbox.ingest().source_fault == ""
    assert sorted(inbox.rows("code", "title")) == [("1", "名称&1"), ("2", "名称&2"), ("3", "名称&3")]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'<!DOCTYPE root [<!ENTITY a "b">]><root><row/></root>', "document type"),
        (b"<root><row>", "not whole XML"),
        (b"<other><row/></other>", "the root is not root"),
    ],
)
def test_xml_that_is_not_whole_or_declares_a_type_is_refused(
    inbox: Inbox, far: Far, body: bytes, said: str
) -> None:
    inbox.declare(source=_source(far, form="xml", rows_at="root/row"))
    far.answers = lambda _: Reply(body, kind="application/xml")
    assert said in inbox.ingest().source_fault


@pytest.mark.parametrize(
    "change",
    [
        {"bearer": "a-plain-token"},
        {"url": "https://user:word@far.example/rows"},
        {"url": "https://far.example/rows?api_key=word"},
        {"bearer": "env:A", "api_key": {"name": "k", "value": "env:B"}},
        {"pages": {"by": "page"}},
    ],
)
def test_a_secret_in_the_catalogue_and_two_ways_at_once_are_refused(
    inbox: Inbox, far: Far, change: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError):
        inbox.declare(source=_source(far, **change))
