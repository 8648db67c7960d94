"""What an entry declares of objects holds, or is reported at its line."""

from typing import Any

import pytest

from resource_catalogue.checks import digitisation, object_entries
from resource_catalogue.resource import Resource
from resource_catalogue.sources.objects import NEEDED, OBJECT_COLUMNS

MARKET = "resources/market/registration.yml"
CLOSED = {"open": {"type": "none"}}


def declare(files: Any, extra: tuple[str, ...] = (), **objects: Any) -> dict[str, Any]:
    """Turn the entry into one of certificates, with the needed columns and others."""
    body: dict[str, Any] = files[MARKET]
    own = [
        {"name": name, "zh": name, "type": OBJECT_COLUMNS[name], **(CLOSED if name == "object_name" else {})}
        for name in NEEDED
    ]
    others = [{"name": name, "zh": name, "type": "text"} for name in extra]
    body.update(form="certificate", columns=[*own, *others])
    body["source"] = {"path": "market/*.zip", "rows": "objects", "objects": objects}
    return body


def found(files: Any) -> list[tuple[str, str]]:
    return [(one.severity, one.fault.place) for one in object_entries.check(files.inspection("yancheng"))]


@pytest.mark.requirement("S-03")
def test_an_entry_whose_columns_are_filled_by_name_list_or_object_has_no_fault(files: Any) -> None:
    declare(files, ("number",), name=r"(?P<number>\d+)")
    assert found(files) == []
    declare(files, ("number",), index="清单.xlsx", file="文件名")
    assert found(files) == []


def test_each_fault_of_an_entry_is_reported_at_its_place(files: Any) -> None:
    declare(files, ("number",))
    assert found(files) == [("error", "columns[4]")]
    declare(files, ("number",), name="(?P<other>x)")
    assert found(files) == [("error", "source.objects.name"), ("error", "columns[4]")]
    declare(files, ("number",), name="(?P<number>x")
    assert ("error", "source.objects.name") in found(files)
    declare(files, index="清单.xlsx")
    assert found(files) == [("error", "source.objects")]
    declare(files, index="*", file="文件名")
    assert found(files) == [("error", "source.objects.index")]
    declare(files)["form"] = "structured"
    assert found(files) == [("error", "form")]
    declare(files)["source"] = {"connector": "s3", "bucket": "b", "path": "x/*", "rows": "objects"}
    assert found(files) == []
    body = declare(files)
    body["source"] = {
        "connector": "database",
        "kind": "mysql",
        "host": "h",
        "database": "d",
        "user": "u",
        "table": "t",
    }
    body["source"]["rows"] = "objects"
    assert found(files) == [("error", "source.rows")]
    del declare(files)["columns"][0]
    assert found(files) == [("error", "columns")]
    declare(files)["columns"][3]["type"] = "text"
    assert found(files) == [("error", "columns[3].type")]
    declare(files, ("object_colour",), index="a.csv", file="b")
    assert found(files) == [("error", "columns[4].name")]


def test_names_of_files_that_would_be_opened_are_noted(files: Any) -> None:
    declare(files)["columns"][1].pop("open")
    assert found(files) == [("note", "columns[1]")]


@pytest.mark.requirement("K-11")
def test_paper_without_a_plan_is_noted_where_the_text_wants_it_digitised_first(files: Any) -> None:
    body = files[MARKET]
    body["form"] = "non_digital"

    def noted(profile: str) -> list[str]:
        return [one.fault.expected for one in digitisation.check(files.inspection(profile))]

    (told,) = noted("yancheng")
    assert "非数字化数据在汇聚前应当进行数字化加工" in told
    assert "第十二条" in told
    assert noted("xinjiang") == []
    body["digitisation"] = {"due_on": "2026-12-31", "by": "market", "volume": {"pages": 1200, "metres": 1.5}}
    assert noted("yancheng") == []


def test_objects_that_are_not_declared_change_no_hash_of_an_entry(files: Any) -> None:
    """Entries of releases that were published before keep their hashes, so that nothing is done anew for them."""
    resource = Resource.model_validate(files[MARKET])
    dumped = resource.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    assert not {"rows", "objects"} & set(dumped["source"])
    assert "digitisation" not in dumped
