"""The doors of the servers: casework asked on every request, off the event loop.

Here: handing questions to ``casework`` and giving its answers in the shape that the faces expect. A suspension or
revocation acts on the next request. Not here: the rules of grants.
"""

import datetime as dt

from casework.credentials import client_holds, recipient_by_client, recipient_by_token
from casework.permits import Permit, permit
from casework.state import State
from resource_catalogue.access_words import Recipient
from serving.memo import Memo, in_thread
from serving.sharing.ports import Holder


class CaseworkDoors:
    """Tell who stands behind a credential and what that recipient may see now.

    Args:
        state: The operational state.
    """

    def __init__(self, state: State) -> None:
        self._state, self._memo = state, Memo(state)

    async def bearer(self, token: str, now: dt.datetime) -> Holder | None:
        """Return whose token it is; null where it is unknown, expired or revoked."""

        def question() -> Holder | None:
            recipient = recipient_by_token(self._state, token, now)
            return None if recipient is None else self._holder(recipient.id, now)

        return await self._memo.asked(("bearer", token), now, question)

    async def client(self, client_id: str, secret: str, now: dt.datetime) -> Recipient | None:
        """Return whose OAuth client credentials they are; null as above."""
        return await in_thread(lambda: recipient_by_client(self._state, client_id, secret, now))

    async def client_holder(self, client_id: str, recipient_id: str, now: dt.datetime) -> Holder | None:
        """Return the recipient that client credentials were given to; null where they no longer hold."""

        def question() -> Holder | None:
            return self._holder(recipient_id, now) if client_holds(self._state, client_id, now) else None

        return await self._memo.asked(("client", client_id, recipient_id), now, question)

    async def permit(self, recipient_id: str, now: dt.datetime) -> Permit | None:
        """Return what the recipient may see; null where it or its agency is suspended, or it has ended."""
        return await self._memo.asked(("permit", recipient_id), now, lambda: self._permit(recipient_id, now))

    def _holder(self, recipient_id: str, now: dt.datetime) -> Holder:
        return Holder(recipient_id, self._permit(recipient_id, now))

    def _permit(self, recipient_id: str, now: dt.datetime) -> Permit | None:
        return permit(self._state, recipient_id, now, self._state.zone)
