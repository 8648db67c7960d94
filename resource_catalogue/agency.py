"""Agencies (公共管理和服务机构): who provides, reviews, operates and decides.

One file per agency below ``catalogue/agencies/``. Persons, phones and terms of office are not here: they live in the
casework database (O-03, O-04).
"""

from typing import Literal

from pydantic import Field

from resource_catalogue.model import AgencyId, DivisionCode, Identifier, Label, LegalBasis, Period, Strict

PostName = Literal[
    "first_responsible", "data_officer", "registrar", "reviewer", "security", "steward", "quality_officer"
]


class Post(Strict):
    """Name an office of an agency by its title."""

    post: PostName
    title: Label


class System(Strict):
    """Name an information system (系统目录, Putuo a9); ``built_by`` another tier exempts from double reporting."""

    id: Identifier
    name: Label
    built_by: str | None = None


class Duty(Strict):
    """Name a duty (职责目录, Putuo a9) with its legal basis."""

    id: Identifier
    name: Label
    basis: tuple[LegalBasis, ...] = ()


class Agency(Strict):
    """Describe one agency. ``functions`` are what profiles and registers refer to, never its name."""

    id: AgencyId
    name: Label
    short_name: Label
    credit_code: str
    legal_kind: Literal[
        "administrative_organ",
        "authorised_organisation",
        "public_institution",
        "state_enterprise",
        "utility",
        "people_group",
        "stationed_body",
        "by_reference",
    ]
    functions: tuple[Identifier, ...] = Field(min_length=1)
    roles: tuple[Literal["provider", "consumer", "authority", "operator"], ...] = ("provider",)
    tier: str
    division_code: DivisionCode
    under: AgencyId | None = None
    node: str
    valid: Period
    succeeds: tuple[str, ...] = ()
    posts: tuple[Post, ...] = ()
    systems: tuple[System, ...] = ()
    duties: tuple[Duty, ...] = ()

    def has_post(self, post: str) -> bool:
        """Tell whether the agency has that office."""
        return any(p.post == post for p in self.posts)
