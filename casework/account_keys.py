"""Access keys (访问密钥) of the portal's users, for programs: made and revoked by the user itself.

Here: keys as bearer tokens of the user's recipient (``credentials.py`` finds whose one is), and what a user sees of its
account. Not here: tokens of agencies' systems, which an officer issues. A key is shown once; only its hash is stored.
"""

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy.orm import Session

from casework.access_models import Credential
from casework.accounts import AccountRefused, Holder, act_of_holder, own_account
from casework.credentials import Issued, secret_hash
from casework.recipient_rows import credentials_of
from casework.recipients import CredentialInfo
from casework.state import State
from resource_catalogue.model import Label

MOST_KEYS = 5
"""Keys that one account may hold at a time: one per program, and one to change over."""
_BYTES = 32


@dataclass(frozen=True, slots=True)
class AccountView:
    """Say what its holder sees of an account; never with contact or password.

    Attributes:
        keys: Access keys that are good, oldest first.
    """

    recipient_id: str
    name: str
    holder: Holder
    registered_at: dt.datetime
    keys: tuple[CredentialInfo, ...]


def view_account(state: State, recipient_id: str, now: dt.datetime) -> AccountView:
    """Return what a user sees of its account.

    Raises:
        AccountRefused: There is no account of that id, or it is suspended or over.
    """
    with state.read() as session:
        entry, account = own_account(session, recipient_id)
        return AccountView(
            entry.id,
            account.name,
            "organisation" if account.holder == "organisation" else "person",
            entry.case.opened_at,
            tuple(_info(key) for key in _good(session, entry.case_id, now)),
        )


def make_key(state: State, recipient_id: str, days: int, at: dt.datetime) -> Issued:
    """Make an access key.

    Args:
        days: Life of the key.

    Raises:
        AccountRefused: The account holds as many keys as it may, or is suspended or over.
    """
    with state.write() as session:
        entry, _ = own_account(session, recipient_id)
        if len(_good(session, entry.case_id, at)) >= MOST_KEYS:
            text = Label(
                zh=f"最多 {MOST_KEYS} 个有效密钥，请先吊销一个",
                en=f"At most {MOST_KEYS} keys: revoke one first",
            )
            raise AccountRefused("keys", text)
        issued = Issued(
            f"{entry.id}-{secrets.token_hex(4)}", secrets.token_urlsafe(_BYTES), at + dt.timedelta(days=days)
        )
        session.add(
            Credential(
                id=issued.id,
                case=entry.case,
                kind="bearer",
                secret_hash=secret_hash(issued.secret),
                issued_at=at,
                expires_at=issued.expires_at,
            )
        )
        detail: dict[str, object] = {"credential": issued.id, "expires_at": issued.expires_at.isoformat()}
        act_of_holder(session, entry, "make_key", at, detail)
        return issued


def revoke_key(state: State, recipient_id: str, key_id: str, at: dt.datetime) -> bool:
    """Revoke one of a user's own keys at once; tell whether it had such a one.

    Raises:
        AccountRefused: The account is suspended or over.
    """
    with state.write() as session:
        entry, _ = own_account(session, recipient_id)
        key = next((one for one in _good(session, entry.case_id, at) if one.id == key_id), None)
        if key is None:
            return False
        key.revoked_at = at
        act_of_holder(session, entry, "revoke_key", at, {"credential": key.id})
        return True


def _good(session: Session, case_id: str, now: dt.datetime) -> list[Credential]:
    held = credentials_of(session, case_id, "bearer")
    return [key for key in held if key.revoked_at is None and now < key.expires_at]


def _info(key: Credential) -> CredentialInfo:
    return CredentialInfo(key.id, key.kind, key.issued_at, key.expires_at, key.revoked_at)
