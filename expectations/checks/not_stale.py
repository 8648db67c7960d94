"""not_stale: a date is at most ``max_age_days`` before the day of ``as_of`` (GB/T 36344 0502); declared."""

from collections.abc import Mapping
from typing import ClassVar

from expectations.check import (
    ROWS,
    Check,
    Count,
    ExpectationRule,
    Failing,
    Flag,
    Metric,
    Reason,
    absent,
    quoted,
)
from resource_catalogue.model import Label


class NotStale(Check):
    """Count the dates that lie too far back."""

    name = "not_stale"
    indicator = "0502"
    text = Label(
        zh="“{column}”距检查当日不超过{max_age_days}天", en="{column} is at most {max_age_days} days old"
    )
    reasons: ClassVar[Mapping[str, Reason]] = {
        "too_old": Reason(
            Label(
                zh="“{column}”距检查当日超过{max_age_days}天",
                en="{column} is more than {max_age_days} days old",
            ),
            Label(zh="{max_age_days}天以内", en="a date within {max_age_days} days"),
            Label(zh="更新该记录，或核实其是否仍然有效", en="update the row, or verify that it still holds"),
        )
    }
    most = 1

    def is_dated(self, rule: ExpectationRule) -> bool:
        """Tell that tomorrow's outcome may differ."""
        return True

    def derived(self, rule: ExpectationRule) -> Mapping[str, str]:
        """Return the first day that is not too old."""
        return {_limit(rule): f"cast({quoted('_today')} - {int(rule.arguments['max_age_days'])} as date)"}

    def metrics(self, rule: ExpectationRule) -> tuple[Metric, ...]:
        """Ask for rows, nulls and earlier dates."""
        return ROWS, absent(rule.column), _earlier(rule).metric

    def count(self, rule: ExpectationRule, values: Mapping[Metric, int]) -> Count:
        """Count the earlier dates among the values."""
        return Count(values[ROWS] - values[absent(rule.column)], values[_earlier(rule).metric])

    def failing(self, rule: ExpectationRule) -> Failing:
        """Find rows with an earlier date."""
        return Failing(_earlier(rule).sql, "'too_old'")


def _limit(rule: ExpectationRule) -> str:
    return f"_limit_{rule.version}"


def _earlier(rule: ExpectationRule) -> Flag:
    return Flag("check_is_earlier", (rule.column, _limit(rule)))


CHECK = NotStale()
