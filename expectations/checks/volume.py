"""volume: rows of a slice do not change abruptly from one delivery to the next (GB/T 36344 0202).

Change files are left out: how much changed between two days says nothing about completeness.
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

MAX_CHANGE_PCT = 50
CHANGE = "change_pct"


class Volume(Check):
    """Count the slices whose newest delivery has far more or fewer rows than the one before."""

    name = "volume"
    indicator = "0202"
    severity = "warn"
    batch: ClassVar[Batch] = "deliveries"
    text = Label(
        zh="行数与上一次报送相差不超过{max_change_pct}%", en="rows change by at most {max_change_pct} %"
    )
    reasons: ClassVar[Mapping[str, Reason]] = {
        "shrunk": Reason(
            Label(
                zh="行数比上一次报送减少超过{max_change_pct}%",
                en="over {max_change_pct} % fewer rows than before",
            ),
            Label(zh="行数变化在{max_change_pct}%以内", en="a change of at most {max_change_pct} %"),
            Label(zh="核实是否漏报；属实的说明原因", en="check for missing rows, or state why it is right"),
        ),
        "grown": Reason(
            Label(
                zh="行数比上一次报送增加超过{max_change_pct}%",
                en="over {max_change_pct} % more rows than before",
            ),
            Label(zh="行数变化在{max_change_pct}%以内", en="a change of at most {max_change_pct} %"),
            Label(
                zh="核实是否重复报送；属实的说明原因", en="check for repeated rows, or state why it is right"
            ),
        ),
    }

    def rules_for(self, resource: Resource, release: Release) -> Iterable[Declaration]:
        """Return one rule, except for change files."""
        if resource.update.mode == "changes":
            return []
        return [Declaration(arguments={"max_change_pct": MAX_CHANGE_PCT})]

    def metrics(self, rule: ExpectationRule) -> tuple[Metric, ...]:
        """Ask for slices with a delivery before, and for the abrupt ones."""
        return ROWS, absent(CHANGE), _abrupt(rule)

    def count(self, rule: ExpectationRule, values: Mapping[Metric, int]) -> Count:
        """Count the abrupt changes among the slices delivered more than once."""
        return Count(values[ROWS] - values[absent(CHANGE)], values[_abrupt(rule)])

    def failing(self, rule: ExpectationRule) -> Failing:
        """Find the delivery that changed the slice."""
        most = int(rule.arguments["max_change_pct"])
        return Failing(
            f"coalesce(abs({CHANGE}) > {most}, false)",
            f"case when {CHANGE} < 0 then 'shrunk' else 'grown' end",
        )


def _abrupt(rule: ExpectationRule) -> Metric:
    most = int(rule.arguments["max_change_pct"])
    return outside(CHANGE, min_value=-most, max_value=most)


CHECK = Volume()
