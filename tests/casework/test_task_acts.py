"""Acts of people on a task: who may do what, in which state, on which rows."""

import itertools
from collections.abc import Callable

import pytest
from casework_city import OFFICER, STEWARD, City, at, finding

from casework.actors import Actor
from casework.acts import accept_answer, acknowledge, answer, return_answer
from casework.ledger import verify_ledger
from casework.rectification import reconcile
from casework.state import State
from casework.tasks import inbox, list_tasks, show_task
from casework.transitions import (
    DELIVERY_DECISION,
    OUTCOME_LABELS,
    RECTIFICATION,
    STATE_LABELS,
    TRANSITIONS,
    CaseState,
    Outcome,
    transition_for,
)
from resource_catalogue.errors import CaseError

TASK = "R-2026-0001"
DAY, NEXT, THIRD = at("2026-02-12"), at("2026-02-13"), at("2026-02-14")


@pytest.fixture
def task(state: State, city: City) -> str:
    city.found(finding(1), finding(2), finding(3))
    city.standard("k1", "k2", "k3")
    reconcile(state, city.lake, city.release, DAY)
    return TASK


def counted(state: State) -> int:
    return verify_ledger(state).events


def test_acknowledgement_is_recorded_and_does_not_move_the_clock(state: State, city: City, task: str) -> None:
    due = list_tasks(state)[0].due_on
    shown = acknowledge(state, city.release, task, STEWARD, NEXT)
    assert (shown.state, shown.due_on) == ("in_work", due)
    (arrival,) = inbox(state, "market")
    assert (arrival.received_at, arrival.acknowledged_at, arrival.acknowledged_post) == (
        DAY,
        NEXT,
        "data_officer",
    )


def test_rows_confirmed_right_count_only_when_the_raising_body_accepts(
    state: State, city: City, task: str
) -> None:
    shown = answer(state, city.release, task, STEWARD, "confirmed_right", "核对档案，无误", NEXT)
    assert (shown.state, shown.waiting_for, shown.outcomes) == ("answered", "raising_body", {"open": 3})
    assert not reconcile(state, city.lake, city.release, NEXT).wrote
    shown = accept_answer(state, city.release, task, OFFICER, THIRD)
    assert (shown.state, shown.outcomes) == ("closed", {"confirmed_right": 3})


def test_some_rows_may_be_answered_and_accepted(state: State, city: City, task: str) -> None:
    answer(state, city.release, task, STEWARD, "confirmed_right", "无误", NEXT, rows=[2])
    shown = accept_answer(state, city.release, task, OFFICER, THIRD)
    assert (shown.state, shown.outcomes) == ("in_work", {"open": 2, "confirmed_right": 1})
    assert [row.is_settled for row in show_task(state, task).rows] == [False, True, False]


def test_a_returned_answer_counts_for_nothing_and_the_clock_runs_on(
    state: State, city: City, task: str
) -> None:
    due = list_tasks(state)[0].due_on
    answer(state, city.release, task, STEWARD, "confirmed_right", "无误", NEXT)
    shown = return_answer(state, city.release, task, OFFICER, "请附登记档案", THIRD)
    assert (shown.state, shown.due_on, shown.waiting_for) == ("returned", due, "agency")
    with pytest.raises(CaseError, match="accept_answer in state returned"):
        accept_answer(state, city.release, task, OFFICER, THIRD)
    answer(state, city.release, task, STEWARD, "confirmed_right", "附档案", THIRD)
    assert accept_answer(state, city.release, task, OFFICER, THIRD).state == "closed"


def test_a_returned_reason_for_withdrawal_must_be_given_again(state: State, city: City, task: str) -> None:
    answer(state, city.release, task, STEWARD, "withdrawn", "不属本市", NEXT)
    return_answer(state, city.release, task, OFFICER, "理由不足", NEXT)
    city.found()
    city.standard(delivery="d2")
    reconcile(state, city.lake, city.release, THIRD)
    assert list_tasks(state)[0].state == "returned"
    assert answer(state, city.release, task, STEWARD, "withdrawn", "档案已移交", THIRD).state == "closed"


def test_corrected_elsewhere_waits_for_the_data(state: State, city: City, task: str) -> None:
    answer(state, city.release, task, STEWARD, "corrected_elsewhere", "业务系统已更正，下批报送", NEXT)
    shown = accept_answer(state, city.release, task, OFFICER, NEXT)
    assert (shown.state, shown.outcomes) == ("in_work", {"open": 3})
    city.found()
    city.standard("k1", "k2", "k3", delivery="d2")
    assert reconcile(state, city.lake, city.release, THIRD).closed == [task]


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        (Actor("tax", "data_officer"), "market"),
        (Actor("data_centre", "quality_officer"), "market"),
        (Actor("nobody", "data_officer"), "no such agency"),
        (Actor("market", "security"), "no such post"),
        (Actor("market", "platform"), "no such post"),
    ],
)
def test_only_a_post_of_the_tasks_agency_may_answer(
    state: State, city: City, task: str, actor: Actor, words: str
) -> None:
    before = counted(state)
    for act in (
        lambda: answer(state, city.release, task, actor, "confirmed_right", "无误", NEXT),
        lambda: acknowledge(state, city.release, task, actor, NEXT),
    ):
        with pytest.raises(CaseError, match=words) as caught:
            act()
        assert caught.value.remedy
    assert counted(state) == before


@pytest.mark.parametrize(
    ("actor", "words"),
    [
        (STEWARD, "data_centre"),
        (Actor("market", "quality_officer"), "data_centre"),
        (Actor("data_bureau", "quality_officer"), "data_centre"),
        (Actor("data_centre", "steward"), "quality_officer"),
    ],
)
def test_only_the_quality_officer_of_the_raising_body_decides_on_answers(
    state: State, city: City, task: str, actor: Actor, words: str
) -> None:
    answer(state, city.release, task, STEWARD, "confirmed_right", "无误", NEXT)
    before = counted(state)
    with pytest.raises(CaseError, match=words):
        accept_answer(state, city.release, task, actor, NEXT)
    with pytest.raises(CaseError, match=words):
        return_answer(state, city.release, task, actor, "不足", NEXT)
    assert counted(state) == before


def test_a_successor_answers_for_the_agency_it_succeeds(state: State, city: City, task: str) -> None:
    agencies = city.release.catalogue.agencies
    agencies["tax"] = agencies["tax"].model_copy(update={"succeeds": ("market",)})
    assert acknowledge(state, city.release, task, Actor("tax", "data_officer"), NEXT).state == "in_work"


@pytest.mark.parametrize(
    "note", ["", "  ", "见 320901199001011234", "电话 138 0013 8000", "１３８００１３８０００", "长" * 2001]
)
def test_a_note_without_reason_or_with_an_identifier_is_refused_and_not_repeated(
    state: State, city: City, task: str, note: str
) -> None:
    with pytest.raises(CaseError) as caught:
        answer(state, city.release, task, STEWARD, "confirmed_right", note, NEXT)
    assert not note.strip() or note not in str(caught.value)
    assert list_tasks(state)[0].state == "issued"


def test_a_note_may_name_documents_and_counts(state: State, city: City, task: str) -> None:
    note = "按示市监〔2026〕12号核对 20260211 批次 3 行"
    assert answer(state, city.release, task, STEWARD, "confirmed_right", note, NEXT).state == "answered"


@pytest.mark.parametrize("rows", [[4], [1, 9]])
def test_unknown_rows_are_refused(state: State, city: City, task: str, rows: list[int]) -> None:
    with pytest.raises(CaseError, match="rows 1-3"):
        answer(state, city.release, task, STEWARD, "withdrawn", "撤回", NEXT, rows=rows)


def test_an_unknown_answer_or_task_is_refused(state: State, city: City, task: str) -> None:
    with pytest.raises(CaseError, match="corrected_elsewhere"):
        answer(state, city.release, task, STEWARD, "whatever", "撤回", NEXT)
    with pytest.raises(CaseError, match="no such task"):
        acknowledge(state, city.release, "R-2026-0099", STEWARD, NEXT)
    with pytest.raises(CaseError, match="no such task"):
        show_task(state, "R-2026-0099")


def test_an_act_before_the_last_one_is_refused(state: State, city: City, task: str) -> None:
    acknowledge(state, city.release, task, STEWARD, THIRD)
    with pytest.raises(CaseError, match="not before"):
        answer(state, city.release, task, STEWARD, "withdrawn", "撤回", NEXT)


ACTS: dict[str, Callable[[State, City], object]] = {
    "acknowledge": lambda state, city: acknowledge(state, city.release, TASK, STEWARD, THIRD),
    "answer": lambda state, city: answer(
        state, city.release, TASK, STEWARD, "confirmed_right", "无误", THIRD
    ),
    "accept_answer": lambda state, city: accept_answer(state, city.release, TASK, OFFICER, THIRD),
    "return_answer": lambda state, city: return_answer(state, city.release, TASK, OFFICER, "不足", THIRD),
}


def _into(state: State, city: City, wanted: str) -> None:
    """Bring the task into a state by lawful acts."""
    if wanted == "in_work":
        acknowledge(state, city.release, TASK, STEWARD, NEXT)
    if wanted in ("answered", "returned", "closed", "reopened"):
        answer(state, city.release, TASK, STEWARD, "confirmed_right", "无误", NEXT)
    if wanted == "returned":
        return_answer(state, city.release, TASK, OFFICER, "不足", NEXT)
    if wanted in ("closed", "reopened"):
        accept_answer(state, city.release, TASK, OFFICER, NEXT)
    if wanted == "reopened":
        city.found(*(finding(number, rule_version="2") for number in (1, 2, 3)))
        reconcile(state, city.lake, city.release, NEXT)


@pytest.mark.parametrize(
    ("from_state", "act"),
    itertools.product(("issued", "in_work", "answered", "returned", "closed", "reopened"), ACTS),
)
def test_every_act_is_admitted_in_exactly_the_states_of_the_table(
    state: State, city: City, task: str, from_state: str, act: str
) -> None:
    _into(state, city, from_state)
    assert list_tasks(state)[0].state == from_state
    before, lawful = counted(state), LAWFUL[act]
    if from_state in lawful:
        ACTS[act](state, city)
        assert list_tasks(state)[0].state == lawful[from_state]
        assert counted(state) > before
    else:
        with pytest.raises(CaseError, match=f"{act} in state {from_state}"):
            ACTS[act](state, city)
        assert counted(state) == before
    assert verify_ledger(state).intact


LAWFUL: dict[str, dict[str, str]] = {
    "acknowledge": {"issued": "in_work", "returned": "in_work", "reopened": "in_work"},
    "answer": dict.fromkeys(("issued", "in_work", "answered", "returned", "reopened"), "answered"),
    "accept_answer": {"answered": "closed"},
    "return_answer": {"answered": "returned"},
}


@pytest.mark.parametrize(("kind", "act"), [(kind, act) for kind, acts in TRANSITIONS.items() for act in acts])
def test_the_table_refuses_an_act_in_every_other_state(kind: str, act: str) -> None:
    transition = TRANSITIONS[kind][act]
    for from_state in ("", *CaseState):
        if from_state in transition.from_states:
            assert transition_for(kind, "X", from_state, act) is transition
        else:
            with pytest.raises(CaseError, match=act):
                transition_for(kind, "X", from_state, act)


def test_every_state_but_the_last_leads_to_the_end() -> None:
    for table in (RECTIFICATION, DELIVERY_DECISION):
        reached, grew = {""}, True
        while grew:
            further = {t.target(s) for t in table for s in reached if s in t.from_states}
            grew, reached = not further <= reached, reached | further
        assert "closed" in reached
        for start in reached - {"closed"}:
            assert any(start in t.from_states and t.target(start) != start for t in table)


def test_states_and_outcomes_have_both_languages() -> None:
    assert {state.value for state in STATE_LABELS} == {
        "drafted", "issued", "in_work", "answered", "verified", "closed", "returned", "reopened"
    }  # fmt: skip
    assert set(OUTCOME_LABELS) == set(Outcome)
    assert all(label.zh and label.en for label in (*STATE_LABELS.values(), *OUTCOME_LABELS.values()))
