"""Clocks of forms of the public: provisional days counted again once the holidays are announced.

Here: what the platform does to open forms by itself. Not here: starting a clock (``portal_forms.py``), the clocks of
tasks (``rectification.py``).
"""

import datetime as dt

from sqlalchemy import select

from casework.form_models import FORM_KINDS
from casework.form_transitions import OPEN_FORM_STATES
from casework.ledger import Act, advance, by_platform
from casework.limits import Limits, set_due
from casework.models import Case
from casework.state import State


def recount_forms(state: State, as_of: dt.datetime, limits: Limits) -> list[str]:
    """Count the provisional days of open forms again; a second time with the same calendar writes nothing.

    Returns:
        The numbers of the forms that were counted again.
    """
    done = []
    with state.write() as session:
        query = select(Case).where(
            Case.kind.in_(FORM_KINDS), Case.state.in_([str(s) for s in OPEN_FORM_STATES])
        )
        for case in session.scalars(query.order_by(Case.sequence)).all():
            clock = case.clock
            if clock is None or not clock.is_provisional or clock.calendar == limits.calendar.version:
                continue
            before = clock.due_on
            set_due(clock, state.day(clock.started_at), limits)
            detail = {"due_on": str(clock.due_on), "before": str(before), "provisional": clock.is_provisional}
            advance(session, case, Act("recalculate", by_platform(case), as_of, detail=detail))
            done.append(case.id)
    return done
