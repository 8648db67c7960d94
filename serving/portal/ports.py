"""What the portal asks of the outside: a record of access, a desk for forms, who a visitor is, its settings.

Here: the shapes. Not here: implementations, which other rooms give it at start.
"""

import datetime as dt
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from resource_catalogue.access_words import Access
from resource_catalogue.model import Label

FormKind = Literal["correction", "demand"]
"""纠错: something in an opened dataset is wrong or harms somebody. 需求: data that somebody wants opened."""
Clock = Callable[[], dt.datetime]


class Recorder(Protocol):
    """Keep the record of access."""

    async def write(self, access: Access) -> None:
        """Return when the access is durably recorded; raising means that nothing may be answered."""


@dataclass(frozen=True, slots=True)
class CaseStep:
    """Say what happened to a case, and when."""

    at: dt.datetime
    text: Label


@dataclass(frozen=True, slots=True)
class CaseState:
    """Say how a case stands, in words that its sender may read; never with the text or contact that was sent.

    Attributes:
        receipt: Number by which the sender asks.
        dataset: Id of the dataset that it is about; null where it is about none.
        due_on: Day by which it is to be answered; null where nothing prescribes one.
        answer: The answer, once there is one.
    """

    receipt: str
    kind: FormKind
    dataset: str | None
    state: Label
    is_closed: bool
    submitted_at: dt.datetime
    due_on: dt.date | None = None
    answer: Label | None = None
    steps: tuple[CaseStep, ...] = ()


class DeskRefusal(Exception):
    """Say that the desk takes no such form; ``text`` is for the sender."""

    def __init__(self, text: Label) -> None:
        super().__init__(text.en or text.zh)
        self.text = text


class Desk(Protocol):
    """Turn forms into cases. Receipts must not be guessable: whoever has one sees the state."""

    async def submit(
        self, kind: FormKind, dataset: str | None, text: str, contact: str, now: dt.datetime
    ) -> str:
        """Register a form as a case and return its receipt number.

        Raises:
            DeskRefusal: The desk takes no such form.
        """

    async def state(self, receipt: str) -> CaseState | None:
        """Return how a case stands, or null where there is none of that number."""


class Visitors(Protocol):
    """Tell who a visitor is, where the profile demands a log-in (Yancheng a27(一))."""

    async def identify(self, authorization: str | None, session: str | None, now: dt.datetime) -> str | None:
        """Return the id of the recipient that a bearer header or session cookie names, or null."""


@dataclass(frozen=True, slots=True)
class PortalSettings:
    """Say how the portal is run.

    Attributes:
        base_url: Address under which people reach it, without a slash at its end; null takes that of each request.
        secret: Key that signs the tokens of forms; give all workers the same.
        body_bytes: Largest request body.
        forms_per_hour: Forms that one address may send in an hour.
        receipts_per_minute: Receipts that one address may ask for in a minute.
        trusted_proxies: How many proxies stand before it, each adding the caller's address to ``X-Forwarded-For``.
        https: Whether people reach it by HTTPS, so that its cookie may demand that.
        requests_per_minute: Requests that one address, or one holder of an access key, may make in a minute.
        logins_per_hour: Log-ins that one address may try in an hour.
        failed_logins: Wrong passwords in a row after which an account takes none for an hour.
        registrations_per_hour: Accounts that one address may register in an hour.
        session_hours: Life of a session.
    """

    base_url: str | None = None
    secret: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    body_bytes: int = 1_048_576
    forms_per_hour: int = 10
    receipts_per_minute: int = 30
    trusted_proxies: int = 0
    https: bool = False
    requests_per_minute: int = 600
    logins_per_hour: int = 60
    failed_logins: int = 10
    registrations_per_hour: int = 10
    session_hours: int = 12
