"""A request for a grant as rows: its case, what is granted, and that there is no second of its kind.

Here: making the rows of one request. Not here: checking it (``grant_rules.py``), its life (``grants.py``).
"""

import datetime as dt
from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.access_models import GrantEntry, RecipientEntry
from casework.access_transitions import OPEN_GRANT_STATES
from casework.consent_needs import Need
from casework.grant_rules import Application
from casework.models import Case
from casework.numbering import next_id, next_sequence
from casework.shared_entry import SharedColumn
from resource_catalogue.access_words import COPYING
from resource_catalogue.errors import CaseError
from resource_catalogue.release import Release

KIND = "share_grant"


def refuse_second(session: Session, recipient_id: str, application: Application) -> None:
    """Refuse a second grant of the same kind for the same days: one copy per entry, one lookup per purpose.

    Raises:
        CaseError: The recipient has one that is not over.
    """
    query = (
        select(GrantEntry)
        .join(Case, Case.id == GrantEntry.case_id)
        .where(
            GrantEntry.recipient_id == recipient_id,
            GrantEntry.entry == application.entry,
            Case.state.in_([str(one) for one in OPEN_GRANT_STATES]),
        )
    )
    for other in session.scalars(query):
        if _is_same_kind(other, application) and _overlaps(other, application):
            raise CaseError(
                f"接收方 / recipient {recipient_id}",
                f"{application.entry}: 已有 / has {other.case_id}",
                "每条目一项拷贝授权，每条目每用途一项接口授权 / one copying grant per entry, one lookup per entry "
                "and purpose",
                "撤销原授权或另定期限 / revoke that one first, or choose other days",
            )


def _is_same_kind(other: GrantEntry, application: Application) -> bool:
    if application.mode in COPYING or other.mode in COPYING:
        return application.mode in COPYING and other.mode in COPYING
    return other.purpose == application.purpose.strip()


def _overlaps(other: GrantEntry, application: Application) -> bool:
    ends_before = other.valid_to is not None and other.valid_to < application.valid_from
    begins_after = application.valid_to is not None and application.valid_to < other.valid_from
    return not (ends_before or begins_after)


def new_case(
    session: Session,
    release: Release,
    application: Application,
    agency: str,
    operator: str,
    as_of: dt.datetime,
    year: int,
) -> Case:
    """Open the case of a grant, which has no state yet."""
    return Case(
        id=next_id(session, "G", year),
        sequence=next_sequence(session),
        kind=KIND,
        agency_id=agency,
        raised_by=operator,
        resource_id=application.entry[:120],
        subject_kind="grant",
        subject_id=application.entry,
        profile=release.profile.reference,
        release=release.number,
        opened_at=as_of,
        state="",
        round=1,
    )


def new_grant(
    session: Session,
    case: Case,
    recipient_id: str,
    application: Application,
    chosen: Sequence[SharedColumn],
) -> GrantEntry:
    """Write down what is granted."""
    grant = GrantEntry(
        case=case,
        recipient=session.get_one(RecipientEntry, recipient_id),
        recipient_id=recipient_id,
        entry=application.entry,
        columns=application.columns,
        divisions=tuple(sorted(set(application.divisions))),
        providers=providers_of(chosen),
        mode=application.mode,
        purpose=application.purpose.strip(),
        scenario=application.scenario.strip(),
        basis=application.basis.strip(),
        commitment=application.commitment,
        valid_from=application.valid_from,
        valid_to=application.valid_to,
        with_history=application.with_history,
    )
    session.add(grant)
    return grant


def requested(grant: GrantEntry, needs: Sequence[Need]) -> dict[str, object]:
    """Return what the ledger says of a request."""
    return {
        "recipient": grant.recipient_id,
        "entry": grant.entry,
        "columns": list(grant.columns),
        "divisions": list(grant.divisions),
        "mode": grant.mode,
        "purpose": grant.purpose,
        "scenario": grant.scenario,
        "basis": grant.basis,
        "commitment": grant.commitment,
        "valid_from": grant.valid_from.isoformat(),
        "valid_to": grant.valid_to.isoformat() if grant.valid_to else None,
        "needs": needs_in_words(needs),
    }


def providers_of(chosen: Sequence[SharedColumn]) -> tuple[str, ...]:
    """Return the agencies that answer for columns, in order of id."""
    return tuple(sorted({agency for column in chosen for agency in column.providers}))


def needs_in_words(needs: Sequence[Need]) -> list[str]:
    """Return the consents that are asked for as the ledger names them."""
    return [f"{need.kind}:{need.agency_id} {need.article}" for need in needs]
