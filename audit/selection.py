"""Which records are asked for: the same words for searching on a screen and for an export.

Here: the filter, on a record and as SQL. Not here: showing or writing what it admits.
"""

import datetime as dt
from dataclasses import dataclass, fields
from typing import Any

from audit.verifier import Document

_IN_BULK = ("query", "changes", "file", "export", "download")
"""Actions that hand out rows without counting them one by one."""
_COLUMNS = {
    "recipient": "recipient_id",
    "agency": "agency_id",
    "entry": "entry",
    "action": "action",
    "grant": "grant_id",
    "result": "result",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """Say which records are wanted; what is null or empty admits all.

    Attributes:
        subject_keys: Keyed hashes of one subject; any of them.
        since: First instant; ``until`` the first one after.
        in_bulk: Only what handed out rows, or may have, without naming a subject.
    """

    recipient: str | None = None
    agency: str | None = None
    entry: str | None = None
    action: str | None = None
    grant: str | None = None
    result: str | None = None
    subject_keys: tuple[str, ...] = ()
    since: dt.datetime | None = None
    until: dt.datetime | None = None
    in_bulk: bool = False

    @property
    def is_all(self) -> bool:
        """Tell whether nothing is filtered."""
        return self == Selection()

    def admits(self, record: Document) -> bool:
        """Tell whether a record is wanted."""
        if any(wanted is not None and record[column] != wanted for column, wanted in self._equal()):
            return False
        if self.subject_keys and record["subject_key"] not in self.subject_keys:
            return False
        if self.in_bulk and not _is_in_bulk(record):
            return False
        if self.since is None and self.until is None:
            return True
        at = dt.datetime.fromisoformat(record["at"])
        return (self.since is None or at >= self.since) and (self.until is None or at < self.until)

    def condition(self) -> tuple[str, list[Any]]:
        """Return the same as SQL over ``audit.access``, with its parameters."""
        parts: list[tuple[str, Any]] = [
            (f'"{column}" = ?', wanted) for column, wanted in self._equal() if wanted is not None
        ]
        if self.subject_keys:
            parts.append(("subject_key in (select unnest(?))", list(self.subject_keys)))
        if self.in_bulk:
            held = "subject_key = '' and result = 'answered' and (rows > 0 or action in (select unnest(?)))"
            parts.append((held, list(_IN_BULK)))
        if self.since is not None:
            parts.append(('"at" >= ?', self.since))
        if self.until is not None:
            parts.append(('"at" < ?', self.until))
        return " and ".join(part for part, _ in parts) or "true", [value for _, value in parts]

    def described(self) -> dict[str, Any]:
        """Return what is filtered, for an export to state."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        plain = {
            name: value.astimezone(dt.UTC).isoformat() if isinstance(value, dt.datetime) else value
            for name, value in values.items()
        }
        return {name: value for name, value in plain.items() if value not in (None, (), False)}

    def _equal(self) -> list[tuple[str, str | None]]:
        return [(column, getattr(self, name)) for name, column in _COLUMNS.items()]


def _is_in_bulk(record: Document) -> bool:
    is_bulk = record["action"] in _IN_BULK or record["rows"] > 0
    return not record["subject_key"] and record["result"] == "answered" and is_bulk
