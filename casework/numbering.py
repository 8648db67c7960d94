"""Numbers of cases: the readable one of a year, and the order over all.

Here: giving the next. Not here: what a letter stands for, which each kind of case decides. Without the lake, so
that a process which may not open it can register cases too.
"""

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from casework.models import Case


def next_sequence(session: Session) -> int:
    """Return the next position in the order of cases."""
    return (session.scalar(select(func.max(Case.sequence))) or 0) + 1


def next_id(session: Session, letter: str, year: int) -> str:
    """Return the next readable number of a year, such as ``R-2026-0001``."""
    prefix = f"{letter}-{year}-"
    ids: Iterable[str] = session.scalars(select(Case.id).where(Case.id.startswith(prefix)))
    last = max((int(id_.removeprefix(prefix)) for id_ in ids), default=0)
    return f"{prefix}{last + 1:04d}"
