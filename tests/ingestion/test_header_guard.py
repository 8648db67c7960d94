"""A delivery whose columns changed waits for a person, who is told how."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_inbox import Inbox

from ingestion.header_guard import header_change

FIRST = "代码,名称,数量\n1,甲,1\n2,乙,2\n"


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("名称,代码,数量\n甲,1,1\n乙,2,2\n", "columns in another order"),
        ("代码,名称\n1,甲\n2,乙\n", "columns that are gone: amount"),
        ("代码,名称,数量,备注\n1,甲,1,x\n2,乙,2,y\n", "new columns: 备注"),
        ("代码,名称,金额\n1,甲,1\n2,乙,2\n", "columns under another name: amount -> 金额"),
    ],
)
def test_a_snapshot_with_other_columns_is_held_and_says_which(inbox: Inbox, second: str, said: str) -> None:
    inbox.send(FIRST)
    inbox.ingest()
    inbox.send(second, day=2)
    inbox.ingest()
    first, held = inbox.deliveries()
    assert (first["state"], held["state"]) == ("loaded", "held")
    assert said in held["reason"]
    assert inbox.rows("code", "title") == [("1", "甲"), ("2", "乙")]


def test_what_a_person_accepts_is_what_the_next_delivery_is_compared_with(inbox: Inbox) -> None:
    wider = "代码,名称,数量,备注\n1,甲,1,x\n2,乙,{},y\n"
    inbox.send(FIRST)
    inbox.ingest()
    inbox.send(wider.format(2), day=2)
    inbox.ingest()
    inbox.decide(inbox.deliveries()[1]["delivery_id"], "accepted")
    inbox.ingest()
    inbox.send(wider.format(3), day=3)
    inbox.ingest()
    assert [one["state"] for one in inbox.deliveries()] == ["loaded", "accepted", "loaded"]
    inbox.send(FIRST.replace("2\n", "4\n"), day=4)
    inbox.ingest()
    assert "columns that are gone: 备注" in inbox.deliveries()[3]["reason"]


def test_a_new_slice_is_compared_with_the_newest_delivery_of_any(inbox: Inbox) -> None:
    inbox.declare(source={"slice": r"_(\d{6})\.csv$"})
    inbox.send(FIRST, name="feed_202601.csv")
    inbox.ingest()
    inbox.send("数量,代码,名称\n1,1,甲\n", name="feed_202602.csv", day=2)
    inbox.ingest()
    assert inbox.deliveries()[1]["state"] == "held"


def test_what_is_appended_is_compared_with_what_came_before(inbox: Inbox) -> None:
    inbox.declare(mode="append")
    inbox.send(FIRST)
    inbox.ingest()
    inbox.send("代码,名称,数量,备注\n3,丙,3,x\n", name="more.csv", day=2)
    inbox.ingest()
    assert inbox.deliveries()[1]["state"] == "held"


def test_the_order_of_names_in_json_says_nothing(inbox: Inbox) -> None:
    inbox.send(json.dumps([{"代码": "1", "名称": "甲", "数量": 1}]), name="feed.json")
    inbox.ingest()
    inbox.send(json.dumps([{"数量": 2, "名称": "甲", "代码": "1"}]), name="feed.json", day=2)
    inbox.ingest()
    assert [one["state"] for one in inbox.deliveries()] == ["loaded", "loaded"]


NAMES = st.lists(st.sampled_from("abcdefg"), unique=True, max_size=6)


@given(before=NAMES, now=NAMES)
def test_a_change_names_every_column_that_is_not_in_both_once(before: list[str], now: list[str]) -> None:
    change = header_change(before, now)
    gone = [*change.missing, *(old for old, _ in change.renamed)]
    come = [*change.new, *(new for _, new in change.renamed)]
    assert sorted(gone) == sorted(set(before) - set(now))
    assert sorted(come) == sorted(set(now) - set(before))
    assert (change.reason == "") == (before == now)
