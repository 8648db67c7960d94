"""Two releases are compared entry by entry, and each change reads in both languages."""

import copy
import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import Any

from resource_catalogue.code_list import Code, CodeList
from resource_catalogue.profile import load_profile
from resource_catalogue.release import EntryState, Release, catalogue_hash
from resource_catalogue.release_diff import Change, diff_releases

MARKET = "resources/market/registration.yml"


def released(files: Any, number: int = 1, profile: str = "yancheng") -> Release:
    """Return the files as a release with every entry listed."""
    draft = files.draft()
    assert draft.faults == []
    catalogue, loaded = draft.catalogue, load_profile(profile)
    states: dict[str, EntryState] = dict.fromkeys([*catalogue.resources, *catalogue.datasets], "listed")
    return Release(
        number, catalogue_hash(catalogue, loaded), dt.datetime(2026, 3, 16, tzinfo=dt.UTC),
        "market/registrar", "market/reviewer", loaded, catalogue, states,
    )  # fmt: skip


def changes_after(files: Any, change: Callable[[dict[str, Any]], Any], file: str = MARKET) -> list[Change]:
    """Return the changes between the files as they are and after a change."""
    before = released(files)
    change(files[file])
    return diff_releases(before, released(files, 2))


def test_equal_releases_differ_in_nothing(files: Any) -> None:
    assert diff_releases(released(files), released(files, 2)) == []


def test_a_value_written_out_that_equals_its_default_is_no_change(files: Any) -> None:
    assert changes_after(files, lambda body: body["update"].update(mode="snapshot")) == []


def test_a_changed_column_is_named_by_its_name_and_not_by_its_place(files: Any) -> None:
    def change(body: dict[str, Any]) -> None:
        body["columns"].insert(0, {"name": "licence_no", "zh": "证号", "type": "text"})
        body["columns"][4]["zh"] = "电话"

    changes = changes_after(files, change)
    assert {c.path.partition("]")[0] + "]" for c in changes if c.action == "added"} == {"columns[licence_no]"}
    (relabelled,) = (c for c in changes if c.action == "changed")
    assert relabelled == Change(
        "resource", "market.registration", "changed", "columns[phone].zh", '"联系电话"', '"电话"'
    )
    assert relabelled.text().zh == '资源 market.registration 的 columns[phone].zh 由 "联系电话" 改为 "电话"'
    assert relabelled.text().en == 'resource market.registration, columns[phone].zh: "联系电话" became "电话"'


def test_a_removed_field_is_told_from_a_changed_one(files: Any) -> None:
    (change,) = changes_after(files, lambda body: body.pop("use_requirements"))
    assert (change.action, change.path, change.after) == ("removed", "use_requirements.zh", None)
    assert change.text().zh.startswith("删除资源 market.registration 的 use_requirements.zh")


def test_entries_of_the_register_are_named_by_attribute_and_scope(files: Any) -> None:
    def change(body: dict[str, Any]) -> None:
        body["entries"].reverse()
        body["entries"][1]["if_absent"] = "provisional"

    (found,) = changes_after(files, change, "source_register/organisation.yml")
    assert found.path == "entries[credit_code,name registrar=9].if_absent"
    assert found.kind == "register"
    assert found.action == "added"


def test_new_and_removed_entries_are_one_change_each(files: Any) -> None:
    before = released(files)
    files.bodies["datasets/more.yml"] = copy.deepcopy(files["datasets/entities.yml"]) | {"id": "more"}
    after = released(files, 2)
    assert diff_releases(before, after) == [Change("dataset", "more", "added")]
    assert diff_releases(after, before) == [Change("dataset", "more", "removed")]
    assert diff_releases(before, after)[0].text().en == "added dataset more"


def test_another_state_is_a_change_of_the_entry(files: Any) -> None:
    before = released(files)
    after = dataclasses.replace(before, states={**before.states, "market.registration": "suspended"})
    assert diff_releases(before, after) == [
        Change("resource", "market.registration", "changed", "state", "listed", "suspended")
    ]


def test_another_profile_and_another_code_are_told(files: Any) -> None:
    before, after = released(files), released(files, 2, "weihai")
    lists = dict(after.catalogue.code_lists)
    lists["entity_kind"] = CodeList(
        "entity_kind", (Code("enterprise", "企业法人"), Code("individual", "个体"))
    )
    after = dataclasses.replace(after, catalogue=dataclasses.replace(after.catalogue, code_lists=lists))
    found = diff_releases(before, after)
    assert [(c.kind, c.id, c.action, c.path) for c in found] == [
        ("profile", "yancheng@1", "removed", ""),
        ("profile", "weihai@1", "added", ""),
        ("code_list", "entity_kind", "changed", "codes[enterprise]"),
    ]
