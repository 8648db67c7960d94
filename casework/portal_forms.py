"""Forms that the public sends on the open portal become cases; their receipts tell how they stand.

Here: taking a form, its receipt, and what whoever has the receipt may see. Not here: the acts of bodies
(``form_answers.py``), web pages (``serving``). What the sender wrote is stored in one table and shown nowhere here:
neither in the ledger, an error, a log nor in the state (PIPL a6, a51). Implements P-16 and P-18, such as Weihai a25.
"""

import datetime as dt
import hashlib
import json
import secrets
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.form_models import FormContent, FormEntry, content_hash
from casework.form_procedure import KIND_OF_FORM, Course, PublicFacts, course, outcome_label, outcomes
from casework.form_transitions import ENDED_FORM_STATES, FORM_STATES, PUBLIC_ACTS, SENT_BACK_LABEL, FormState
from casework.ledger import Act, advance, by_platform
from casework.limits import Limits, start_clock
from casework.models import Case, Clock, Event, Receipt
from casework.numbering import next_id, next_sequence
from casework.state import State
from casework.transitions import DUE_LABELS, TRANSITIONS
from resource_catalogue.errors import CaseError
from resource_catalogue.model import Label

LONGEST_TEXT, LONGEST_CONTACT = 2000, 120
Form = Literal["correction", "demand"]
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_MISREAD = str.maketrans("OIL", "011", "- ")
"""Signs that the alphabet lacks because they are misread, and those that only part groups."""
_LETTER, _SIGNS = "K", 16


class FormRefused(CaseError):
    """A form cannot be taken; ``text`` is for its sender and repeats nothing of it."""

    def __init__(self, text: Label) -> None:
        super().__init__("表单 / form", f"{text.zh} / {text.en}")
        self.text = text


@dataclass(frozen=True, slots=True)
class SentForm:
    """Hold what a person sent; ``text`` and ``contact`` never show in its representation."""

    form: Form
    dataset: str | None
    text: str = field(repr=False)
    contact: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Progress:
    """Say how a form stands, for whoever has its receipt.

    Attributes:
        due_on: Day by which it is to be answered; null where nothing prescribes or promises one.
        answer: The answer in both languages, once there is one.
        steps: What happened and when.
    """

    form: Form
    dataset: str | None
    state: Label
    is_closed: bool
    submitted_at: dt.datetime
    due_on: dt.date | None
    answer: Label | None
    steps: tuple[tuple[dt.datetime, Label], ...]


def submit(
    state: State, facts: PublicFacts, sent: SentForm, at: dt.datetime, limits: Limits | None = None
) -> str:
    """Register a form as a case, put it into the inbox of the body that answers, and return its receipt.

    Args:
        state: The operational state.
        facts: What the release says in public.
        sent: The form.
        at: Instant of arrival; its civil day is not counted.
        limits: Calendar and promises of the deployment; the shipped calendar and none by default.

    Returns:
        The receipt, of which only the hash is stored.

    Raises:
        FormRefused: It is empty, too long, cannot be stored, or is about no dataset of the catalogue.
        CaseError: The profile's limit cannot be counted, or the database refused.
    """
    checked = _checked(sent, facts)
    limits, receipt = limits or Limits(), new_receipt()
    way = course(facts, checked.form, checked.dataset)
    with state.write() as session:
        case = _new_case(session, facts, checked, way, state.day(at).year, at)
        _store(session, case, checked, way, receipt)
        detail = {"form": checked.form, "dataset": checked.dataset}
        advance(session, case, Act("submit", by_platform(case), at, detail=detail))
        _pass_on(session, case, facts, way, limits, at, state.day(at))
    return receipt


def progress(state: State, receipt: str) -> Progress | None:
    """Return how a form stands, or null where there is none with that receipt."""
    with state.read() as session:
        entry = session.scalar(select(FormEntry).where(FormEntry.receipt_hash == receipt_hash(receipt)))
        return _progress(session, entry) if entry is not None else None


def new_receipt() -> str:
    """Make a receipt that nobody can guess: ``K`` and 80 random bits in Crockford's base 32."""
    return _LETTER + "".join(secrets.choice(_CROCKFORD) for _ in range(_SIGNS))


def receipt_hash(receipt: str) -> str:
    """Return the hash by which a receipt is found; small letters, hyphens and misread signs do not matter.

    >>> receipt_hash("K0123456789ABCDEF") == receipt_hash("k-o123-4567-89ab-cdef")
    True
    """
    return hashlib.sha256(usual_receipt(receipt).encode("utf-8", "replace")).hexdigest()


def usual_receipt(receipt: str) -> str:
    """Return a receipt as it was given out, however it was typed.

    >>> usual_receipt("ko12 3456 789a bcdEf")
    'K0123456789ABCDEF'
    """
    return receipt.upper().translate(_MISREAD)


def answer_label(entry: FormEntry) -> Label | None:
    """Return the answer as its sender reads it; null before there is one."""
    if entry.case.state not in ENDED_FORM_STATES:
        return None
    head = outcome_label(entry.case.kind, entry.outcome) if entry.outcome else SENT_BACK_LABEL
    return Label(zh=f"{head.zh}：{entry.answer_zh}", en=f"{head.en}: {entry.answer_en or entry.answer_zh}")


def due_label(entry: FormEntry) -> Label:
    """Say what the day of an answer rests on, or that nothing names one."""
    case, clock, word = entry.case, entry.case.clock, entry.time_word
    if clock is None:
        return Label(
            zh=f"所依规定（{case.profile}）对此没有规定，因此没有期限",
            en=f"the regulation ({case.profile}) is silent on this, so there is no date",
        )
    place = f"{case.profile} {clock.article}"
    if clock.kind == "none":
        return Label(
            zh=f"依据{clock.citation}{f'，应当“{word}”办理' if word else ''}，没有按天数计的期限",
            en=f"under {place}{f' (“{word}”)' if word else ''}, which gives no number of days",
        )
    basis = DUE_LABELS[clock.kind]
    return Label(zh=f"{basis.zh}：{clock.citation}", en=f"{basis.en}: {place}")


def _checked(sent: SentForm, facts: PublicFacts) -> SentForm:
    text, contact = sent.text.replace("\r\n", "\n").strip(), sent.contact.strip()
    if not text:
        raise FormRefused(Label(zh="请填写内容", en="Write what it is about"))
    for what, found, most in (
        (Label(zh="内容", en="the text"), text, LONGEST_TEXT),
        (Label(zh="联系方式", en="the contact"), contact, LONGEST_CONTACT),
    ):
        if len(found) > most:
            words = f"{what.en} has {len(found)} characters; at most {most} are taken"
            raise FormRefused(Label(zh=f"{what.zh}不超过 {most} 个字，现有 {len(found)} 个", en=words))
    if not _is_storable(text) or not _is_storable(contact):
        raise FormRefused(Label(zh="含有不能显示的字符", en="It holds characters that cannot be shown"))
    if sent.dataset is None and sent.form == "correction":
        raise FormRefused(Label(zh="请在数据集的页面上提交", en="Send it from the page of a dataset"))
    if sent.dataset is not None and sent.dataset not in facts.agencies:
        raise FormRefused(Label(zh="没有此数据集", en="There is no such dataset"))
    return SentForm(sent.form, sent.dataset, text, contact)


def _is_storable(text: str) -> bool:
    """Tell whether databases and screens can hold a text: no control signs, no halves of a sign."""
    return not any(unicodedata.category(sign) in ("Cc", "Cs") and sign not in "\n\r\t" for sign in text)


def _new_case(
    session: Session, facts: PublicFacts, sent: SentForm, way: Course, year: int, at: dt.datetime
) -> Case:
    return Case(
        id=next_id(session, "F", year),
        sequence=next_sequence(session),
        kind=KIND_OF_FORM[sent.form],
        agency_id=way.agency_id,
        raised_by=facts.authority,
        resource_id=sent.dataset or "",
        subject_kind="dataset" if sent.dataset else "opening",
        subject_id=sent.dataset or "",
        profile=facts.profile.reference,
        release=facts.release,
        opened_at=at,
        state="",
        round=1,
    )


def _store(session: Session, case: Case, sent: SentForm, way: Course, receipt: str) -> None:
    salt = secrets.token_hex(32)
    entry = FormEntry(
        case_id=case.id,
        case=case,
        receipt_hash=receipt_hash(receipt),
        form=sent.form,
        dataset=sent.dataset,
        content_hash=content_hash(salt, sent.text, sent.contact),
        time_word=way.time_word,
        outcomes=outcomes(way.step, case.kind),
        answer_zh="",
        answer_en="",
    )
    session.add_all((case, entry))
    session.flush()
    session.add(FormContent(case_id=case.id, salt=salt, text=sent.text, contact=sent.contact))


def _pass_on(
    session: Session,
    case: Case,
    facts: PublicFacts,
    way: Course,
    limits: Limits,
    at: dt.datetime,
    day: dt.date,
) -> None:
    """Put the form into the inbox of the body that answers, which starts the clock where the text has one."""
    terms = way.terms(facts.profile, case.kind, limits.targets)
    if terms is not None:
        case.clocks.append(start_clock(terms, case.id, case.round, at, day, limits))
    case.receipts.append(Receipt(case_id=case.id, round=case.round, agency_id=case.agency_id, received_at=at))
    clock: Clock | None = case.clock
    detail = {
        "agency": case.agency_id,
        "due_on": str(clock.due_on) if clock and clock.due_on else None,
        "due_basis": clock.kind if clock else "silent",
        "article": clock.article if clock else None,
        "provisional": clock.is_provisional if clock else False,
        "passed_on_under": way.passed_on.art if way.passed_on else None,
    }
    advance(session, case, Act("pass_on", by_platform(case), at, detail=detail))


def _progress(session: Session, entry: FormEntry) -> Progress:
    case = entry.case
    events = session.scalars(select(Event).where(Event.case_id == case.id).order_by(Event.sequence))
    return Progress(
        form="demand" if entry.form == "demand" else "correction",
        dataset=entry.dataset,
        state=FORM_STATES[FormState(case.state)],
        is_closed=case.state in ENDED_FORM_STATES,
        submitted_at=case.opened_at,
        due_on=case.clock.due_on if case.clock else None,
        answer=answer_label(entry),
        steps=tuple((event.at, _step(entry, event)) for event in events if event.act in PUBLIC_ACTS),
    )


def _step(entry: FormEntry, event: Event) -> Label:
    """Say what happened, and on passing on what the day of the answer rests on."""
    if event.act != "pass_on":
        return TRANSITIONS[entry.case.kind][event.act].label
    due = due_label(entry)
    if json.loads(event.detail)["provisional"]:
        due = Label(zh=f"{due.zh}（暂定）", en=f"{due.en} (provisional)")
    return Label(zh=f"已转交办理机构。{due.zh}", en=f"Passed on to the body that answers; {due.en}")
