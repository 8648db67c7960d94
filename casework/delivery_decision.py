"""Decisions on held deliveries: a person accepts or rejects; first the case, then ``decisions.deliveries``.

Here: the decision and its way into the lake, also after a crash between the two. Not here: its effect, which
ingestion brings about on its next run, nor why a delivery was held.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Literal

import polars as pl
from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.actors import Actor, check_known, check_may, stands_for
from casework.ledger import Act, advance, by_platform
from casework.models import Case, Event
from casework.notes import checked_note
from casework.numbering import next_id, next_sequence
from casework.state import State
from casework.transition import Transition
from casework.transitions import DATA_OFFICER, DELIVERY_DECISION, QUALITY_OFFICER
from lake import Lake
from lake.tables import DELIVERIES, DELIVERY_DECISIONS
from resource_catalogue.acting_bodies import bodies
from resource_catalogue.errors import CaseError, DeliveryError, NotPermitted
from resource_catalogue.release import Release

KIND = "delivery_decision"
DECISIONS = {"accepted": "accept", "rejected": "reject"}
"""What is decided, and the act that decides it; either word may be given."""
Decision = Literal["accept", "accepted", "reject", "rejected"]
_BODIES = ("authority", "operator")


@dataclass(frozen=True, slots=True)
class DeliveryDecision:
    """Describe one decision on a held delivery.

    Attributes:
        decision_id: Number of its case, such as ``D-2026-0001``.
        agency: Body that decided; ``post`` the office.
    """

    decision_id: str
    delivery_id: str
    decision: str
    agency: str
    post: str
    note: str
    decided_at: dt.datetime


def decide_delivery(
    state: State,
    lake: Lake,
    release: Release,
    delivery_id: str,
    decision: Decision | str,
    actor: Actor,
    note: str,
    as_of: dt.datetime,
) -> DeliveryDecision:
    """Decide on a held delivery; deciding the same again changes nothing.

    The quality officer of the authority or of the operator decides, or the data officer of the providing agency;
    the note says why. What an earlier call left undone when it was killed is written too.

    Raises:
        DeliveryError: There is no such delivery, or it is not held.
        CaseError: It was decided otherwise before, the actor may not decide, or there is no reason.
    """
    act = DECISIONS.get(decision, decision)
    if act not in DECISIONS.values():
        raise CaseError(
            f"delivery {delivery_id}", str(decision), " | ".join(DECISIONS), "选择其一 / choose one"
        )
    check_known(release, actor)
    with state.write() as session:
        decided = _decided(session, delivery_id)
        if decided is None:
            decided = _decide(session, state.day(as_of), lake, release, delivery_id, act, actor, note, as_of)
        elif (DECISIONS[decided.decision], decided.agency, decided.post) != (act, actor.agency, actor.post):
            raise CaseError(
                decided.decision_id,
                f"{delivery_id} 已有决定 / was {decided.decision} by {decided.agency}/{decided.post} before",
                "每批次一次决定 / one decision per delivery",
                "请数源重新报送 / ask for a new delivery",
            )
    flush_decisions(state, lake)
    return decided


def flush_decisions(state: State, lake: Lake) -> list[str]:
    """Write decisions that the lake does not have yet, as after a crash; return their ids."""
    known = set(lake.read(DELIVERY_DECISIONS)["decision_id"]) if lake.exists(DELIVERY_DECISIONS) else set()
    missing = [decision for decision in list_decisions(state) if decision.decision_id not in known]
    if missing:
        lake.merge(DELIVERY_DECISIONS, _as_table(missing), ["decision_id"])
    return [decision.decision_id for decision in missing]


def list_decisions(state: State) -> list[DeliveryDecision]:
    """List all decisions in the order in which they were taken."""
    with state.read() as session:
        cases = session.scalars(select(Case).where(Case.kind == KIND).order_by(Case.sequence))
        return [_decision_of(session, case) for case in cases]


def _decide(
    session: Session,
    day: dt.date,
    lake: Lake,
    release: Release,
    delivery_id: str,
    act: str,
    actor: Actor,
    note: str,
    as_of: dt.datetime,
) -> DeliveryDecision:
    agency_id, resource_id = _held(lake, delivery_id)
    text = checked_note(f"delivery {delivery_id}", note)
    case = Case(
        id=next_id(session, "D", day.year),
        sequence=next_sequence(session),
        kind=KIND,
        agency_id=agency_id,
        raised_by=_deciding_body(release, actor, agency_id, delivery_id, day),
        resource_id=resource_id,
        subject_kind="delivery",
        subject_id=delivery_id,
        profile=release.profile.reference,
        release=release.number,
        opened_at=as_of,
        state="",
        round=1,
    )
    check_may(release, actor, case, _transition(act))
    advance(session, case, Act("draft", by_platform(case), as_of, detail={"delivery_id": delivery_id}))
    advance(session, case, Act(act, actor, as_of, text, {"delivery_id": delivery_id}))
    return _decision_of(session, case)


def _held(lake: Lake, delivery_id: str) -> tuple[str, str]:
    """Return providing agency and resource of a held delivery."""
    found = []
    if lake.exists(DELIVERIES):
        sql = f"select state, agency_id, resource_id from {DELIVERIES} where delivery_id = ?"
        found = lake.query(sql, DELIVERIES, parameters=[delivery_id]).rows()
    if not found:
        raise DeliveryError(
            f"delivery {delivery_id}",
            "没有此批次 / no such delivery",
            "暂存待核的批次 / a held delivery",
            "列出批次 / civiclake deliveries list",
        )
    state, agency_id, resource_id = found[0]
    if state != "held":
        raise DeliveryError(
            f"delivery {delivery_id}",
            f"状态为 / in state {state}",
            "held",
            "只有暂存批次需要决定 / only held ones are decided",
        )
    return agency_id, resource_id


def _deciding_body(release: Release, actor: Actor, agency_id: str, delivery_id: str, day: dt.date) -> str:
    """Return the body that decides: a lower tier's authority has no say in what this tier takes in."""
    deciding = [agency for role in _BODIES for agency in bodies(release, role, day)]
    if actor.agency in deciding and actor.post == QUALITY_OFFICER:
        return actor.agency
    if stands_for(release, actor.agency, agency_id) and actor.post == DATA_OFFICER:
        return actor.agency
    raise NotPermitted(
        f"delivery {delivery_id}",
        f"{actor}: 无权决定 / may not decide it",
        f"主管或运营机构的 / {QUALITY_OFFICER} of authority or operator, or {agency_id}/{DATA_OFFICER}",
        "由有权岗位决定 / let one of them decide",
    )


def _transition(act: str) -> Transition:
    return next(transition for transition in DELIVERY_DECISION if transition.act == act)


def _decided(session: Session, delivery_id: str) -> DeliveryDecision | None:
    case = session.scalars(
        select(Case).where(Case.kind == KIND, Case.subject_id == delivery_id)
    ).one_or_none()
    return _decision_of(session, case) if case else None


def _decision_of(session: Session, case: Case) -> DeliveryDecision:
    words = {act: decision for decision, act in DECISIONS.items()}
    event = session.scalars(select(Event).where(Event.case_id == case.id, Event.act.in_(words))).one()
    return DeliveryDecision(
        case.id, case.subject_id, words[event.act], event.agency_id, event.post, event.note, event.at
    )


def _as_table(decisions: list[DeliveryDecision]) -> pl.DataFrame:
    rows = [
        {
            "decision_id": decision.decision_id,
            "delivery_id": decision.delivery_id,
            "decision": decision.decision,
            "agency_id": decision.agency,
            "post": decision.post,
            "note": decision.note,
            "decided_at": decision.decided_at,
        }
        for decision in decisions
    ]
    return pl.DataFrame(rows, schema_overrides={"decided_at": pl.Datetime("us", "UTC")})
