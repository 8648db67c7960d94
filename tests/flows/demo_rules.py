"""The list of the demo's rules as it is written down, apart from the catalogue and the code that make them.

Here: reading ``tests/expectations/demo_rules.yml``. Not here: how a rule is proven.
"""

from collections.abc import Iterator
from typing import Any

import yaml
from civiclake import ROOT

LISTED = ROOT / "tests" / "expectations" / "demo_rules.yml"
_WHOLE, _DECLARED = "whole", "declared"


def listed_rules() -> dict[str, str]:
    """Return the check of every rule that is written down, by rule id."""
    loaded: dict[str, dict[str, Any]] = yaml.safe_load(LISTED.read_text(encoding="utf-8"))
    return {
        f"{resource}:{rule}": check
        for resource, groups in loaded.items()
        for group, said in groups.items()
        for rule, check in _rules(group, said)
    }


def _rules(group: str, said: Any) -> Iterator[tuple[str, str]]:
    if group == _DECLARED:
        yield from said.items()
    elif group == _WHOLE:
        yield from ((f"{check}:", check) for check in said)
    else:
        yield from ((f"{group}:{column}", group) for column in said)
