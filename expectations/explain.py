"""Explain a finding to a person: what was found, what was expected, what to do; in Chinese and English.

Here: the one text that task sheets and the report both show. Reason codes of identifiers and types are
explained by ``norms``, those of a check by the check. Not here: laying texts out. No text ever holds a
value.
"""

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

import norms
from expectations.check import ExpectationRule
from expectations.checks import all_checks
from expectations.rule import column_label, filled, rules_of
from norms.reading import Explanation
from resource_catalogue.model import Label
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource


@dataclass(frozen=True, slots=True)
class FindingText:
    """Hold the texts of one kind of finding.

    Attributes:
        rule: What must hold.
        indicator: GB/T 36344-2018 code.
        column: Label of the failing column, or of the resource.
    """

    rule: Label
    indicator: str
    column: Label
    found: Label
    expected: Label
    remedy: Label


def explain(release: Release, resource_id: str, rule_id: str, reason: str) -> FindingText:
    """Explain why a rule failed.

    Raises:
        KeyError: The release has no such resource, or the resource no such rule.
    """
    resource = release.resource(resource_id)
    rule = {rule.rule_id: rule for rule in rules_of(resource, release)}[rule_id]
    found, expected, remedy = _explained(resource, rule, reason)
    label = column_label(resource, rule.column)
    return FindingText(rule.text, rule.indicator, label, found, expected, remedy)


def _explained(resource: Resource, rule: ExpectationRule, reason: str) -> tuple[Label, Label, Label]:
    """Ask the check first, then the norm of the column's type, then any norm that knows the code."""
    own = all_checks()[rule.check].reasons.get(reason)
    if own:
        texts = (own.found, own.expected, own.remedy)
        filled_texts = [filled(text, resource, rule.columns, rule.arguments) for text in texts]
        return filled_texts[0], filled_texts[1], filled_texts[2]
    known = _norm_explanation(_type_of(resource, rule.column), reason)
    if known:
        label = column_label(resource, rule.column)
        return (
            Label(zh=f"“{label.zh}”{known.found_zh}", en=f"{label.en}: {known.found_en}"),
            Label(zh=known.expected_zh, en=known.expected_en),
            Label(zh=known.remedy_zh, en=known.remedy_en),
        )
    return (
        Label(zh=f"不符合：{rule.text.zh}（{reason}）", en=f"does not hold: {rule.text.en} ({reason})"),
        rule.text,
        Label(zh="核对原始材料后更正，重新报送", en="compare with the original, correct and deliver again"),
    )


def _type_of(resource: Resource, column: str) -> str:
    return next((one.type for one in resource.columns if one.name == column), "")


def _norm_explanation(column_type: str, reason: str) -> Explanation | None:
    known = _norm_explanations()
    ordered = sorted(known, key=lambda name: (name != column_type, name))
    return next((known[name][reason] for name in ordered if reason in known[name]), None)


@cache
def _norm_explanations() -> dict[str, Mapping[str, Explanation]]:
    """Return the explanations of every norm that has some, by module: a new norm needs no entry here."""
    found: dict[str, Mapping[str, Explanation]] = {}
    for module in pkgutil.iter_modules(norms.__path__):
        loaded = importlib.import_module(f"norms.{module.name}")
        explanations = getattr(loaded, "EXPLANATIONS", None)
        if explanations:
            found[module.name] = explanations
    return found
