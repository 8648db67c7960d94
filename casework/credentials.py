"""Credentials of recipients: bearer tokens and OAuth clients, issued, rotated with overlap, revoked at once.

Here: making them, and finding the recipient that one belongs to. Not here: the short access tokens that the token
endpoint signs (``serving/``), nor profile files (``sharing_profile.py``). Only the SHA-256 of a secret is stored;
the ledger names credentials by id and expiry.
"""

import datetime as dt
import hashlib
import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import Session

from casework.access_actors import check_administers
from casework.access_models import Credential, RecipientEntry
from casework.actors import Actor
from casework.consumer_suspension import shut_off
from casework.ledger import Act, advance
from casework.models import Case
from casework.notes import checked_note
from casework.recipient_rows import RECIPIENT_COLUMNS, credentials_of, recipient_entry, recipient_from
from casework.state import State
from resource_catalogue.access_words import Recipient
from resource_catalogue.release import Release
from resource_catalogue.settings import ServingSettings

_BYTES = 32
_CLIENT_ID = re.compile(r"[a-z][a-z0-9_]{1,59}-[0-9a-f]{16}")
_LONGEST = 512
_ACTS = {"bearer": "issue_token", "client": "issue_client"}


@dataclass(frozen=True, slots=True)
class Issued:
    """Hand out a fresh credential, once.

    Attributes:
        id: Public name; of a client its client id.
        secret: Token or client secret, in no log and no repr.
    """

    id: str
    secret: str = field(repr=False)
    expires_at: dt.datetime


HandOver = Callable[[Issued], None]


def issue_token(
    state: State,
    release: Release,
    recipient_id: str,
    actor: Actor,
    as_of: dt.datetime,
    settings: ServingSettings,
    hand_over: HandOver = lambda _: None,
) -> Issued:
    """Issue a bearer token; former ones stay good for the overlap of the settings at most.

    Args:
        hand_over: Gives it to its holder; where that fails nothing is issued and nothing shortened.

    Raises:
        NotPermitted: The actor is no data or quality officer of authority or operator.
        NotFoundError: There is no such recipient.
        CaseError: The recipient is suspended or has ended.
    """
    return _issue(state, release, recipient_id, "bearer", actor, as_of, settings, hand_over)


def issue_client(
    state: State,
    release: Release,
    recipient_id: str,
    actor: Actor,
    as_of: dt.datetime,
    settings: ServingSettings,
    hand_over: HandOver = lambda _: None,
) -> Issued:
    """Issue OAuth client credentials; former ones stay good for the overlap of the settings at most.

    Args:
        hand_over: Gives it to its holder; where that fails nothing is issued and nothing shortened.

    Raises:
        NotPermitted: The actor is no data or quality officer of authority or operator.
        NotFoundError: There is no such recipient.
        CaseError: The recipient is suspended or has ended.
    """
    return _issue(state, release, recipient_id, "client", actor, as_of, settings, hand_over)


def revoke_tokens(
    state: State, release: Release, recipient_id: str, actor: Actor, reason: str, as_of: dt.datetime
) -> list[str]:
    """Revoke all credentials of a recipient that are still good, at once; return their ids.

    Raises:
        NotPermitted: The actor is no data or quality officer of authority or operator.
        NotFoundError: There is no such recipient.
        CaseError: No reason, or the recipient has ended.
    """
    check_administers(release, actor, f"接收方 / recipient {recipient_id}", state.day(as_of))
    with state.write() as session:
        entry = recipient_entry(session, recipient_id)
        text = checked_note(entry.case_id, reason)
        good = [c for c in credentials_of(session, entry.case_id) if _is_good(c, as_of)]
        for credential in good:
            credential.revoked_at = as_of
        detail = {"recipient": entry.id, "credentials": [credential.id for credential in good]}
        advance(session, entry.case, Act("revoke_tokens", actor, as_of, text, detail))
        return [credential.id for credential in good]


def recipient_by_token(state: State, token: str, now: dt.datetime) -> Recipient | None:
    """Return whose bearer token it is; null where it is unknown, expired or revoked.

    The recipient may be suspended, itself or with its agency: its ``state`` then says so, and ``permit`` gives
    null.
    """
    if not token or len(token) > _LONGEST:
        return None
    own = secret_hash(token)
    return _holder(state, _BY_TOKEN, {"hash": own}, own, now)


def recipient_by_client(state: State, client_id: str, secret: str, now: dt.datetime) -> Recipient | None:
    """Return whose OAuth client it is; null where id or secret is wrong, expired or revoked."""
    if not _CLIENT_ID.fullmatch(client_id) or not secret or len(secret) > _LONGEST:
        return None
    return _holder(state, _BY_CLIENT, {"client": client_id}, secret_hash(secret), now)


def client_holds(state: State, client_id: str, now: dt.datetime) -> bool:
    """Tell whether an OAuth client's credentials are known, not expired and not revoked."""
    if not _CLIENT_ID.fullmatch(client_id):
        return False
    with state.ask() as connection:
        found = connection.execute(_CLIENT, {"client_id": client_id}).mappings().first()
    return found is not None and found["revoked_at"] is None and now < found["expires_at"]


def secret_hash(secret: str) -> str:
    """Return the SHA-256 of a token or client secret, which has 256 bits of its own and needs no salt."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _issue(
    state: State,
    release: Release,
    recipient_id: str,
    kind: Literal["bearer", "client"],
    actor: Actor,
    as_of: dt.datetime,
    settings: ServingSettings,
    hand_over: HandOver,
) -> Issued:
    check_administers(release, actor, f"接收方 / recipient {recipient_id}", state.day(as_of))
    with state.write() as session:
        entry = recipient_entry(session, recipient_id)
        shortened = _shorten(
            session, entry.case_id, kind, as_of, dt.timedelta(hours=settings.token_overlap_hours)
        )
        issued = Issued(
            f"{entry.id}-{secrets.token_hex(8)}",
            secrets.token_urlsafe(_BYTES),
            as_of + dt.timedelta(days=settings.token_days),
        )
        session.add(_credential(entry.case, kind, issued, as_of))
        detail = {
            "recipient": entry.id,
            "credential": issued.id,
            "expires_at": issued.expires_at.isoformat(),
            "shortened": shortened,
        }
        advance(session, entry.case, Act(_ACTS[kind], actor, as_of, detail=detail))
        hand_over(issued)
        return issued


def _credential(case: Case, kind: str, issued: Issued, as_of: dt.datetime) -> Credential:
    return Credential(
        id=issued.id,
        case=case,
        kind=kind,
        secret_hash=secret_hash(issued.secret),
        issued_at=as_of,
        expires_at=issued.expires_at,
    )


def _shorten(
    session: Session, case_id: str, kind: str, as_of: dt.datetime, overlap: dt.timedelta
) -> dict[str, str]:
    """Let former credentials of a kind run out within the overlap; return the new ends of those that change."""
    changed = {}
    for credential in credentials_of(session, case_id, kind):
        if _is_good(credential, as_of) and credential.expires_at > as_of + overlap:
            credential.expires_at = as_of + overlap
            changed[credential.id] = credential.expires_at.isoformat()
    return changed


def _is_good(credential: Credential, now: dt.datetime) -> bool:
    return credential.revoked_at is None and now < credential.expires_at


def _holder(
    state: State, statement: Select[Any], parameters: dict[str, str], own: str, now: dt.datetime
) -> Recipient | None:
    with state.ask() as connection:
        found = connection.execute(statement, parameters).mappings().first()
    # An unknown name takes the same comparison as a known one.
    same = hmac.compare_digest(found["secret_hash"] if found else "0" * 64, own)
    if found is None or not same or found["revoked_at"] is not None or now >= found["expires_at"]:
        return None
    recipient = recipient_from(found)
    return replace(recipient, state="suspended") if found["shut"] else recipient


_CLIENT: Select[Any] = select(Credential.revoked_at, Credential.expires_at).where(
    Credential.id == bindparam("client_id"), Credential.kind == "client"
)
_HOLDER: Select[Any] = (
    select(
        *RECIPIENT_COLUMNS,
        Credential.secret_hash,
        Credential.expires_at,
        Credential.revoked_at,
        shut_off().label("shut"),
    )
    .join(RecipientEntry, RecipientEntry.case_id == Credential.case_id)
    .join(Case, Case.id == Credential.case_id)
)
"""A credential with its recipient, and whether the recipient's agency is shut off: one statement."""
_BY_TOKEN = _HOLDER.where(Credential.secret_hash == bindparam("hash"), Credential.kind == "bearer")
_BY_CLIENT = _HOLDER.where(Credential.id == bindparam("client"), Credential.kind == "client")
