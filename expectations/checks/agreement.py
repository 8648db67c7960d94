"""agreement: agencies say of a subject what its registered source says (GB/T 36344 0401 相同数据一致性).

The finding falls on the comparing resource's row and column (Yancheng a11¶2, Xinjiang a2(九)). Absent and
faulty values are not compared. Where the source itself has several values for a subject, agreeing with one
of them is enough: which one is right is the source's own ``unique`` finding.
"""

import datetime as dt
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, ClassVar

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
    literal,
    quoted,
)
from resource_catalogue.entities import ENTITIES
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.replacement import registers_in_force
from resource_catalogue.resource import Column, Resource
from resource_catalogue.source_register import RegisterEntry, SourceRegister
from resource_catalogue.words import standard_table


class Agreement(Check):
    """Count the values that differ from the registered source's."""

    name = "agreement"
    indicator = "0401"
    batch: ClassVar[Batch] = "pairs"
    text = Label(zh="“{column}”与数源一致", en="{column} agrees with its registered source")
    reasons: ClassVar[Mapping[str, Reason]] = {
        "differs_from_source": Reason(
            Label(
                zh="“{column}”与数源单位登记的内容不一致", en="{column} differs from the registered source"
            ),
            Label(zh="与数源清单确定的来源一致", en="the value of the registered source"),
            Label(
                zh="核实后更正；认为数源有误的，提出校核",
                en="verify and correct, or ask the source to verify its value",
            ),
        )
    }

    def rules_for(self, resource: Resource, release: Release) -> Iterable[Declaration]:
        """Return one rule per column that the source register compares."""
        return [
            Declaration(
                column.name,
                arguments={
                    "entity": column.entity or "",
                    "attribute": attribute,
                    "sources": json.dumps(sources),
                },
            )
            for column, attribute, sources in _compared(resource, release)
        ]

    def metrics(self, rule: ExpectationRule) -> tuple[Metric, ...]:
        """Ask for pairs, pairs without comparison, and differing pairs."""
        return ROWS, absent(agrees(rule)), _differing(rule)

    def count(self, rule: ExpectationRule, values: Mapping[Metric, int]) -> Count:
        """Count the differing among the compared."""
        return Count(values[ROWS] - values[absent(agrees(rule))], values[_differing(rule)])

    def failing(self, rule: ExpectationRule) -> Failing:
        """Find the comparing rows, with their line from ``standard``."""
        lines = (
            "(select p.*, s._line, s._sheet from checked_pairs p "
            f"left join {standard_table(rule.resource_id)} s using (_delivery_id, _row_number) "
            f"where p._resource_id = {literal(rule.resource_id)})"
        )
        return Failing(f"coalesce(not {quoted(agrees(rule))}, false)", "'differs_from_source'", lines)


def agrees(rule: ExpectationRule) -> str:
    """Return the column of the pairs that tells whether they agree; null where they are not compared."""
    return f"agrees_{rule.version}_{rule.column}"


def sources_on(rule: ExpectationRule, day: dt.date) -> list[dict[str, Any]]:
    """Return the sources that decide the attribute on a day: ``source`` and ``scope``."""
    found: list[dict[str, Any]] = json.loads(str(rule.arguments["sources"]))
    return [one for one in found if one["from"] <= day.isoformat() <= (one["to"] or "9999-12-31")]


def _compared(resource: Resource, release: Release) -> Iterator[tuple[Column, str, list[dict[str, Any]]]]:
    for column in resource.columns:
        attribute = (column.base or ".").split(".")[1]
        # Subjects are matched by their identifier: comparing it would always agree and flatter the score.
        if column.entity is None or attribute in ENTITIES[column.entity].identifier:
            continue
        entries = [
            entry
            for register in registers_in_force(release)
            if register.entity == column.entity
            for entry in _comparing(register, attribute, resource.id)
        ]
        if entries:
            yield column, attribute, [_source(entry) for entry in entries]


def _comparing(register: SourceRegister, attribute: str, resource_id: str) -> list[RegisterEntry]:
    return [
        entry
        for entry in register.entries
        if attribute in entry.attribute and resource_id in entry.compare and resource_id != entry.source
    ]


def _source(entry: RegisterEntry) -> dict[str, Any]:
    valid = entry.valid
    return {
        "source": entry.source,
        "scope": dict(sorted(entry.scope.items())),
        "from": valid.from_.isoformat(),
        "to": valid.to.isoformat() if valid.to else None,
    }


def _differing(rule: ExpectationRule) -> Metric:
    return Metric("column_values.in_set.unexpected_count", agrees(rule), (("value_set", (True,)),))


CHECK = Agreement()
