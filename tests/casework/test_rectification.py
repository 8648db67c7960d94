"""Findings become tasks, deliveries settle their rows, tasks close by themselves."""

import dataclasses

import pytest
from casework_city import OFFICER, RESOURCE, RULE, STEWARD, City, at, finding
from sqlalchemy import text

from casework.acts import accept_answer, answer
from casework.ledger import verify_ledger
from casework.rectification import reconcile
from casework.state import State
from casework.tasks import inbox, list_tasks, show_task

DAY = at("2026-02-12")
LATER = at("2026-02-24")
AFTER = at("2026-02-25")


def outcomes(state: State, task_id: str) -> dict[str, str]:
    return {row.finding_id: row.outcome for row in show_task(state, task_id).rows}


def dump(state: State) -> dict[str, list[tuple[object, ...]]]:
    tables = ("cases", "clocks", "receipts", "task_rows", "events", "ledger_head")
    with state.read() as session:
        return {
            t: [tuple(r) for r in session.execute(text(f"select * from {t} order by 1, 2"))] for t in tables
        }


@pytest.mark.requirement("Q-04")
def test_each_agency_resource_and_rule_gets_one_task_in_that_order(any_state: State, city: City) -> None:
    other = "market.entities:required:name"
    payers = {"agency_id": "tax", "resource_id": "tax.payers"}
    city.found(
        finding(3),
        finding(9, finding_id="t1", rule_id="tax.payers:type:name", **payers),
        finding(4, finding_id="n1", rule_id=other, column="name"),
        finding(1),
    )
    done = reconcile(any_state, city.lake, city.release, DAY)
    assert done.issued == ["R-2026-0001", "R-2026-0002", "R-2026-0003"]
    tasks = list_tasks(any_state)
    assert [(t.agency, t.rule, t.rows) for t in tasks] == [
        ("market", RULE, 2),
        ("market", other, 1),
        ("tax", "tax.payers:type:name", 1),
    ]
    assert [row.row_number for row in show_task(any_state, "R-2026-0001").rows] == [1, 3]
    assert tasks[0].raised_by == "data_centre"
    assert tasks[0].profile == "yancheng@1"


def test_a_task_freezes_where_each_row_stands(state: State, city: City) -> None:
    city.found(finding(7, sheet="一月", line=12, rule_version="3"))
    reconcile(state, city.lake, city.release, DAY)
    (row,) = show_task(state, "R-2026-0001").rows
    assert (row.finding_id, row.row_key, row.delivery_id, row.row_number) == ("f7", "k7", "d1", 7)
    assert (row.file_name, row.sheet, row.line) == ("2026-02-12/market/entities_1.csv", "一月", 12)
    assert (row.column, row.check, row.reason, row.rule_version) == (
        "credit_code",
        "identifier",
        "checksum",
        "3",
    )
    assert row.outcome == "open"


@pytest.mark.requirement("Q-04", "D02")
def test_arrival_in_the_inbox_is_receipt_and_starts_the_clock(state: State, city: City) -> None:
    city.found(finding(1))
    reconcile(state, city.lake, city.release, DAY)
    (arrival,) = inbox(state, "market")
    (task,) = list_tasks(state)
    assert arrival.received_at == task.received_at == DAY
    assert arrival.acknowledged_at is None
    assert inbox(state, "tax") == []
    assert [event.act for event in show_task(state, task.id).events] == ["draft", "issue"]


def test_the_same_inputs_a_second_time_write_nothing(any_state: State, city: City) -> None:
    city.found(*(finding(number) for number in range(1, 4)))
    city.standard("k1", "k2", "k3")
    reconcile(any_state, city.lake, city.release, DAY)
    city.found(finding(2, delivery_id="d2"))
    city.standard("k1", "k2", delivery="d2")
    assert reconcile(any_state, city.lake, city.release, LATER).wrote
    before = dump(any_state)
    assert not reconcile(any_state, city.lake, city.release, LATER).wrote
    assert not reconcile(any_state, city.lake, city.release, AFTER).wrote
    assert dump(any_state) == before


def test_warnings_make_no_task(state: State, city: City) -> None:
    city.found(finding(1, severity="warn"))
    assert not reconcile(state, city.lake, city.release, DAY).wrote
    assert list_tasks(state) == []


@pytest.mark.parametrize("severity", ["error", "block"])
def test_what_must_be_settled_makes_a_task(state: State, city: City, severity: str) -> None:
    city.found(finding(1, severity=severity))
    assert reconcile(state, city.lake, city.release, DAY).wrote
    assert [task.rows for task in list_tasks(state)] == [1]


def test_an_empty_lake_makes_no_task(state: State, city: City) -> None:
    assert not reconcile(state, city.lake, city.release, DAY).wrote


@pytest.mark.requirement("Q-04")
def test_a_row_that_no_longer_fails_and_is_still_there_is_corrected_and_the_task_closes(
    any_state: State, city: City
) -> None:
    city.found(finding(1), finding(2))
    reconcile(any_state, city.lake, city.release, DAY)
    city.found()
    city.standard("k1", "k2", delivery="d2")
    done = reconcile(any_state, city.lake, city.release, LATER)
    assert done.closed == ["R-2026-0001"]
    detail = show_task(any_state, "R-2026-0001")
    assert detail.task.state == "closed"
    assert detail.task.closed_at == LATER
    assert detail.task.outcomes == {"corrected": 2}
    assert [event.act for event in detail.events][-3:] == ["evaluate", "verify", "close"]
    assert [event.to_state for event in detail.events][-2:] == ["verified", "closed"]
    assert verify_ledger(any_state).intact


def test_a_row_that_fails_in_the_next_delivery_is_still_failing(state: State, city: City) -> None:
    city.found(finding(1), finding(2))
    reconcile(state, city.lake, city.release, DAY)
    city.found(finding(1, delivery_id="d2", row_number=9))
    city.standard("k1", "k2", delivery="d2")
    reconcile(state, city.lake, city.release, LATER)
    assert outcomes(state, "R-2026-0001") == {"f1": "still_failing", "f2": "corrected"}
    (task,) = list_tasks(state)
    assert task.state == "issued"
    assert task.rows == 2


@pytest.mark.requirement("Q-04")
def test_a_vanished_row_is_withdrawn_and_holds_the_task_open_until_its_reason_is_given(
    state: State, city: City
) -> None:
    city.found(finding(1))
    reconcile(state, city.lake, city.release, DAY)
    city.found()
    city.standard("k2", delivery="d2")
    done = reconcile(state, city.lake, city.release, LATER)
    assert done.rows == {"withdrawn_by_source": 1}
    assert list_tasks(state)[0].state == "issued"
    assert not reconcile(state, city.lake, city.release, AFTER).wrote
    task = answer(state, city.release, "R-2026-0001", STEWARD, "withdrawn", "重复登记，已注销", AFTER)
    assert task.state == "closed"
    assert task.outcomes == {"withdrawn_by_source": 1}


def test_a_reason_given_before_the_row_vanishes_counts_when_it_does(state: State, city: City) -> None:
    city.found(finding(1))
    reconcile(state, city.lake, city.release, DAY)
    answer(state, city.release, "R-2026-0001", STEWARD, "withdrawn", "测试数据", LATER)
    assert list_tasks(state)[0].state == "answered"
    city.found()
    city.standard(delivery="d2")
    assert reconcile(state, city.lake, city.release, AFTER).closed == ["R-2026-0001"]
    assert outcomes(state, "R-2026-0001") == {"f1": "withdrawn_by_source"}


def test_a_row_put_right_under_another_key_is_corrected(state: State, city: City) -> None:
    city.found(finding(1))
    reconcile(state, city.lake, city.release, DAY)
    city.found()
    city.standard("k90", delivery="d2")
    city.replaced(("d1", 1, "k1", "d2", 1))
    reconcile(state, city.lake, city.release, LATER)
    assert outcomes(state, "R-2026-0001") == {"f1": "corrected"}


def test_a_row_resent_unchanged_before_it_was_put_right_is_found_by_its_key(state: State, city: City) -> None:
    city.found(finding(1))
    reconcile(state, city.lake, city.release, DAY)
    city.found()
    city.standard("k90", delivery="d3")
    city.replaced(("d2", 5, "k1", "d3", 1))
    reconcile(state, city.lake, city.release, LATER)
    assert outcomes(state, "R-2026-0001") == {"f1": "corrected"}


def test_a_row_replaced_by_one_that_fails_too_stays_in_its_task_with_its_limit(
    state: State, city: City
) -> None:
    city.found(finding(1))
    reconcile(state, city.lake, city.release, DAY)
    due = list_tasks(state)[0].due_on
    city.found(finding(1, finding_id="f90", row_key="k90", delivery_id="d2"))
    city.standard("k90", delivery="d2")
    city.replaced(("d1", 1, "k1", "d2", 1))
    done = reconcile(state, city.lake, city.release, LATER)
    assert done.issued == []
    assert outcomes(state, "R-2026-0001") == {"f1": "still_failing"}
    assert [task.due_on for task in list_tasks(state)] == [due]
    assert not reconcile(state, city.lake, city.release, AFTER).wrote
    city.found()
    city.standard("k90", delivery="d3")
    assert reconcile(state, city.lake, city.release, AFTER).closed == ["R-2026-0001"]


def test_a_finding_on_a_whole_resource_is_corrected_when_it_is_gone(state: State, city: City) -> None:
    rule = f"{RESOURCE}:freshness:"
    city.found(
        finding(0, finding_id="late", rule_id=rule, check="freshness", column="", row_key="", line=None)
    )
    reconcile(state, city.lake, city.release, DAY)
    city.found()
    assert reconcile(state, city.lake, city.release, LATER).closed == ["R-2026-0001"]
    assert outcomes(state, "R-2026-0001") == {"late": "corrected"}


@pytest.mark.parametrize("rule_state", ["crashed", "not_assessed", None])
def test_a_rule_that_did_not_run_corrects_nothing(state: State, city: City, rule_state: str | None) -> None:
    city.found(finding(1))
    city.results(**{RULE: "failed"})
    reconcile(state, city.lake, city.release, DAY)
    city.found()
    city.standard("k1", delivery="d2")
    city.results(**({RULE: rule_state} if rule_state else {"another": "passed"}))
    assert not reconcile(state, city.lake, city.release, LATER).wrote
    city.results(**{RULE: "passed"})
    assert reconcile(state, city.lake, city.release, AFTER).closed == ["R-2026-0001"]


def test_a_rule_made_a_warning_corrects_nothing(state: State, city: City) -> None:
    city.found(finding(1))
    reconcile(state, city.lake, city.release, DAY)
    city.found(finding(1, severity="warn"))
    city.standard("k1")
    assert not reconcile(state, city.lake, city.release, LATER).wrote
    assert list_tasks(state)[0].state == "issued"


def test_rows_that_fail_later_open_the_next_task_which_follows(state: State, city: City) -> None:
    city.found(finding(1))
    reconcile(state, city.lake, city.release, DAY)
    city.found(finding(1), finding(2))
    reconcile(state, city.lake, city.release, LATER)
    first, second = list_tasks(state)
    assert (first.rows, first.follows) == (1, None)
    assert (second.rows, second.follows) == (1, "R-2026-0001")
    assert first.due_on is not None
    assert second.due_on is not None
    assert first.due_on < second.due_on


def test_a_fault_that_returns_reopens_its_task_for_that_row_with_a_clock_of_its_own(
    any_state: State, city: City
) -> None:
    city.found(finding(1), finding(2))
    reconcile(any_state, city.lake, city.release, DAY)
    city.found()
    city.standard("k1", "k2", delivery="d2")
    reconcile(any_state, city.lake, city.release, LATER)
    city.found(finding(2, delivery_id="d3", row_number=20))
    done = reconcile(any_state, city.lake, city.release, AFTER)
    assert (done.issued, done.reopened) == ([], ["R-2026-0001"])
    detail = show_task(any_state, "R-2026-0001")
    assert (detail.task.state, detail.task.round, detail.task.rows) == ("reopened", 2, 1)
    assert detail.task.received_at == AFTER
    assert detail.task.due_on == at("2026-03-10").date()
    assert detail.task.closed_at is None
    assert [(row.round, row.finding_id, row.delivery_id) for row in detail.rows] == [
        (1, "f1", "d1"),
        (1, "f2", "d1"),
        (2, "f2", "d3"),
    ]
    assert len(inbox(any_state, "market")) == 2
    assert verify_ledger(any_state).intact
    city.found()
    city.standard("k1", "k2", delivery="d4")
    assert reconcile(any_state, city.lake, city.release, at("2026-02-26")).closed == ["R-2026-0001"]


def test_a_row_settled_earlier_that_returns_to_a_reopened_task_gets_a_task_of_its_own(
    state: State, city: City
) -> None:
    city.found(finding(1), finding(2))
    reconcile(state, city.lake, city.release, DAY)
    city.found()
    city.standard("k1", "k2", delivery="d2")
    reconcile(state, city.lake, city.release, LATER)
    city.found(finding(2, delivery_id="d3"))
    reconcile(state, city.lake, city.release, AFTER)
    city.found(finding(2, delivery_id="d3"), finding(1, delivery_id="d4"))
    done = reconcile(state, city.lake, city.release, at("2026-03-02"))
    assert (done.issued, done.reopened) == (["R-2026-0002"], [])
    assert list_tasks(state)[1].follows == "R-2026-0001"


def confirmed(state: State, city: City) -> None:
    city.found(finding(1))
    city.raw(RAW_1)
    reconcile(state, city.lake, city.release, DAY)
    answer(state, city.release, "R-2026-0001", STEWARD, "confirmed_right", "登记机关旧码，有效", LATER)
    assert accept_answer(state, city.release, "R-2026-0001", OFFICER, LATER).state == "closed"


RAW_1 = {"_delivery_id": "d1", "_row_number": 1, "_line": 2, "统一社会信用代码": "x", "主体名称": "y"}


def test_a_row_confirmed_right_stays_exempt_while_rule_and_row_are_unchanged(
    any_state: State, city: City
) -> None:
    confirmed(any_state, city)
    done = reconcile(any_state, city.lake, city.release, AFTER)
    assert (done.wrote, done.exempt) == (False, 1)
    city.found(finding(1, delivery_id="d2", row_number=8))
    city.raw(RAW_1, RAW_1 | {"_delivery_id": "d2", "_row_number": 8, "_line": 9})
    done = reconcile(any_state, city.lake, city.release, AFTER)
    assert (done.wrote, done.exempt) == (False, 1)


def test_a_row_confirmed_right_comes_back_when_the_row_changes(state: State, city: City) -> None:
    confirmed(state, city)
    city.found(finding(1, delivery_id="d2", row_number=8))
    city.raw(RAW_1, RAW_1 | {"_delivery_id": "d2", "_row_number": 8, "主体名称": "z"})
    assert reconcile(state, city.lake, city.release, AFTER).reopened == ["R-2026-0001"]


def test_a_row_confirmed_right_comes_back_when_the_rule_changes(state: State, city: City) -> None:
    confirmed(state, city)
    city.found(finding(1, rule_version="2"))
    assert reconcile(state, city.lake, city.release, AFTER).reopened == ["R-2026-0001"]


def test_a_row_confirmed_right_comes_back_when_the_earlier_row_is_no_longer_kept(
    state: State, city: City
) -> None:
    confirmed(state, city)
    city.found(finding(1, delivery_id="d2"))
    city.raw(RAW_1 | {"_delivery_id": "d2"})
    assert reconcile(state, city.lake, city.release, AFTER).reopened == ["R-2026-0001"]


def test_a_confirmed_row_inside_an_open_task_is_exempt_until_it_changes(state: State, city: City) -> None:
    city.found(finding(1), finding(2))
    reconcile(state, city.lake, city.release, DAY)
    answer(state, city.release, "R-2026-0001", STEWARD, "confirmed_right", "无误", LATER, rows=[1])
    accept_answer(state, city.release, "R-2026-0001", OFFICER, LATER)
    assert not reconcile(state, city.lake, city.release, LATER).wrote
    assert outcomes(state, "R-2026-0001") == {"f1": "confirmed_right", "f2": "open"}
    city.found(finding(1, rule_version="2"), finding(2))
    reconcile(state, city.lake, city.release, AFTER)
    (row, _) = show_task(state, "R-2026-0001").rows
    assert (row.outcome, row.answer, row.answer_state) == ("still_failing", None, None)


@pytest.mark.requirement("S-01")
def test_a_task_is_finished_under_the_profile_it_was_issued_under(state: State, city: City) -> None:
    city.found(finding(1))
    reconcile(state, city.lake, city.release, DAY)
    city.found()
    city.standard("k1", delivery="d2")
    reconcile(state, city.lake, city.release, LATER)
    city.found(finding(1, delivery_id="d3"), finding(2, delivery_id="d3"))
    moved = city.under("weihai")
    reconcile(state, moved.lake, moved.release, AFTER)
    old, new = list_tasks(state)
    assert (old.profile, old.due_basis, old.article, old.due_on) == (
        "yancheng@1",
        "prescribed",
        "a16¶2",
        at("2026-03-10").date(),
    )
    assert (new.profile, new.due_basis, new.raised_by) == ("weihai@1", "none", "data_bureau")


@pytest.mark.requirement("Q-04")
def test_the_body_that_raises_is_the_first_role_of_the_profile_that_exists(state: State, city: City) -> None:
    district = city.under("putuo", "authority")
    district.found(finding(1))
    reconcile(state, district.lake, district.release, DAY)
    assert list_tasks(state)[0].raised_by == "data_centre"


def test_numbers_begin_anew_each_year_and_order_of_opening_goes_on(state: State, city: City) -> None:
    city.found(finding(1))
    reconcile(state, city.lake, city.release, at("2026-12-31T23:30:00"))
    city.found(finding(1), finding(2))
    reconcile(state, city.lake, city.release, at("2027-01-01T00:30:00"))
    assert [task.id for task in list_tasks(state)] == ["R-2026-0001", "R-2027-0001"]


def test_a_run_that_goes_back_in_time_is_refused_and_keeps_nothing(state: State, city: City) -> None:
    city.found(finding(1))
    reconcile(state, city.lake, city.release, LATER)
    city.found()
    city.standard("k1", delivery="d2")
    before = dump(state)
    with pytest.raises(Exception, match="not before") as caught:
        reconcile(state, city.lake, city.release, DAY)
    assert caught.value.__class__.__name__ == "CaseError"
    assert dump(state) == before


def test_no_personal_value_reaches_the_database(any_state: State, city: City) -> None:
    from casework_city import PLANTED

    city.found(finding(1), finding(2))
    city.standard("k1", "k2")
    city.raw(RAW_1 | {"统一社会信用代码": PLANTED, "主体名称": PLANTED})
    city.rejected("d1", 3, f"{PLANTED},x")
    confirmed_city = dataclasses.replace(city)
    reconcile(any_state, confirmed_city.lake, city.release, DAY)
    answer(any_state, city.release, "R-2026-0001", STEWARD, "confirmed_right", "无误", LATER)
    accept_answer(any_state, city.release, "R-2026-0001", OFFICER, LATER, rows=[1])
    city.found(finding(1, delivery_id="d2"))
    reconcile(any_state, city.lake, city.release, AFTER)
    assert PLANTED not in repr(dump(any_state))
    assert "R-2026-0001" in repr(dump(any_state))
