"""What a regulation says on a form of the public: who acts, from when, by when, between what outcomes.

Here: reading the profile's procedure of ``open_objection`` and ``open_demand``. Not here: counting days
(``limits.py``). Where the text is silent a form is still answered, but nothing prescribes a day and none is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from casework.form_models import DEMAND, OBJECTION
from casework.form_transitions import DEMAND_OUTCOMES
from casework.limits import Terms, step_terms
from resource_catalogue.model import Label
from resource_catalogue.procedure import Step
from resource_catalogue.profile import Profile
from resource_catalogue.profile_words import profile_words
from resource_catalogue.settings import TargetSettings

_PROVIDERS = frozenset({"provider", "agency", "source_agency"})
_AUTHORITIES = frozenset({"authority", "operator", "platform"})
_AT_ONCE = frozenset({"submitted", "received", "passed_on"})
"""Starts that have come when the platform has put a form into the inbox of the body that acts."""
KIND_OF_FORM = {"correction": OBJECTION, "demand": DEMAND}


@dataclass(frozen=True)
class PublicFacts:
    """Hold what a form's case needs of the release and is public.

    Attributes:
        release: Number of the catalogue release.
        authority: Body that watches over forms, and answers demands for what nobody provides yet.
        agencies: Providing agency by dataset.
    """

    profile: Profile
    release: int
    authority: str
    agencies: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Course:
    """Say how a form is handled.

    Attributes:
        agency_id: Body that answers.
        step: The answer as the text describes it; null where the text is silent.
        passed_on: Step by which the text has the authority pass it on, which the platform does for it at once.
    """

    agency_id: str
    step: Step | None
    passed_on: Step | None

    @property
    def time_word(self) -> str:
        """Return the text's own word of time where it has no number; else nothing."""
        limit = self.step.limit if self.step else None
        return limit.word or "" if limit and limit.kind == "target" else ""

    def terms(self, profile: Profile, kind: str, targets: TargetSettings) -> Terms | None:
        """Return the terms of the clock; null where the text is silent.

        A step that starts later, such as at a decision, has no date yet.

        Raises:
            CaseError: The profile's limit is not in working days, which this room cannot count.
        """
        if self.step is None:
            return None
        terms = step_terms(profile, kind, self.step, targets)
        return terms if self.step.starts in _AT_ONCE else replace(terms, n=None, basis="none")


def course(facts: PublicFacts, form: str, dataset: str | None) -> Course:
    """Return how a form is handled: by the providing agency where the text names it or says nothing else."""
    kind = KIND_OF_FORM[form]
    procedure = facts.profile.case(kind)
    steps = [step for step in procedure.steps if step.when is None] if procedure else []
    step = _first(steps, _PROVIDERS) or _first(steps, _AUTHORITIES)
    provider = facts.agencies.get(dataset) if dataset else None
    by_provider = bool(_PROVIDERS & set(step.by)) if step else kind == OBJECTION
    before = steps[: steps.index(step)] if step and step.starts == "passed_on" else []
    agency = provider if provider and by_provider else facts.authority
    return Course(agency, step, _first(before, _AUTHORITIES))


def outcomes(step: Step | None, kind: str) -> tuple[str, ...]:
    """Return the words between which a body decides: those of the text, else all of the vocabulary."""
    if kind == DEMAND:
        return tuple(DEMAND_OUTCOMES)
    return (step.outcomes if step else ()) or tuple(profile_words().outcomes)


def outcome_label(kind: str, outcome: str) -> Label:
    """Return what a person sees for an outcome."""
    return DEMAND_OUTCOMES[outcome] if kind == DEMAND else profile_words().outcomes[outcome]


def _first(steps: list[Step], actors: frozenset[str]) -> Step | None:
    return next((step for step in steps if actors & set(step.by)), None)
