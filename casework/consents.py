"""Consents to grants, refusals and revocations: by the body concerned, dated, on the article that wants them.

Here: acts of people on a grant. Not here: which consents it needs (``consent_needs.py``), what the platform does by
itself (``grant_review.py``). A stamp (盖章) is a dated confirmation of one document by a named office of each body,
with the document's SHA-256: the platform does not pretend to be a seal.
"""

import datetime as dt
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import get_args

from sqlalchemy.orm import Session

from casework.access_actors import check_speaks_for, is_administrator, speaks_for
from casework.access_models import ConsentEntry, GrantEntry, RecipientEntry
from casework.actors import Actor, check_known, stands_for
from casework.consent_needs import DOCUMENTED, refusal_of
from casework.grant_review import settle_grant
from casework.grants import GrantCase, consents_of, grant_case, open_grant
from casework.ledger import Act, advance
from casework.models import Case
from casework.notes import checked_note
from casework.state import State
from casework.transitions import transition_for
from lake import Lake
from resource_catalogue.errors import CaseError, NotPermitted
from resource_catalogue.model import LegalBasis
from resource_catalogue.procedure import Rank, Refusal
from resource_catalogue.release import Release

_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Document:
    """Name the document that a body confirms.

    Attributes:
        sha256: SHA-256 of its bytes, 64 hex digits.
        signed_on: Day on which the body confirmed it.
    """

    sha256: str
    signed_on: dt.date


def give_consent(
    state: State,
    lake: Lake,
    release: Release,
    grant_id: str,
    actor: Actor,
    as_of: dt.datetime,
    document: Document | None = None,
    note: str = "",
    also_built: Collection[str] = (),
) -> GrantCase:
    """Record the consents that the actor's body still owes; the last one brings the grant into force.

    With a document its confirmations too; without one only those that need none. The ledger names the document
    also where it only accompanies a consent.

    Raises:
        NotFoundError: There is no such grant.
        NotPermitted: The body owes no consent, or the post may not give it.
        CaseError: The grant is not waiting, a document is missing, another one was confirmed, or its date is wrong.
    """
    day = state.day(as_of)
    with state.write() as session:
        case = open_grant(session, grant_id)
        owed = _owed(session, release, case, actor, day)
        transition_for(case.kind, case.id, case.state, "consent")
        text = checked_note(case.id, note, required=False)
        given = _given(case, owed, document)
        if document is not None:
            _check_document(consents_of(session, case.id), case, document, day)
        for consent in given:
            _record(consent, actor, as_of, document)
        advance(session, case, Act("consent", actor, as_of, text, _consented(given, document)))
        settle_grant(session, lake, release, case, as_of, day, also_built)
        return grant_case(session, case)


def refuse_grant(
    state: State,
    release: Release,
    grant_id: str,
    actor: Actor,
    reason: str,
    basis: LegalBasis | None,
    as_of: dt.datetime,
) -> GrantCase:
    """Refuse a requested grant, with the reason and the basis that the profile asks for (H-26).

    Raises:
        NotFoundError: There is no such grant.
        NotPermitted: The body has no say, or the post may not speak for it.
        CaseError: The grant is not waiting; reason or basis is missing, or the basis is of a rank not admitted.
    """
    return _end(state, release, grant_id, "refuse", actor, reason, basis, as_of)


def revoke_grant(
    state: State,
    release: Release,
    grant_id: str,
    actor: Actor,
    reason: str,
    basis: LegalBasis | None,
    as_of: dt.datetime,
) -> GrantCase:
    """Revoke a grant; the next request is refused.

    Authority and operator give a reason; a provider what a refusal must carry; the consumer may give it back.

    Raises:
        NotFoundError: There is no such grant.
        NotPermitted: The body has no say, or the post may not speak for it.
        CaseError: The grant is over; reason or basis is missing, or the basis is of a rank not admitted.
    """
    return _end(state, release, grant_id, "revoke", actor, reason, basis, as_of)


def _owed(session: Session, release: Release, case: Case, actor: Actor, day: dt.date) -> list[ConsentEntry]:
    """Return what the actor's body has not given yet; the actor is checked first: others learn nothing."""
    check_known(release, actor)
    own = [c for c in consents_of(session, case.id) if stands_for(release, actor.agency, c.agency_id)]
    if not own:
        raise NotPermitted(
            case.id,
            f"{actor.agency}: 无须其同意 / its consent is not asked for",
            " | ".join(sorted({c.agency_id for c in consents_of(session, case.id)})) or "—",
            "由须同意的机构办理 / let a body concerned act",
        )
    check_speaks_for(release, actor, own[0].agency_id, case.id, day)
    return [consent for consent in own if consent.given_at is None]


def _given(case: Case, owed: Sequence[ConsentEntry], document: Document | None) -> list[ConsentEntry]:
    """Return the consents that this act gives."""
    given = [c for c in owed if document is not None or c.kind not in DOCUMENTED]
    if not owed:
        raise CaseError(
            case.id,
            "已同意 / consented before",
            "尚缺的同意 / a consent that is missing",
            "查看授权 / grants show",
        )
    if not given:
        raise CaseError(
            case.id,
            "缺盖章文件 / the document to be confirmed is missing",
            owed[0].citation,
            "用 --document 指定文件 / name it with --document",
        )
    return given


def _check_document(consents: Sequence[ConsentEntry], case: Case, document: Document, day: dt.date) -> None:
    if not _HASH.fullmatch(document.sha256):
        raise CaseError(
            case.id, "摘要有误 / not a SHA-256", "64 位十六进制 / 64 hex digits", "重新计算 / take it anew"
        )
    if document.signed_on > day:
        raise CaseError(
            case.id,
            f"签署日期 / signed on {document.signed_on}",
            f"不晚于 {day} / {day} or earlier",
            "改正日期 / correct it",
        )
    others = {c.document_hash for c in consents if c.document_hash is not None}
    if others - {document.sha256}:
        raise CaseError(
            case.id,
            "与对方确认的文件不同 / another document than the other body confirmed",
            "同一份文件 / one and the same document",
            "核对文件 / compare the documents",
        )


def _record(consent: ConsentEntry, actor: Actor, as_of: dt.datetime, document: Document | None) -> None:
    consent.given_at, consent.given_by, consent.given_post = as_of, actor.agency, actor.post
    if document is not None and consent.kind in DOCUMENTED:
        consent.signed_on, consent.document_hash = document.signed_on, document.sha256


def _consented(given: Sequence[ConsentEntry], document: Document | None) -> dict[str, object]:
    detail: dict[str, object] = {"consents": [f"{c.number} {c.kind} {c.role} {c.article}" for c in given]}
    if document is not None:
        detail |= {"document": document.sha256, "signed_on": document.signed_on.isoformat()}
    return detail


def _end(
    state: State,
    release: Release,
    grant_id: str,
    act: str,
    actor: Actor,
    reason: str,
    basis: LegalBasis | None,
    as_of: dt.datetime,
) -> GrantCase:
    day = state.day(as_of)
    with state.write() as session:
        case = open_grant(session, grant_id)
        grant = session.get_one(GrantEntry, case.id)
        rule = _rule(session, release, case, grant, actor, act, day)
        transition_for(case.kind, case.id, case.state, act)
        text = checked_note(case.id, reason)
        _check_basis(release, case, rule, basis)
        grant.decided_at = as_of
        detail = {"basis": basis.model_dump(exclude_none=True) if basis else None}
        advance(session, case, Act(act, actor, as_of, text, detail))
        return grant_case(session, case)


def _rule(
    session: Session,
    release: Release,
    case: Case,
    grant: GrantEntry,
    actor: Actor,
    act: str,
    day: dt.date,
) -> Refusal:
    """Return what the actor's refusal or revocation must carry.

    Raises:
        NotPermitted: The actor has no say in this grant.
    """
    check_known(release, actor)
    consumer = session.get_one(RecipientEntry, grant.recipient_id).agency_id or ""
    for consent in consents_of(session, case.id):
        if consent.role != "consumer" and speaks_for(release, actor, consent.agency_id, day):
            return Refusal.model_validate(
                {"needs": consent.refusal_needs or ("reason",), "ranks": consent.refusal_ranks}
            )
    if any(speaks_for(release, actor, provider, day) for provider in grant.providers):
        return refusal_of(release, consumer, "provider")
    if is_administrator(release, actor, day):
        return refusal_of(release, consumer, "operator") if act == "refuse" else Refusal(needs=("reason",))
    if act == "revoke" and speaks_for(release, actor, consumer, day):
        return Refusal(needs=("reason",))
    raise NotPermitted(
        case.id,
        f"{actor}: 无权办理 / may not decide this",
        "主管部门、运营机构、提供机构或使用机构 / authority, operator, provider or consumer",
        "由有关机构的数据负责人办理 / let the data officer of a body concerned act",
    )


def _check_basis(release: Release, case: Case, rule: Refusal, basis: LegalBasis | None) -> None:
    """Refuse a refusal that lacks its legal basis, or rests on a rank that the text does not admit."""
    ranks = " | ".join(rule.ranks or get_args(Rank))
    cited = release.profile.case("share_request_conditional")
    article = next((release.profile.citation(s) for s in cited.steps if s.refusal), "") if cited else ""
    if "basis" in rule.needs and basis is None:
        raise CaseError(
            case.id,
            "缺法律法规依据 / the legal basis is missing",
            f"{ranks} ({article})",
            "写明依据 / name it with --basis-title, --basis-article and --basis-rank",
        )
    if basis is not None and rule.ranks and basis.rank not in rule.ranks:
        raise CaseError(
            case.id,
            f"依据的位阶 / rank of the basis: {basis.rank}",
            f"{ranks} ({article})",
            "另引依据 / rest it on another text",
        )
