"""unique: no two rows share a complete, valid key (GB/T 36344 0304 数据唯一性).

Every row of a group with one key fails.
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
    Metric,
    Reason,
    absent,
    quoted,
    repeated,
)
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource


class Unique(Check):
    """Count the rows whose key stands more than once among the resource's current rows."""

    name = "unique"
    indicator = "0304"
    text = Label(zh="“{all}”不重复", en="{all} identifies one row")
    reasons: ClassVar[Mapping[str, Reason]] = {
        "duplicate_key": Reason(
            Label(zh="“{all}”相同的记录不止一条", en="more than one row has the same {all}"),
            Label(zh="每个“{all}”只有一条记录", en="one row per {all}"),
            Label(zh="核实后保留一条，删除或更正其余", en="keep the right row; delete or correct the others"),
        )
    }
    most = 8

    def rules_for(self, resource: Resource, release: Release) -> Iterable[Declaration]:
        """Return one rule over the business key."""
        return [Declaration("", resource.key)] if resource.key else []

    def derived(self, rule: ExpectationRule) -> Mapping[str, str]:
        """Return a key of several columns as one text: Great Expectations then needs one scan, not a join."""
        if len(rule.columns) == 1:
            return {}
        parts = (f"cast({quoted(column)} as varchar)" for column in rule.columns)
        return {_key(rule): " || chr(31) || ".join(parts)}

    def metrics(self, rule: ExpectationRule) -> tuple[Metric, ...]:
        """Ask for rows, incomplete keys and repeated keys."""
        return ROWS, absent(_key(rule)), repeated(_key(rule))

    def count(self, rule: ExpectationRule, values: Mapping[Metric, int]) -> Count:
        """Count the rows with a repeated key among those with a complete one."""
        evaluated = values[ROWS] - values[absent(_key(rule))]
        return Count(evaluated, values[repeated(_key(rule))] if evaluated else 0)

    def failing(self, rule: ExpectationRule) -> Failing:
        """Find rows whose key stands more than once."""
        key = quoted(_key(rule))
        twice = f"(select {key} from checked_rows where {key} is not null group by {key} having count(*) > 1)"
        return Failing(f"coalesce({key} in {twice}, false)", "'duplicate_key'")


def _key(rule: ExpectationRule) -> str:
    return rule.columns[0] if len(rule.columns) == 1 else f"_key_{rule.version}"


CHECK = Unique()
