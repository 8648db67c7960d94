"""order: events of one entity follow each other (GB/T 36344 0503 时序性).

Declared as ``columns: [earlier, later]``.
"""

from collections.abc import Mapping
from typing import ClassVar

from expectations.check import ROWS, Check, Count, ExpectationRule, Failing, Flag, Metric, Reason
from resource_catalogue.model import Label


class Order(Check):
    """Count the rows whose first column lies after the second, both being present."""

    name = "order"
    indicator = "0503"
    text = Label(zh="“{other}”不晚于“{column}”", en="{other} is not after {column}")
    reasons: ClassVar[Mapping[str, Reason]] = {
        "wrong_order": Reason(
            Label(zh="“{other}”晚于“{column}”", en="{other} is after {column}"),
            Label(zh="“{other}”不晚于“{column}”", en="{other} on or before {column}"),
            Label(zh="核对两项内容，更正填错的一项", en="compare both and correct the wrong one"),
        )
    }
    least = 2
    most = 2

    def metrics(self, rule: ExpectationRule) -> tuple[Metric, ...]:
        """Ask for rows, rows without one of both, and rows in the wrong order."""
        return ROWS, _lone(rule).metric, _wrong(rule).metric

    def count(self, rule: ExpectationRule, values: Mapping[Metric, int]) -> Count:
        """Count the wrong order among the rows that have both."""
        return Count(values[ROWS] - values[_lone(rule).metric], values[_wrong(rule).metric])

    def failing(self, rule: ExpectationRule) -> Failing:
        """Find rows in the wrong order."""
        return Failing(_wrong(rule).sql, "'wrong_order'")


def _lone(rule: ExpectationRule) -> Flag:
    return Flag("check_has_one_only", rule.columns)


def _wrong(rule: ExpectationRule) -> Flag:
    return Flag("check_is_unordered", rule.columns)


CHECK = Order()
