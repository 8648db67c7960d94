"""Which open tasks concern a row: a value under one is under verification (核实中).

Here: looking them up by row key. Not here: changing a task, nor what its agency answered.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import or_, select

from casework.models import Case, TaskRow
from casework.rounds import is_settled
from casework.state import State
from casework.transitions import OPEN_STATES

_MANY = 500


@dataclass(frozen=True, slots=True)
class RowTask:
    """Name an open task that concerns a row.

    Attributes:
        column: Column the task is about; empty where it is about the whole row.
    """

    id: str
    agency: str
    resource: str
    rule: str
    column: str
    reason: str
    state: str
    due_on: dt.date | None
    due_basis: str
    row_key: str


def open_tasks_on(state: State, row_keys: Collection[str]) -> list[RowTask]:
    """List the open, unsettled task rows on any of the rows, in order of task and row."""
    keys = sorted(key for key in row_keys if key)
    found: dict[tuple[int, int], RowTask] = {}
    with state.read() as session:
        for start in range(0, len(keys), _MANY):
            some = keys[start : start + _MANY]
            query = (
                select(TaskRow)
                .join(Case)
                .where(Case.state.in_(list(OPEN_STATES)), TaskRow.round == Case.round)
                .where(or_(TaskRow.row_key.in_(some), TaskRow.now_row_key.in_(some)))
            )
            for row in session.scalars(query):
                if not is_settled(row):
                    found[row.case.sequence, row.number] = _row_task(row)
    return [found[place] for place in sorted(found)]


def _row_task(row: TaskRow) -> RowTask:
    case, clock = row.case, row.case.clock
    return RowTask(
        id=case.id,
        agency=case.agency_id,
        resource=case.resource_id,
        rule=case.subject_id,
        column=row.column,
        reason=row.reason,
        state=str(case.state),
        due_on=clock.due_on if clock else None,
        due_basis=clock.kind if clock else "none",
        row_key=row.now_row_key or row.row_key,
    )
