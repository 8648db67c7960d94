"""What the portal asks of the outside about accounts of its users (注册用户).

Here: the shapes. Not here: their fulfilment (``serving/visitors.py``), nor pages (``accounts.py``). A session is an
opaque text that the browser keeps in its cookie; nothing here holds a password or contact in its representation.
"""

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal, Protocol

from resource_catalogue.model import Label

HolderKind = Literal["person", "organisation"]


class AccountRefusal(Exception):
    """Say that an act on an account is refused; ``text`` is for its holder.

    Attributes:
        field: Part of the form that is wrong; ``form`` where it is none in particular.
    """

    def __init__(self, field_: str, text: Label) -> None:
        super().__init__(text.en or text.zh)
        self.field, self.text = field_, text


@dataclass(frozen=True, slots=True)
class Registration:
    """Hold what a person registers with."""

    name: str
    holder: HolderKind
    password: str = field(repr=False)
    contact: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyState:
    """Describe an access key without its secret."""

    id: str
    made_at: dt.datetime
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class FreshKey:
    """Hand out an access key, once."""

    id: str
    secret: str = field(repr=False)
    expires_at: dt.datetime


@dataclass(frozen=True, slots=True)
class AccountState:
    """Say what its holder sees of an account."""

    name: str
    holder: HolderKind
    registered_at: dt.datetime
    keys: tuple[KeyState, ...]


class Accounts(Protocol):
    """Keep accounts, sessions and access keys; every ``session`` is what ``log_in`` returned."""

    async def register(self, wish: Registration, now: dt.datetime) -> None:
        """Register a user.

        Raises:
            AccountRefusal: The name is taken or malformed, the password too simple, or the contact none; or no run has
                published yet who operates the portal.
        """

    async def log_in(self, name: str, password: str, former: str | None, now: dt.datetime) -> str | None:
        """Begin a session, which ends the browser's former one; null where name or password is wrong."""

    async def log_out(self, session: str, now: dt.datetime) -> None:
        """End a session."""

    async def log_out_everywhere(self, session: str, now: dt.datetime) -> None:
        """End all sessions of whoever has this one."""

    async def account(self, session: str | None, now: dt.datetime) -> AccountState | None:
        """Return the account that a session belongs to; null where there is none."""

    async def make_key(self, session: str, now: dt.datetime) -> FreshKey | None:
        """Make an access key; null where the session is over.

        Raises:
            AccountRefusal: The account holds as many as it may.
        """

    async def revoke_key(self, session: str, key: str, now: dt.datetime) -> bool:
        """Revoke one of the user's own keys; tell whether it had such a one."""

    async def change_password(self, session: str, old: str, new: str, now: dt.datetime) -> bool:
        """Exchange the password, which ends all sessions; tell whether the session was good.

        Raises:
            AccountRefusal: The old one is wrong or the new one too simple.
        """

    async def close(self, session: str, password: str, now: dt.datetime) -> bool:
        """Close the account and erase what it says of its holder; tell whether the session was good.

        Raises:
            AccountRefusal: The password is wrong.
        """
