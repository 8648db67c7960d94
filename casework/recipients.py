"""Recipients (数据接收方): who may receive shared data, as cases: register, suspend, resume, end, list, show.

Here: a recipient's life. Not here: its credentials (``credentials.py``), what it may see (``grants.py``), or the
suspension of a whole agency (``consumer_suspension.py``).
"""

import datetime as dt
import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from casework.access_actors import check_administers
from casework.access_models import GrantEntry, RecipientEntry
from casework.access_transitions import OPEN_GRANT_STATES
from casework.account_models import AccountSession
from casework.actors import Actor
from casework.instants import instant_of_act
from casework.ledger import Act, advance, by_platform
from casework.models import Case
from casework.notes import checked_note
from casework.numbering import next_id, next_sequence
from casework.recipient_rows import credentials_of, is_name, recipient_entry, recipient_of, where_of
from casework.state import State
from resource_catalogue.access_words import Recipient
from resource_catalogue.acting_bodies import acting_body
from resource_catalogue.errors import CaseError, NotFoundError
from resource_catalogue.model import Label
from resource_catalogue.release import Release

KIND = "recipient"


@dataclass(frozen=True, slots=True)
class Enrolment:
    """Say who is to be registered.

    Attributes:
        agency_id: Body that answers for a system; null for a user of the portal.
        networks: Address ranges (CIDR) it may call from; empty admits every address.
    """

    id: str
    name: Label
    agency_id: str | None
    kind: Literal["system", "user"] = "system"
    networks: tuple[str, ...] = ()
    requests_per_minute: int | None = None
    bytes_per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Say what a suspension or end of a portal's user means to the public.

    Attributes:
        reason_en: The reason in English, where given.
        is_precaution: It answers no breach of the rules (a stolen password, say) and is not made public (公示).
    """

    reason_en: str = ""
    is_precaution: bool = False


NOTHING_MORE = Told()


@dataclass(frozen=True, slots=True)
class CredentialInfo:
    """Describe a credential without its secret."""

    id: str
    kind: str
    issued_at: dt.datetime
    expires_at: dt.datetime
    revoked_at: dt.datetime | None

    def is_good(self, now: dt.datetime) -> bool:
        """Tell whether it opens the door at an instant."""
        return self.revoked_at is None and now < self.expires_at


@dataclass(frozen=True, slots=True)
class RecipientDetail:
    """Describe a recipient in full.

    Attributes:
        case_id: Number of its case, such as ``U-2026-0001``.
        grants: Numbers of its grants that are not over.
    """

    recipient: Recipient
    case_id: str
    registered_at: dt.datetime
    credentials: tuple[CredentialInfo, ...]
    grants: tuple[str, ...]


def register(
    state: State, release: Release, enrolment: Enrolment, actor: Actor, as_of: dt.datetime
) -> Recipient:
    """Register a recipient.

    Raises:
        NotPermitted: The actor is no data or quality officer of authority or operator.
        CaseError: The name is taken or malformed, the agency is missing, or a network is no address range.
        NotFoundError: The release has no such agency.
    """
    day = state.day(as_of)
    check_administers(release, actor, where_of(enrolment.id), day)
    networks = _checked(release, enrolment, day)
    operator = acting_body(release, "operator", day)
    with state.write() as session:
        if session.get(RecipientEntry, enrolment.id) is not None:
            raise CaseError(
                where_of(enrolment.id),
                "名称已被使用 / the name is taken",
                "从未用过的名称 / a name that was never given",
                "另取名称 / choose another name",
            )
        case = _new_case(session, release, enrolment, operator, day.year, as_of)
        entry = _new_entry(session, case, enrolment, networks)
        advance(session, case, Act("register", actor, as_of, detail=_registered(entry)))
        return recipient_of(entry)


def suspend(
    state: State,
    release: Release,
    recipient_id: str,
    actor: Actor,
    reason: str,
    as_of: dt.datetime,
    told: Told = NOTHING_MORE,
) -> Recipient:
    """Suspend a recipient; its next request is refused, and its sessions on the portal are over.

    Raises:
        NotPermitted: The actor is no data or quality officer of authority or operator.
        NotFoundError: There is no such recipient.
        CaseError: No reason, or it is not active.
    """
    return _decide(state, release, recipient_id, "suspend", actor, reason, as_of, told)


def resume(
    state: State, release: Release, recipient_id: str, actor: Actor, reason: str, as_of: dt.datetime
) -> Recipient:
    """Let a suspended recipient in again.

    Raises:
        NotPermitted: The actor is no data or quality officer of authority or operator.
        NotFoundError: There is no such recipient.
        CaseError: No reason, or it is not suspended.
    """
    return _decide(state, release, recipient_id, "resume", actor, reason, as_of)


def end(
    state: State,
    release: Release,
    recipient_id: str,
    actor: Actor,
    reason: str,
    as_of: dt.datetime,
    told: Told = NOTHING_MORE,
) -> Recipient:
    """End a recipient for good: its credentials and grants are revoked with it, its sessions are over.

    Raises:
        NotPermitted: The actor is no data or quality officer of authority or operator.
        NotFoundError: There is no such recipient.
        CaseError: No reason, or it has ended before.
    """
    return _decide(state, release, recipient_id, "end", actor, reason, as_of, told)


def list_recipients(state: State) -> list[Recipient]:
    """List all recipients in the order of their names."""
    with state.read() as session:
        entries = session.scalars(select(RecipientEntry).order_by(RecipientEntry.id))
        return [recipient_of(entry) for entry in entries]


def show_recipient(state: State, recipient_id: str) -> RecipientDetail:
    """Show a recipient with its credentials, without their secrets, and its grants.

    Raises:
        NotFoundError: There is none of that name.
    """
    with state.read() as session:
        entry = recipient_entry(session, recipient_id)
        made = credentials_of(session, entry.case_id)
        return RecipientDetail(
            recipient_of(entry),
            entry.case_id,
            entry.case.opened_at,
            tuple(CredentialInfo(c.id, c.kind, c.issued_at, c.expires_at, c.revoked_at) for c in made),
            tuple(case.id for case in _open_grants(session, entry.id)),
        )


def _checked(release: Release, enrolment: Enrolment, day: dt.date) -> tuple[str, ...]:
    """Check who is to be registered; return the networks in their usual form."""
    where = where_of(enrolment.id)
    if not is_name(enrolment.id):
        raise CaseError(
            where,
            f"名称有误 / not a name: {enrolment.id[:80]!r}",
            "[a-z][a-z0-9_]{1,59}",
            "改用小写名称 / use a lower-case name",
        )
    for quota, most in ((enrolment.requests_per_minute, 2**31 - 1), (enrolment.bytes_per_day, 2**51 - 1)):
        if quota is not None and not 1 <= quota <= most:
            raise CaseError(where, f"限额 / quota {quota}", f"1 – {most}", "改正限额 / correct the quota")
    _check_agency(release, enrolment, day, where)
    for text in (enrolment.name.zh, enrolment.name.en):
        checked_note(where, text, required=False)
    try:
        return tuple(str(ipaddress.ip_network(network)) for network in enrolment.networks)
    except ValueError:
        raise CaseError(
            where,
            "网段有误 / not an address range",
            "CIDR，如 / such as 10.20.0.0/16",
            "改正网段 / correct the network",
        ) from None


def _check_agency(release: Release, enrolment: Enrolment, day: dt.date, where: str) -> None:
    if enrolment.kind == "user":
        if enrolment.agency_id is not None:
            raise CaseError(
                where,
                f"{enrolment.agency_id} 的用户 / user of it",
                "不指定机构 / no agency",
                "去掉机构 / leave the agency out",
            )
        return
    agency = release.catalogue.agencies.get(enrolment.agency_id or "")
    if agency is None or not agency.valid.contains(day):
        raise NotFoundError(
            where,
            f"没有此机构 / no such agency: {enrolment.agency_id or '—'}",
            "目录发布版中的机构 / an agency of the release",
            "核对机构 / check the id, see civiclake catalogue list",
        )


def _new_case(
    session: Session, release: Release, enrolment: Enrolment, operator: str, year: int, as_of: dt.datetime
) -> Case:
    return Case(
        id=next_id(session, "U", year),
        sequence=next_sequence(session),
        kind=KIND,
        agency_id=enrolment.agency_id or operator,
        raised_by=operator,
        resource_id="",
        subject_kind="recipient",
        subject_id=enrolment.id,
        profile=release.profile.reference,
        release=release.number,
        opened_at=as_of,
        state="",
        round=1,
    )


def _new_entry(session: Session, case: Case, enrolment: Enrolment, networks: Sequence[str]) -> RecipientEntry:
    entry = RecipientEntry(
        id=enrolment.id,
        case=case,
        kind=enrolment.kind,
        name_zh=enrolment.name.zh,
        name_en=enrolment.name.en,
        agency_id=enrolment.agency_id,
        networks=tuple(networks),
        requests_per_minute=enrolment.requests_per_minute,
        bytes_per_day=enrolment.bytes_per_day,
    )
    session.add(entry)
    return entry


def _registered(entry: RecipientEntry) -> dict[str, object]:
    return {
        "recipient": entry.id,
        "kind": entry.kind,
        "agency": entry.agency_id,
        "networks": list(entry.networks),
        "requests_per_minute": entry.requests_per_minute,
        "bytes_per_day": entry.bytes_per_day,
    }


def _decide(
    state: State,
    release: Release,
    recipient_id: str,
    act: str,
    actor: Actor,
    reason: str,
    as_of: dt.datetime,
    told: Told = NOTHING_MORE,
) -> Recipient:
    check_administers(release, actor, where_of(recipient_id), state.day(as_of))
    with state.write() as session:
        entry = recipient_entry(session, recipient_id)
        at = instant_of_act(state, session, entry.case_id, as_of)
        text = checked_note(entry.case_id, reason)
        detail: dict[str, object] = {"recipient": entry.id, **_told(entry, told)}
        if act == "end":
            detail |= close_entry(session, entry, at)
        # Whoever is let in again logs in again.
        forget_sessions(session, entry.case_id)
        advance(session, entry.case, Act(act, actor, at, text, detail))
        return recipient_of(entry)


def forget_sessions(session: Session, case_id: str) -> None:
    """End all sessions of a recipient on the portal."""
    session.execute(delete(AccountSession).where(AccountSession.case_id == case_id))


def close_entry(session: Session, entry: RecipientEntry, as_of: dt.datetime) -> dict[str, object]:
    """Revoke what a recipient that ends still holds; return the names of it."""
    revoked = [
        credential for credential in credentials_of(session, entry.case_id) if not credential.revoked_at
    ]
    for credential in revoked:
        credential.revoked_at = as_of
    grants = _open_grants(session, entry.id)
    for case in grants:
        grant = session.get_one(GrantEntry, case.id)
        grant.decided_at = as_of
        note = "接收方已终止 / the recipient has ended"
        advance(session, case, Act("revoke", by_platform(case), as_of, note, {"recipient": entry.id}))
    return {"credentials": [c.id for c in revoked], "grants": [case.id for case in grants]}


def _told(entry: RecipientEntry, told: Told) -> dict[str, object]:
    """Return what an event keeps of ``told``; nothing where there is nothing, as before there were accounts."""
    reason = checked_note(entry.case_id, told.reason_en, required=False)
    return ({"reason_en": reason} if reason else {}) | ({"precaution": True} if told.is_precaution else {})


def _open_grants(session: Session, recipient_id: str) -> list[Case]:
    query = select(Case).join(GrantEntry, GrantEntry.case_id == Case.id)
    query = query.where(
        GrantEntry.recipient_id == recipient_id, Case.state.in_([str(s) for s in OPEN_GRANT_STATES])
    )
    return list(session.scalars(query.order_by(Case.sequence)))
