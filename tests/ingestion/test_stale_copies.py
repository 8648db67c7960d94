"""Bytes that were replaced and come again are held; a resend of what counts now is nothing new."""

from made_inbox import Inbox

OLD, NEW = "代码,名称,数量\n1,甲,1\n", "代码,名称,数量\n1,乙,1\n"


def sent(inbox: Inbox, *contents: str, first_day: int = 1) -> None:
    for day, content in enumerate(contents, first_day):
        inbox.send(content, name=f"feed_{day}.csv", day=day)
        inbox.ingest()


def test_a_copy_of_what_was_replaced_is_held_with_what_it_repeats(inbox: Inbox) -> None:
    sent(inbox, OLD, NEW, OLD)
    first, _, third = inbox.deliveries()
    assert third["state"] == "held"
    assert first["delivery_id"] in third["reason"]
    assert inbox.rows("title") == [("乙",)]


def test_a_stale_copy_is_recorded_once_and_waits_no_more(inbox: Inbox) -> None:
    sent(inbox, OLD, NEW, OLD)
    assert inbox.waiting() == []
    inbox.ingest()
    assert len(inbox.deliveries()) == 3


def test_a_resend_of_what_counts_now_is_nothing_new(inbox: Inbox) -> None:
    sent(inbox, OLD, NEW, NEW)
    assert [one["state"] for one in inbox.deliveries()] == ["loaded", "loaded"]


def test_what_is_accepted_counts_again_and_what_is_rejected_does_not(inbox: Inbox) -> None:
    sent(inbox, OLD, NEW, OLD)
    inbox.decide(inbox.deliveries()[2]["delivery_id"], "accepted")
    inbox.ingest()
    assert inbox.rows("title") == [("甲",)]
    sent(inbox, NEW, first_day=4)
    inbox.decide(inbox.deliveries()[3]["delivery_id"], "rejected")
    inbox.ingest()
    assert inbox.deliveries()[3]["state"] == "rejected"
    assert inbox.rows("title") == [("甲",)]


def test_earlier_files_that_come_late_are_no_stale_copies(inbox: Inbox) -> None:
    inbox.send(NEW, name="b.csv", day=2)
    inbox.ingest()
    inbox.send(OLD, name="a.csv", day=1)
    inbox.ingest()
    inbox.send(OLD, name="c.csv", day=1)
    inbox.ingest()
    assert [one["state"] for one in inbox.deliveries()] == ["loaded", "loaded"]
    assert inbox.rows("title") == [("乙",)]
