"""identifier: identifiers sent are valid (GB/T 36344 0301 数据内容正确性).

Validity was judged once, in ``standard``; the check reads the fault code. Its reason codes are those of
``norms``.
"""

from collections.abc import Iterable, Mapping

from expectations.check import (
    ROWS,
    Check,
    Count,
    Declaration,
    ExpectationRule,
    Failing,
    Metric,
    absent,
    fault_column,
    faulty,
    quoted,
)
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource

IDENTIFIER_TYPES = ("citizen_id", "credit_code", "registration_number", "subject_identifier")
"""Types whose content a norm proves by itself (GB 11643, GB 32100, GS 15)."""


class Identifier(Check):
    """Count the identifiers that were sent and refused."""

    name = "identifier"
    indicator = "0301"
    text = Label(zh="“{column}”符合编码规则和校验码", en="{column} follows its norm and check character")

    def rules_for(self, resource: Resource, release: Release) -> Iterable[Declaration]:
        """Return one rule per identifier column."""
        return [Declaration(column.name) for column in resource.columns if column.type in IDENTIFIER_TYPES]

    def metrics(self, rule: ExpectationRule) -> tuple[Metric, ...]:
        """Ask for rows, nulls and faults."""
        return ROWS, absent(rule.column), faulty(rule.column).metric

    def count(self, rule: ExpectationRule, values: Mapping[Metric, int]) -> Count:
        """Count the faults among the values that were sent."""
        faults = values[faulty(rule.column).metric]
        return Count(values[ROWS] - values[absent(rule.column)] + faults, faults)

    def failing(self, rule: ExpectationRule) -> Failing:
        """Find rows with a fault code."""
        return Failing(faulty(rule.column).sql, quoted(fault_column(rule.column)))


CHECK = Identifier()
