"""What the profile says to those who use opened data: terms, application, steps with their limits, in its own words.

Here: choosing and wording what a visitor of the portal must know (Yancheng a27, Xinjiang a29, Weihai a24). Not here:
running an application (``casework``).
"""

from opening.catalogue_shape import ApplicationStep, PortalTerms, Words
from resource_catalogue.article import article_in_words
from resource_catalogue.model import Label
from resource_catalogue.procedure import Limit, Step
from resource_catalogue.profile import Profile
from resource_catalogue.profile_parts import Provision
from resource_catalogue.profile_words import word_label

_UNITS = {
    "working_day": Label(zh="个工作日", en="working days"),
    "month": Label(zh="个月", en="months"),
    "year": Label(zh="年", en="years"),
}


def words(label: Label) -> Words:
    """Return a label as the catalogue holds it."""
    return {"zh": label.zh, "en": label.en}


def portal_terms(profile: Profile) -> PortalTerms:
    """Gather the terms of a profile; what its text is silent on stays empty."""
    application = profile.provision("open.application")
    procedure = profile.case("open_application")
    stated = application.value if isinstance(application.value, tuple) else ()
    return {
        "profile": profile.reference,
        "regulation": words(profile.regulation.title),
        "login": _flag(profile, "open.login_for_open_to_all"),
        "application": [words(word_label("values", word)) for word in stated],
        "application_article": article_in_words(application.art) if application.art else "",
        "application_steps": [_step(step) for step in procedure.steps] if procedure else [],
        "agreement": _flag(profile, "open.use_agreement"),
        "user": words(profile.terms.user),
    }


def _flag(profile: Profile, key: str) -> Words | None:
    """Quote a provision with its article, in the text's own language; null where the text makes none."""
    provision: Provision = profile.provision(key)
    if not provision.value or not provision.art:
        return None
    return {"zh": f"{provision.words}（{article_in_words(provision.art)}）", "en": ""}


def _step(step: Step) -> ApplicationStep:
    actors = [word_label("actors", actor) for actor in step.by]
    return {
        "act": words(word_label("acts", step.act)),
        "by": {
            "zh": "、".join(actor.zh for actor in actors),
            "en": " and ".join(actor.en.lower() or actor.zh for actor in actors),
        },
        "limit": _limit(step.limit, word_label("starts", step.starts)),
        "article": article_in_words(step.art),
    }


def _limit(limit: Limit, start: Label) -> Words:
    """Word a limit: a number as prescribed, a word as it stands, nothing where the text has none."""
    if limit.n is not None and limit.unit in _UNITS:
        unit = _UNITS[limit.unit]
        return {
            "zh": f"{start.zh}之日起 {limit.n} {unit.zh}内",
            "en": f"within {limit.n} {unit.en} of {start.en.lower()}",
        }
    return {"zh": limit.word or "", "en": limit.word or ""}
