"""Sessions on the open portal: begun by name and password, asked for on every request, ended at once.

Here: log-in and log-out, and whose session it is. Not here: the browser's cookie and limits of attempts (``serving``).
Of a session only the hash of its token is stored; that somebody logged in is no event of the ledger.
"""

import datetime as dt
import secrets
from typing import Any

from sqlalchemy import Select, bindparam, delete, select
from sqlalchemy.orm import Session

from casework.access_models import RecipientEntry
from casework.access_transitions import AccessState
from casework.account_models import Account, AccountSession
from casework.accounts import name_key
from casework.credentials import secret_hash
from casework.models import Case
from casework.passwords import is_password
from casework.recipient_rows import RECIPIENT_COLUMNS, recipient_from
from casework.recipients import forget_sessions
from casework.state import State
from resource_catalogue.access_words import Recipient

_BYTES = 32
_LONGEST = 128


def log_in(
    state: State, name: str, password: str, life: dt.timedelta, at: dt.datetime, former: str | None = None
) -> str | None:
    """Begin a session and return its token; null where name or password is wrong or the account not active.

    Unknown, suspended and closed accounts take the same work as known ones.

    Args:
        life: How long the session is good for.
        former: Token of the browser's former session, which ends with this.
    """
    with state.read() as session:
        account = _active(session, name)
        stored = account.password_hash if account is not None else ""
    if not is_password(password, stored):
        return None
    token = secrets.token_urlsafe(_BYTES)
    with state.write() as session:
        account = _active(session, name)
        # Comparing takes its time: meanwhile the password may have been changed, or the user suspended.
        if account is None or account.password_hash != stored:
            return None
        _forget(session, former, at)
        begun = AccountSession(
            token_hash=secret_hash(token), case_id=account.case_id, started_at=at, expires_at=at + life
        )
        session.add(begun)
    return token


def log_out(state: State, token: str, at: dt.datetime) -> None:
    """End a session; one that is over already is left alone."""
    with state.write() as session:
        _forget(session, token, at)


def log_out_everywhere(state: State, recipient_id: str) -> None:
    """End all sessions of a user."""
    with state.write() as session:
        entry = session.get(RecipientEntry, recipient_id)
        if entry is not None:
            forget_sessions(session, entry.case_id)


def recipient_by_session(state: State, token: str, now: dt.datetime) -> Recipient | None:
    """Return whose session it is; null where it is unknown or over, or its holder is not active."""
    if not token or len(token) > _LONGEST:
        return None
    with state.ask() as connection:
        found = connection.execute(_BY_SESSION, {"hash": secret_hash(token)}).mappings().first()
    if found is None or now >= found["expires_at"]:
        return None
    recipient = recipient_from(found)
    return recipient if recipient.state == "active" else None


def _active(session: Session, name: str) -> Account | None:
    """Return the account of that name whose user is active."""
    if not name.isprintable():
        # No account's name; databases refuse some of these signs.
        return None
    query = select(Account).join(Case, Case.id == Account.case_id)
    return session.scalar(
        query.where(Account.name_key == name_key(name), Case.state == str(AccessState.ACTIVE))
    )


def _forget(session: Session, token: str | None, at: dt.datetime) -> None:
    """Delete one session, and those of anybody that are over."""
    session.execute(delete(AccountSession).where(AccountSession.expires_at <= at))
    if token:
        session.execute(delete(AccountSession).where(AccountSession.token_hash == secret_hash(token)))


_BY_SESSION: Select[Any] = (
    select(*RECIPIENT_COLUMNS, AccountSession.expires_at)
    .join(RecipientEntry, RecipientEntry.case_id == AccountSession.case_id)
    .join(Case, Case.id == AccountSession.case_id)
    .where(AccountSession.token_hash == bindparam("hash"))
)
"""A session with its holder: one statement."""
