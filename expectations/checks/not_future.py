"""not_future: a date does not lie after the day of ``as_of`` (GB/T 36344 0501); declared."""

from collections.abc import Mapping
from typing import ClassVar

from expectations.check import ROWS, Check, Count, ExpectationRule, Failing, Flag, Metric, Reason, absent
from resource_catalogue.model import Label


class NotFuture(Check):
    """Count the dates after today."""

    name = "not_future"
    indicator = "0501"
    text = Label(zh="“{column}”不晚于检查当日", en="{column} is not after the day of the check")
    reasons: ClassVar[Mapping[str, Reason]] = {
        "in_future": Reason(
            Label(zh="“{column}”晚于检查当日", en="{column} lies in the future"),
            Label(zh="检查当日或之前的日期", en="a date up to the day of the check"),
            Label(zh="核对原始材料后更正", en="compare with the original document and correct"),
        )
    }
    most = 1

    def is_dated(self, rule: ExpectationRule) -> bool:
        """Tell that tomorrow's outcome may differ."""
        return True

    def metrics(self, rule: ExpectationRule) -> tuple[Metric, ...]:
        """Ask for rows, nulls and later dates."""
        return ROWS, absent(rule.column), _later(rule).metric

    def count(self, rule: ExpectationRule, values: Mapping[Metric, int]) -> Count:
        """Count the later dates among the values."""
        return Count(values[ROWS] - values[absent(rule.column)], values[_later(rule).metric])

    def failing(self, rule: ExpectationRule) -> Failing:
        """Find rows with a later date."""
        return Failing(_later(rule).sql, "'in_future'")


def _later(rule: ExpectationRule) -> Flag:
    return Flag("check_is_later", (rule.column, "_today"))


CHECK = NotFuture()
