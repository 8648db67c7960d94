"""Rows of recipients: finding one, its credentials, and its description in the words that rooms share.

Here: what several modules read of a recipient, also on every request. Not here: acts on it (``recipients.py``).
"""

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping, select
from sqlalchemy.orm import Session

from casework.access_models import Credential, RecipientEntry
from casework.models import Case
from resource_catalogue.access_words import Recipient, RecipientState
from resource_catalogue.errors import NotFoundError
from resource_catalogue.model import Label

STATES: dict[str, RecipientState] = {"active": "active", "suspended": "suspended", "ended": "ended"}
RECIPIENT_COLUMNS = (*RecipientEntry.__table__.c, Case.state)
"""Columns of which ``recipient_from`` makes a recipient."""
_ID = re.compile(r"[a-z][a-z0-9_]{1,59}")


def recipient_entry(session: Session, recipient_id: str) -> RecipientEntry:
    """Return a recipient's row.

    Raises:
        NotFoundError: There is none of that name.
    """
    entry = session.get(RecipientEntry, recipient_id) if is_name(recipient_id) else None
    if entry is None:
        raise NotFoundError(
            where_of(recipient_id),
            "没有此接收方 / no such recipient",
            "已登记的名称 / a registered name",
            "列出接收方 / civiclake recipients list",
        )
    return entry


def credentials_of(session: Session, case_id: str, kind: str | None = None) -> list[Credential]:
    """List a recipient's credentials, of one kind or of both, in the order of issue."""
    query = select(Credential).where(Credential.case_id == case_id)
    if kind is not None:
        query = query.where(Credential.kind == kind)
    return list(session.scalars(query.order_by(Credential.issued_at, Credential.id)))


def recipient_of(entry: RecipientEntry) -> Recipient:
    """Describe a recipient's row in the words that rooms share."""
    return recipient_from(
        {column.name: getattr(entry, column.name) for column in RecipientEntry.__table__.c}
        | {"state": entry.case.state}
    )


def recipient_from(row: RowMapping | Mapping[str, Any]) -> Recipient:
    """Describe a recipient from its columns, as a statement gives them."""
    return Recipient(
        id=row["id"],
        name=Label(zh=row["name_zh"], en=row["name_en"]),
        agency_id=row["agency_id"],
        kind="user" if row["kind"] == "user" else "system",
        state=STATES[row["state"]],
        networks=row["networks"],
        requests_per_minute=row["requests_per_minute"],
        bytes_per_day=row["bytes_per_day"],
    )


def is_name(text: str) -> bool:
    """Tell whether a text has the form of a recipient's name.

    >>> is_name("demo_tax"), is_name("x"), is_name("a' or 1=1")
    (True, False, False)
    """
    return _ID.fullmatch(text) is not None


def where_of(recipient_id: str) -> str:
    """Return how errors name a recipient."""
    return f"接收方 / recipient {recipient_id if is_name(recipient_id) else '?'}"
