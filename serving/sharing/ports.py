"""What the sharing server asks of others: who a credential belongs to, what is granted, and to keep the record.

Here: the shapes only. Not here: who fulfils them (``casework`` decides, ``audit`` keeps; ``civiclake serve`` puts them
together).
"""

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

from resource_catalogue.access_words import Access, Grant, Recipient


class Permit(Protocol):
    """Say what a recipient may see on the day that was asked for."""

    @property
    def recipient(self) -> Recipient:
        """Return who receives."""

    @property
    def grants(self) -> tuple[Grant, ...]:
        """Return the grants in force."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Say who stands behind a credential, and what that recipient may see now.

    Attributes:
        permit: Null where the recipient or its agency is suspended, or it has ended.
    """

    recipient_id: str
    permit: Permit | None


class Doors(Protocol):
    """Tell who stands behind a credential, and what that recipient may see now."""

    async def bearer(self, token: str, now: dt.datetime) -> Holder | None:
        """Return whose token it is; null where it is unknown, expired or revoked."""

    async def client(self, client_id: str, secret: str, now: dt.datetime) -> Recipient | None:
        """Return whose OAuth client credentials they are; null as above."""

    async def client_holder(self, client_id: str, recipient_id: str, now: dt.datetime) -> Holder | None:
        """Return the recipient that client credentials were given to; null as above.

        An access token ends with the credentials that it was exchanged for.
        """

    async def permit(self, recipient_id: str, now: dt.datetime) -> Permit | None:
        """Return what the recipient may see; null where it or its agency is suspended, or it has ended."""


class Recorder(Protocol):
    """Keep the record of access (存取记录)."""

    async def write(self, access: Access) -> None:
        """Return when the access is durably recorded; raising means that nothing may be answered."""
