"""Public-data resources (公共数据资源目录): one entry per file below ``catalogue/resources/<agency>/``.

The fields are those of the national guide (发改高技〔2017〕1272号) and of the five regulations; see
``docs/how-to/add-a-feed.md``. Review verdicts and listing states belong to the release, not here.
"""

import datetime as dt
from typing import Any, Literal

from pydantic import Field, field_validator

from resource_catalogue.deletions import Deleted
from resource_catalogue.model import (
    STRICTNESS,
    Access,
    AccessType,
    AgencyId,
    DivisionCode,
    Identifier,
    Label,
    LegalBasis,
    ResourceId,
    Strict,
)
from resource_catalogue.sources import Source

Frequency = Literal[
    "real_time",
    "daily",
    "weekly",
    "monthly",
    "quarterly",
    "half_yearly",
    "yearly",
    "irregular",
    "never",
]
FREQUENCIES: dict[Frequency, Label] = {
    "real_time": Label(zh="实时", en="real time"),
    "daily": Label(zh="每日", en="daily"),
    "weekly": Label(zh="每周", en="weekly"),
    "monthly": Label(zh="每月", en="monthly"),
    "quarterly": Label(zh="每季度", en="quarterly"),
    "half_yearly": Label(zh="每半年", en="half-yearly"),
    "yearly": Label(zh="每年", en="yearly"),
    "irregular": Label(zh="不定期", en="irregular"),
    "never": Label(zh="不更新", en="not updated"),
}
"""Promised frequencies of update (更新频率)."""
ColumnType = Literal[
    "text",
    "code",
    "citizen_id",
    "credit_code",
    "registration_number",
    "subject_identifier",
    "certificate_identifier",
    "person_name",
    "address",
    "phone",
    "division",
    "money",
    "date",
    "datetime",
    "integer",
    "decimal",
    "boolean",
    "geometry",
]
Indicator = Literal[
    "0101", "0102", "0103", "0104", "0105", "0106", "0201", "0202", "0301", "0302",
    "0303", "0304", "0305", "0401", "0402", "0501", "0502", "0503", "0601", "0602",
]  # fmt: skip


class Agencies(Strict):
    """Name the three bodies that an entry must tell apart (Yancheng a9: 收集、审核、提供机构)."""

    collecting: AgencyId
    reviewing: AgencyId
    providing: AgencyId


class Collected(Strict):
    """Say when and where a row was collected at the source (Weihai a10): a column's name or a constant."""

    at: dt.date | str | None = Field(default=None, union_mode="left_to_right")
    place: str | None = None


class Covers(Strict):
    """Say what the resource is expected to cover."""

    divisions: tuple[DivisionCode, ...] = ()
    since: dt.date | None = None
    rows_expected: int | None = Field(default=None, ge=0)


class Update(Strict):
    """Promise how often (更新频率) and in which mode the resource is delivered.

    Attributes:
        about: What a row speaks of, so that later words about the past are told: a column that names its day or
            period, ``slice`` whose name does, or ``now``, the state of the day. Left out, a slice named by a period
            and every appended row speak of what was.
        deleted: Which records of changes are deletions; left out, none is.
    """

    frequency: Frequency
    mode: Literal["snapshot", "append", "changes"] = "snapshot"
    due: str | None = None
    about: str | None = None
    deleted: Deleted | None = None


class Secrecy(Strict):
    """Record the secrecy review; an entry declared secret is refused (Xinjiang a12¶3)."""

    class Review(Strict):
        """Record when and by which post the entry was reviewed."""

        on: dt.date
        post: str
        valid_to: dt.date | None = None

    state: Literal["not_secret", "secret", "not_reviewed"]
    reviewed: Review | None = None


class Level(Strict):
    """Grade the data by harmed object and degree of harm (GB/T 43697-2024)."""

    national: Literal["general", "important", "core"]
    grade: int = Field(ge=1, le=4)
    object: str
    harm: Literal["none", "general", "serious", "very_serious"]


class Guard(Strict):
    """Bound how far a delivery may differ from the one before it until a person must accept it.

    Attributes:
        max_shrink_pct: How far a snapshot may shrink, in percent of its slice.
        max_changed_pct: How much of a snapshot may change, in percent of its slice.
        max_type_flip_pct: How far the share of a column's values that read as declared may fall, in percentage
            points; 100 never holds.
    """

    max_shrink_pct: float = Field(default=10, ge=0, le=100)
    max_changed_pct: float = Field(default=100, ge=0, le=100)
    max_type_flip_pct: float = Field(default=30, ge=0, le=100)


class Volume(Strict):
    """Say how much there is on paper; what is not counted is left out.

    Attributes:
        pages: Sheets to be scanned or typed, counted by side.
        files: Files (卷、件).
        metres: Metres of shelf (延米).
    """

    pages: int | None = Field(default=None, ge=0)
    files: int | None = Field(default=None, ge=0)
    metres: float | None = Field(default=None, ge=0)


DigitisationState = Literal["planned", "under_way", "in_review"]
DIGITISATION_STATES: dict[DigitisationState, Label] = {
    "planned": Label(zh="已计划", en="planned"),
    "under_way": Label(zh="加工中", en="under way"),
    "in_review": Label(zh="验收中", en="in review"),
}
"""How far digitisation (数字化加工) has come; once it is done, the entry's ``form`` says what the data are."""


class Digitisation(Strict):
    """Plan how data that exist on paper only become digital before they are aggregated (Yancheng a12).

    Attributes:
        due_on: Last day by which it is planned to be done.
        by: Agency that does it or has it done.
        state: How far it has come.
        volume: How much there is to digitise.
    """

    due_on: dt.date
    by: AgencyId
    state: DigitisationState = "planned"
    volume: Volume = Volume()


class Column(Strict):
    """Describe one column (信息项). ``share`` and ``open`` default to the resource's and may only be stricter.

    Attributes:
        from_: Names under which the agency's files carry the column; the Chinese label always counts too.
        element: Data element (数据元) id, by which double collection is found.
        base: ``entity.attribute`` this column makes a claim for.
        sensitive_when: SQL condition under which the value is personal information.
        codes: Code list of a ``code`` column.
        constant: Text that every row has in this column, because the file says it only by being this file.
    """

    name: Identifier
    zh: str
    en: str = ""
    from_: tuple[str, ...] = Field(default=(), alias="from")
    type: ColumnType
    required: bool = False
    max: int | None = Field(default=None, gt=0)
    element: str | None = None
    base: str | None = None
    codes: str | None = None
    unit: str | None = None
    formats: tuple[str, ...] = ("%Y-%m-%d",)
    constant: str | None = None
    share: Access | None = None
    open: Access | None = None
    sensitive_when: str | None = None
    level: Level | None = None

    @field_validator("from_", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("share", "open", mode="before")
    @classmethod
    def _typed(cls, value: Any) -> Any:
        return {"type": value} if isinstance(value, str) else value

    @property
    def entity(self) -> str | None:
        """Return the entity this column makes claims for."""
        return self.base.split(".")[0] if self.base else None


class Rule(Strict):
    """Declare a check beyond those that follow from the columns themselves."""

    id: Identifier
    check: str
    columns: tuple[str, ...] = ()
    indicator: Indicator
    severity: Literal["warn", "error", "block"] = "error"
    arguments: dict[str, str | int | float | bool] = Field(default_factory=dict)
    text: Label | None = None


class Resource(Strict):
    """Describe one public-data resource.

    Attributes:
        digitisation: Plan of digitising an entry of the form ``non_digital``; without effect for any other.
    """

    id: ResourceId
    code: str
    name: Label
    summary: Label
    class_: Literal["base", "theme", "department"] = Field(alias="class")
    categories: tuple[Identifier, ...]
    agencies: Agencies
    duty: str | None = None
    system: str | None = None
    obtained_by: Literal[
        "collected", "generated", "shared", "negotiated", "purchased", "internet", "returned"
    ]
    reported_by: Literal["self", "upper"] = "self"
    collected_under: tuple[LegalBasis, ...] = ()
    form: Literal["structured", "document", "image", "audio", "video", "certificate", "non_digital"]
    format: Literal["file", "spreadsheet", "database", "graphics", "streaming", "self_describing", "service"]
    subject: Literal["person", "organisation", "place", "certificate", "credit_record", "indicator", "none"]
    grain: Label
    key: tuple[Identifier, ...]
    collected: Collected = Collected()
    covers: Covers = Covers()
    update: Update
    secrecy: Secrecy | None = None
    level: Level | None = None
    use_requirements: Label | None = None
    share: Access
    open: Access
    source: Source
    guard: Guard = Guard()
    columns: tuple[Column, ...] = Field(min_length=1)
    rules: tuple[Rule, ...] = ()
    related: tuple[str, ...] = ()
    digitisation: Digitisation | None = None
    replaced_by: str | None = None
    retires_on: dt.date | None = None

    @property
    def agency(self) -> str:
        """Return the providing agency, which answers for the data and gets its tasks."""
        return self.agencies.providing

    @property
    def deleted(self) -> Deleted | None:
        """Return how a record says that it is a deletion: as declared, else as its source says it; null for never."""
        return self.update.deleted or self.source.deleted

    @property
    def is_digital(self) -> bool:
        """Tell whether there are data to deliver; an entry on paper is tracked until it is digitised."""
        return self.form != "non_digital"

    def column(self, name: str) -> Column:
        """Return the column of that name; raise KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    def open_type(self, column: Column) -> AccessType:
        """Return the stricter of the column's and the resource's open type."""
        own = column.open.type if column.open else self.open.type
        return max((own, self.open.type), key=lambda t: STRICTNESS[t])

    def share_type(self, column: Column) -> AccessType:
        """Return the stricter of the column's and the resource's share type."""
        own = column.share.type if column.share else self.share.type
        return max((own, self.share.type), key=lambda t: STRICTNESS[t])

    @property
    def entities(self) -> tuple[str, ...]:
        """Return the entities that this resource makes claims for, in order of first mention."""
        return tuple(dict.fromkeys(c.entity for c in self.columns if c.entity))
