"""Forms of the public for tests: what the release says in public, and a form that holds a person's data."""

from typing import Any

from casework_city import PLANTED

from casework.form_procedure import PublicFacts
from casework.portal_forms import Form, SentForm
from resource_catalogue.profile import Profile, load_profile

DATASET = "market_entities"
SECRET, CONTACT = f"我的号码 {PLANTED} 被公开了", "13800138000 王某"
"""What a person wrote, and that person's contact; neither may appear outside the table of contents."""


def facts(profile: str | Profile = "yancheng", **changed: Any) -> PublicFacts:
    """Return what the hand-built city says in public: market provides the one dataset."""
    fields: dict[str, Any] = {
        "profile": load_profile(profile) if isinstance(profile, str) else profile,
        "release": 1,
        "authority": "data_bureau",
        "agencies": {DATASET: "market"},
    }
    return PublicFacts(**(fields | changed))


def form(kind: Form = "correction", dataset: str | None = DATASET, **changed: str) -> SentForm:
    """Return a form."""
    return SentForm(kind, dataset, changed.get("text", SECRET), changed.get("contact", CONTACT))
