"""Review of grants against the release and the day: expired, suspended while they do not hold, resumed when they do.

Here: what the platform does to grants by itself. Not here: acts of people (``consents.py``). An entry that is
suspended, a column that is gone or whose share type was tightened takes its grants out of force until it is mended
or the consents that it now needs are given.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.access_models import ConsentEntry, GrantEntry, RecipientEntry
from casework.access_transitions import OPEN_GRANT_STATES, AccessState
from casework.actors import stands_for
from casework.consent_needs import Need, consent_needs
from casework.grant_request import KIND
from casework.grant_rules import checked_columns
from casework.grants import add_needs, consents_of, enter_into_force
from casework.ledger import Act, advance, by_platform
from casework.models import Case
from casework.permits import grant_of
from casework.shared_entry import shared_entry
from casework.state import State
from lake import Lake
from resource_catalogue.errors import CivicError
from resource_catalogue.release import Release


@dataclass
class Review:
    """Report what a review did; all empty where every grant stands as it should."""

    expired: list[str] = field(default_factory=list)
    suspended: list[str] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)

    @property
    def wrote(self) -> bool:
        """Tell whether anything was written."""
        return bool(self.expired or self.suspended or self.resumed)


def review_grants(
    state: State, lake: Lake, release: Release, as_of: dt.datetime, also_built: Collection[str] = ()
) -> Review:
    """Bring all grants that are not over in line with the release and the day; a second time writes nothing."""
    done, day = Review(), state.day(as_of)
    listed = {"expire": done.expired, "suspend": done.suspended, "resume": done.resumed}
    with state.write() as session:
        query = select(Case).where(Case.kind == KIND, Case.state.in_([str(s) for s in OPEN_GRANT_STATES]))
        for case in session.scalars(query.order_by(Case.sequence)).all():
            act = settle_grant(session, lake, release, case, as_of, day, also_built)
            if act in listed:
                listed[act].append(case.id)
    return done


def settle_grant(
    session: Session,
    lake: Lake,
    release: Release,
    case: Case,
    as_of: dt.datetime,
    day: dt.date,
    also_built: Collection[str] = (),
) -> str | None:
    """Do to one grant what is due; return the act, null where nothing is."""
    grant = session.get_one(GrantEntry, case.id)
    if grant.valid_to is not None and grant.valid_to < day:
        return _advance(session, case, grant, "expire", as_of, f"{grant.valid_to}")
    fault, needs = _standing(session, release, grant, day, also_built)
    if case.state == AccessState.REQUESTED:
        return "enter_into_force" if not fault and enter_into_force(session, lake, case, as_of) else None
    missing = _missing(session, release, case, needs)
    if case.state == AccessState.SUSPENDED:
        return None if fault or missing else _advance(session, case, grant, "resume", as_of, "")
    if not fault and not missing:
        return None
    return _advance(session, case, grant, "suspend", as_of, fault or _in_words(missing))


def _standing(
    session: Session, release: Release, grant: GrantEntry, day: dt.date, also_built: Collection[str]
) -> tuple[str, list[Need]]:
    """Return why the release does not carry the grant, empty where it does, and the consents it needs now."""
    consumer = session.get_one(RecipientEntry, grant.recipient_id).agency_id or ""
    try:
        entry = shared_entry(release, grant.entry, also_built)
        mode = grant_of(grant, "in_force").mode
        chosen = checked_columns(release.profile, entry, grant.columns, mode)
        if consumer not in release.catalogue.agencies:
            return f"机构 / agency {consumer}: 目录中已无 / no longer in the catalogue", []
        return "", consent_needs(release, chosen, mode, consumer, day)
    except CivicError as error:
        return f"{error.where}: {error.found}", []


def _missing(session: Session, release: Release, case: Case, needs: list[Need]) -> list[ConsentEntry]:
    """Return the consents that the grant needs now and does not have; new ones are asked for."""
    asked = consents_of(session, case.id)
    new = [need for need in needs if not any(_answers(release, need, consent) for consent in asked)]
    if new and case.state == AccessState.IN_FORCE:
        asked += add_needs(session, case, new)
    return [
        consent
        for consent in asked
        if consent.given_at is None and any(_answers(release, need, consent) for need in needs)
    ]


def _answers(release: Release, need: Need, consent: ConsentEntry) -> bool:
    """Tell whether a consent is the one that is needed: same kind, same body or one that it succeeded."""
    return need.kind == consent.kind and stands_for(release, need.agency_id, consent.agency_id)


def _advance(session: Session, case: Case, grant: GrantEntry, act: str, as_of: dt.datetime, note: str) -> str:
    grant.decided_at = as_of
    advance(session, case, Act(act, by_platform(case), as_of, note, {"recipient": grant.recipient_id}))
    return act


def _in_words(missing: list[ConsentEntry]) -> str:
    wanted = ", ".join(f"{consent.agency_id} ({consent.article})" for consent in missing)
    return f"须征得同意 / consent is needed of {wanted}"
