"""Editors' schemas accept what the shapes accept, refuse what they refuse, and speak their words."""

from pathlib import Path
from typing import Any

import jsonschema
import pytest

from resource_catalogue.json_schema import SHAPES, json_schemas
from resource_catalogue.yaml_source import load_yaml

ROOT = Path(__file__).parents[2]
PLACES = {
    "agency": "agencies/*.yml",
    "resource": "resources/*/*.yml",
    "source_register": "source_register/*.yml",
    "dataset": "datasets/*.yml",
    "joint_collection": "joint_collections/*.yml",
}


def complaints(kind: str, data: Any) -> list[str]:
    """Return where a schema refuses a file."""
    validator = jsonschema.Draft202012Validator(json_schemas()[kind])
    return [f"{error.json_path}: {error.validator}" for error in validator.iter_errors(data)]


def test_there_is_a_valid_schema_for_each_kind_of_file() -> None:
    schemas = json_schemas()
    assert set(schemas) == set(SHAPES) == {*PLACES, "profile"}
    for schema in schemas.values():
        jsonschema.Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "resource_catalogue" / "jurisdictions").glob("*.yml")), ids=lambda p: p.stem
)
def test_every_shipped_profile_fits_its_schema(path: Path) -> None:
    assert complaints("profile", load_yaml(path).data) == []


@pytest.mark.parametrize("kind", PLACES)
def test_every_file_of_a_good_catalogue_fits_its_schema(files: Any, kind: str) -> None:
    files["resources/market/registration.yml"]["columns"][1] |= {"from": "企业名称", "share": "conditional"}
    files.draft()
    written = sorted(files.folder.glob(PLACES[kind]))
    assert written
    assert [complaints(kind, load_yaml(path).data) for path in written] == [[]] * len(written)


def test_an_unknown_key_and_a_wrong_word_are_refused_by_the_schema(files: Any) -> None:
    body = files["resources/market/registration.yml"]
    body["colour"] = "red"
    body["columns"][0]["type"] = "colour"
    assert sorted(complaints("resource", body)) == ["$.columns[0].type: enum", "$: additionalProperties"]


def test_keys_are_those_of_the_files_and_carry_the_words_of_the_docstrings() -> None:
    schema = json_schemas()["resource"]
    assert {"class", "collected"} <= set(schema["properties"])
    assert "class_" not in schema["properties"]
    column = schema["$defs"]["Column"]
    assert "信息项" in column["description"]
    assert "Attributes:" not in column["description"]
    assert "数据元" in column["properties"]["element"]["description"]
    assert column["properties"]["from"]["description"].startswith("Names under which")
