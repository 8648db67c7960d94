"""Tables of forms that the public sends: what the case knows of a form, and apart from it what a person wrote.

Here: their columns, in SQLAlchemy, and which of them the ledger covers. Not here: how they come into being
(``migrations/``), nor who may read them (``form_answers.py``). What a person wrote is hashed with a random salt that
stands beside it: the ledger tells a changed text, yet nothing can be read or guessed from it once the text is gone.
"""

import hashlib
import json
from collections.abc import Iterator

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship

from casework.access_models import Words
from casework.models import Base, Case

OBJECTION = "open_objection"
DEMAND = "open_demand"
FORM_KINDS = (OBJECTION, DEMAND)
"""Kinds of case that forms of the public become (P-18, P-16)."""


class FormEntry(Base):
    """One row per form, without anything that its sender wrote.

    Attributes:
        receipt_hash: SHA-256 of the receipt; the receipt itself is stored nowhere.
        form: ``correction`` or ``demand``.
        dataset: Opened dataset that it is about; null where it is about none.
        content_hash: Salted hash of text and contact.
        time_word: The text's own word of time, such as 立即, where it has no number; else empty.
        outcomes: Words between which the body decides, as they were when the form came.
        outcome: The word decided on; null before the answer and where the form was sent back.
        answer_zh: The body's words to the sender; ``answer_en`` empty where it gave none in English.
    """

    __tablename__ = "forms"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    receipt_hash: Mapped[str] = mapped_column(String(64), unique=True)
    form: Mapped[str] = mapped_column(String(20))
    dataset: Mapped[str | None] = mapped_column(String(120), index=True)
    content_hash: Mapped[str] = mapped_column(String(64))
    time_word: Mapped[str] = mapped_column(Text)
    outcomes: Mapped[tuple[str, ...]] = mapped_column(Words)
    outcome: Mapped[str | None] = mapped_column(String(40))
    answer_zh: Mapped[str] = mapped_column(Text)
    answer_en: Mapped[str] = mapped_column(Text)

    case: Mapped[Case] = relationship()


class FormContent(Base):
    """One row per form: what a person wrote and how to reach that person; shown to the bodies concerned only."""

    __tablename__ = "form_contents"
    case_id: Mapped[str] = mapped_column(ForeignKey("forms.case_id"), primary_key=True)
    salt: Mapped[str] = mapped_column(String(64))
    text: Mapped[str] = mapped_column(Text)
    contact: Mapped[str] = mapped_column(Text)


def content_hash(salt: str, text: str, contact: str) -> str:
    """Return the salted hash of what a person wrote."""
    return hashlib.sha256(json.dumps([salt, text, contact]).encode()).hexdigest()


def form_parts(case: Case) -> Iterator[Base]:
    """Yield the row of a form that the ledger covers."""
    session = object_session(case)
    if session is not None and case.kind in FORM_KINDS:
        entry = session.get(FormEntry, case.id)
        if entry is not None:
            yield entry
