"""The ledger (台账): every act as an event, chained by hash, checked against the cases it speaks of.

Here: making a transition together with its event, the hashes, and the check of the whole. Not here: which
transitions there are (``transitions.py``). An event names rows by number and holds no value of a data row.
"""

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from sqlalchemy import func, inspect, select
from sqlalchemy.orm import Session

from casework.access_models import access_parts
from casework.actors import PLATFORM_POST, Actor
from casework.form_models import form_parts
from casework.models import Base, Case, Event, LedgerHead
from casework.state import State
from casework.transition import UNOPENED
from casework.transitions import FINAL_STATES, transition_for
from resource_catalogue.errors import CaseError


@dataclass(frozen=True, slots=True)
class Act:
    """Say what happens to a case, by whom and when.

    Attributes:
        name: Word of the transition table.
        detail: Counts, dates and row numbers; never a value of a data row.
    """

    name: str
    actor: Actor
    at: dt.datetime
    note: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LedgerFault:
    """Name one place at which the ledger does not hold.

    Attributes:
        sequence: Event concerned; 0 where it is a case or the head.
        case_id: Case concerned; empty for the head.
    """

    sequence: int
    case_id: str
    found: str


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """Report a check of the whole ledger; ``head`` may be noted elsewhere as an anchor."""

    events: int
    head: str
    faults: tuple[LedgerFault, ...]

    @property
    def intact(self) -> bool:
        """Tell whether no fault was found."""
        return not self.faults


def by_platform(case: Case) -> Actor:
    """Return the platform acting for the body that raised the case."""
    return Actor(case.raised_by, PLATFORM_POST)


def advance(session: Session, case: Case, act: Act) -> Event:
    """Make a transition and write its event; the caller has changed clocks, receipts and rows before.

    Raises:
        CaseError: The state does not admit the act, or it would lie before the case's last event.
    """
    before = case.state if case.state else UNOPENED
    transition = transition_for(case.kind, case.id, before, act.name)
    _check_time(session, case, act.at)
    case.state = transition.target(before)
    if transition.to_state is not None:
        case.closed_at = act.at if case.state in FINAL_STATES else None
    session.add(case)
    session.flush()
    event = _event(session, case, act, before)
    session.add(event)
    session.flush()
    return event


def case_hash(case: Case) -> str:
    """Return the hash of a case with its clocks, receipts and rows, or what else its kind consists of."""
    digest = hashlib.sha256(_canonical(_values(case)))
    for entry in (*case.clocks, *case.receipts, *case.rows, *access_parts(case), *form_parts(case)):
        digest.update(_canonical(_values(entry)))
    return digest.hexdigest()


def verify_ledger(state: State, anchor: str | None = None) -> LedgerCheck:
    """Check every event's hash and link, and that each case is as its last event left it.

    An anchor is the head noted at an earlier check; it must still be one of the chain.
    """
    with state.read() as session:
        events = list(session.scalars(select(Event).order_by(Event.sequence)))
        head = session.scalars(select(LedgerHead)).one_or_none()
        faults = [*_chain_faults(events), *_head_faults(events, head), *_case_faults(session, events)]
    hashes = {event.hash for event in events}
    if anchor is not None and anchor not in hashes:
        faults.append(LedgerFault(0, "", "the anchor is not in the chain"))
    return LedgerCheck(len(events), head.hash if head else "", tuple(faults))


def _check_time(session: Session, case: Case, at: dt.datetime) -> None:
    last = session.scalar(select(func.max(Event.at)).where(Event.case_id == case.id))
    if last is not None and at < last:
        raise CaseError(
            case.id,
            f"早于最近一次办理 / an act at {at.isoformat()}",
            f"不早于 / not before {last.isoformat()}",
            "核对时间 / check as_of",
        )


def _event(session: Session, case: Case, act: Act, before: str) -> Event:
    head = session.scalars(select(LedgerHead)).one()
    event = Event(
        sequence=head.count + 1,
        case_id=case.id,
        at=act.at,
        act=act.name,
        from_state=before,
        to_state=case.state,
        agency_id=act.actor.agency,
        post=act.actor.post,
        note=act.note,
        detail=json.dumps(dict(act.detail), ensure_ascii=False, sort_keys=True),
        case_hash=case_hash(case),
        previous_hash=head.hash,
    )
    event.hash = _event_hash(event)
    head.count, head.hash = event.sequence, event.hash
    return event


def _event_hash(event: Event) -> str:
    values = _values(event)
    values.pop("hash")
    return hashlib.sha256(_canonical(values)).hexdigest()


def _values(entry: Base) -> dict[str, Any]:
    """Return an entry's columns in a form that is equal on every engine."""
    return {name: _plain(getattr(entry, name)) for name in _columns(type(entry))}


@cache
def _columns(table: type[Base]) -> tuple[str, ...]:
    return tuple(attribute.key for attribute in inspect(table).column_attrs)


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime):
        return value.astimezone(dt.UTC).isoformat()
    return value.isoformat() if isinstance(value, dt.date) else value


def _canonical(values: dict[str, Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, sort_keys=True).encode() + b"\n"


def _chain_faults(events: list[Event]) -> Iterator[LedgerFault]:
    previous, states = "0" * 64, dict[str, str]()
    for expected, event in enumerate(events, start=1):
        if event.sequence != expected:
            yield LedgerFault(event.sequence, event.case_id, "an event is missing before this one")
            return
        if event.previous_hash != previous:
            yield LedgerFault(event.sequence, event.case_id, "not linked to the event before")
        if event.hash != _event_hash(event):
            yield LedgerFault(event.sequence, event.case_id, "the event was changed")
        if event.from_state != states.get(event.case_id, UNOPENED):
            yield LedgerFault(event.sequence, event.case_id, "does not start from the state before")
        previous, states[event.case_id] = event.hash, event.to_state


def _head_faults(events: list[Event], head: LedgerHead | None) -> Iterator[LedgerFault]:
    last = events[-1].hash if events else "0" * 64
    if head is None or head.count != len(events) or head.hash != last:
        yield LedgerFault(0, "", "the head does not match the last event: events were removed or added")


def _case_faults(session: Session, events: list[Event]) -> Iterator[LedgerFault]:
    last = {event.case_id: event for event in events}
    cases = {case.id: case for case in session.scalars(select(Case).order_by(Case.sequence))}
    for case_id in sorted(last.keys() - cases.keys()):
        yield LedgerFault(last[case_id].sequence, case_id, "the case is missing")
    for case in cases.values():
        event = last.get(case.id)
        if event is None:
            yield LedgerFault(0, case.id, "a case without events")
        elif event.to_state != case.state or event.case_hash != case_hash(case):
            yield LedgerFault(event.sequence, case.id, "the case is not as its last event left it")
