"""Erasing how a person can be reached: on demand, and once a case has been over for as long as is set.

Here: contacts of forms and of the portal's accounts. Not here: what else a person wrote, which the body that answers
needs for as long as the case is kept. Case and ledger stay: they hold no contact, only a salted hash, which is made
anew with another salt (PIPL a19, a47).
"""

import datetime as dt
import secrets
from dataclasses import dataclass

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from casework.account_models import AccountContact
from casework.actors import Actor, check_known, stands_for
from casework.form_models import FormContent, FormEntry, content_hash
from casework.instants import instant_of_act, last_event_at
from casework.ledger import Act, advance, by_platform
from casework.models import Case
from casework.state import State
from resource_catalogue.errors import CaseError, NotPermitted
from resource_catalogue.release import Release


@dataclass(frozen=True, slots=True)
class Erased:
    """Count what was erased: numbers of forms and of users' cases."""

    forms: tuple[str, ...]
    accounts: tuple[str, ...]


def erase_form_contact(
    state: State, release: Release, case_id: str, actor: Actor, as_of: dt.datetime
) -> bool:
    """Erase the contact that came with a form; tell whether there was one.

    Raises:
        NotPermitted: Agency or post is unknown, or of a body that is not concerned.
        CaseError: There is no form of that number.
    """
    check_known(release, actor)
    with state.write() as session:
        entry = session.get(FormEntry, case_id)
        if entry is None:
            raise CaseError(
                f"表单 / form {case_id[:40]!r}",
                "没有此件 / no such form",
                "编号，如 / a number such as F-2026-0001",
                "列出表单 / civiclake forms list",
            )
        concerned = (entry.case.agency_id, entry.case.raised_by)
        if not any(stands_for(release, actor.agency, body) for body in concerned):
            raise NotPermitted(
                case_id,
                f"{actor.agency}: 无权删除 / may not erase it",
                " | ".join(concerned),
                "由该机构办理 / let that body act",
            )
        return _erase_of_form(session, entry, actor, instant_of_act(state, session, case_id, as_of))


def erase_due_contacts(state: State, as_of: dt.datetime, days: int) -> Erased:
    """Erase the contacts of forms and accounts that have been over for some days; a second call finds nothing.

    Args:
        days: Days after the case was closed.
    """
    before = as_of - dt.timedelta(days=days)
    with state.write() as session:
        forms = [
            entry.case_id
            for entry in session.scalars(_closed_forms(before))
            if _erase_of_form(session, entry, by_platform(entry.case), _now(session, entry.case_id, as_of))
        ]
        accounts = [_erase_of_account(session, case, as_of) for case in session.scalars(_ended_users(before))]
    return Erased(tuple(forms), tuple(accounts))


def _closed_forms(before: dt.datetime) -> Select[tuple[FormEntry]]:
    query = select(FormEntry).join(Case, Case.id == FormEntry.case_id)
    query = query.join(FormContent, FormContent.case_id == FormEntry.case_id)
    return query.where(Case.closed_at <= before, FormContent.contact != "").order_by(Case.sequence)


def _ended_users(before: dt.datetime) -> Select[tuple[Case]]:
    query = select(Case).join(AccountContact, AccountContact.case_id == Case.id)
    return query.where(Case.closed_at <= before).order_by(Case.sequence)


def _now(session: Session, case_id: str, as_of: dt.datetime) -> dt.datetime:
    last = last_event_at(session, case_id)
    return max(as_of, last) if last is not None else as_of


def _erase_of_form(session: Session, entry: FormEntry, actor: Actor, at: dt.datetime) -> bool:
    content = session.get(FormContent, entry.case_id)
    if content is None or not content.contact:
        return False
    # Another salt: nobody who kept the former one can try contacts against the former hash.
    content.contact, content.salt = "", secrets.token_hex(32)
    entry.content_hash = content_hash(content.salt, content.text, content.contact)
    advance(session, entry.case, Act("erase_contact", actor, at))
    return True


def _erase_of_account(session: Session, case: Case, as_of: dt.datetime) -> str:
    session.delete(session.get_one(AccountContact, case.id))
    advance(session, case, Act("erase_contact", by_platform(case), _now(session, case.id, as_of)))
    return case.id
