"""Which rules a resource has, how they are named, and which declarations are refused."""

import subprocess
import sys
from typing import Any

import pytest

from expectations.checks import all_checks, declarable_checks
from expectations.rule import rules_of
from resource_catalogue.errors import CatalogueError
from tests.expectations.conftest import RESOURCE, a_release, a_resource

COLUMNS = [
    {"name": "uscc", "type": "credit_code", "required": True},
    {"name": "status", "type": "code", "codes": "statuses"},
    {"name": "area", "type": "division"},
    {"name": "day", "type": "date"},
    {"name": "remark", "type": "text"},
]


def ids(**changes: Any) -> list[str]:
    resource = a_resource(changes.pop("columns", COLUMNS), **changes)
    return [rule.rule_id.removeprefix(RESOURCE + ":") for rule in rules_of(resource, a_release(resource))]


def test_rules_follow_from_the_columns() -> None:
    noted = [f"noted:{c['name']}" for c in COLUMNS]
    typed = [f"type:{name}" for name in ("status", "area", "day", "remark")]
    assert ids(key=("uscc",)) == sorted(
        [
            "required:uscc", "identifier:uscc", "code_list:status", "code_list:area", "unique:", "freshness:",
            "volume:", "rejected_row:", *noted, *typed,
        ]
    )  # fmt: skip


def test_change_files_have_no_volume_rule() -> None:
    assert "volume:" not in ids(update={"frequency": "daily", "mode": "changes"})


def test_a_version_changes_with_the_declaration_and_with_nothing_else() -> None:
    def version(**changes: Any) -> str:
        rule = {"id": "r", "check": "not_stale", "columns": ["day"], "indicator": "0502", **changes}
        resource = a_resource(COLUMNS, rules=[rule])
        return next(x.version for x in rules_of(resource, a_release(resource)) if x.rule_id.endswith(":r"))

    ten, eleven = {"arguments": {"max_age_days": 10}}, {"arguments": {"max_age_days": 11}}
    assert version(**ten) == version(**ten)
    assert len({version(**ten), version(**eleven), version(**ten, severity="warn")}) == 3


@pytest.mark.parametrize(
    "rule",
    [
        {"check": "nothing_like_it", "columns": ["day"]},
        {"check": "freshness", "columns": ["day"]},
        {"check": "order", "columns": ["day"]},
        {"check": "not_future", "columns": ["no_such_column"]},
        {"check": "not_stale", "columns": ["day"]},
        {"check": "not_stale", "columns": ["day"], "arguments": {"max_age_days": "many"}},
    ],
)
def test_a_wrong_declaration_is_refused(rule: dict[str, Any]) -> None:
    with pytest.raises(CatalogueError):
        ids(rules=[{"id": "r", "indicator": "0501", **rule}])


def test_a_code_column_whose_list_is_missing_is_refused() -> None:
    with pytest.raises(CatalogueError, match="no code list"):
        ids(columns=[{"name": "c", "type": "code", "codes": "no_such_list"}])


def test_a_resource_whose_rows_nothing_looks_at_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(type(all_checks()["type"]), "rules_for", lambda *_: ())
    with pytest.raises(CatalogueError, match="no rule looks at its rows"):
        ids(columns=[{"name": "remark", "type": "text"}])


def test_checks_are_found_by_listing_their_folder() -> None:
    assert set(all_checks()) == {
        "required", "identifier", "type", "noted", "code_list", "unique", "order", "not_future", "not_stale",
        "freshness", "volume", "rejected_row", "agreement",
    }  # fmt: skip
    assert set(declarable_checks()) == {"required", "unique", "order", "not_future", "not_stale"}


def test_reading_rules_does_not_load_great_expectations() -> None:
    code = (
        "import sys, expectations.run, expectations.rule, expectations.scores, expectations.explain\n"
        "sys.exit('great_expectations' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
