"""Tables of accounts of the open portal: what the ledger covers, and apart from it contacts and sessions.

Here: their columns, in SQLAlchemy. Not here: how they come into being (``migrations/``), nor who may change them
(``accounts.py``). No password, session token or access key is stored, only their hashes. How to reach a holder stands
in a table of its own, in no hash and no event, so that it can be erased without a trace.
"""

import datetime as dt

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from casework.models import Base, Case, Instant


class Account(Base):
    """One row per account (注册用户) of the open portal; its recipient's case holds its state.

    Attributes:
        name: As its holder chose it; empty once the holder has closed the account.
        name_key: By which it is found, whatever the case of its letters; no two are alike.
        holder: ``person`` or ``organisation``.
        password_hash: Salted and memory-hard; empty once the holder has closed the account.
        terms: Profile ``id@version`` whose terms of use the holder agreed to.
    """

    __tablename__ = "accounts"
    case_id: Mapped[str] = mapped_column(ForeignKey("cases.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    name_key: Mapped[str] = mapped_column(String(120), unique=True)
    holder: Mapped[str] = mapped_column(String(20))
    password_hash: Mapped[str] = mapped_column(Text)
    terms: Mapped[str] = mapped_column(String(80))

    case: Mapped[Case] = relationship()


class AccountContact(Base):
    """One row per account whose holder can be reached; shown to the bodies concerned only, erased when it is over."""

    __tablename__ = "account_contacts"
    case_id: Mapped[str] = mapped_column(ForeignKey("accounts.case_id"), primary_key=True)
    contact: Mapped[str] = mapped_column(Text)


class AccountSession(Base):
    """One row per session that is open: begun at a log-in, gone at the log-out.

    Attributes:
        token_hash: SHA-256 of what the browser holds.
        expires_at: First instant at which it is no longer good.
    """

    __tablename__ = "account_sessions"
    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("accounts.case_id"), index=True)
    started_at: Mapped[dt.datetime] = mapped_column(Instant)
    expires_at: Mapped[dt.datetime] = mapped_column(Instant)
