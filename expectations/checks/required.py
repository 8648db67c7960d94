"""required: a required column has a value in every row (GB/T 36344 0201 数据元素完整性).

A value that was sent but is broken was not absent: it fails ``identifier`` or ``type`` instead.
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
)
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource


class Required(Check):
    """Count the rows in which nothing was sent for the column."""

    name = "required"
    indicator = "0201"
    text = Label(zh="“{column}”必填", en="{column} is filled in")
    reasons: ClassVar[Mapping[str, Reason]] = {
        "missing": Reason(
            Label(zh="“{column}”为空", en="{column} is empty"),
            Label(zh="每行都有“{column}”", en="{column} in every row"),
            Label(zh="从源系统补填后重新报送", en="fill it in at the source and deliver again"),
        )
    }
    most = 1

    def rules_for(self, resource: Resource, release: Release) -> Iterable[Declaration]:
        """Return one rule per required column."""
        return [Declaration(column.name) for column in resource.columns if column.required]

    def metrics(self, rule: ExpectationRule) -> tuple[Metric, ...]:
        """Ask for rows, nulls and faults."""
        return ROWS, absent(rule.column), faulty(rule.column).metric

    def count(self, rule: ExpectationRule, values: Mapping[Metric, int]) -> Count:
        """Count the nulls that are not faults."""
        return Count(values[ROWS], values[absent(rule.column)] - values[faulty(rule.column).metric])

    def failing(self, rule: ExpectationRule) -> Failing:
        """Find rows without value and without fault."""
        return Failing(Flag("check_is_missing", (rule.column, fault_column(rule.column))).sql, "'missing'")


CHECK = Required()
