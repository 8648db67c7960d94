"""The instant of an act on a case that servers have acted on too.

Here: one rule. Not here: refusing what lies before a case's last event (``ledger.advance``).
"""

import datetime as dt

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.models import Event
from casework.state import State


def instant_of_act(state: State, session: Session, case_id: str, as_of: dt.datetime) -> dt.datetime:
    """Return the instant of an act: that of the case's last event where it is later on the same civil day.

    A pinned clock stands still for commands while it runs on for servers: what the portal took in at 9:05 by its clock
    is acted on by a command whose clock says 9:00. An act on an earlier day stays refused (``ledger.advance``).
    """
    last = last_event_at(session, case_id)
    if last is not None and as_of < last and state.day(as_of) == state.day(last):
        return last
    return as_of


def last_event_at(session: Session, case_id: str) -> dt.datetime | None:
    """Return the instant of a case's last event; null where it has none."""
    return session.scalar(select(func.max(Event.at)).where(Event.case_id == case_id))
