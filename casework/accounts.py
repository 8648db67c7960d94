"""Accounts of the open portal (注册用户): a person registers, changes the password, closes the account.

Here: a user's own acts on its account, each an event of the recipient's case with the user as actor. Not here: sessions
(``account_sessions.py``), access keys (``account_keys.py``), what a body does to a user (``recipients.py``). Implements
P-11, such as Yancheng a27(一). The recipient's id says nothing of its holder: it stands in the record of access.
"""

import datetime as dt
import re
import secrets
import unicodedata
from dataclasses import dataclass, field
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework.access_models import RecipientEntry
from casework.access_transitions import AccessState
from casework.account_models import Account, AccountContact
from casework.actors import Actor
from casework.instants import last_event_at
from casework.ledger import Act, advance
from casework.models import Case
from casework.notes import holds_identifier
from casework.numbering import next_id, next_sequence
from casework.passwords import is_password, password_fault, password_hash
from casework.recipients import KIND, close_entry, forget_sessions
from casework.state import State
from resource_catalogue.errors import CaseError
from resource_catalogue.model import Label

Holder = Literal["person", "organisation"]
HOLDER_POST = "account_holder"
"""Post under which a user acts on its own account; its agency is the recipient's id."""
LONGEST_CONTACT = 120
_CLOSED = Label(zh="已注销", en="closed")
_NAME = re.compile(r"\w[\w.\-]{1,28}\w")
_REACHED_BY = re.compile(r"[^@\s]{1,64}@[^@\s.]+(\.[^@\s.]+)+|\+?[\d\s()\-]{7,20}")


class AccountRefused(CaseError):
    """An act on an account is refused; ``text`` is for its holder and repeats nothing that was typed.

    Attributes:
        field: Part of the form that is wrong; ``form`` where it is none in particular.
    """

    def __init__(self, field_: str, text: Label) -> None:
        super().__init__("账号 / account", f"{text.zh} / {text.en}")
        self.field, self.text = field_, text


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """Hold what an account's case needs of the release and is public.

    Attributes:
        profile: Profile ``id@version`` whose terms of use are agreed to.
        release: Number of the catalogue release.
        operator: Body that runs the portal.
    """

    profile: str
    release: int
    operator: str


@dataclass(frozen=True, slots=True)
class Wish:
    """Hold what a person registers with; password and contact never show in its representation."""

    name: str
    holder: Holder
    password: str = field(repr=False)
    contact: str = field(repr=False)


def register_account(state: State, facts: AccountFacts, wish: Wish, at: dt.datetime) -> str:
    """Register a user of the portal and return the recipient's id.

    Raises:
        AccountRefused: The name is taken or malformed, the password too simple, or the contact none.
    """
    name, contact = _checked(wish)
    hashed = password_hash(wish.password)
    with state.write() as session:
        if _by_name(session, name) is not None:
            raise AccountRefused(
                "name", Label(zh="此名称已被使用，请另取", en="The name is taken; choose another")
            )
        entry = _new_entry(session, facts, name, at, state.day(at).year)
        account = Account(
            case_id=entry.case.id,
            case=entry.case,
            name=name,
            name_key=name_key(name),
            holder=wish.holder,
            password_hash=hashed,
            terms=facts.profile,
        )
        session.add(account)
        session.flush()
        session.add(AccountContact(case_id=entry.case.id, contact=contact))
        detail = {"recipient": entry.id, "kind": "user", "holder": wish.holder, "terms": facts.profile}
        advance(session, entry.case, Act("enrol", holder(entry.id), at, detail=detail))
        return entry.id


def change_password(state: State, recipient_id: str, old: str, new: str, at: dt.datetime) -> None:
    """Exchange a user's password; all its sessions are over.

    Raises:
        AccountRefused: The old one is wrong, the new one too simple, or the account suspended or over.
    """
    account = _proven(state, recipient_id, old)
    fault = password_fault(new, account.name)
    if fault is not None:
        raise AccountRefused("password", fault)
    hashed = password_hash(new)
    with state.write() as session:
        entry, account = own_account(session, recipient_id)
        account.password_hash = hashed
        forget_sessions(session, entry.case_id)
        act_of_holder(session, entry, "change_password", at)


def close_account(state: State, recipient_id: str, password: str, at: dt.datetime) -> None:
    """Close a user's own account (注销): name, password and contact are erased, keys and sessions end.

    The case and its events stay; they name the recipient by its id, which says nothing of its holder.

    Raises:
        AccountRefused: The password is wrong, or the account suspended or over.
    """
    _proven(state, recipient_id, password)
    with state.write() as session:
        entry, account = own_account(session, recipient_id)
        detail = close_entry(session, entry, _not_before(session, entry.case_id, at))
        forget_sessions(session, entry.case_id)
        session.execute(delete(AccountContact).where(AccountContact.case_id == entry.case_id))
        account.name, account.name_key, account.password_hash = "", f"closed {entry.case_id}", ""
        entry.name_zh, entry.name_en = _CLOSED.zh, _CLOSED.en
        act_of_holder(session, entry, "close_account", at, detail)


def name_key(name: str) -> str:
    """Return by what an account is found: the name in one form, whatever the case of its letters.

    >>> name_key("Ｄata-Reader") == name_key("data-reader")
    True
    """
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())[:120]


def holder(recipient_id: str) -> Actor:
    """Return a user acting on its own account."""
    return Actor(recipient_id, HOLDER_POST)


def own_account(session: Session, recipient_id: str) -> tuple[RecipientEntry, Account]:
    """Return an active user's rows.

    Raises:
        AccountRefused: There is no account of that id, or it is suspended or over.
    """
    entry = session.get(RecipientEntry, recipient_id)
    account = session.get(Account, entry.case_id) if entry is not None else None
    if entry is None or account is None or entry.case.state != str(AccessState.ACTIVE):
        raise AccountRefused("form", Label(zh="此账号不能办理", en="This account cannot do that now"))
    return entry, account


def act_of_holder(
    session: Session,
    entry: RecipientEntry,
    act: str,
    at: dt.datetime,
    detail: dict[str, object] | None = None,
) -> None:
    """Write an act of a user on its own account; a server whose pinned clock began anew goes on from the last one."""
    told = {"recipient": entry.id} | (detail or {})
    instant = _not_before(session, entry.case_id, at)
    advance(session, entry.case, Act(act, holder(entry.id), instant, detail=told))


def _not_before(session: Session, case_id: str, at: dt.datetime) -> dt.datetime:
    last = last_event_at(session, case_id)
    return max(at, last) if last is not None else at


def _proven(state: State, recipient_id: str, password: str) -> Account:
    """Return an account whose password was given."""
    with state.read() as session:
        _, account = own_account(session, recipient_id)
    if not is_password(password, account.password_hash):
        raise AccountRefused("current", Label(zh="当前密码不正确", en="The present password is wrong"))
    return account


def _checked(wish: Wish) -> tuple[str, str]:
    name = unicodedata.normalize("NFKC", wish.name).strip()
    if not _NAME.fullmatch(name):
        raise AccountRefused(
            "name",
            Label(
                zh="名称为 3 至 30 个字：文字、数字、下划线、点、短横线",
                en="A name has 3 to 30 signs: letters, digits, underscore, dot, dash",
            ),
        )
    if holds_identifier(name):
        raise AccountRefused(
            "name", Label(zh="名称不能是证件号码或电话", en="A name must be no ID or phone number")
        )
    fault = password_fault(wish.password, name)
    if fault is not None:
        raise AccountRefused("password", fault)
    contact = wish.contact.strip()
    if len(contact) > LONGEST_CONTACT or not _REACHED_BY.fullmatch(contact):
        raise AccountRefused(
            "contact", Label(zh="请填写邮箱或电话", en="Write an e-mail address or a phone number")
        )
    return name, contact


def _by_name(session: Session, name: str) -> Account | None:
    return session.scalar(select(Account).where(Account.name_key == name_key(name)))


def _new_entry(
    session: Session, facts: AccountFacts, name: str, at: dt.datetime, year: int
) -> RecipientEntry:
    id_ = f"user_{secrets.token_hex(6)}"
    case = Case(
        id=next_id(session, "U", year),
        sequence=next_sequence(session),
        kind=KIND,
        agency_id=facts.operator,
        raised_by=facts.operator,
        resource_id="",
        subject_kind="recipient",
        subject_id=id_,
        profile=facts.profile,
        release=facts.release,
        opened_at=at,
        state="",
        round=1,
    )
    entry = RecipientEntry(
        id=id_, case=case, kind="user", name_zh=name, name_en="", agency_id=None, networks=()
    )
    session.add(entry)
    return entry
