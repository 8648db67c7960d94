"""What a recipient may see now, read on every request: nothing of it is kept between two requests.

Here: one question with two statements. Not here: whose token it is (``credentials.py``), and what the entry holds.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import RowMapping, Select, bindparam, or_, select
from sqlalchemy.orm import aliased

from casework.access_models import GrantEntry, RecipientEntry
from casework.access_transitions import AccessState
from casework.consumer_suspension import KIND as SUSPENSION
from casework.consumer_suspension import WHOLE
from casework.models import Case
from casework.recipient_rows import RECIPIENT_COLUMNS, is_name, recipient_from
from casework.state import State
from resource_catalogue.access_words import Grant, GrantMode, GrantState, Recipient

_MODES: dict[str, GrantMode] = {"service": "service", "table": "table", "file": "file"}
_STATES: dict[str, GrantState] = {"in_force": "in_force", "requested": "suspended", "suspended": "suspended"}


@dataclass(frozen=True, slots=True)
class Permit:
    """Hold what a recipient may see on a day: itself and its grants in force, in the order of their numbers."""

    recipient: Recipient
    grants: tuple[Grant, ...]


def permit(state: State, recipient_id: str, now: dt.datetime, zone: ZoneInfo) -> Permit | None:
    """Return what a recipient may see now; null where it is unknown, suspended or ended, or its agency is.

    Grants on data of a provider that has suspended the recipient's agency are left out.
    """
    if now.tzinfo is None:
        raise TypeError("an instant without time zone")
    if not is_name(recipient_id):
        return None
    with state.ask() as connection:
        rows = connection.execute(_RECIPIENT, {"recipient": recipient_id}).mappings().all()
        recipient = _admitted(rows)
        if recipient is None:
            return None
        day = now.astimezone(zone).date()
        grants = connection.execute(_GRANTS, {"recipient": recipient_id, "day": day}).mappings().all()
    shut_by = {row["shut_by"] for row in rows if row["shut_by"] is not None}
    seen = tuple(_grant_from(row, "in_force") for row in grants if not shut_by.intersection(row["providers"]))
    return Permit(recipient, seen)


def grant_of(entry: GrantEntry, state: str) -> Grant:
    """Describe a grant's row in the words that rooms share; one that is over counts as revoked."""
    return _grant_from({name: getattr(entry, name) for name in _COLUMNS}, state)


def _admitted(rows: Sequence[RowMapping]) -> Recipient | None:
    """Return the recipient, if it is active and its agency not shut off altogether."""
    if not rows or any(row["scope"] == WHOLE for row in rows):
        return None
    recipient = recipient_from(rows[0])
    return recipient if recipient.state == "active" else None


def _grant_from(row: RowMapping | Mapping[str, Any], state: str) -> Grant:
    return Grant(
        id=row["case_id"],
        recipient_id=row["recipient_id"],
        entry=row["entry"],
        columns=row["columns"],
        divisions=row["divisions"],
        mode=_MODES[row["mode"]],
        purpose=row["purpose"],
        scenario=row["scenario"],
        basis=row["basis"],
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        state=_STATES.get(state, "revoked"),
        history_from_version=row["history_from_version"],
    )


_COLUMNS = tuple(column.name for column in GrantEntry.__table__.c)
_suspension = aliased(Case)
_RECIPIENT: Select[Any] = (
    select(
        *RECIPIENT_COLUMNS,
        _suspension.subject_kind.label("scope"),
        _suspension.raised_by.label("shut_by"),
    )
    .join(Case, Case.id == RecipientEntry.case_id)
    .outerjoin(
        _suspension,
        (_suspension.kind == SUSPENSION)
        & (_suspension.agency_id == RecipientEntry.agency_id)
        & (_suspension.state == str(AccessState.IN_FORCE)),
    )
    .where(RecipientEntry.id == bindparam("recipient"))
)
"""A recipient, once for each suspension of its agency."""
_GRANTS: Select[Any] = (
    select(*GrantEntry.__table__.c)
    .join(Case, Case.id == GrantEntry.case_id)
    .where(
        GrantEntry.recipient_id == bindparam("recipient"),
        Case.state == str(AccessState.IN_FORCE),
        GrantEntry.valid_from <= bindparam("day"),
        or_(GrantEntry.valid_to.is_(None), GrantEntry.valid_to >= bindparam("day")),
    )
    .order_by(Case.sequence)
)
