"""The doors of the servers: casework asked on every request, off the event loop.

Here: handing questions to ``casework`` and giving its answers in the shape that the faces expect. Nothing is kept: a
suspension or revocation acts on the next request. Not here: the rules of grants.
"""

import datetime as dt
from collections.abc import Callable
from typing import TypeVar

import anyio.to_thread

from casework.credentials import client_holds, recipient_by_client, recipient_by_token
from casework.permits import Permit, permit
from casework.state import State
from resource_catalogue.access_words import Recipient

_Answer = TypeVar("_Answer")


class CaseworkDoors:
    """Tell who stands behind a credential and what that recipient may see now.

    Args:
        state: The operational state.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    async def bearer(self, token: str, now: dt.datetime) -> Recipient | None:
        """Return whose token it is; null where it is unknown, expired or revoked."""
        return await _asked(lambda: recipient_by_token(self._state, token, now))

    async def client(self, client_id: str, secret: str, now: dt.datetime) -> Recipient | None:
        """Return whose OAuth client credentials they are; null as above."""
        return await _asked(lambda: recipient_by_client(self._state, client_id, secret, now))

    async def client_holds(self, client_id: str, now: dt.datetime) -> bool:
        """Tell whether client credentials still hold, and with them the access tokens they were exchanged for."""
        return await _asked(lambda: client_holds(self._state, client_id, now))

    async def permit(self, recipient_id: str, now: dt.datetime) -> Permit | None:
        """Return what the recipient may see; null where it or its agency is suspended, or it has ended."""
        return await _asked(lambda: permit(self._state, recipient_id, now, self._state.zone))


async def _asked(question: Callable[[], _Answer]) -> _Answer:
    return await anyio.to_thread.run_sync(question)
