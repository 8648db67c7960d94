"""type: values sent can be read as their type and fit their length (GB/T 36344 0302 数据格式合规性).

Texts are looked at too: destroyed characters leave null and a fault, which no other check would see.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from expectations.check import (
    ROWS,
    Check,
    Count,
    Declaration,
    ExpectationRule,
    Failing,
    Flag,
    Metric,
    Reason,
    absent,
    fault_column,
    faulty,
    quoted,
)
from expectations.checks.identifier import IDENTIFIER_TYPES
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.resource import Column, Resource


class Type(Check):
    """Count the values that were sent and could not be read, and texts that are too long."""

    name = "type"
    indicator = "0302"
    text = Label(zh="“{column}”符合类型和长度", en="{column} has its type and length")
    reasons: ClassVar[Mapping[str, Reason]] = {
        "too_long": Reason(
            Label(zh="“{column}”过长", en="{column} is too long"),
            Label(zh="不超过规定的长度", en="no more characters than declared"),
            Label(zh="检查是否错列或混入其他内容", en="check for shifted columns or foreign content"),
        )
    }

    def rules_for(self, resource: Resource, release: Release) -> Iterable[Declaration]:
        """Return one rule per column that no identifier check looks at, so that no fault is left unseen."""
        return [
            Declaration(column.name, arguments={"max": column.max} if column.max and _is_text(column) else {})
            for column in resource.columns
            if column.type not in IDENTIFIER_TYPES
        ]

    def metrics(self, rule: ExpectationRule) -> tuple[Metric, ...]:
        """Ask for rows, nulls, faults and, where a length is declared, too long texts."""
        return (
            ROWS,
            absent(rule.column),
            faulty(rule.column).metric,
            *(flag.metric for flag in _too_long(rule)),
        )

    def count(self, rule: ExpectationRule, values: Mapping[Metric, int]) -> Count:
        """Count faults and too long texts; a fault leaves null, so that no row is counted twice."""
        faults = values[faulty(rule.column).metric]
        long = sum(values[flag.metric] for flag in _too_long(rule))
        return Count(values[ROWS] - values[absent(rule.column)] + faults, faults + long)

    def failing(self, rule: ExpectationRule) -> Failing:
        """Find rows with a fault code or a too long text."""
        conditions = [faulty(rule.column).sql, *(flag.sql for flag in _too_long(rule))]
        code = quoted(fault_column(rule.column))
        reason = f"case when {faulty(rule.column).sql} then {code} else 'too_long' end"
        return Failing(" or ".join(conditions), reason)


def _is_text(column: Column) -> bool:
    return column.type in ("text", "person_name", "address", "code", "division", "phone")


def _too_long(rule: ExpectationRule) -> list[Flag]:
    most = rule.arguments.get("max")
    return [Flag("check_is_too_long", (rule.column,), (int(most),))] if most else []


CHECK = Type()
