"""Tables of the operational state: cases, clocks, receipts, task rows, events, and the ledger's head.

Here: their columns, in SQLAlchemy. Not here: how they come into being (``migrations/``) nor who may change
them (``transitions.py``, ``acts.py``, ``rectification.py``).
"""

import datetime as dt
from typing import Any

from sqlalchemy import (
    Boolean,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
from sqlalchemy.types import TypeDecorator


class Instant(TypeDecorator[dt.datetime]):
    """Store an instant in UTC and give it back aware, on engines with and without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Turn an aware instant into UTC; a naive one is a programming error."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise TypeError("an instant without time zone")
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> dt.datetime | None:
        """Give the instant back in UTC."""
        if value is None:
            return None
        stored: dt.datetime = value
        return stored.replace(tzinfo=dt.UTC) if stored.tzinfo is None else stored.astimezone(dt.UTC)


class Base(DeclarativeBase):
    """Collect the tables of the room."""


class Case(Base):
    """One row per case (办理事项): one duty of one body.

    Attributes:
        id: Readable number such as ``R-2026-0001``.
        sequence: Order of opening over all cases.
        agency_id: Body that must act; ``raised_by`` the body that watches over it.
        subject_kind: ``rows`` (``subject_id`` is the rule) or ``delivery`` (``subject_id`` is the delivery).
        profile: ``id@version`` under which the case was opened and is finished.
        round: 1, and one more with each reopening; rows of earlier rounds stay as they were settled.
        follows: Earlier task of the same agency, resource and rule.
    """

    __tablename__ = "cases"
    id: Mapped[str] = mapped_column(String(40), primary_key=True)
    sequence: Mapped[int] = mapped_column(Integer, unique=True)
    kind: Mapped[str] = mapped_column(String(40))
    agency_id: Mapped[str] = mapped_column(String(60))
    raised_by: Mapped[str] = mapped_column(String(60))
    resource_id: Mapped[str] = mapped_column(String(120))
    subject_kind: Mapped[str] = mapped_column(String(20))
    subject_id: Mapped[str] = mapped_column(Text)
    profile: Mapped[str] = mapped_column(String(80))
    release: Mapped[int] = mapped_column(Integer)
    opened_at: Mapped[dt.datetime] = mapped_column(Instant)
    closed_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(String(20))
    round: Mapped[int] = mapped_column(Integer, default=1)
    follows: Mapped[str | None] = mapped_column(ForeignKey("cases.id"))

    clocks: Mapped[list["Clock"]] = relationship(order_by="Clock.round", back_populates="case")
    receipts: Mapped[list["Receipt"]] = relationship(order_by="Receipt.round", back_populates="case")
    rows: Mapped[list["TaskRow"]] = relationship(order_by="TaskRow.number", back_populates="case")

    __table_args__ = (
        Index("cases_by_subject", "kind", "agency_id", "resource_id", "subject_id"),
        Index("cases_by_state", "state"),
    )

    @property
    def clock(self) -> "Clock | None":
        """Return the clock of the current round."""
        return next((clock for clock in self.clocks if clock.round == self.round), None)

    @property
    def current_rows(self) -> list["TaskRow"]:
        """Return the rows of the current round."""
        return [row for row in self.rows if row.round == self.round]


class Clock(Base):
    """One row per case and round: what limit runs from when, and when it ends.

    Attributes:
        step: Act that is due; ``clock_number`` the regulation's clock such as ``D02``.
        started_at: Receipt in the agency's inbox; that day is not counted.
        kind: ``prescribed`` (规定时限), ``target`` (platform target) or ``none`` (no date).
        citation: Title, article and profile version that the duty rests on.
        due_on: Last day, null without a date.
        is_provisional: A day it counts lies past the announced calendar; recomputed when the notice is
            loaded.
    """

    __tablename__ = "clocks"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    round: Mapped[int] = mapped_column(Integer, primary_key=True)
    step: Mapped[str] = mapped_column(String(60))
    clock_number: Mapped[str | None] = mapped_column(String(10))
    starts: Mapped[str] = mapped_column(String(60))
    started_at: Mapped[dt.datetime] = mapped_column(Instant)
    limit_n: Mapped[int | None] = mapped_column(Integer)
    unit: Mapped[str] = mapped_column(String(20))
    kind: Mapped[str] = mapped_column(String(20))
    article: Mapped[str] = mapped_column(String(40))
    citation: Mapped[str] = mapped_column(Text)
    due_on: Mapped[dt.date | None] = mapped_column(Date)
    is_provisional: Mapped[bool] = mapped_column(Boolean)
    calendar: Mapped[str] = mapped_column(String(80))

    case: Mapped[Case] = relationship(back_populates="clocks")


class Receipt(Base):
    """One row per case and round in an agency's inbox: arrival is receipt (收到); 签收 is only recorded."""

    __tablename__ = "receipts"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    round: Mapped[int] = mapped_column(Integer, primary_key=True)
    agency_id: Mapped[str] = mapped_column(String(60), index=True)
    received_at: Mapped[dt.datetime] = mapped_column(Instant)
    acknowledged_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    acknowledged_post: Mapped[str | None] = mapped_column(String(40))

    case: Mapped[Case] = relationship(back_populates="receipts")


class TaskRow(Base):
    """One row per task, round and failing row, frozen when issued; only outcome, answer and ``now_*`` change.

    Attributes:
        number: Position in the task, from 1; a reopened row gets a new one in the new round.
        outcome: ``open``, ``still_failing``, ``corrected``, ``confirmed_right`` or ``withdrawn_by_source``.
        answer: ``corrected_elsewhere``, ``confirmed_right`` or ``withdrawn``, with the agency's own note.
        answer_state: ``given``, ``accepted`` or ``returned``.
        now_finding_id: Finding by which the row fails now: another one where a later delivery put another row
            in its place and that fails too.
        now_delivery_id: Delivery and row in which it was last seen failing.
    """

    __tablename__ = "task_rows"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    round: Mapped[int] = mapped_column(Integer)
    finding_id: Mapped[str] = mapped_column(Text, index=True)
    row_key: Mapped[str] = mapped_column(Text)
    delivery_id: Mapped[str] = mapped_column(Text)
    row_number: Mapped[int] = mapped_column(Integer)
    line: Mapped[int | None] = mapped_column(Integer)
    sheet: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(Text)
    column: Mapped[str] = mapped_column(Text)
    check: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    rule_version: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(String(30))
    answer: Mapped[str | None] = mapped_column(String(30))
    answer_note: Mapped[str | None] = mapped_column(Text)
    answer_state: Mapped[str | None] = mapped_column(String(20))
    now_finding_id: Mapped[str] = mapped_column(Text, index=True)
    now_row_key: Mapped[str] = mapped_column(Text)
    now_delivery_id: Mapped[str] = mapped_column(Text)
    now_row_number: Mapped[int] = mapped_column(Integer)

    case: Mapped[Case] = relationship(back_populates="rows")

    __table_args__ = (
        UniqueConstraint("case_id", "round", "finding_id", name="one_row_per_finding_and_round"),
    )


class Event(Base):
    """One row per act (台账): never changed, chained by hash.

    Attributes:
        sequence: 1, 2, 3, without a gap.
        act: Word of the transition table; ``from_state`` empty for the first event of a case.
        agency_id: Body and ``post`` that acted; ``platform`` as post where it acted by itself for the body.
        detail: JSON with counts and names of rows, never a value of a data row.
        case_hash: Hash of the whole case as this act left it.
        previous_hash: Hash of the event before; of the first event, 64 zeros.
    """

    __tablename__ = "events"
    sequence: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    at: Mapped[dt.datetime] = mapped_column(Instant)
    act: Mapped[str] = mapped_column(String(40))
    from_state: Mapped[str] = mapped_column(String(20))
    to_state: Mapped[str] = mapped_column(String(20))
    agency_id: Mapped[str] = mapped_column(String(60))
    post: Mapped[str] = mapped_column(String(40))
    note: Mapped[str] = mapped_column(Text)
    detail: Mapped[str] = mapped_column(Text)
    case_hash: Mapped[str] = mapped_column(String(64))
    previous_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class LedgerHead(Base):
    """One row: how many events the ledger has and the hash of the last; writers queue up on it."""

    __tablename__ = "ledger_head"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    count: Mapped[int] = mapped_column(Integer)
    hash: Mapped[str] = mapped_column(String(64))
