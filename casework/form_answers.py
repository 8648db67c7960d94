"""What bodies do with forms of the public: list, read, take up, answer, send back.

Here: who may do what, in which state; the answer's words and what it decides. Not here: taking forms
(``portal_forms.py``), nor carrying an answer out: a withdrawal is a change of the catalogue, which people make and
review there. Lists and details hold nothing that the sender wrote; reading that is an act of its own in the ledger.
"""

import datetime as dt
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.access_actors import check_speaks_for
from casework.actors import Actor, check_known, check_may, stands_for
from casework.form_models import FormContent, FormEntry, content_hash
from casework.form_transitions import OPEN_FORM_STATES
from casework.instants import instant_of_act
from casework.ledger import Act, advance
from casework.models import Case, Event
from casework.notes import checked_note
from casework.portal_forms import answer_label, due_label
from casework.state import State
from casework.tasks import Happening, happening_of
from casework.transitions import TRANSITIONS
from resource_catalogue.errors import CaseError, NotPermitted
from resource_catalogue.model import Label
from resource_catalogue.release import Release

_PREFIX = "F-"


@dataclass(frozen=True, slots=True)
class FormCase:
    """Describe a form's case without anything that its sender wrote.

    Attributes:
        id: Number such as ``F-2026-0001``.
        kind: ``open_objection`` or ``open_demand``.
        agency: Body that answers; ``raised_by`` the authority that watches over it.
        due_basis: ``prescribed``, ``target``, ``none``, or ``silent`` where the text has no such procedure.
        due: What the day rests on, in words.
        outcomes: Words between which the body decides.
    """

    id: str
    kind: str
    form: str
    dataset: str | None
    agency: str
    raised_by: str
    state: str
    opened_at: dt.datetime
    closed_at: dt.datetime | None
    due_on: dt.date | None
    due_basis: str
    is_provisional: bool
    due: Label
    citation: str
    profile: str
    release: int
    outcomes: tuple[str, ...]
    outcome: str | None
    answer: Label | None

    @property
    def is_open(self) -> bool:
        """Tell whether it still waits for an answer."""
        return self.state in OPEN_FORM_STATES

    def is_overdue(self, day: dt.date) -> bool:
        """Tell whether it waits past its last day."""
        return self.is_open and self.due_on is not None and self.due_on < day


@dataclass(frozen=True, slots=True)
class Written:
    """Hold what a person wrote and how to reach that person; neither shows in its representation."""

    text: str = field(repr=False)
    contact: str = field(repr=False)


def list_forms(state: State) -> list[FormCase]:
    """List all forms in the order of their arrival."""
    with state.read() as session:
        query = select(FormEntry).join(Case, Case.id == FormEntry.case_id).order_by(Case.sequence)
        return [_described(entry) for entry in session.scalars(query)]


def show_form(state: State, case_id: str) -> tuple[FormCase, tuple[Happening, ...]]:
    """Show a form's case and its events.

    Raises:
        CaseError: There is none of that number.
    """
    with state.read() as session:
        entry = _entry(session, case_id)
        events = session.scalars(select(Event).where(Event.case_id == case_id).order_by(Event.sequence))
        return _described(entry), tuple(map(happening_of, events))


def read_form(state: State, release: Release, case_id: str, actor: Actor, as_of: dt.datetime) -> Written:
    """Give what the sender wrote to a post of the body that answers or of the authority; the ledger notes who.

    Raises:
        NotPermitted: Agency or post is unknown, or of another body.
        CaseError: There is none of that number, or what was written is not as it was sent.
    """
    with state.write() as session:
        entry = _entry(session, case_id)
        check_known(release, actor)
        concerned = (entry.case.agency_id, entry.case.raised_by)
        if not any(stands_for(release, actor.agency, body) for body in concerned):
            expected = " | ".join(dict.fromkeys(concerned))
            raise NotPermitted(
                case_id,
                f"{actor.agency}: 无权查阅 / may not read it",
                expected,
                "由该机构查阅 / let that body read",
            )
        advance(session, entry.case, Act("read", actor, instant_of_act(state, session, case_id, as_of)))
        return _written(session, entry)


def accept_form(state: State, release: Release, case_id: str, actor: Actor, as_of: dt.datetime) -> FormCase:
    """Take a form up (受理); its clock has run since it arrived.

    Raises:
        NotPermitted: The actor is not of the body that answers.
        CaseError: There is none of that number, or it was taken up or answered before.
    """

    def take_up(entry: FormEntry, at: dt.datetime) -> Act:
        check_may(release, actor, entry.case, TRANSITIONS[entry.case.kind]["accept"])
        receipt = entry.case.receipts[0]
        receipt.acknowledged_at, receipt.acknowledged_post = at, actor.post
        return Act("accept", actor, at)

    return _acted(state, case_id, as_of, take_up)


def answer_form(
    state: State,
    release: Release,
    case_id: str,
    outcome: str,
    actor: Actor,
    note: str,
    as_of: dt.datetime,
    note_en: str = "",
) -> FormCase:
    """Answer a form with an outcome and its reason, which the sender reads.

    The outcome is recorded; nothing is withdrawn or listed by it.

    Raises:
        NotPermitted: The actor may not speak for the body that answers.
        CaseError: There is none of that number, it is answered, the text does not admit the outcome, or there is no
            reason or one with what looks like a number of a person.
    """

    def decide(entry: FormEntry, at: dt.datetime) -> Act:
        _check_speaks(state, release, actor, entry, as_of)
        if outcome not in entry.outcomes:
            raise CaseError(
                case_id,
                f"没有此结果 / no such outcome: {outcome[:40]!r}",
                " | ".join(entry.outcomes),
                "选择其一 / choose one",
            )
        entry.outcome = outcome
        return _worded(entry, "answer", actor, at, note, note_en)

    return _acted(state, case_id, as_of, decide)


def send_back(
    state: State,
    release: Release,
    case_id: str,
    actor: Actor,
    note: str,
    as_of: dt.datetime,
    note_en: str = "",
) -> FormCase:
    """Send a form back that cannot be handled, with the reason, which the sender reads as the answer.

    Raises:
        NotPermitted: The actor may not speak for the body that answers.
        CaseError: There is none of that number, it is answered, or the reason is missing or names a person's number.
    """

    def decide(entry: FormEntry, at: dt.datetime) -> Act:
        _check_speaks(state, release, actor, entry, as_of)
        return _worded(entry, "send_back", actor, at, note, note_en)

    return _acted(state, case_id, as_of, decide)


def _acted(
    state: State, case_id: str, as_of: dt.datetime, decide: Callable[[FormEntry, dt.datetime], Act]
) -> FormCase:
    """Make an act on a form; ``decide`` checks the actor first, so that others learn nothing of its state."""
    with state.write() as session:
        entry = _entry(session, case_id)
        at = instant_of_act(state, session, case_id, as_of)
        advance(session, entry.case, decide(entry, at))
        return _described(entry)


def _worded(entry: FormEntry, name: str, actor: Actor, at: dt.datetime, note: str, note_en: str) -> Act:
    entry.answer_zh = checked_note(entry.case_id, note)
    entry.answer_en = checked_note(entry.case_id, note_en, required=False)
    detail = {"outcome": entry.outcome} if entry.outcome else {}
    return Act(name, actor, at, entry.answer_zh, detail)


def _check_speaks(state: State, release: Release, actor: Actor, entry: FormEntry, as_of: dt.datetime) -> None:
    check_speaks_for(release, actor, entry.case.agency_id, entry.case_id, state.day(as_of))


def _entry(session: Session, case_id: str) -> FormEntry:
    entry = session.get(FormEntry, case_id) if case_id.startswith(_PREFIX) else None
    if entry is None:
        raise CaseError(
            f"表单 / form {case_id[:40]!r}",
            "没有此件 / no such form",
            "a number such as F-2026-0001",
            "列出 / civiclake forms list",
        )
    return entry


def _written(session: Session, entry: FormEntry) -> Written:
    content = session.get(FormContent, entry.case_id)
    if content is None:
        raise CaseError(
            entry.case_id,
            "来件内容缺失 / the content is missing",
            "收到时的内容 / what was sent",
            "校验台账 / verify the ledger",
        )
    found = content_hash(content.salt, content.text, content.contact)
    if not hmac.compare_digest(found, entry.content_hash):
        raise CaseError(
            entry.case_id,
            "来件内容被改动 / the content was changed",
            "收到时的内容 / what was sent",
            "从备份恢复 / restore it from a backup",
        )
    return Written(content.text, content.contact)


def _described(entry: FormEntry) -> FormCase:
    case, clock = entry.case, entry.case.clock
    return FormCase(
        id=case.id,
        kind=case.kind,
        form=entry.form,
        dataset=entry.dataset,
        agency=case.agency_id,
        raised_by=case.raised_by,
        state=str(case.state),
        opened_at=case.opened_at,
        closed_at=case.closed_at,
        due_on=clock.due_on if clock else None,
        due_basis=clock.kind if clock else "silent",
        is_provisional=clock.is_provisional if clock else False,
        due=due_label(entry),
        citation=clock.citation if clock else "",
        profile=case.profile,
        release=case.release,
        outcomes=entry.outcomes,
        outcome=entry.outcome,
        answer=answer_label(entry),
    )
