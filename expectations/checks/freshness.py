"""freshness: the newest delivery is as recent as the promised frequency demands (GB/T 36344 0502 及时性).

Allowed = the longest length of the period + a grace: calendar days, but working days by the working
calendar for a daily resource, which nobody delivers on holidays. A delivery that is held for a person did
arrive; one that was rejected or could not be read did not count. A resource never delivered is late once it
has been listed for that long.
"""

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import ClassVar

from expectations.check import (
    ROWS,
    Arguments,
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
from resource_catalogue.calendar import load_calendar
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource

DAYS_ALLOWED: Mapping[str, int] = {
    "real_time": 1,
    "weekly": 7 + 3,
    "monthly": 31 + 10,
    "quarterly": 92 + 15,
    "half_yearly": 184 + 30,
    "yearly": 366 + 60,
}
"""Calendar days by promised frequency; ``irregular`` and ``never`` promise nothing and are not assessed."""
WORKING_DAYS_ALLOWED: Mapping[str, int] = {"daily": 1 + 1}
"""Working days by promised frequency."""
AGE = "age"


class Freshness(Check):
    """Count a resource whose newest delivery is too old."""

    name = "freshness"
    indicator = "0502"
    batch: ClassVar[Batch] = "deliveries"
    text = Label(zh="按承诺的更新频率（{frequency}）报送", en="delivered as often as promised ({frequency})")
    reasons: ClassVar[Mapping[str, Reason]] = {
        "overdue": Reason(
            Label(
                zh="最近一次报送早于承诺的更新频率",
                en="the newest delivery is older than the promised frequency",
            ),
            Label(zh="{allowed_zh}内有一次报送", en="a delivery within {allowed_en}"),
            Label(
                zh="尽快报送；频率确有变化的，申请变更目录",
                en="deliver now, or ask to change the entry's frequency",
            ),
        ),
        "no_delivery": Reason(
            Label(zh="列入目录后从未报送", en="listed, but never delivered"),
            Label(zh="{allowed_zh}内有一次报送", en="a delivery within {allowed_en}"),
            Label(zh="尽快报送；无法提供的，申请变更目录", en="deliver now, or ask to change the entry"),
        ),
    }

    def rules_for(self, resource: Resource, release: Release) -> Iterable[Declaration]:
        """Return one rule; without an allowance where the frequency promises nothing."""
        return [Declaration(arguments=_promise(resource.update.frequency))]

    def is_dated(self, rule: ExpectationRule) -> bool:
        """Tell that tomorrow's outcome may differ, if anything is promised."""
        return "max_age" in rule.arguments

    def metrics(self, rule: ExpectationRule) -> tuple[Metric, ...]:
        """Ask for the newest delivery's age against the allowance."""
        return (ROWS, absent(AGE), _too_old(rule)) if self.is_dated(rule) else ()

    def count(self, rule: ExpectationRule, values: Mapping[Metric, int]) -> Count:
        """Count the one resource, or nothing where nothing is promised."""
        if not self.is_dated(rule):
            return Count(0, 0)
        return Count(values[ROWS] - values[absent(AGE)], values[_too_old(rule)])

    def failing(self, rule: ExpectationRule) -> Failing:
        """Find the newest delivery; none where the resource never delivered."""
        return Failing(
            f"coalesce({AGE} > {int(rule.arguments['max_age'])}, false)",
            "case when _delivery_id = '' then 'no_delivery' else 'overdue' end",
        )


def age_of(rule: ExpectationRule, arrived_on: dt.date, today: dt.date) -> int:
    """Return the age of a delivery in the unit of the rule's allowance."""
    if "calendar" in rule.arguments:
        return load_calendar().working_days_between(arrived_on, today)
    return (today - arrived_on).days


def _promise(frequency: str) -> Arguments:
    if frequency in WORKING_DAYS_ALLOWED:
        days = WORKING_DAYS_ALLOWED[frequency]
        words = {"allowed_zh": f"{days}个工作日", "allowed_en": f"{days} working days"}
        return {"frequency": frequency, "max_age": days, "calendar": load_calendar().version, **words}
    if frequency in DAYS_ALLOWED:
        days = DAYS_ALLOWED[frequency]
        words = {"allowed_zh": f"{days}天", "allowed_en": f"{days} days"}
        return {"frequency": frequency, "max_age": days, **words}
    return {"frequency": frequency}


def _too_old(rule: ExpectationRule) -> Metric:
    return outside(AGE, max_value=int(rule.arguments["max_age"]))


CHECK = Freshness()
