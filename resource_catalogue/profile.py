"""The jurisdiction profile: what one regulation says, as data of one typed shape with a version.

Here: the whole shape, its questions (status, citation, who acts) and its loading. Not here: any
jurisdiction's name or rule, which are values in ``jurisdictions/*.yml``, nor targets for words without a
number (deployment settings). Every clock, decision and report cites ``id@version``.
"""

import datetime as dt
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Literal, Protocol, TypeVar

from pydantic import Field, ValidationError, field_validator, model_validator

from resource_catalogue.article import article_in_words
from resource_catalogue.errors import CatalogueError
from resource_catalogue.faults import FaultyCatalogue
from resource_catalogue.model import AccessType, Identifier, Label, Strict
from resource_catalogue.procedure import Procedure, Rank, Step
from resource_catalogue.profile_parts import (
    Attribution,
    BaseDatabase,
    Basis,
    BodyRole,
    Dimension,
    PriorityDomains,
    Provision,
    Regulation,
    RequiredField,
    RoleBinding,
    RoleNames,
    Status,
    StatutorySource,
    SubjectKey,
    Terms,
    Tier,
    TypeNames,
)
from resource_catalogue.profile_words import CaseKind, profile_words
from resource_catalogue.yaml_source import faults_of, load_yaml

_Body = TypeVar("_Body", bound=str)
_SHIPPED = Path(__file__).parent / "jurisdictions"
_DEFAULTS = Path(__file__).parent / "defaults.toml"
_PYTHON_TYPE = {"flag": bool, "count": int, "words": tuple}
_STATUS_WORDS: dict[Status, Label] = {
    "expired": Label(zh="已失效", en="expired"),
    "draft": Label(zh="草案", en="draft"),
    "not_yet_in_force": Label(zh="尚未施行", en="not yet in force"),
}


class Cited(Protocol):
    """Anything that stands at an article: a step, a provision, a required field."""

    @property
    def art(self) -> str | None:
        """Return the article."""


class Profile(Strict):
    """Hold what one regulation says.

    Attributes:
        status: State of the text when this version was written; ``status_on`` gives it for a day.
        under: Overlays that prevail over the text, nearest first.
        roles: Which body performs which function of the platform.
        tiers: From the lowest up; ``home_tier`` is the one that issued the text.
        subject_keys: Key demanded per kind of subject; a kind that is absent is not ruled.
        spatiotemporal_fields: Time and place fields demanded of all collected data.
        provisions: By key of the vocabulary; an absent key means that the text is silent.
        cases: Procedure per kind of case; an absent kind means that the text is silent.
    """

    id: Identifier
    version: int = Field(ge=1)
    name: Label
    regulation: Regulation
    status: Literal["in_force", "expired", "draft"]
    rank: Rank
    under: tuple[Identifier, ...] = ()
    role_names: RoleNames
    roles: RoleBinding
    terms: Terms
    tiers: tuple[Tier, ...] = Field(min_length=1)
    home_tier: Identifier
    share_types: TypeNames
    open_types: TypeNames
    basis: Basis
    base_databases: Mapping[Identifier, BaseDatabase] = Field(default_factory=dict)
    dimensions: Mapping[str, Dimension] = Field(min_length=1)
    required_fields: tuple[RequiredField, ...] = Field(min_length=1)
    subject_keys: Mapping[Literal["person", "organisation"], SubjectKey] = Field(default_factory=dict)
    spatiotemporal_fields: tuple[RequiredField, ...] = ()
    statutory_sources: Mapping[str, StatutorySource] = Field(default_factory=dict)
    provisions: Mapping[str, Provision]
    attribution: Attribution = Attribution()
    priority_domains: PriorityDomains = PriorityDomains()
    cases: Mapping[CaseKind, Procedure]

    @field_validator("provisions")
    @classmethod
    def _provisions_in_vocabulary(cls, provisions: Mapping[str, Provision]) -> Mapping[str, Provision]:
        for key, provision in provisions.items():
            _check_provision(key, provision)
        return provisions

    @field_validator("cases")
    @classmethod
    def _cases_complete(cls, cases: Mapping[str, Procedure]) -> Mapping[str, Procedure]:
        if "rectification" not in cases or not cases["rectification"].raised_by:
            raise ValueError("须有 rectification 及其发起机构 / a case rectification and who raises it")
        kinds = [*cases, *(kind for procedure in cases.values() for kind in procedure.also)]
        clocks = [step.id for procedure in cases.values() for step in procedure.steps if step.id]
        for names in (kinds, clocks):
            if len(set(names)) != len(names):
                raise ValueError(
                    "每类事项、每个时钟编号只写一次 / each kind of case and each clock number once"
                )
        return cases

    @model_validator(mode="after")
    def _parts_agree(self) -> "Profile":
        if self.home_tier not in {tier.id for tier in self.tiers}:
            raise ValueError("home_tier 须在 tiers 中 / a home_tier out of tiers")
        if self.status != "draft" and not self.regulation.effective:
            raise ValueError("非草案须写施行日期 / the effective date of a text that is no draft")
        if self.status == "expired" and not self.regulation.expires:
            raise ValueError("已失效的文本须写最后有效日 / the last day of an expired text")
        pattern = re.compile(rf"{self.id}\.(person|organisation|place)\.[a-z][a-z_]*")
        if any(not pattern.fullmatch(key) for key in self.statutory_sources):
            raise ValueError(
                f"法定数源须命名为 / statutory sources named {self.id}.<person|organisation|place>.<datum>"
            )
        return self

    @property
    def reference(self) -> str:
        """Return ``id@version``, which every clock, decision and report cites."""
        return f"{self.id}@{self.version}"

    def status_on(self, as_of: dt.date) -> Status:
        """Return the state of the text on a day: by its dates; a draft stays a draft."""
        if self.status == "draft" or self.regulation.effective is None:
            return "draft"
        if as_of < self.regulation.effective:
            return "not_yet_in_force"
        ended = self.regulation.expires is not None and as_of > self.regulation.expires
        return "expired" if ended else "in_force"

    def label(self, as_of: dt.date) -> Label:
        """Return what a report shows: ``id@version``, and the state where the text is not in force."""
        state = _STATUS_WORDS.get(self.status_on(as_of))
        if state is None:
            return Label(zh=self.reference, en=self.reference)
        return Label(zh=f"{self.reference}（{state.zh}）", en=f"{self.reference} ({state.en})")

    def citation(self, cited: Cited) -> str:
        """Return the source of a step, provision or field: title, article, profile version.

        Raises:
            ValueError: The text is silent, so that there is nothing to cite.
        """
        if cited.art is None:
            raise ValueError(f"{self.reference} is silent here; nothing to cite")
        return f"{self.regulation.title.zh} {article_in_words(cited.art)} ({self.reference} {cited.art})"

    def provision(self, key: str) -> Provision:
        """Return a provision; one with value null where the text is silent.

        Raises:
            KeyError: The vocabulary has no such provision.
        """
        profile_words().provisions[key]
        return self.provisions.get(key, Provision())

    def case(self, kind: str) -> Procedure | None:
        """Return the procedure of a kind of case, null where the text is silent.

        Raises:
            KeyError: The vocabulary has no such kind of case.
        """
        profile_words().cases[kind]
        if kind in self.cases:
            return self.cases[kind]
        return next((procedure for procedure in self.cases.values() if kind in procedure.also), None)

    def prescribed_steps(self) -> Iterator[tuple[str, Step]]:
        """Yield kind of case and step of every prescribed limit (D-numbers)."""
        for kind, procedure in self.cases.items():
            yield from ((kind, step) for step in procedure.steps if step.limit.kind == "prescribed")

    def acting(
        self,
        function: Literal["authority", "operator", "platform", "quality_officer"],
        present: Collection[str],
    ) -> BodyRole:
        """Return which body performs a function, given the roles that exist in the deployment.

        Raises:
            CatalogueError: None of the bodies that may perform it exists.
        """
        candidates: tuple[BodyRole, ...] = getattr(self.roles, function)
        return _first_present(self, function, candidates, present)

    def raiser(self, kind: str, present: Collection[str]) -> str:
        """Return which body raises a kind of case, given the roles that exist in the deployment.

        Raises:
            CatalogueError: The text names nobody for it, or none that exists.
        """
        procedure = self.case(kind)
        return _first_present(self, kind, procedure.raised_by if procedure else (), present)

    def admits_basis(self, use: Literal["share", "open"], access: AccessType, rank: str) -> bool:
        """Tell whether a basis of that rank supports the type; True where the text demands no basis."""
        rule = self.basis.share if use == "share" else self.basis.open
        return access not in rule.needs or rank in rule.ranks


def shipped_profile_ids() -> tuple[str, ...]:
    """Return the ids of the profiles that ship with the package, in alphabetical order."""
    return tuple(sorted(path.stem for path in _SHIPPED.glob("*.yml")))


def default_profile_id() -> str:
    """Return the profile that holds where a deployment names none (``defaults.toml``)."""
    return str(tomllib.loads(_DEFAULTS.read_text(encoding="utf-8"))["profile"])


def load_profile(path_or_id: Path | str) -> Profile:
    """Load a profile.

    Args:
        path_or_id: Id of a shipped profile, or path of a file of a deployment; its name without suffix is the
            id.

    Returns:
        The profile.

    Raises:
        FaultyCatalogue: The file has faults, or its name is not the profile's id; file, line and remedy are
            given.
        CatalogueError: No profile of that id ships with the package.
    """
    source = load_yaml(_profile_path(path_or_id))
    try:
        profile = Profile.model_validate(source.data)
    except ValidationError as error:
        raise FaultyCatalogue(faults_of(error, source)) from None
    if profile.id != source.path.stem:
        raise FaultyCatalogue(
            [
                source.fault(
                    ("id",), profile.id, source.path.stem, "id 与文件名一致 / make id and file name the same"
                )
            ]
        )
    return profile


def _profile_path(path_or_id: Path | str) -> Path:
    if isinstance(path_or_id, Path) or not re.fullmatch(r"[a-z][a-z0-9_]*", path_or_id):
        return Path(path_or_id)
    if path_or_id not in shipped_profile_ids():
        shipped = ", ".join(shipped_profile_ids())
        raise CatalogueError(
            "profile", path_or_id, shipped, "选用其一，或给出文件路径 / choose one, or give a path"
        )
    return _SHIPPED / f"{path_or_id}.yml"


def _check_provision(key: str, provision: Provision) -> None:
    words = profile_words()
    if key not in words.provisions:
        raise ValueError(f"没有此规定项 / known provisions only, not {key}")
    kind = words.provisions[key].type
    if provision.value is None:
        return
    if type(provision.value) is not _PYTHON_TYPE[kind]:
        raise ValueError(f"{key} 的值须为 / with a value of type {kind}")
    if isinstance(provision.value, tuple):
        unknown = [word for word in provision.value if word not in words.values]
        if unknown or not provision.value:
            raise ValueError(
                f"{key} 只用已知的词 / with known words only{': not ' + ', '.join(unknown) if unknown else ''}"
            )


def _first_present(
    profile: Profile, what: str, candidates: tuple[_Body, ...], present: Collection[str]
) -> _Body:
    for body in candidates:
        if body in present:
            return body
    raise CatalogueError(
        profile.reference,
        f"{what}: no body",
        " | ".join(candidates) or "—",
        "在机构目录中指定此角色 / give an agency this role",
    )
