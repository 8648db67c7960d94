"""The doors of the servers: casework asked on every request, off the event loop.

Here: handing questions to ``casework`` and giving its answers in the shape that the faces expect. A suspension or
revocation acts on the next request. Not here: the rules of grants.
"""

import datetime as dt
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import anyio.to_thread

from casework.credentials import client_holds, recipient_by_client, recipient_by_token
from casework.permits import Permit, permit
from casework.state import State
from resource_catalogue.access_words import Recipient
from serving.sharing.ports import Holder

_Answer = TypeVar("_Answer")


class CaseworkDoors:
    """Tell who stands behind a credential and what that recipient may see now.

    Where the database can tell that nobody has written since (SQLite), an answer of the same second is given again:
    every request asks it that. Elsewhere every request asks the whole question.

    Args:
        state: The operational state.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._stamp: tuple[int | None, int] = (None, 0)
        self._answers: dict[Hashable, Any] = {}

    async def bearer(self, token: str, now: dt.datetime) -> Holder | None:
        """Return whose token it is; null where it is unknown, expired or revoked."""

        def question() -> Holder | None:
            recipient = recipient_by_token(self._state, token, now)
            return None if recipient is None else self._holder(recipient.id, now)

        return await self._asked(("bearer", token), now, question)

    async def client(self, client_id: str, secret: str, now: dt.datetime) -> Recipient | None:
        """Return whose OAuth client credentials they are; null as above."""
        return await _in_thread(lambda: recipient_by_client(self._state, client_id, secret, now))

    async def client_holder(self, client_id: str, recipient_id: str, now: dt.datetime) -> Holder | None:
        """Return the recipient that client credentials were given to; null where they no longer hold."""

        def question() -> Holder | None:
            return self._holder(recipient_id, now) if client_holds(self._state, client_id, now) else None

        return await self._asked(("client", client_id, recipient_id), now, question)

    async def permit(self, recipient_id: str, now: dt.datetime) -> Permit | None:
        """Return what the recipient may see; null where it or its agency is suspended, or it has ended."""
        return await self._asked(("permit", recipient_id), now, lambda: self._permit(recipient_id, now))

    def _holder(self, recipient_id: str, now: dt.datetime) -> Holder:
        return Holder(recipient_id, self._permit(recipient_id, now))

    def _permit(self, recipient_id: str, now: dt.datetime) -> Permit | None:
        return permit(self._state, recipient_id, now, self._state.zone)

    async def _asked(self, key: Hashable, now: dt.datetime, question: Callable[[], _Answer]) -> _Answer:
        stamp = (self._state.stamp(), int(now.timestamp()))
        if stamp[0] is None:
            return await _in_thread(question)
        if stamp != self._stamp:
            # Nothing of before the last commit, or of an earlier second, is given again: tokens and grants end.
            self._stamp, self._answers = stamp, {}
        answers = self._answers
        if key not in answers:
            # Into the dictionary of this stamp: what was read before a commit is not kept for after it.
            answers[key] = await _in_thread(question)
        answer: _Answer = answers[key]
        return answer


async def _in_thread(question: Callable[[], _Answer]) -> _Answer:
    return await anyio.to_thread.run_sync(question)
