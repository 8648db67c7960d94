"""freshness: deliveries come when the promised frequency and due point demand (GB/T 36344 0502 及时性; G-11).

What is due when is said by ``resource_catalogue/promise.py``. A delivery that is held for a person did arrive; one that
was rejected or could not be read did not count. A resource never delivered is late once its first delivery after
listing was due. The finding closes with the delivery that is owed; that it came late stays on record.
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
from resource_catalogue.due_point import due_point
from resource_catalogue.model import Label
from resource_catalogue.promise import DAYS_ALLOWED, WORKING_DAYS_ALLOWED, promise_of
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource

LATE = "is_late"
"""Column of the batch: 1 on the newest delivery where the next one is overdue, else 0; null on all others."""


class Freshness(Check):
    """Count a resource whose newest delivery is too old."""

    name = "freshness"
    indicator = "0502"
    batch: ClassVar[Batch] = "deliveries"
    text = Label(zh="按承诺的更新频率（{frequency}）报送", en="delivered as often as promised ({frequency})")
    reasons: ClassVar[Mapping[str, Reason]] = {
        "overdue": Reason(
            Label(
                zh="承诺的更新频率要求的报送逾期未到",
                en="the delivery that the promised frequency demands is overdue",
            ),
            Label(zh="{allowed_zh}有一次报送", en="a delivery {allowed_en}"),
            Label(
                zh="尽快报送；频率确有变化的，申请变更目录",
                en="deliver now, or ask to change the entry's frequency",
            ),
        ),
        "no_delivery": Reason(
            Label(zh="列入目录后从未报送", en="listed, but never delivered"),
            Label(zh="{allowed_zh}有一次报送", en="a delivery {allowed_en}"),
            Label(zh="尽快报送；无法提供的，申请变更目录", en="deliver now, or ask to change the entry"),
        ),
    }

    def rules_for(self, resource: Resource, release: Release) -> Iterable[Declaration]:
        """Return one rule; without an allowance where the frequency promises nothing."""
        return [Declaration(arguments=_promised(resource))]

    def is_dated(self, rule: ExpectationRule) -> bool:
        """Tell that tomorrow's outcome may differ, if anything is promised."""
        return is_promised(rule)

    def phase(self, rule: ExpectationRule, as_of: dt.datetime) -> str:
        """Tell whether the time of a due point has passed on the day."""
        point = due_point(str(rule.arguments["frequency"]), str(rule.arguments.get("due", "")))
        return str(point is not None and as_of.time() > point.time)

    def metrics(self, rule: ExpectationRule) -> tuple[Metric, ...]:
        """Ask whether the newest delivery is the last that was owed."""
        return (ROWS, absent(LATE), _LATE) if is_promised(rule) else ()

    def count(self, rule: ExpectationRule, values: Mapping[Metric, int]) -> Count:
        """Count the one resource, or nothing where nothing is promised."""
        if not is_promised(rule):
            return Count(0, 0)
        return Count(values[ROWS] - values[absent(LATE)], values[_LATE])

    def failing(self, rule: ExpectationRule) -> Failing:
        """Find the newest delivery; none where the resource never delivered."""
        return Failing(
            f"coalesce({LATE} > 0, false)",
            "case when _delivery_id = '' then 'no_delivery' else 'overdue' end",
        )


def is_promised(rule: ExpectationRule) -> bool:
    """Tell whether a freshness rule holds a resource to anything."""
    return "allowed_zh" in rule.arguments


def _promised(resource: Resource) -> Arguments:
    frequency, promise = resource.update.frequency, promise_of(resource)
    if promise is None:
        return {"frequency": frequency}
    words = {"allowed_zh": promise.allowed.zh, "allowed_en": promise.allowed.en}
    given = {"frequency": frequency, "calendar": promise.calendar.version, **words}
    if promise.point is not None:
        return {**given, "due": resource.update.due or ""}
    return {**given, "max_age": {**DAYS_ALLOWED, **WORKING_DAYS_ALLOWED}[frequency]}


_LATE = outside(LATE, max_value=0)
CHECK = Freshness()
