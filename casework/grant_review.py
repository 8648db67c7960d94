"""Review of grants against the release and the day: expired, suspended while they do not hold, resumed when they do.

Here: what the platform does to grants by itself. Not here: acts of people (``consents.py``). An entry that is
suspended, a column that is gone or whose share type was tightened takes its grants out of force until it is mended
or the consents that it now needs are given.
"""

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.access_models import ConsentEntry, GrantEntry, RecipientEntry
from casework.access_transitions import OPEN_GRANT_STATES, AccessState
from casework.actors import stands_for
from casework.consent_needs import Need, consent_needs
from casework.grant_request import KIND, needs_in_words, providers_of
from casework.grant_rules import check_divisions, checked_columns
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
    """Report what a review did; all empty where every grant stands as it should.

    Attributes:
        followed: Grants whose providers or needed consents are no longer those that were written down.
    """

    expired: list[str] = field(default_factory=list)
    suspended: list[str] = field(default_factory=list)
    resumed: list[str] = field(default_factory=list)
    followed: list[str] = field(default_factory=list)

    @property
    def wrote(self) -> bool:
        """Tell whether anything was written."""
        return bool(self.expired or self.suspended or self.resumed or self.followed)


@dataclass(frozen=True, slots=True)
class _Standing:
    """Say how a grant stands with the release: why it cannot hold, else who provides and whose consent it needs."""

    fault: str = ""
    providers: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()


def review_grants(
    state: State, lake: Lake, release: Release, as_of: dt.datetime, also_built: Collection[str] = ()
) -> Review:
    """Bring all grants that are not over in line with the release and the day; a second time writes nothing."""
    done = Review()
    listed = {
        "expire": done.expired,
        "suspend": done.suspended,
        "resume": done.resumed,
        "follow_catalogue": done.followed,
    }
    with state.write() as session:
        query = select(Case).where(Case.kind == KIND, Case.state.in_([str(s) for s in OPEN_GRANT_STATES]))
        for case in session.scalars(query.order_by(Case.sequence)).all():
            for act in settle_grant(session, lake, release, case, as_of, state.day(as_of), also_built):
                listed.get(act, []).append(case.id)
    return done


def settle_grant(
    session: Session,
    lake: Lake,
    release: Release,
    case: Case,
    as_of: dt.datetime,
    day: dt.date,
    also_built: Collection[str] = (),
) -> list[str]:
    """Do to one grant what is due; return the acts, none where nothing is."""
    grant = session.get_one(GrantEntry, case.id)
    if grant.valid_to is not None and grant.valid_to < day:
        return [_advance(session, case, grant, "expire", as_of, f"{grant.valid_to}")]
    standing = _standing(session, release, grant, day, also_built)
    if standing.fault:
        in_force = case.state == AccessState.IN_FORCE
        return [_advance(session, case, grant, "suspend", as_of, standing.fault)] if in_force else []
    acts = ["follow_catalogue"] if _followed(session, release, case, grant, standing, as_of) else []
    missing = _missing(session, release, case, standing.needs)
    if case.state == AccessState.REQUESTED:
        return [*acts, "enter_into_force"] if enter_into_force(session, lake, case, as_of) else acts
    if case.state == AccessState.SUSPENDED and not missing:
        acts.append(_advance(session, case, grant, "resume", as_of, ""))
    elif case.state == AccessState.IN_FORCE and missing:
        acts.append(_advance(session, case, grant, "suspend", as_of, _in_words(missing)))
    return acts


def _standing(
    session: Session, release: Release, grant: GrantEntry, day: dt.date, also_built: Collection[str]
) -> _Standing:
    consumer = session.get_one(RecipientEntry, grant.recipient_id).agency_id or ""
    try:
        entry = shared_entry(release, grant.entry, also_built)
        mode = grant_of(grant, "in_force").mode
        chosen = checked_columns(release.profile, entry, grant.columns, mode)
        check_divisions(entry, grant.divisions)
        if consumer not in release.catalogue.agencies:
            return _Standing(f"机构 / agency {consumer}: 目录中已无 / no longer in the catalogue")
        needs = consent_needs(release, chosen, mode, consumer, day)
        return _Standing("", providers_of(chosen), tuple(needs))
    except CivicError as error:
        return _Standing(f"{error.where}: {error.found}")


def _followed(
    session: Session, release: Release, case: Case, grant: GrantEntry, standing: _Standing, as_of: dt.datetime
) -> bool:
    """Write down who provides now, and ask for the consents that became due; tell whether anything had changed.

    A provider's suspension of a consumer acts by what is written down here.
    """
    asked = consents_of(session, case.id)
    new = [need for need in standing.needs if not any(_answers(release, need, one) for one in asked)]
    if not new and grant.providers == standing.providers:
        return False
    grant.providers = standing.providers
    add_needs(session, case, new)
    detail = {"providers": list(grant.providers), "needs": needs_in_words(new)}
    advance(session, case, Act("follow_catalogue", by_platform(case), as_of, detail=detail))
    return True


def _missing(session: Session, release: Release, case: Case, needs: Sequence[Need]) -> list[ConsentEntry]:
    """Return the consents that the grant needs now and does not have."""
    return [
        consent
        for consent in consents_of(session, case.id)
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
