"""freshness: the newest delivery is as recent as the promised frequency demands (GB/T 36344 0502 基于时间点及时性).

Days allowed = the longest length of the period + a grace, in calendar days. A daily resource is delivered on working
days: its grace spans a weekend. A delivery that is held for a person did arrive; one that was rejected or could not be
read did not count. A resource never delivered is late once it has been listed for that long.
"""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from expectations.check import (
    ROWS,
    Batch,
    Check,
    Count,
    Declaration,
    ExpectationRule,
    Failing,
    Metric,
    Reason,
    absent,
    outside,
)
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource

DAYS_ALLOWED: Mapping[str, int] = {
    "real_time": 1,
    "daily": 1 + 3,
    "weekly": 7 + 3,
    "monthly": 31 + 10,
    "quarterly": 92 + 15,
    "half_yearly": 184 + 30,
    "yearly": 366 + 60,
}
"""Calendar days by promised frequency; ``irregular`` and ``never`` promise nothing and are not assessed."""
AGE = "age_days"


class Freshness(Check):
    """Count a resource whose newest delivery is too old."""

    name = "freshness"
    indicator = "0502"
    batch: ClassVar[Batch] = "deliveries"
    text = Label(zh="按承诺的更新频率（{frequency}）报送", en="delivered as often as promised ({frequency})")
    reasons = {
        "overdue": Reason(
            Label(
                zh="最近一次报送早于承诺的更新频率",
                en="the newest delivery is older than the promised frequency",
            ),
            Label(zh="{max_age_days}天内有一次报送", en="a delivery within {max_age_days} days"),
            Label(
                zh="尽快报送；频率确有变化的，申请变更目录",
                en="deliver now, or ask to change the entry's frequency",
            ),
        ),
        "no_delivery": Reason(
            Label(zh="列入目录后从未报送", en="listed, but never delivered"),
            Label(zh="{max_age_days}天内有一次报送", en="a delivery within {max_age_days} days"),
            Label(zh="尽快报送；无法提供的，申请变更目录", en="deliver now, or ask to change the entry"),
        ),
    }

    def rules_for(self, resource: Resource, release: Release) -> Iterable[Declaration]:
        """Return one rule; without an allowance where the frequency promises nothing."""
        frequency = resource.update.frequency
        days = {"max_age_days": DAYS_ALLOWED[frequency]} if frequency in DAYS_ALLOWED else {}
        return [Declaration(arguments={"frequency": frequency, **days})]

    def is_dated(self, rule: ExpectationRule) -> bool:
        """Tell that tomorrow's outcome may differ."""
        return "max_age_days" in rule.arguments

    def metrics(self, rule: ExpectationRule) -> tuple[Metric, ...]:
        """Ask for the newest delivery's age against the allowance."""
        return (ROWS, absent(AGE), _too_old(rule)) if self.is_dated(rule) else ()

    def count(self, rule: ExpectationRule, values: Mapping[Metric, int]) -> Count:
        """Count the one resource, or nothing where nothing is promised."""
        if not self.is_dated(rule):
            return Count(0, 0)
        return Count(values[ROWS] - values[absent(AGE)], values[_too_old(rule)])

    def failing(self, rule: ExpectationRule) -> Failing:
        """Find the resource itself: no delivery, no row."""
        return Failing(
            f"coalesce({AGE} > {int(rule.arguments['max_age_days'])}, false)",
            "case when is_missing then 'no_delivery' else 'overdue' end",
            f"(select {AGE}, _delivery_id = '' as is_missing, '' as _row_key, '' as _delivery_id, 0 as _row_number, "
            "null as _line, null as _sheet from checked.deliveries)",
        )


def _too_old(rule: ExpectationRule) -> Metric:
    return outside(AGE, max_value=int(rule.arguments["max_age_days"]))


CHECK = Freshness()
