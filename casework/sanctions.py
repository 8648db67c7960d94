"""Measures against users of opened data that the regulation has made public (公示, Yancheng a35).

Here: which suspensions and ends of users are such measures, in the profile's words. Not here: ordering them
(``recipients.py``), nor the page that shows them (``opening``, ``serving``). A user is named as it named itself, else
by its recipient's id: never by a label that an officer wrote, which may be a person's name.
"""

import datetime as dt
import json
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from casework.access_models import RecipientEntry
from casework.access_transitions import RECIPIENT, AccessState
from casework.account_models import Account
from casework.models import Case, Event
from casework.state import State
from resource_catalogue.model import Label
from resource_catalogue.profile import Profile
from resource_catalogue.profile_words import word_label

_PUBLISHED, _MEASURES = "open.restriction_published", "open.restrictions"
_WORDS = {"suspend": ("restrict",), "end": ("close", "terminate")}
"""Words of the vocabulary that an act may be called by; the profile's own is taken."""
_STATES = (str(AccessState.SUSPENDED), str(AccessState.ENDED))
_LABELS = {transition.act: transition.label for transition in RECIPIENT}


@dataclass(frozen=True, slots=True)
class Measure:
    """Describe a measure that is in force and public.

    Attributes:
        subject: Name of the account as its holder chose it, else the recipient's id.
        basis: Title and article of the regulation, with the profile's version.
        since: Instant of the order.
    """

    subject: str
    measure: Label
    reason: Label
    basis: str
    since: dt.datetime


def public_measures(state: State, profile: Profile) -> list[Measure]:
    """List the measures in force that a profile has made public, newest first; none where it has none published.

    Precautions that answer no breach, and accounts that their holders closed, are none. A lifted suspension is gone.
    """
    if profile.provision(_PUBLISHED).value is not True:
        return []
    query = select(RecipientEntry).join(Case, Case.id == RecipientEntry.case_id)
    query = query.where(RecipientEntry.kind == "user", Case.state.in_(_STATES)).order_by(Case.sequence)
    with state.read() as session:
        found = [_measure(session, entry, profile) for entry in session.scalars(query)]
    return sorted((one for one in found if one is not None), key=lambda one: one.since, reverse=True)


def _measure(session: Session, entry: RecipientEntry, profile: Profile) -> Measure | None:
    ordered = select(Event).where(Event.case_id == entry.case_id, Event.to_state == entry.case.state)
    ordered = ordered.where(Event.from_state != Event.to_state).order_by(Event.sequence.desc())
    event = session.scalars(ordered).first()
    if event is None or event.act not in _WORDS:
        return None
    detail = json.loads(event.detail)
    if detail.get("precaution"):
        return None
    account = session.get(Account, entry.case_id)
    provision = profile.provision(_MEASURES)
    return Measure(
        subject=account.name if account is not None and account.name else entry.id,
        measure=_word(event.act, provision.value),
        reason=Label(zh=event.note, en=detail.get("reason_en", "")),
        basis=profile.citation(provision if provision.art else profile.provision(_PUBLISHED)),
        since=event.at,
    )


def _word(act: str, value: object) -> Label:
    stated = value if isinstance(value, tuple) else ()
    return next((word_label("values", word) for word in _WORDS[act] if word in stated), _LABELS[act])
