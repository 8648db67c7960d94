"""The ledger: chained, complete, and at odds with whatever is changed behind its back."""

import pytest
from casework_city import OFFICER, STEWARD, City, at, finding
from sqlalchemy import text

from casework.acts import accept_answer, answer
from casework.ledger import verify_ledger
from casework.rectification import reconcile
from casework.state import State


@pytest.fixture
def history(any_state: State, city: City) -> State:
    """Return a ledger with an open task, a closed one and answers."""
    city.found(finding(1), finding(2), finding(3, finding_id="n3", rule_id="market.entities:required:name"))
    reconcile(any_state, city.lake, city.release, at("2026-02-12"))
    answer(any_state, city.release, "R-2026-0001", STEWARD, "confirmed_right", "无误", at("2026-02-13"))
    accept_answer(any_state, city.release, "R-2026-0001", OFFICER, at("2026-02-14"))
    assert verify_ledger(any_state).intact
    return any_state


TAMPERINGS = {
    "a note was reworded": "update events set note = 'x' where act = 'answer'",
    "an act was dated back": "update events set at = '2026-02-12 03:00:00' where act = 'answer'",
    "an actor was swapped": "update events set post = 'steward' where act = 'accept_answer'",
    "an event in the middle was removed": "delete from events where sequence = 3",
    "the last event was removed": "delete from events where sequence = (select max(sequence) from events)",
    "a case was closed by hand": "update cases set state = 'closed' where id = 'R-2026-0002'",
    "a due date was moved": "update clocks set due_on = '2030-01-01' where case_id = 'R-2026-0002'",
    "a limit was changed": "update clocks set limit_n = 99 where case_id = 'R-2026-0002'",
    "an outcome was improved": "update task_rows set outcome = 'corrected' where case_id = 'R-2026-0002'",
    "a frozen row was replaced": "update task_rows set row_key = 'other' where number = 1",
    "a row was taken out": "delete from task_rows where case_id = 'R-2026-0001' and number = 2",
    "a receipt was dated back": "update receipts set acknowledged_post = 'x' where case_id = 'R-2026-0001'",
    "the head was changed": "update ledger_head set count = count - 1",
    "the head was removed": "delete from ledger_head",
}


@pytest.mark.parametrize("statement", TAMPERINGS.values(), ids=TAMPERINGS.keys())
@pytest.mark.requirement("T-05")
def test_tampering_is_detected(history: State, statement: str) -> None:
    with history.engine.begin() as connection:
        assert connection.execute(text(statement)).rowcount > 0
    assert not verify_ledger(history).intact


@pytest.mark.requirement("T-05")
def test_a_tail_cut_off_with_everything_that_belongs_to_it_is_detected_by_an_anchor(
    state: State, city: City
) -> None:
    city.found(finding(1))
    reconcile(state, city.lake, city.release, at("2026-02-12"))
    anchor = verify_ledger(state).head
    with state.engine.begin() as connection:
        for table in ("events", "task_rows", "clocks", "receipts", "cases"):
            connection.execute(text(f"delete from {table}"))
        connection.execute(text("update ledger_head set count = 0, hash = :zero"), {"zero": "0" * 64})
    assert verify_ledger(state).intact
    assert not verify_ledger(state, anchor).intact


@pytest.mark.requirement("T-05")
def test_an_anchor_noted_earlier_still_holds_when_the_ledger_has_grown(state: State, city: City) -> None:
    city.found(finding(1))
    reconcile(state, city.lake, city.release, at("2026-02-12"))
    anchor = verify_ledger(state).head
    answer(state, city.release, "R-2026-0001", STEWARD, "withdrawn", "撤回", at("2026-02-13"))
    grown = verify_ledger(state, anchor)
    assert grown.intact
    assert grown.head != anchor


def test_an_empty_ledger_is_intact(any_state: State) -> None:
    check = verify_ledger(any_state)
    assert (check.intact, check.events) == (True, 0)
