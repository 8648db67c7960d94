"""noted: values accepted although not written in normal form (GB/T 36344 0302), counted without a task.

A 15-digit ID number made 18 digits long, full-width or lower-case letters, separators, an inner check
character.
"""

from collections.abc import Iterable, Mapping

from expectations.check import (
    ROWS,
    Check,
    Count,
    Declaration,
    ExpectationRule,
    Failing,
    Flag,
    Metric,
    absent,
    fault_column,
    quoted,
)
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource


class Noted(Check):
    """Count the values that carry a note."""

    name = "noted"
    indicator = "0302"
    severity = "warn"
    text = Label(zh="“{column}”按规范形式书写", en="{column} is written in its normal form")

    def rules_for(self, resource: Resource, release: Release) -> Iterable[Declaration]:
        """Return one rule per column."""
        return [Declaration(column.name) for column in resource.columns]

    def metrics(self, rule: ExpectationRule) -> tuple[Metric, ...]:
        """Ask for rows, nulls and notes."""
        return ROWS, absent(rule.column), _noted(rule).metric

    def count(self, rule: ExpectationRule, values: Mapping[Metric, int]) -> Count:
        """Count the notes among the values."""
        return Count(values[ROWS] - values[absent(rule.column)], values[_noted(rule).metric])

    def failing(self, rule: ExpectationRule) -> Failing:
        """Find rows with a note code."""
        return Failing(_noted(rule).sql, quoted(fault_column(rule.column)))


def _noted(rule: ExpectationRule) -> Flag:
    return Flag("check_is_noted", (rule.column, fault_column(rule.column)))


CHECK = Noted()
