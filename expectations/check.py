"""The shape of a check: what each file below ``checks/`` has to say.

Here: the rule, the metrics it asks Great Expectations for, the count they give, and where failing rows are
found. Not here: any one check, nor Great Expectations itself, so that declarations can be read without
loading it.
"""

import datetime as dt
import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource

Batch = Literal["rows", "deliveries", "pairs"]
Arguments = Mapping[str, str | int | float | bool]


@dataclass(frozen=True, slots=True)
class ExpectationRule:
    """Hold one rule of one resource, ready to be evaluated.

    Attributes:
        rule_id: ``<resource>:<check>:<column>`` or ``<resource>:<declared id>``; stable over runs.
        version: Hash of all that decides its outcome; another version is evaluated again.
        indicator: GB/T 36344-2018 code such as ``0301``.
        column: Column that findings name; empty where the whole row, delivery or resource fails.
        columns: All columns that are looked at.
        text: What must hold, in Chinese and English.
    """

    rule_id: str
    version: str
    check: str
    indicator: str
    severity: str
    agency_id: str
    resource_id: str
    column: str
    columns: tuple[str, ...]
    arguments: Arguments
    text: Label


@dataclass(frozen=True, slots=True)
class Metric:
    """Name one Great Expectations metric over one column of a batch.

    Attributes:
        column: Column of the batch; empty for metrics of the whole table.
        arguments: Value arguments of the metric, hashable so that equal metrics are asked once.
    """

    name: str
    column: str = ""
    arguments: tuple[tuple[str, Any], ...] = ()


ROWS = Metric("table.row_count")
"""Rows of the batch."""


@dataclass(frozen=True, slots=True)
class Flag:
    """Name a macro (``macros.py``) that is true where a row fails; counting and locating share it.

    Attributes:
        columns: Columns given to the macro, the first being the one the metric is on.
        values: Literals given after them.
    """

    macro: str
    columns: tuple[str, ...]
    values: tuple[str | int, ...] = ()

    @property
    def metric(self) -> Metric:
        """Return the metric that counts the flagged rows."""
        arguments = (("macro", self.macro), ("others", self.columns[1:]), ("values", self.values))
        return Metric("column_values.not_flagged.unexpected_count", self.columns[0], arguments)

    @property
    def sql(self) -> str:
        """Return the condition that finds the flagged rows."""
        given = [quoted(column) for column in self.columns]
        given += [str(value) if isinstance(value, int) else literal(value) for value in self.values]
        return f"{self.macro}({', '.join(given)})"


@dataclass(frozen=True, slots=True)
class Count:
    """Say how many elements a rule looked at and how many of them failed it (B and B - A of the standard)."""

    evaluated: int
    unexpected: int


@dataclass(frozen=True, slots=True)
class Failing:
    """Say where failing rows are found.

    Attributes:
        condition: SQL that is true for a failing row.
        reason: SQL of its reason code: a column or a literal, never a value.
        relation: SQL of the rows; the batch itself by default.
    """

    condition: str
    reason: str
    relation: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Explain a reason code: what was found, what was expected, what to do next; no value is ever in it."""

    found: Label
    expected: Label
    remedy: Label


@dataclass(frozen=True, slots=True)
class Declaration:
    """Hold what a check says of one automatic rule; the rest follows from check and resource.

    Attributes:
        column: Column that findings name; empty for the whole row, delivery or resource.
        columns: Columns looked at; ``column`` alone by default.
    """

    column: str = ""
    columns: tuple[str, ...] = ()
    arguments: Arguments = field(default_factory=dict)


class Check(ABC):
    """Define one kind of check.

    Attributes:
        name: Name used in rule ids and declarations.
        indicator: GB/T 36344-2018 indicator of its automatic rules.
        severity: Severity of its automatic rules.
        batch: What it looks at: rows of ``standard``, deliveries, or pairs of claims.
        text: What must hold; ``{column}``, ``{other}`` and argument names are filled in.
        reasons: Explanation of each reason code the check gives itself.
        least, most: Number of columns of a declared rule; ``most`` 0 means that it cannot be declared.
    """

    name: ClassVar[str]
    indicator: ClassVar[str]
    severity: ClassVar[str] = "error"
    batch: ClassVar[Batch] = "rows"
    text: ClassVar[Label]
    reasons: ClassVar[Mapping[str, Reason]] = {}
    least: ClassVar[int] = 1
    most: ClassVar[int] = 0

    def rules_for(self, resource: Resource, release: Release) -> Iterable[Declaration]:
        """Return the rules that follow from the resource's columns without being declared."""
        return ()

    def derived(self, rule: ExpectationRule) -> Mapping[str, str]:
        """Return columns that the batch needs besides the table's own, as SQL by name."""
        return {}

    def is_dated(self, rule: ExpectationRule) -> bool:
        """Tell whether the outcome depends on the day of ``as_of``."""
        return False

    def phase(self, rule: ExpectationRule, as_of: dt.datetime) -> str:
        """Tell which part of the day ``as_of`` lies in, where the outcome depends on that; else empty."""
        return ""

    @abstractmethod
    def metrics(self, rule: ExpectationRule) -> tuple[Metric, ...]:
        """Return the metrics that the count is made of."""

    @abstractmethod
    def count(self, rule: ExpectationRule, values: Mapping[Metric, int]) -> Count:
        """Return the count that the metrics' values give."""

    @abstractmethod
    def failing(self, rule: ExpectationRule) -> Failing:
        """Return where the failing rows are found."""


def absent(column: str) -> Metric:
    """Return the metric that counts the rows without a value."""
    return Metric("column_values.nonnull.unexpected_count", column)


def repeated(column: str) -> Metric:
    """Return the metric that counts the rows whose value stands more than once."""
    return Metric("column_values.unique.unexpected_count", column)


def outside(column: str, **bounds: int) -> Metric:
    """Return the metric that counts the rows whose value lies outside ``min_value`` and ``max_value``."""
    return Metric("column_values.between.unexpected_count", column, tuple(sorted(bounds.items())))


def fault_column(column: str) -> str:
    """Return the column of ``standard`` that holds the fault or note code of a column."""
    return f"{column}__fault"


def faulty(column: str) -> Flag:
    """Return the flag of rows whose value was sent but refused: the code is a fault, the value null."""
    return Flag("check_is_faulty", (column, fault_column(column)))


def quoted(name: str) -> str:
    """Quote a column name for SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Quote a text for SQL."""
    return "'" + text.replace("'", "''") + "'"


def version_of(*parts: object) -> str:
    """Return a short hash of what decides a rule's outcome."""
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
