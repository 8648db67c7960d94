"""Suspension of a consuming agency (暂停共享服务): by whom the profile names, until it is lifted.

Here: the case and what it shuts off. Not here: suspending one recipient (``recipients.py``). Implements Weihai a31
and its like; a profile that is silent leaves it to the authority and the operator. A provider shuts off what it
provides; the authority or the operator everything.
"""

import datetime as dt
from dataclasses import dataclass

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session, aliased

from casework.access_actors import check_speaks_for, is_administrator
from casework.access_models import RecipientEntry
from casework.access_transitions import AccessState
from casework.actors import Actor, check_known
from casework.ledger import Act, advance
from casework.models import Case
from casework.notes import checked_note
from casework.numbering import next_id, next_sequence
from casework.state import State
from resource_catalogue.acting_bodies import bodies
from resource_catalogue.errors import CaseError, NotFoundError, NotPermitted
from resource_catalogue.release import Release

KIND = "consumer_suspension"
WHOLE = "agency"
"""Kind of subject of a suspension of everything; ``provided`` of what the suspending body provides."""
PROVIDED = "provided"
_RULE = "security.consumer_suspended_by"
_SILENT = ("authority", "operator")


@dataclass(frozen=True, slots=True)
class Suspension:
    """Describe the suspension of an agency.

    Attributes:
        id: Number of its case, such as ``S-2026-0001``.
        is_whole: Everything is shut off; else only what ``by`` provides.
    """

    id: str
    agency: str
    by: str
    is_whole: bool
    state: str
    since: dt.datetime
    lifted_at: dt.datetime | None


def suspend_agency(
    state: State, release: Release, agency_id: str, actor: Actor, reason: str, as_of: dt.datetime
) -> Suspension:
    """Suspend an agency as consumer; the next request of any of its recipients is refused.

    Raises:
        NotFoundError: The release has no such agency.
        NotPermitted: The profile gives the actor no say.
        CaseError: No reason, or the actor's body has suspended it already.
    """
    day = state.day(as_of)
    whole = _check_may_suspend(release, actor, agency_id, day)
    if agency_id not in release.catalogue.agencies:
        raise NotFoundError(
            _where(agency_id),
            "没有此机构 / no such agency",
            "目录发布版中的机构 / an agency of the release",
            "核对机构 / check the id",
        )
    text = checked_note(_where(agency_id), reason)
    with state.write() as session:
        if _in_force(session, agency_id, actor.agency):
            raise CaseError(
                _where(agency_id),
                f"已由 {actor.agency} 暂停 / suspended by it already",
                "每个机构一次暂停 / one suspension per body",
                "恢复 / lift it: civiclake recipients resume-agency",
            )
        case = _new_case(session, release, agency_id, actor, whole, as_of, day.year)
        advance(session, case, Act("suspend", actor, as_of, text, _cited(release, whole)))
        return _suspension(case)


def resume_agency(
    state: State, release: Release, agency_id: str, actor: Actor, reason: str, as_of: dt.datetime
) -> list[Suspension]:
    """Lift the suspension that the actor's body ordered.

    Raises:
        NotPermitted: The profile gives the actor no say.
        CaseError: No reason, or there is nothing of that body to lift.
    """
    _check_may_suspend(release, actor, agency_id, state.day(as_of))
    text = checked_note(_where(agency_id), reason)
    with state.write() as session:
        cases = _in_force(session, agency_id, actor.agency)
        if not cases:
            raise CaseError(
                _where(agency_id),
                f"没有 {actor.agency} 的暂停 / not suspended by {actor.agency}",
                "该机构作出的暂停 / a suspension of that body",
                "由作出暂停的机构恢复 / let the body that suspended it lift it",
            )
        for case in cases:
            advance(session, case, Act("lift", actor, as_of, text))
        return [_suspension(case) for case in cases]


def list_suspensions(state: State) -> list[Suspension]:
    """List all suspensions of agencies in the order in which they were ordered."""
    with state.read() as session:
        cases = session.scalars(select(Case).where(Case.kind == KIND).order_by(Case.sequence))
        return [_suspension(case) for case in cases]


def shut_off() -> ColumnElement[bool]:
    """Return the condition that a recipient's agency is shut off altogether."""
    suspension = aliased(Case)
    return exists().where(
        suspension.kind == KIND,
        suspension.agency_id == RecipientEntry.agency_id,
        suspension.state == str(AccessState.IN_FORCE),
        suspension.subject_kind == WHOLE,
    )


def _check_may_suspend(release: Release, actor: Actor, agency_id: str, day: dt.date) -> bool:
    """Refuse an actor that may not suspend an agency; tell whether it may shut off everything."""
    check_known(release, actor)
    provision = release.profile.provision(_RULE)
    roles = provision.value if isinstance(provision.value, tuple) else _SILENT
    for role in roles:
        if role in _SILENT and actor.agency in bodies(release, role, day):
            if is_administrator(release, actor, day):
                return True
        elif role == "provider" and role in release.catalogue.agencies[actor.agency].roles:
            check_speaks_for(release, actor, actor.agency, _where(agency_id), day)
            return False
    raise NotPermitted(
        _where(agency_id),
        f"{actor}: 无权暂停 / may not suspend it",
        " | ".join(roles) + (f" ({release.profile.citation(provision)})" if provision.art else ""),
        "由有权机构办理 / let one of them act",
    )


def _cited(release: Release, whole: bool) -> dict[str, object]:
    provision = release.profile.provision(_RULE)
    article = release.profile.citation(provision) if provision.art else None
    return {"scope": WHOLE if whole else PROVIDED, "citation": article}


def _new_case(
    session: Session,
    release: Release,
    agency_id: str,
    actor: Actor,
    whole: bool,
    as_of: dt.datetime,
    year: int,
) -> Case:
    return Case(
        id=next_id(session, "S", year),
        sequence=next_sequence(session),
        kind=KIND,
        agency_id=agency_id,
        raised_by=actor.agency,
        resource_id="",
        subject_kind=WHOLE if whole else PROVIDED,
        subject_id=agency_id,
        profile=release.profile.reference,
        release=release.number,
        opened_at=as_of,
        state="",
        round=1,
    )


def _in_force(session: Session, agency_id: str, by: str) -> list[Case]:
    query = select(Case).where(Case.kind == KIND, Case.agency_id == agency_id, Case.raised_by == by)
    return list(session.scalars(query.where(Case.state == str(AccessState.IN_FORCE))))


def _suspension(case: Case) -> Suspension:
    return Suspension(
        case.id,
        case.agency_id,
        case.raised_by,
        case.subject_kind == WHOLE,
        case.state,
        case.opened_at,
        case.closed_at,
    )


def _where(agency_id: str) -> str:
    return f"机构 / agency {agency_id[:60]}"
