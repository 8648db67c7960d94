"""Grants of shared data (共享授权) as cases: requested, in force, suspended, revoked, expired; listed and shown.

Here: a grant's life but for consents. Not here: what may be granted (``grant_rules.py``), whose consent it needs
(``consent_needs.py``, ``consents.py``), what the lake is told (``access_tables.py``). Where nobody need consent a
grant comes into force at once, else by itself with the last consent.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.access_actors import check_administers
from casework.access_models import ConsentEntry, GrantEntry
from casework.access_transitions import AccessState
from casework.actors import Actor
from casework.consent_needs import Need, consent_needs
from casework.grant_request import KIND, new_case, new_grant, refuse_second, requested
from casework.grant_rules import Application, check_application, check_receiver, checked_columns
from casework.ledger import Act, advance, by_platform
from casework.models import Case
from casework.permits import grant_of
from casework.recipient_rows import recipient_entry, recipient_of
from casework.shared_entry import shared_entry
from casework.state import State
from lake import Lake
from resource_catalogue.access_words import Grant
from resource_catalogue.acting_bodies import acting_body
from resource_catalogue.errors import CaseError, NotFoundError
from resource_catalogue.release import Release


@dataclass(frozen=True, slots=True)
class Consent:
    """Describe one consent that a grant needs.

    Attributes:
        kind: Word of ``CONSENT_KINDS``; ``role`` the role in which ``agency`` must give it.
        given_by: Who gave it, ``agency/post``; empty while it is missing.
    """

    number: int
    kind: str
    role: str
    agency: str
    citation: str
    given_at: dt.datetime | None
    given_by: str
    signed_on: dt.date | None
    document_hash: str | None


@dataclass(frozen=True, slots=True)
class GrantCase:
    """Describe a grant with its case.

    Attributes:
        state: State of the case, which says more than that of the grant: requested, refused, expired.
        agency: Providing agency; for a base database's table the body that operates it.
    """

    grant: Grant
    state: str
    agency: str
    raised_by: str
    providers: tuple[str, ...]
    commitment: str
    with_history: bool
    consents: tuple[Consent, ...]
    release: int
    profile: str
    requested_at: dt.datetime
    decided_at: dt.datetime | None

    @property
    def missing(self) -> tuple[Consent, ...]:
        """Return the consents that have not been given."""
        return tuple(consent for consent in self.consents if consent.given_at is None)


def add_grant(
    state: State,
    lake: Lake,
    release: Release,
    recipient_id: str,
    application: Application,
    actor: Actor,
    as_of: dt.datetime,
    also_built: Collection[str] = (),
) -> GrantCase:
    """Take up an application; it comes into force at once where no consent is needed.

    Args:
        also_built: Base databases that the deployment builds beyond those of the profile.

    Raises:
        NotPermitted: The actor may not, a column is not shared, or not in that mode.
        NotFoundError: There is no such recipient or entry.
        CaseError: The application lacks what the profile asks for, or the recipient has such a grant.
    """
    day = state.day(as_of)
    check_administers(release, actor, application.entry, day)
    entry = shared_entry(release, application.entry, also_built)
    chosen = checked_columns(release.profile, entry, application.columns, application.mode)
    check_application(release.profile, application, chosen)
    if application.valid_to is not None and application.valid_to < day:
        raise CaseError(
            application.entry,
            f"到期 / ends {application.valid_to}",
            f"不早于 {day} / {day} or later",
            "改正期限 / correct it",
        )
    operator = acting_body(release, "operator", day)
    with state.write() as session:
        receiver = recipient_of(recipient_entry(session, recipient_id))
        check_receiver(release.profile, entry, application, receiver)
        refuse_second(session, receiver.id, application)
        needs = consent_needs(release, chosen, application.mode, receiver.agency_id or "", day)
        case = new_case(session, release, application, entry.agency or operator, operator, as_of, day.year)
        grant = new_grant(session, case, receiver.id, application, chosen)
        add_needs(session, case, needs)
        advance(session, case, Act("request", actor, as_of, detail=requested(grant, needs)))
        enter_into_force(session, lake, case, as_of)
        return grant_case(session, case)


def list_grants(
    state: State,
    recipient_id: str | None = None,
    states: Collection[str] | None = None,
    entry: str | None = None,
) -> list[GrantCase]:
    """List grants in the order of their request; all unless narrowed."""
    query = select(Case).join(GrantEntry, GrantEntry.case_id == Case.id).order_by(Case.sequence)
    if recipient_id is not None:
        query = query.where(GrantEntry.recipient_id == recipient_id)
    if entry is not None:
        query = query.where(GrantEntry.entry == entry)
    if states is not None:
        query = query.where(Case.state.in_([str(one) for one in states]))
    with state.read() as session:
        return [grant_case(session, case) for case in session.scalars(query)]


def show_grant(state: State, grant_id: str) -> GrantCase:
    """Show one grant with its consents.

    Raises:
        NotFoundError: There is none of that number.
    """
    with state.read() as session:
        return grant_case(session, open_grant(session, grant_id))


def open_grant(session: Session, grant_id: str) -> Case:
    """Return the case of a grant.

    Raises:
        NotFoundError: There is none of that number.
    """
    case = session.get(Case, grant_id) if len(grant_id) <= 40 and grant_id.isprintable() else None
    if case is None or case.kind != KIND:
        raise NotFoundError(
            f"授权 / grant {grant_id[:40]!r}",
            "没有此授权 / no such grant",
            "编号，如 / a number such as G-2026-0001",
            "列出授权 / civiclake grants list",
        )
    return case


def consents_of(session: Session, case_id: str) -> list[ConsentEntry]:
    """List the consents that a grant needs, given or not."""
    query = select(ConsentEntry).where(ConsentEntry.case_id == case_id)
    return list(session.scalars(query.order_by(ConsentEntry.number)))


def add_needs(session: Session, case: Case, needs: Iterable[Need]) -> list[ConsentEntry]:
    """Ask for further consents; they are numbered after those that the grant has."""
    first = len(consents_of(session, case.id)) + 1
    made = [_consent_entry(case, need, number) for number, need in enumerate(needs, start=first)]
    session.add_all(made)
    return made


def enter_into_force(session: Session, lake: Lake, case: Case, as_of: dt.datetime) -> bool:
    """Let a requested grant come into force if no consent is missing; tell whether it did."""
    consents = consents_of(session, case.id)
    if case.state != AccessState.REQUESTED or any(consent.given_at is None for consent in consents):
        return False
    grant = session.get_one(GrantEntry, case.id)
    table = grant_of(grant, case.state).table
    grant.decided_at = as_of
    grant.history_from_version = (lake.version(table) or 0) if grant.with_history else None
    detail = {
        "consents": len(consents),
        "table": str(table),
        "history_from_version": grant.history_from_version,
    }
    advance(session, case, Act("enter_into_force", by_platform(case), as_of, detail=detail))
    return True


def grant_case(session: Session, case: Case) -> GrantCase:
    """Describe a grant's case."""
    entry = session.get_one(GrantEntry, case.id)
    return GrantCase(
        grant=grant_of(entry, case.state),
        state=str(case.state),
        agency=case.agency_id,
        raised_by=case.raised_by,
        providers=entry.providers,
        commitment=entry.commitment,
        with_history=entry.with_history,
        consents=tuple(map(_consent, consents_of(session, case.id))),
        release=case.release,
        profile=case.profile,
        requested_at=case.opened_at,
        decided_at=entry.decided_at,
    )


def _consent_entry(case: Case, need: Need, number: int) -> ConsentEntry:
    return ConsentEntry(
        case=case,
        number=number,
        kind=need.kind,
        role=need.role,
        agency_id=need.agency_id,
        article=need.article,
        citation=need.citation,
        refusal_needs=need.refusal_needs,
        refusal_ranks=need.refusal_ranks,
    )


def _consent(entry: ConsentEntry) -> Consent:
    return Consent(
        entry.number,
        entry.kind,
        entry.role,
        entry.agency_id,
        entry.citation,
        entry.given_at,
        f"{entry.given_by}/{entry.given_post}" if entry.given_by else "",
        entry.signed_on,
        entry.document_hash,
    )
