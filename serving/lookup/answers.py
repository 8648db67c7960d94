"""What a lookup and a verification answer, and what is recorded of them before they do.

Identifiers may be personal: no answer, error or record repeats one; records carry the keyed hash.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from lake.lookup_index import Found, LookupIndex
from resource_catalogue.access_words import Access, AccessAction, Grant, Recipient, ServedEntry
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import CivicError, LakeError, SettingError
from resource_catalogue.identifiers import business_key_by_types, subject_key
from serving.sharing.refusals import Refusal, forbidden, unavailable, unknown

_AGENCY = "__agency_id"
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """Hold who asks for what: one request of a recipient.

    Attributes:
        entry: Such as ``base.person``; ``purpose`` as the caller states it.
        request_id: Number by which the caller can ask about it.
    """

    recipient: Recipient
    grants: tuple[Grant, ...]
    entry: str
    purpose: str
    at: dt.datetime
    request_id: str

    def grant(self) -> Grant:
        """Return the grant that the request rests on.

        Raises:
            Refusal: The entry is not granted for lookup, or not for this purpose.
        """
        served = [g for g in self.grants if g.entry == self.entry and g.mode == "service"]
        if not served:
            raise unknown("资源")
        for grant in served:
            if grant.purpose == self.purpose:
                return grant
        raise forbidden(
            "未授权用于此用途，purpose 须为授权时的使用用途 / not granted for this purpose; "
            "purpose must be that of the grant"
        )


class Lookup:
    """Answer for keys from the indexes of the served tables.

    Args:
        index: Indexes of the tables.
        deployment: Owner of the secret that subject keys are made with.
    """

    def __init__(self, index: LookupIndex, deployment: Deployment) -> None:
        self._index, self._deployment = index, deployment

    def look_up(self, asked: Asked, identifiers: Sequence[str]) -> tuple[Json, list[Access]]:
        """Return the answer for each identifier, in their order, and one access for each.

        Raises:
            Refusal: Not granted, or the table is not there yet.
        """
        grant, served = self._opened(asked)
        keys = [self._key(served, one) for one in identifiers]
        found = self._found(grant, [key for key in keys if key is not None])
        answers = [_subject(grant, found.rows.get(key or ""), key is not None) for key in keys]
        columns = tuple(grant.columns)
        records = [
            replace(
                _access(asked, grant, "lookup", found, key or ""), columns=columns, rows=len(answer["rows"])
            )
            for key, answer in zip(keys, answers, strict=True)
        ]
        return _headed(asked, grant, served, found) | {"answers": answers}, records

    def verify(
        self, asked: Asked, checks: Sequence[tuple[str, Mapping[str, str]]]
    ) -> tuple[Json, list[Access]]:
        """Say of each subject which of the given values are right, by yes or no, and never what is right.

        An unknown subject and a wrong value are answered alike.

        Args:
            checks: Identifier and values by column.

        Raises:
            Refusal: Not granted, a column is not granted, or the table is not there yet.
        """
        grant, served = self._opened(asked)
        if {name for _, values in checks for name in values} - set(grant.columns):
            raise forbidden("有字段未获授权 / a column is not granted")
        keys = [self._key(served, identifier) for identifier, _ in checks]
        found = self._found(grant, [key for key in keys if key is not None])
        answers, records = [], []
        for key, (_, values) in zip(keys, checks, strict=True):
            rows = found.rows.get(key or "", [])
            answers.append(
                {"matches": {name: _is_right(rows, name, value) for name, value in values.items()}}
            )
            access = _access(asked, grant, "verify", found, key or "")
            records.append(replace(access, columns=tuple(values), rows=len(rows)))
        return _headed(asked, grant, served, found) | {"answers": answers}, records

    def _opened(self, asked: Asked) -> tuple[Grant, ServedEntry]:
        grant = asked.grant()
        try:
            return grant, self._index.entry(grant.table)
        except LakeError:
            raise _not_built() from None

    def _found(self, grant: Grant, keys: list[str]) -> Found:
        try:
            return self._index.find(grant.table, keys or [""])
        except LakeError:
            raise _not_built() from None
        except CivicError:
            raise unavailable() from None

    def _key(self, served: ServedEntry, identifier: str) -> str | None:
        """Return the subject key; null where the norm refuses the identifier."""
        if not served.entity:
            return business_key_by_types(self._deployment, served.entry, served.key_types, identifier)
        try:
            return subject_key(self._deployment, served.entity, identifier)
        except SettingError:
            return None


def _subject(grant: Grant, rows: list[Json] | None, is_valid: bool) -> Json:
    """Return what is told of one subject."""
    state = "invalid_key" if not is_valid else "found" if rows else "not_found"
    return {"state": state, "rows": [_row(grant, row) for row in rows or []]}


def _row(grant: Grant, row: Json) -> Json:
    provider = "" if grant.entry.startswith("base.") else grant.entry.partition(".")[0]
    cases = row["verification_cases"]
    return {
        "values": {name: _plain(row[name]) for name in grant.columns},
        "source_agencies": {
            name: row.get(f"{name}{_AGENCY}") or (provider if row[name] is not None else None)
            for name in grant.columns
        },
        "under_verification": row["under_verification"],
        "verification_cases": cases.split(", ") if cases else [],
    }


def _headed(asked: Asked, grant: Grant, served: ServedEntry, found: Found) -> Json:
    notice = {"notice": served.notice} if served.notice else {}
    return notice | {
        "entry": grant.entry,
        "grant": grant.id,
        "purpose": grant.purpose,
        "as_of": served.as_of,
        "version": found.version,
        "request_id": asked.request_id,
    }


def _access(asked: Asked, grant: Grant, action: AccessAction, found: Found, key: str) -> Access:
    return Access(
        at=asked.at,
        action=action,
        result="answered",
        recipient_id=asked.recipient.id,
        agency_id=asked.recipient.agency_id or "",
        purpose=grant.purpose,
        grant_id=grant.id,
        entry=grant.entry,
        table=str(grant.table),
        version=found.version,
        subject_key=key,
        divisions=grant.divisions,
        request_id=asked.request_id,
    )


def _is_right(rows: list[Json], column: str, value: str) -> bool:
    return any(row[column] is not None and _is_same(row[column], value.strip()) for row in rows)


def _is_same(found: Any, given: str) -> bool:
    """Tell whether a given text says a value: amounts by what they are worth, all else by how it is written."""
    if isinstance(found, int | float) and not isinstance(found, bool):
        try:
            return Decimal(given) == Decimal(str(found))
        except InvalidOperation:
            return False
    return _text(found) == given


def _text(value: Any) -> str:
    return str(_plain(value)).lower() if isinstance(value, bool) else str(_plain(value))


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: dates by ISO 8601, amounts as text with their decimals."""
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _not_built() -> Refusal:
    return Refusal(
        409,
        "NOT_BUILT_YET",
        "已授权，共享表将在下次运行后可用 / granted; its table is there after the next run",
        {"Retry-After": "600"},
    )
