"""Acts of people on a task: acknowledge, answer, accept or return an answer.

Here: who may do what, in which state, on which rows. Not here: what the platform does by itself
(``rectification.py``), nor decisions on deliveries (``delivery_decision.py``).
"""

import datetime as dt
from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from casework.actors import Actor, check_may
from casework.ledger import Act, advance
from casework.models import Case, TaskRow
from casework.notes import checked_note
from casework.rectification import KIND, settle
from casework.rounds import is_settled, ranges
from casework.state import State
from casework.tasks import Task, task_of
from casework.transitions import TRANSITIONS, AnswerKind, AnswerState, Outcome, transition_for
from resource_catalogue.errors import CaseError
from resource_catalogue.release import Release


def acknowledge(state: State, release: Release, task_id: str, actor: Actor, as_of: dt.datetime) -> Task:
    """Record that the agency has seen the task (签收); the clock has been running since receipt.

    Raises:
        CaseError: The actor is not of the task's agency, or the state does not admit it.
    """
    with state.write() as session:
        case = _admitted(session, release, task_id, actor, "acknowledge")
        receipt = next(receipt for receipt in case.receipts if receipt.round == case.round)
        if receipt.acknowledged_at is None:
            receipt.acknowledged_at, receipt.acknowledged_post = as_of, actor.post
        advance(session, case, Act("acknowledge", actor, as_of))
        return task_of(case)


def answer(
    state: State,
    release: Release,
    task_id: str,
    actor: Actor,
    kind: AnswerKind | str,
    note: str,
    as_of: dt.datetime,
    rows: Collection[int] = (),
) -> Task:
    """Answer on a task or on some of its rows (反馈); no row numbers means all that are not settled.

    The note says for ``corrected_elsewhere`` where the correction was made, for ``confirmed_right`` why the
    value is right, for ``withdrawn`` why the row was taken back; in words, without identifiers of persons.

    Raises:
        CaseError: Not the task's agency, a settled or unknown row, no reason, or a wrong state.
    """
    with state.write() as session:
        case = _admitted(session, release, task_id, actor, "answer")
        kind = _answer_kind(case, kind)
        text = checked_note(case.id, note)
        chosen = _chosen(case, rows, [row for row in case.current_rows if not is_settled(row)])
        for row in chosen:
            row.answer, row.answer_note, row.answer_state = kind, text, AnswerState.GIVEN
        detail = {"answer": str(kind), "rows": ranges(row.number for row in chosen)}
        advance(session, case, Act("answer", actor, as_of, text, detail))
        settle(session, case, as_of)
        return task_of(case)


def accept_answer(
    state: State,
    release: Release,
    task_id: str,
    actor: Actor,
    as_of: dt.datetime,
    note: str = "",
    rows: Collection[int] = (),
) -> Task:
    """Accept answers: rows confirmed right are settled, the others wait for the data.

    No row numbers means all rows with an answer.

    Raises:
        CaseError: Not the quality officer of the raising body, or nothing to accept.
    """
    with state.write() as session:
        case = _admitted(session, release, task_id, actor, "accept_answer")
        chosen = _chosen(case, rows, _given(case))
        for row in chosen:
            row.answer_state = AnswerState.ACCEPTED
            if row.answer == AnswerKind.CONFIRMED_RIGHT and row.outcome != Outcome.CORRECTED:
                row.outcome = Outcome.CONFIRMED_RIGHT
        _decide(
            session, case, "accept_answer", chosen, actor, as_of, checked_note(case.id, note, required=False)
        )
        settle(session, case, as_of)
        return task_of(case)


def return_answer(
    state: State,
    release: Release,
    task_id: str,
    actor: Actor,
    note: str,
    as_of: dt.datetime,
    rows: Collection[int] = (),
) -> Task:
    """Return answers to the agency (退回), with the reason; the clock of the task runs on.

    No row numbers means all rows with an answer.

    Raises:
        CaseError: Not the quality officer of the raising body, no reason, or nothing to return.
    """
    with state.write() as session:
        case = _admitted(session, release, task_id, actor, "return_answer")
        text = checked_note(case.id, note)
        chosen = _chosen(case, rows, _given(case))
        for row in chosen:
            row.answer_state = AnswerState.RETURNED
        _decide(session, case, "return_answer", chosen, actor, as_of, text)
        return task_of(case)


def record_export(state: State, release: Release, task_id: str, actor: Actor, as_of: dt.datetime) -> Task:
    """Record that the agency took the sheet of its task, which holds what it sent.

    Raises:
        CaseError: The actor is not of the task's agency or its successor, or agency or post is unknown.
    """
    with state.write() as session:
        case = _admitted(session, release, task_id, actor, "export")
        advance(session, case, Act("export", actor, as_of))
        return task_of(case)


def open_case(session: Session, case_id: str, kind: str) -> Case:
    """Return a case of a kind.

    Raises:
        CaseError: There is none of that number.
    """
    case = session.get(Case, case_id)
    if case is None or case.kind != kind:
        raise CaseError(
            f"task {case_id}",
            "没有此任务 / no such task",
            "a task number such as R-2026-0001",
            "列出任务 / civiclake tasks list",
        )
    return case


def _admitted(session: Session, release: Release, task_id: str, actor: Actor, act: str) -> Case:
    """Return the task if the actor may act in its state; the actor first: others learn nothing."""
    case = open_case(session, task_id, KIND)
    check_may(release, actor, case, TRANSITIONS[case.kind][act])
    transition_for(case.kind, case.id, case.state, act)
    return case


def _answer_kind(case: Case, kind: AnswerKind | str) -> AnswerKind:
    try:
        return AnswerKind(kind)
    except ValueError:
        raise CaseError(
            case.id,
            f"没有此反馈 / no such answer: {kind[:40]!r}",
            " | ".join(AnswerKind),
            "选择其一 / choose one of them",
        ) from None


def _given(case: Case) -> list[TaskRow]:
    return [row for row in case.current_rows if row.answer_state == AnswerState.GIVEN]


def _chosen(case: Case, numbers: Collection[int], admitted: Sequence[TaskRow]) -> list[TaskRow]:
    wanted = set(numbers) or {row.number for row in admitted}
    unknown = wanted - {row.number for row in admitted}
    if unknown or not wanted:
        raise CaseError(
            case.id,
            f"rows {ranges(unknown)}" if unknown else "no row left",
            f"rows {ranges(row.number for row in admitted) or '—'}",
            "查看任务明细 / show the task",
        )
    return [row for row in admitted if row.number in wanted]


def _decide(
    session: Session, case: Case, act: str, rows: list[TaskRow], actor: Actor, as_of: dt.datetime, note: str
) -> None:
    detail = {"rows": ranges(row.number for row in rows)}
    advance(session, case, Act(act, actor, as_of, note, detail))
