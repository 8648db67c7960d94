"""Pushed requests are kept once and in order, and become deliveries whole, whenever a run is killed."""

import datetime as dt
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from made_inbox import ID, RAW, Inbox, at
from pydantic import ValidationError

from ingestion.pushed_records import NotKept, PushedRecords, PushedRequest, WaitingRecords
from ingestion.spool import Spool
from resource_catalogue.sources.push import PushSource


class Killed(BaseException):
    """Ends a run as a kill would: nothing may catch it."""


@pytest.fixture
def pushing(inbox: Inbox) -> Inbox:
    """Return a deployment whose resource is pushed."""
    inbox.declare(mode="changes", source={"connector": "push", "token": "env:PUSH_TOKEN"})
    return inbox


def opened(inbox: Inbox) -> PushedRecords:
    return PushedRecords(inbox.deployment, ID)


def a_request(key: str, *rows: tuple[str, str, Any]) -> PushedRequest:
    records = [{"code": code, "title": title, "amount": amount} for code, title, amount in rows]
    return PushedRequest(key, json.dumps(records, ensure_ascii=False).encode(), "json", len(records))


def send(inbox: Inbox, *requests: PushedRequest) -> list[str | None]:
    records = opened(inbox)
    try:
        return [one.receipt for one in records.accept(requests, at(1))]
    finally:
        records.close()


def kept(records: PushedRecords) -> tuple[int, int]:
    """Return how many bodies and how many keys are kept."""
    sql = "select (select count(*) from bodies), (select count(*) from keys)"
    found: tuple[int, int] = records._base.execute(sql).fetchone()
    return found


def is_waiting(inbox: Inbox) -> bool:
    """Tell whether a body waits that no delivery has."""
    waiting = WaitingRecords.of(PushedRecords.folder(inbox.deployment, ID))
    assert waiting is not None
    try:
        return waiting.is_waiting(Spool.of(inbox.deployment, inbox.resource.id).cursor(waiting.identity) or 0)
    finally:
        waiting.close()


def note(inbox: Inbox, keys_before: dt.datetime) -> None:
    """Note before when keys may be forgotten."""
    waiting = WaitingRecords.of(PushedRecords.folder(inbox.deployment, ID))
    assert waiting is not None
    waiting.note_taken(0, keys_before)
    waiting.close()


def standing(inbox: Inbox) -> list[tuple[Any, ...]]:
    return sorted(inbox.rows("code", "title", "amount"))


def test_a_request_that_comes_again_gets_its_receipt_and_counts_once(pushing: Inbox) -> None:
    first, second = (
        send(pushing, a_request("k1", ("a", "甲", 1))),
        send(pushing, a_request("k1", ("a", "甲", 1))),
    )
    assert first == second
    assert first[0]
    pushing.ingest_all()
    assert standing(pushing) == [("a", "甲", 1)]
    assert pushing.delivery()["rows_received"] == 1


def test_a_key_that_comes_again_with_another_body_is_told_apart_and_not_kept(pushing: Inbox) -> None:
    assert send(pushing, a_request("k1", ("a", "甲", 1)), a_request("k1", ("a", "乙", 1)))[1] is None
    pushing.ingest_all()
    assert standing(pushing) == [("a", "甲", 1)]


def test_the_order_of_acknowledgement_decides_within_a_segment_and_between_segments(pushing: Inbox) -> None:
    send(pushing, a_request("k1", ("a", "一", 1)), a_request("k2", ("a", "二", 2), ("b", "二", 2)))
    pushing.ingest_all()
    assert standing(pushing) == [("a", "二", 2), ("b", "二", 2)]
    send(pushing, a_request("k3", ("b", "三", 3)), a_request("k4", ("a", "一", 1)))
    pushing.ingest_all()
    assert standing(pushing) == [("a", "一", 1), ("b", "三", 3)]


def test_equal_records_that_are_pushed_again_are_news(pushing: Inbox) -> None:
    for number, title in enumerate(("一", "二", "一")):
        send(pushing, a_request(f"k{number}", ("a", title, 1)))
        pushing.ingest_all()
    assert standing(pushing) == [("a", "一", 1)]
    assert len(pushing.deliveries()) == 3


def test_numbers_keep_their_digits_and_lines_their_records(pushing: Inbox) -> None:
    lines = PushedRequest("k1", b'{"code":"x","amount":1.10}\r\n\n{"code":"y","amount":1e2}\n', "lines", 2)
    one = PushedRequest("k2", b'{"code": "z",\n "amount": 1.50}', "json", 1)
    send(pushing, lines, one)
    pushing.ingest_all()
    assert pushing.rows("code", "amount", "_row_number", table=RAW) == [
        ("x", "1.10", 1), ("y", "1e2", 2), ("z", "1.50", 3),
    ]  # fmt: skip


def test_records_that_leave_fields_out_or_bring_others_are_not_held(pushing: Inbox) -> None:
    send(pushing, a_request("k1", ("a", "甲", 1)))
    pushing.ingest_all()
    send(pushing, PushedRequest("k2", b'{"title": "b", "more": true}', "json", 1))
    pushing.ingest_all()
    assert [one["state"] for one in pushing.deliveries()] == ["loaded", "loaded"]
    assert "more" in pushing.deliveries()[1]["reason"]


def test_what_waits_beyond_the_size_of_a_delivery_makes_another(pushing: Inbox) -> None:
    source = {"connector": "push", "token": "env:PUSH_TOKEN", "max_bytes": 120}
    pushing.declare(mode="changes", source=source)
    send(pushing, *(a_request(f"k{n}", (f"c{n}", "甲", n)) for n in range(7)))
    pushing.ingest_all()
    assert len(pushing.deliveries()) > 2
    assert [row[0] for row in standing(pushing)] == [f"c{n}" for n in range(7)]


def test_bodies_go_once_a_delivery_has_them_and_keys_when_their_time_is_over(pushing: Inbox) -> None:
    request = a_request("k1", ("a", "甲", 1))
    receipts = send(pushing, request)
    pushing.ingest_all(day=2)
    assert not is_waiting(pushing)
    records = opened(pushing)
    assert kept(records) == (1, 1)
    assert records.tidy()
    assert not records.tidy()
    assert kept(records) == (0, 1)
    assert send(pushing, request) == receipts
    note(pushing, at(1))
    records.tidy()
    assert send(pushing, request) == receipts
    note(pushing, at(2))
    records.tidy()
    assert send(pushing, request) != receipts
    records.close()


def test_requests_take_away_along_with_them_what_deliveries_have(pushing: Inbox) -> None:
    send(pushing, *(a_request(f"k{number}", (f"c{number}", "甲", 1)) for number in range(10)))
    pushing.ingest_all(day=2)
    records = opened(pushing)
    for number, left in ((10, 9), (11, 8), (12, 7)):
        records.accept([a_request(f"k{number}", (f"c{number}", "甲", 1))], at(2))
        assert kept(records)[0] == left
    records.close()
    pushing.ingest_all(day=3)
    assert len(standing(pushing)) == 13


def test_large_bodies_are_taken_away_a_few_at_a_time(pushing: Inbox) -> None:
    large = PushedRequest("k", json.dumps([{"code": "a", "title": "甲" * 200_000}]).encode(), "json", 1)
    send(pushing, *(replace(large, key=f"k{number}") for number in range(5)))
    pushing.ingest_all(day=2)
    records = opened(pushing)
    left = [kept(records)[0] for _ in range(6) if records.tidy()]
    assert left == [4, 3, 2, 1, 0]
    records.close()


def test_what_was_taken_from_a_database_that_was_lost_takes_nothing_from_its_successor(
    pushing: Inbox,
) -> None:
    send(pushing, a_request("k1", ("a", "甲", 1)), a_request("k2", ("b", "乙", 1)))
    pushing.ingest_all(day=2)
    for path in PushedRecords.folder(pushing.deployment, ID).glob("requests.sqlite*"):
        path.unlink()
    send(pushing, a_request("k3", ("c", "丙", 1)))
    records = opened(pushing)
    assert not records.tidy()
    assert kept(records) == (1, 1)
    records.close()


def test_nothing_waits_where_nothing_was_kept_or_a_database_is_only_just_made(pushing: Inbox) -> None:
    folder = PushedRecords.folder(pushing.deployment, ID)
    assert WaitingRecords.of(folder) is None
    folder.mkdir(parents=True)
    (folder / "requests.sqlite").touch()
    assert WaitingRecords.of(folder) is None


def test_who_reads_keeps_nobody_from_writing(pushing: Inbox) -> None:
    send(pushing, *(a_request(f"k{number}", (f"c{number}", "甲", 1)) for number in range(10)))
    waiting = WaitingRecords.of(PushedRecords.folder(pushing.deployment, ID))
    assert waiting is not None
    reading = waiting.waiting(0)
    next(reading)
    assert all(send(pushing, a_request("later", ("d", "丁", 1))))
    assert len(list(reading)) == 9, "what was there when the reading began"
    waiting.close()


def _before(name: str) -> Callable[[pytest.MonkeyPatch], None]:
    def arrange(patch: pytest.MonkeyPatch) -> None:
        def die(self: Any, *given: Any, **named: Any) -> Any:
            raise Killed

        patch.setattr(WaitingRecords if name == "note_taken" else Spool, name, die)

    return arrange


def _after(method: str) -> Callable[[pytest.MonkeyPatch], None]:
    def arrange(patch: pytest.MonkeyPatch) -> None:
        kept = getattr(Spool, method)

        def done_and_die(self: Spool, *given: Any, **named: Any) -> None:
            kept(self, *given, **named)
            raise Killed

        patch.setattr(Spool, method, done_and_die)

    return arrange


KILLS = {
    "before the segment is kept": _before("keep"),
    "when its file stands and its line does not": _before("_write"),
    "when it is kept": _after("keep"),
    "before its bodies are noted as taken": _before("note_taken"),
}


def test_a_key_that_comes_twice_at_the_same_moment_counts_once(pushing: Inbox) -> None:
    first, again, other, last = send(
        pushing, a_request("k1", ("a", "一", 1)), a_request("k1", ("a", "一", 1)),
        a_request("k1", ("b", "二", 2)), a_request("k2", ("c", "三", 3)),
    )  # fmt: skip
    assert (first, other) == (again, None)
    assert last not in (None, first)
    pushing.ingest_all()
    assert standing(pushing) == [("a", "一", 1), ("c", "三", 3)]


@pytest.mark.parametrize("kill", KILLS.values(), ids=KILLS)
def test_a_cut_that_is_killed_loses_no_record_and_doubles_none(
    pushing: Inbox, monkeypatch: pytest.MonkeyPatch, kill: Callable[[pytest.MonkeyPatch], None]
) -> None:
    send(pushing, a_request("k1", ("a", "一", 1)), a_request("k2", ("b", "二", 2)))
    spool = Spool.of(pushing.deployment, pushing.resource.id)
    with monkeypatch.context() as patch:
        kill(patch)
        with pytest.raises(Killed):
            pushing.ingest()
    send(pushing, a_request("k3", ("a", "三", 3)))
    pushing.ingest_all()
    assert standing(pushing) == [("a", "三", 3), ("b", "二", 2)]
    assert sum(one["rows_received"] for one in pushing.deliveries()) == 3
    assert not is_waiting(pushing)
    assert not list(spool.folder.glob("parts/*"))


def test_a_database_that_was_lost_does_not_make_new_records_pass_for_cut_ones(pushing: Inbox) -> None:
    send(pushing, a_request("k1", ("a", "一", 1)), a_request("k2", ("b", "二", 2)))
    pushing.ingest_all()
    for path in PushedRecords.folder(pushing.deployment, ID).iterdir():
        path.unlink()
    send(pushing, a_request("k3", ("c", "三", 3)))
    pushing.ingest_all()
    assert [row[0] for row in standing(pushing)] == ["a", "b", "c"]


@pytest.mark.parametrize("with_its_note", [True, False])
def test_a_database_put_back_from_a_backup_does_not_make_new_records_pass_for_cut_ones(
    pushing: Inbox, tmp_path: Path, with_its_note: bool
) -> None:
    folder, backup = PushedRecords.folder(pushing.deployment, ID), tmp_path / "backup"
    send(pushing, a_request("k1", ("a", "一", 1)))
    pushing.ingest_all()
    shutil.copytree(folder, backup)
    send(pushing, a_request("k2", ("b", "二", 2)), a_request("k3", ("c", "三", 3)))
    pushing.ingest_all()
    note = (folder / "taken.json").read_bytes()
    shutil.rmtree(folder)
    shutil.copytree(backup, folder)
    if not with_its_note:
        (folder / "taken.json").write_bytes(note)
    send(pushing, a_request("k4", ("d", "四", 4)))
    pushing.ingest_all()
    assert [row[0] for row in standing(pushing)] == ["a", "b", "c", "d"]


def test_a_database_that_cannot_be_written_keeps_nothing_and_says_no_value(pushing: Inbox) -> None:
    records = opened(pushing)
    records._base.execute("pragma max_page_count = 20")
    body = json.dumps([{"code": "秘密值" * 50_000}]).encode()
    with pytest.raises(NotKept) as refused:
        records.accept([PushedRequest("k1", body, "json", 1)], at(1))
    assert "SQLITE_FULL" in str(refused.value)
    assert "秘密" not in str(refused.value)
    assert kept(records) == (0, 0)
    assert records.accept([a_request("k1", ("a", "甲", 1))], at(1))[0].receipt
    records.close()


@pytest.mark.parametrize(
    "wrong",
    [
        {"token": "plain-secret"}, {"token": []}, {"token": "env:T", "rows_at": "data"},
        {"token": "env:T", "slice": "(?P<y>x)"}, {"token": "env:T", "max_records": 0},
    ],
)  # fmt: skip
def test_a_push_source_takes_references_and_nothing_that_changes_how_records_are_read(wrong: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        PushSource.model_validate({"connector": "push", **wrong})
    assert "plain-secret" not in str([error["msg"] for error in refused.value.errors()])


def test_several_tokens_can_be_declared() -> None:
    declared = PushSource.model_validate({"connector": "push", "token": ["env:OLD", "file:new"]})
    assert declared.token == ("env:OLD", "file:new")
    assert PushSource.model_validate({"connector": "push", "token": "env:OLD"}).token == ("env:OLD",)
