"""The parts of a jurisdiction profile: regulation, roles, types, bases, dimensions, fields, provisions.

Here: one small shape per part, values only. Not here: procedures with limits (``procedure.py``), the whole
profile and its loading (``profile.py``).
"""

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field, StrictBool, StrictInt, StringConstraints, model_validator

from resource_catalogue.model import AccessType, Identifier, Label, Period, Strict
from resource_catalogue.procedure import Article, Rank, Strength
from resource_catalogue.resource import Indicator

Status = Literal["in_force", "expired", "draft", "not_yet_in_force"]
BodyRole = Literal["authority", "operator"]
FieldPath = Annotated[str, StringConstraints(pattern=r"^[a-z]+(_[a-z]+)*(\.[a-z]+(_[a-z]+)*)?$")]
"""Key of the resource model, such as ``update.frequency``."""


class Regulation(Strict):
    """Hold the identity and dates of the text.

    Attributes:
        consulted: Period of public consultation of a draft.
        effective: First day in force; null while a draft fixes none.
        expires: Last day in force; null without an end.
    """

    title: Label
    doc_no: str | None = None
    issued: dt.date | None = None
    consulted: Period | None = None
    effective: dt.date | None = None
    expires: dt.date | None = None
    replaces: str | None = None

    @model_validator(mode="after")
    def _dates_in_order(self) -> "Regulation":
        dates = [day for day in (self.issued, self.effective, self.expires) if day]
        if dates != sorted(dates):
            raise ValueError(
                "issued、effective、expires 须依次不早于前者 / issued, effective and expires in this order"
            )
        return self


class RoleName(Label):
    """Name a role in the text's own words."""

    art: Article


class RoleNames(Strict):
    """Name the roles of a text; ``operator`` is null where the text knows none."""

    authority: RoleName
    operator: RoleName | None = None
    provider: RoleName
    consumer: RoleName
    user: RoleName


class RoleBinding(Strict):
    """Bind functions of the platform to bodies, in order: the first that exists in the deployment acts.

    Attributes:
        platform: Who answers where the text lets "the platform" act.
        quality_officer: Who watches quality and raises rectification.
    """

    authority: tuple[BodyRole, ...] = Field(min_length=1)
    operator: tuple[BodyRole, ...] = Field(min_length=1)
    platform: tuple[BodyRole, ...] = Field(min_length=1)
    quality_officer: tuple[BodyRole, ...] = Field(min_length=1)


class Terms(Strict):
    """Name the text's own terms: the data, the bodies that hold them, those who use opened data."""

    data: Label
    agency: Label
    user: Label


class Tier(Label):
    """Name one tier of government; profiles list them from the lowest up."""

    id: Identifier


class TypeNames(Strict):
    """Name the share or open types; null where the text has no such type."""

    open_to_all: Label
    conditional: Label | None
    none: Label


class BasisRule(Strict):
    """Say which types of entry need a reason and a cited basis, and of what rank (H-04, P-03).

    Attributes:
        reason: Types whose entry must give a reason.
        needs: Types whose entry must cite a basis.
        ranks: Ranks admitted as basis.
    """

    reason: tuple[AccessType, ...] = ()
    needs: tuple[AccessType, ...] = ()
    ranks: tuple[Rank, ...] = ()
    art: Article | None = None
    words: str | None = None

    @model_validator(mode="after")
    def _ranks_fit(self) -> "BasisRule":
        if bool(self.needs) != bool(self.ranks):
            raise ValueError("须有依据处须写、其他处不写位阶 / ranks exactly where a basis is needed")
        if (self.needs or self.reason) and not (self.art and self.words):
            raise ValueError("须写条款及原文 / article and words of the demand")
        return self


class Basis(Strict):
    """Hold the rules on reasons and bases for sharing and for opening."""

    share: BasisRule
    open: BasisRule


class BaseDatabase(Label):
    """Name a base database (基础库) in the text's own word; ``feed`` where the text demands one."""

    feed: Literal["real_time"] | None = None
    art: Article


class Dimension(Strict):
    """Map a quality word of the text to GB/T 36344-2018 indicators; none means: named, not assessed."""

    en: str
    indicators: tuple[Indicator, ...]
    art: tuple[Article, ...] = Field(min_length=1)


class FieldWhen(Strict):
    """Say for which values of another field a field is required."""

    field: FieldPath
    one_of: tuple[str, ...] = Field(min_length=1)


class RequiredField(Label):
    """Require a field of every catalogue entry; ``zh`` is the text's own word for it."""

    field: FieldPath
    art: Article
    when: FieldWhen | None = None


class SubjectKey(Label):
    """Name the key that the text demands for a kind of subject."""

    element: Literal["citizen_id", "credit_code"]
    art: Article


class StatutorySource(Label):
    """Say which functions may collect a kind of datum (法定采集机构).

    Attributes:
        item: Item number in the text, null where it gives none.
        functions: Function of an agency -> the text's word for it. The list bounds who *may* be the source.
    """

    item: str | None = None
    functions: Mapping[Identifier, str] = Field(min_length=1)
    art: Article


class Provision(Strict):
    """Hold one provision; ``value`` null means that the text is silent.

    Attributes:
        value: Of the type that the vocabulary gives for the provision's key.
        words: The text's own words.
    """

    value: StrictBool | StrictInt | tuple[str, ...] | None = None
    strength: Strength = "must"
    art: Article | None = None
    words: str | None = None

    @model_validator(mode="after")
    def _cited_unless_silent(self) -> "Provision":
        if self.value is not None and not (self.art and self.words):
            raise ValueError("须写条款及原文 / article and words of the provision")
        return self


class Attribution(Strict):
    """List what a product made with opened data must say; empty where the text asks for nothing."""

    fields: tuple[Literal["source", "provider", "acquired_on"], ...] = ()
    art: Article | None = None


class PriorityDomains(Strict):
    """List the domains to be opened first: category id -> the text's word."""

    domains: Mapping[Identifier, str] = Field(default_factory=dict)
    art: Article | None = None
