"""Questions about tasks: lists, one in full, what is due soon or overdue, an agency's inbox.

Here: plain values for screens, status files and sheets. Not here: changing anything.
"""

import datetime as dt
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.limits import Limits, clock_of
from casework.models import Case, Event, Receipt, TaskRow
from casework.rounds import awaits_decision, is_settled
from casework.state import State
from casework.transitions import OPEN_STATES, CaseState, Outcome
from resource_catalogue.errors import CaseError

Waiting = Literal["agency", "raising_body", "nobody"]


@dataclass(frozen=True, slots=True)
class Task:
    """Describe one task.

    Attributes:
        rows: Rows of the current round; ``outcomes`` counts them by outcome, those without a row left out.
        due_basis: ``prescribed``, ``target`` or ``none``; ``citation`` the text behind it.
        waiting_for: Who has to act: the agency, the raising body (an answer to decide on), nobody.
    """

    id: str
    agency: str
    raised_by: str
    resource: str
    rule: str
    state: str
    round: int
    opened_at: dt.datetime
    received_at: dt.datetime
    closed_at: dt.datetime | None
    due_on: dt.date | None
    due_basis: str
    is_provisional: bool
    article: str
    citation: str
    profile: str
    release: int
    follows: str | None
    rows: int
    outcomes: dict[str, int]
    waiting_for: Waiting


@dataclass(frozen=True, slots=True)
class Row:
    """Describe one row of a task, as it was frozen when issued, and what became of it.

    Attributes:
        rule: Rule it fails, at ``rule_version``.
    """

    number: int
    round: int
    rule: str
    finding_id: str
    row_key: str
    delivery_id: str
    row_number: int
    line: int | None
    sheet: str
    file_name: str
    column: str
    check: str
    reason: str
    rule_version: str
    outcome: str
    answer: str | None
    answer_note: str | None
    answer_state: str | None
    is_settled: bool


@dataclass(frozen=True, slots=True)
class Happening:
    """Describe one event of a case."""

    sequence: int
    at: dt.datetime
    act: str
    from_state: str
    to_state: str
    agency: str
    post: str
    note: str
    detail: str


@dataclass(frozen=True, slots=True)
class TaskDetail:
    """Describe one task in full: its rows of all rounds and its events."""

    task: Task
    rows: tuple[Row, ...]
    events: tuple[Happening, ...]


@dataclass(frozen=True, slots=True)
class Arrival:
    """Describe one entry of an agency's inbox: arrival is receipt; acknowledgement is only recorded."""

    task_id: str
    round: int
    received_at: dt.datetime
    acknowledged_at: dt.datetime | None
    acknowledged_post: str | None


def list_tasks(
    state: State,
    agency: str | None = None,
    states: Collection[str] | None = None,
    resource: str | None = None,
) -> list[Task]:
    """List tasks in the order of their opening; all unless narrowed."""
    with state.read() as session:
        return [task_of(case) for case in _cases(session, agency, states, resource)]


def show_task(state: State, task_id: str) -> TaskDetail:
    """Show a task in full.

    Raises:
        CaseError: There is no such task.
    """
    with state.read() as session:
        case = session.get(Case, task_id)
        if case is None or case.kind != "rectification":
            raise CaseError(
                f"task {task_id}",
                "没有此任务 / no such task",
                "a number such as R-2026-0001",
                "列出任务 / civiclake tasks list",
            )
        events = session.scalars(select(Event).where(Event.case_id == task_id).order_by(Event.sequence))
        return TaskDetail(task_of(case), tuple(map(_row, case.rows)), tuple(map(happening_of, events)))


def overdue(state: State, as_of: dt.datetime, agency: str | None = None) -> list[Task]:
    """List tasks that wait for their agency past the last day, earliest first.

    A task whose open rows are all answered waits for the raising body and is not the agency's delay.
    """
    day = state.day(as_of)
    return [task for task in _due(state, agency) if task.due_on is not None and task.due_on < day]


def due_soon(
    state: State, as_of: dt.datetime, days: int = 3, agency: str | None = None, limits: Limits | None = None
) -> list[Task]:
    """List tasks that wait for their agency and end today or within some working days, earliest first."""
    today = state.day(as_of)
    last = (limits or Limits()).calendar.add_working_days(today, days).due_on
    return [task for task in _due(state, agency) if task.due_on is not None and today <= task.due_on <= last]


def inbox(state: State, agency: str) -> list[Arrival]:
    """List what has arrived at an agency, in the order of arrival."""
    with state.read() as session:
        receipts = session.scalars(
            select(Receipt)
            .join(Case)
            .where(Receipt.agency_id == agency)
            .order_by(Receipt.received_at, Case.sequence, Receipt.round)
        )
        return [
            Arrival(r.case_id, r.round, r.received_at, r.acknowledged_at, r.acknowledged_post)
            for r in receipts
        ]


def task_of(case: Case) -> Task:
    """Describe a case of rectification."""
    clock = clock_of(case)
    rows = case.current_rows
    return Task(
        id=case.id,
        agency=case.agency_id,
        raised_by=case.raised_by,
        resource=case.resource_id,
        rule=case.subject_id,
        state=str(case.state),
        round=case.round,
        opened_at=case.opened_at,
        received_at=clock.started_at,
        closed_at=case.closed_at,
        due_on=clock.due_on,
        due_basis=clock.kind,
        is_provisional=clock.is_provisional,
        article=clock.article,
        citation=clock.citation,
        profile=case.profile,
        release=case.release,
        follows=case.follows,
        rows=len(rows),
        outcomes=_outcomes(rows),
        waiting_for=_waiting_for(case, rows),
    )


def _outcomes(rows: list[TaskRow]) -> dict[str, int]:
    counts = Counter(row.outcome for row in rows)
    return {str(outcome): counts[outcome] for outcome in Outcome if counts[outcome]}


def _waiting_for(case: Case, rows: list[TaskRow]) -> Waiting:
    if case.state == CaseState.CLOSED:
        return "nobody"
    unsettled = [row for row in rows if not is_settled(row)]
    return "raising_body" if unsettled and all(map(awaits_decision, unsettled)) else "agency"


def _due(state: State, agency: str | None) -> list[Task]:
    tasks = [task for task in list_tasks(state, agency, OPEN_STATES) if task.waiting_for == "agency"]
    return sorted(tasks, key=lambda task: (task.due_on or dt.date.max, task.id))


def _cases(
    session: Session, agency: str | None, states: Collection[str] | None, resource: str | None
) -> list[Case]:
    query = select(Case).where(Case.kind == "rectification").order_by(Case.sequence)
    if agency is not None:
        query = query.where(Case.agency_id == agency)
    if states is not None:
        query = query.where(Case.state.in_(list(states)))
    if resource is not None:
        query = query.where(Case.resource_id == resource)
    return list(session.scalars(query))


def _row(row: TaskRow) -> Row:
    return Row(
        number=row.number,
        round=row.round,
        rule=row.case.subject_id,
        finding_id=row.finding_id,
        row_key=row.row_key,
        delivery_id=row.delivery_id,
        row_number=row.row_number,
        line=row.line,
        sheet=row.sheet,
        file_name=row.file_name,
        column=row.column,
        check=row.check,
        reason=row.reason,
        rule_version=row.rule_version,
        outcome=str(row.outcome),
        answer=row.answer,
        answer_note=row.answer_note,
        answer_state=row.answer_state,
        is_settled=is_settled(row),
    )


def happening_of(event: Event) -> Happening:
    """Describe an event of a case of any kind."""
    return Happening(
        event.sequence,
        event.at,
        event.act,
        event.from_state,
        event.to_state,
        event.agency_id,
        event.post,
        event.note,
        event.detail,
    )
