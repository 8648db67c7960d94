"""The visitors of the portal: who stands behind an access key or a session, and what users do with their accounts.

Here: the ports ``Visitors`` and ``Accounts`` fulfilled by ``casework``, off the event loop. A suspension, a log-out or
a changed password acts on the next request. Not here: rules of accounts (``casework``), pages, cookies and limits
(``serving.portal``).
"""

import datetime as dt
import hashlib
import hmac
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import anyio

from casework import account_keys, account_sessions, accounts
from casework.accounts import AccountFacts, AccountRefused, Wish
from casework.credentials import recipient_by_token
from casework.state import State
from opening.catalogue_shape import CATALOGUE, PublicCatalogue
from resource_catalogue.access_words import Recipient
from resource_catalogue.model import Label
from resource_catalogue.profile import Profile
from serving.memo import Memo, in_thread
from serving.portal.account_ports import AccountRefusal, AccountState, FreshKey, KeyState, Registration

_Answer = TypeVar("_Answer")
_KEY = re.compile(r"(?:[Bb]earer +)?([A-Za-z0-9_\-]{20,128})")
_SESSION = re.compile(r"[A-Za-z0-9_\-]{20,128}\.[0-9a-f]{64}")
_HEAVY_AT_ONCE = 2
"""Passwords that are hashed at a time: each takes 32 MiB and a third of a second of one core."""
_NOT_READY = Label(
    zh="平台尚未准备好受理注册，请稍后再试", en="The platform cannot take registrations yet; try again later"
)


@dataclass(frozen=True, slots=True)
class AccountTerms:
    """Say how long what accounts are given is good for.

    Attributes:
        session_hours: Life of a session.
        key_days: Life of an access key.
    """

    session_hours: int = 12
    key_days: int = 180


class PublishedOperator:
    """Read what an account's case needs of the release from the public catalogue.

    Args:
        folder: The folder of ``catalogue.json``.
        profile: The jurisdiction profile of the deployment.
    """

    def __init__(self, folder: Path, profile: Profile) -> None:
        self._path, self._reference = folder / CATALOGUE, profile.reference

    def __call__(self) -> AccountFacts:
        """Return the facts as the last run published them.

        Raises:
            AccountRefusal: No run has published a catalogue, it is of another profile, or it names no body.
        """
        try:
            content: PublicCatalogue = json.loads(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise AccountRefusal("form", _NOT_READY) from None
        named = content.get("bodies")
        operator = (named["operator"] or named["authority"]) if named else None
        if operator is None or content["terms"]["profile"] != self._reference:
            raise AccountRefusal("form", _NOT_READY)
        return AccountFacts(self._reference, content["release"], operator)


class PortalVisitors:
    """Tell who visits, and keep accounts.

    Args:
        state: The operational state.
        facts: Gives what the release says in public, asked for each registration.
        secret: Key that signs sessions; give all workers the same.
        terms: How long sessions and keys are good for.
    """

    def __init__(
        self,
        state: State,
        facts: Callable[[], AccountFacts],
        secret: bytes,
        terms: AccountTerms | None = None,
    ) -> None:
        self._state, self._facts, self._terms = state, facts, terms or AccountTerms()
        self._secret = hmac.digest(secret, b"sessions of accounts", "sha256")
        self._memo = Memo(state)
        self._heavy: anyio.CapacityLimiter | None = None

    async def identify(self, authorization: str | None, session: str | None, now: dt.datetime) -> str | None:
        """Return the id of the active user that an access key or a session names; null where there is none."""
        visitor = await self._by_key(authorization, now) or await self._by_session(session, now)
        return visitor.id if visitor is not None else None

    async def register(self, wish: Registration, now: dt.datetime) -> None:
        """Register a user.

        Raises:
            AccountRefusal: The name is taken or malformed, the password too simple, or the contact none; or no run has
                published yet who operates the portal.
        """
        asked = Wish(wish.name, wish.holder, wish.password, wish.contact)
        await self._worked(lambda: accounts.register_account(self._state, self._facts(), asked, now))

    async def log_in(self, name: str, password: str, former: str | None, now: dt.datetime) -> str | None:
        """Begin a session, which ends the browser's former one; null where name or password is wrong."""
        life, old = dt.timedelta(hours=self._terms.session_hours), self._token(former)
        token = await self._worked(
            lambda: account_sessions.log_in(self._state, name, password, life, now, old)
        )
        return f"{token}.{self._signature(token)}" if token is not None else None

    async def log_out(self, session: str, now: dt.datetime) -> None:
        """End a session."""
        token = self._token(session)
        if token is not None:
            await in_thread(lambda: account_sessions.log_out(self._state, token, now))

    async def log_out_everywhere(self, session: str, now: dt.datetime) -> None:
        """End all sessions of whoever has this one."""
        visitor = await self._by_session(session, now)
        if visitor is not None:
            await in_thread(lambda: account_sessions.log_out_everywhere(self._state, visitor.id))

    async def account(self, session: str | None, now: dt.datetime) -> AccountState | None:
        """Return the account that a session belongs to; null where there is none."""
        visitor = await self._by_session(session, now)
        if visitor is None:
            return None
        view = await in_thread(lambda: account_keys.view_account(self._state, visitor.id, now))
        keys = tuple(KeyState(key.id, key.issued_at, key.expires_at) for key in view.keys)
        return AccountState(view.name, view.holder, view.registered_at, keys)

    async def make_key(self, session: str, now: dt.datetime) -> FreshKey | None:
        """Make an access key; null where the session is over.

        Raises:
            AccountRefusal: The account holds as many as it may.
        """
        visitor = await self._by_session(session, now)
        if visitor is None:
            return None
        made = await self._acted(
            lambda: account_keys.make_key(self._state, visitor.id, self._terms.key_days, now)
        )
        return FreshKey(made.id, made.secret, made.expires_at)

    async def revoke_key(self, session: str, key: str, now: dt.datetime) -> bool:
        """Revoke one of the user's own keys; tell whether it had such a one."""
        visitor = await self._by_session(session, now)
        if visitor is None:
            return False
        return await self._acted(lambda: account_keys.revoke_key(self._state, visitor.id, key, now))

    async def change_password(self, session: str, old: str, new: str, now: dt.datetime) -> bool:
        """Exchange the password, which ends all sessions; tell whether the session was good.

        Raises:
            AccountRefusal: The old one is wrong or the new one too simple.
        """
        visitor = await self._by_session(session, now)
        if visitor is not None:
            await self._worked(lambda: accounts.change_password(self._state, visitor.id, old, new, now))
        return visitor is not None

    async def close(self, session: str, password: str, now: dt.datetime) -> bool:
        """Close the account and erase what it says of its holder; tell whether the session was good.

        Raises:
            AccountRefusal: The password is wrong.
        """
        visitor = await self._by_session(session, now)
        if visitor is not None:
            await self._worked(lambda: accounts.close_account(self._state, visitor.id, password, now))
        return visitor is not None

    async def _by_key(self, authorization: str | None, now: dt.datetime) -> Recipient | None:
        """Return whose access key a header holds, alone as CKAN's clients send it, or after ``Bearer``."""
        found = _KEY.fullmatch((authorization or "").strip())
        if found is None:
            return None
        key = found[1]
        holder = await self._memo.asked(
            ("key", _mark(key)), now, lambda: recipient_by_token(self._state, key, now)
        )
        # An agency's system is no registered user of the open portal.
        return holder if holder is not None and holder.kind == "user" and holder.state == "active" else None

    async def _by_session(self, session: str | None, now: dt.datetime) -> Recipient | None:
        token = self._token(session)
        if token is None:
            return None
        return await self._memo.asked(
            ("session", _mark(token)),
            now,
            lambda: account_sessions.recipient_by_session(self._state, token, now),
        )

    def _token(self, session: str | None) -> str | None:
        """Return a session's token; null where the text was not signed here."""
        if not session or not _SESSION.fullmatch(session):
            return None
        token, _, signature = session.rpartition(".")
        return token if hmac.compare_digest(signature, self._signature(token)) else None

    def _signature(self, token: str) -> str:
        return hmac.new(self._secret, token.encode(), hashlib.sha256).hexdigest()

    async def _worked(self, act: Callable[[], _Answer]) -> _Answer:
        """Carry out an act that hashes a password: few at a time, so that attempts cannot exhaust the machine."""
        if self._heavy is None:
            self._heavy = anyio.CapacityLimiter(_HEAVY_AT_ONCE)
        return await self._acted(act, self._heavy)

    async def _acted(
        self, act: Callable[[], _Answer], limiter: anyio.CapacityLimiter | None = None
    ) -> _Answer:
        try:
            return await anyio.to_thread.run_sync(act, limiter=limiter)
        except AccountRefused as refused:
            raise AccountRefusal(refused.field, refused.text) from None


def _mark(secret: str) -> bytes:
    """Return the hash under which an answer about a secret is remembered: the secret itself stays nowhere."""
    return hashlib.sha256(secret.encode()).digest()
