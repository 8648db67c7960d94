"""Every finding can be explained to a person in both languages."""

import re
from typing import Any

import pytest

from expectations.checks import all_checks
from expectations.explain import explain
from expectations.rule import rules_of
from norms.citizen_id import EXPLANATIONS
from resource_catalogue.model import Label
from resource_catalogue.resource import Resource
from tests.expectations.conftest import RESOURCE, a_release, a_resource
from tests.expectations.test_agreement import BY_REGISTRAR, COLUMNS, TAX

RULES = [
    {"id": "ordered", "check": "order", "columns": ["begun", "ended"], "indicator": "0503"},
    {"id": "past", "check": "not_future", "columns": ["begun"], "indicator": "0501"},
    {
        "id": "recent", "check": "not_stale", "columns": ["ended"], "indicator": "0502",
        "arguments": {"max_age_days": 30},
    },
]  # fmt: skip


def everything() -> Resource:
    columns: list[dict[str, Any]] = [
        {"name": "person", "type": "citizen_id", "zh": "证件号码", "en": "ID number", "required": True},
        {"name": "begun", "type": "date", "zh": "开始日期", "en": "start"},
        {"name": "ended", "type": "date", "zh": "结束日期", "en": "end"},
        {"name": "status", "type": "code", "zh": "状态", "en": "status", "codes": "statuses"},
    ]
    return a_resource(columns, key=("person",), rules=RULES)


def test_every_reason_of_every_check_is_explained_in_both_languages() -> None:
    resource = everything()
    tax = a_resource(COLUMNS, id=TAX)
    release = a_release(resource, tax, registers=BY_REGISTRAR)
    explained = set()
    for one in (resource, tax):
        for rule in rules_of(one, release):
            for reason in all_checks()[rule.check].reasons:
                text = explain(release, one.id, rule.rule_id, reason)
                for label in (text.rule, text.found, text.expected, text.remedy):
                    assert re.search("[一-龥]", label.zh)
                    assert label.en
                    assert "{" not in label.zh + label.en
                explained.add(rule.check)
    assert explained == {name for name, check in all_checks().items() if check.reasons}


@pytest.mark.parametrize("code", sorted(EXPLANATIONS))
def test_a_code_of_a_norm_is_explained_by_the_norm_of_the_column(code: str) -> None:
    release = a_release(everything())
    text = explain(release, RESOURCE, f"{RESOURCE}:identifier:person", code)
    assert EXPLANATIONS[code].found_zh in text.found.zh
    assert text.found.zh.startswith("“证件号码”")
    assert text.remedy.en == EXPLANATIONS[code].remedy_en


def test_an_order_names_both_columns() -> None:
    text = explain(a_release(everything()), RESOURCE, f"{RESOURCE}:ordered", "wrong_order")
    assert (text.found.zh, text.found.en) == ("“开始日期”晚于“结束日期”", "start is after end")
    assert (text.column.en, text.indicator) == ("end", "0503")


def test_an_unknown_code_is_still_explained_by_its_rule() -> None:
    text = explain(a_release(everything()), RESOURCE, f"{RESOURCE}:type:begun", "unheard_of")
    assert "unheard_of" in text.found.en
    assert text.expected == text.rule


def test_a_declared_text_is_what_must_hold() -> None:
    label = Label(zh="先开始后结束", en="starts before it ends")
    resource = everything()
    declared = resource.rules[0].model_copy(update={"text": label})
    resource = resource.model_copy(update={"rules": (declared,)})
    assert explain(a_release(resource), RESOURCE, f"{RESOURCE}:ordered", "wrong_order").rule == label
