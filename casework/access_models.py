"""Tables of recipients, credentials, grants and the consents that grants need.

Here: their columns, in SQLAlchemy, and which of them a case consists of. Not here: how they come into being
(``migrations/``), nor who may change them. No token and no secret is ever stored, only its SHA-256.
"""

import datetime as dt
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    Dialect,
    ForeignKey,
    Integer,
    String,
    Text,
    inspect,
    select,
)
from sqlalchemy.orm import Mapped, mapped_column, object_session, relationship
from sqlalchemy.types import TypeDecorator

from casework.account_models import Account
from casework.models import Base, Case, Instant


class Words(TypeDecorator[tuple[str, ...]]):
    """Store a list of texts in order, as JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str:
        """Write the list; none is an empty one."""
        return json.dumps(list(value or ()), ensure_ascii=False)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> tuple[str, ...]:
        """Give the list back."""
        return tuple(json.loads(value)) if value else ()


class RecipientEntry(Base):
    """One row per recipient (数据接收方): a system of an agency, or a registered user of the open portal.

    Attributes:
        id: Short name that people and shares use; never given twice.
        case_id: Case of kind ``recipient`` that holds its state.
        networks: Address ranges (CIDR) that it may call from; empty admits every address.
    """

    __tablename__ = "recipients"
    id: Mapped[str] = mapped_column(String(60), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), unique=True)
    kind: Mapped[str] = mapped_column(String(10))
    name_zh: Mapped[str] = mapped_column(Text)
    name_en: Mapped[str] = mapped_column(Text)
    agency_id: Mapped[str | None] = mapped_column(String(60), index=True)
    networks: Mapped[tuple[str, ...]] = mapped_column(Words)
    requests_per_minute: Mapped[int | None] = mapped_column(Integer)
    bytes_per_day: Mapped[int | None] = mapped_column(BigInteger)

    case: Mapped[Case] = relationship()


class Credential(Base):
    """One row per bearer token or OAuth client of a recipient.

    Attributes:
        id: Public name of the token; of a client its client id.
        kind: ``bearer`` or ``client``.
        secret_hash: SHA-256 of the token or client secret.
        expires_at: First instant at which it is no longer good.
        revoked_at: Instant of revocation, null where it was not revoked.
    """

    __tablename__ = "credentials"
    id: Mapped[str] = mapped_column(String(80), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    issued_at: Mapped[dt.datetime] = mapped_column(Instant)
    expires_at: Mapped[dt.datetime] = mapped_column(Instant)
    revoked_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    case: Mapped[Case] = relationship()


class GrantEntry(Base):
    """One row per grant (共享授权): what one recipient may see of one entry, for what, how long.

    Attributes:
        providers: Agencies that answer for the granted columns.
        commitment: What the consumer has committed to: empty, ``declared``, or the SHA-256 of the document.
        with_history: Whether earlier versions may be reached, from the version at which it came into force.
        decided_at: Instant of its last change of state after the request.
    """

    __tablename__ = "grants"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    recipient_id: Mapped[str] = mapped_column(ForeignKey("recipients.id"), index=True)
    entry: Mapped[str] = mapped_column(String(130), index=True)
    columns: Mapped[tuple[str, ...]] = mapped_column(Words)
    divisions: Mapped[tuple[str, ...]] = mapped_column(Words)
    providers: Mapped[tuple[str, ...]] = mapped_column(Words)
    mode: Mapped[str] = mapped_column(String(10))
    purpose: Mapped[str] = mapped_column(Text)
    scenario: Mapped[str] = mapped_column(Text)
    basis: Mapped[str] = mapped_column(Text)
    commitment: Mapped[str] = mapped_column(String(80))
    valid_from: Mapped[dt.date] = mapped_column(Date)
    valid_to: Mapped[dt.date | None] = mapped_column(Date)
    with_history: Mapped[bool] = mapped_column(Boolean)
    history_from_version: Mapped[int | None] = mapped_column(Integer)
    decided_at: Mapped[dt.datetime | None] = mapped_column(Instant)

    case: Mapped[Case] = relationship()
    recipient: Mapped[RecipientEntry] = relationship()


class ConsentEntry(Base):
    """One row per consent that a grant needs, given or not; what it rests on stays as it was when asked for.

    Attributes:
        kind: ``reply``, ``copy``, ``agreement`` or ``confidentiality``.
        role: Role in which the body must consent; ``agency_id`` the body.
        refusal_needs: What a refusal must carry; ``refusal_ranks`` the ranks it may rest on, empty for any.
        given_by: Body that consented, itself or its successor; null while it is missing.
        signed_on: Date of the confirmed document; ``document_hash`` its SHA-256.
    """

    __tablename__ = "consents"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    role: Mapped[str] = mapped_column(String(20))
    agency_id: Mapped[str] = mapped_column(String(60))
    article: Mapped[str] = mapped_column(String(40))
    citation: Mapped[str] = mapped_column(Text)
    refusal_needs: Mapped[tuple[str, ...]] = mapped_column(Words)
    refusal_ranks: Mapped[tuple[str, ...]] = mapped_column(Words)
    given_at: Mapped[dt.datetime | None] = mapped_column(Instant)
    given_by: Mapped[str | None] = mapped_column(String(60))
    given_post: Mapped[str | None] = mapped_column(String(40))
    signed_on: Mapped[dt.date | None] = mapped_column(Date)
    document_hash: Mapped[str | None] = mapped_column(String(64))

    case: Mapped[Case] = relationship()


_PARTS: dict[str, tuple[type[Base], ...]] = {
    "recipient": (RecipientEntry, Credential, Account),
    "share_grant": (GrantEntry, ConsentEntry),
}
"""What a case of a kind consists of beside its clocks, receipts and rows."""


def access_parts(case: Case) -> Iterator[Base]:
    """Yield the rows that a recipient or grant consists of, in the order of their keys."""
    session = object_session(case)
    if session is None:
        return
    for table in _PARTS.get(case.kind, ()):
        keys = inspect(table).primary_key
        own = select(table).where(table.__table__.c.case_id == case.id)
        yield from session.scalars(own.order_by(*keys))
