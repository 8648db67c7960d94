"""The entry of the how-to can be declared as it stands there, and its tables are the code's own lists."""

import re
from pathlib import Path

from pydantic import BaseModel

from expectations.checks.rejected_row import RejectedRow
from resource_catalogue.resource import Digitisation, Resource
from resource_catalogue.sources.objects import ADMITTED, NEEDED, OBJECT_COLUMNS, Objects
from resource_catalogue.yaml_source import load_yaml

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "collect-documents.md"
TEXT = PAGE.read_text(encoding="utf-8")
ENTRY, PAPER = re.findall(r"^```yaml\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)


class _Paper(BaseModel):
    form: str
    digitisation: Digitisation


def read(folder: Path, block: str) -> object:
    path = folder / "entry.yml"
    path.write_text(block, encoding="utf-8")
    return load_yaml(path).data


def test_the_entry_of_the_page_can_be_declared_with_all_that_objects_need(tmp_path: Path) -> None:
    resource = Resource.model_validate(read(tmp_path, ENTRY))
    assert resource.source.rows == "objects"
    assert {column.name for column in resource.columns} >= set(NEEDED)
    assert resource.form in ADMITTED
    assert _Paper.model_validate(read(tmp_path, PAPER)).form == "non_digital"


def test_the_tables_of_the_page_are_the_lists_of_the_code() -> None:
    types = dict(re.findall(r"^\| `(object_\w+)` \| (text|integer) \|", TEXT, flags=re.MULTILINE))
    assert types == OBJECT_COLUMNS
    keys = re.search(r"\| key of `objects` \|.*?\n\n", TEXT, flags=re.DOTALL)
    assert keys
    named = {
        key
        for line in re.findall(r"^\| (`[^|]+) \|", keys[0], flags=re.MULTILINE)
        for key in line.split(", ")
    }
    assert {key.strip("`") for key in named} == set(Objects.model_fields)
    reasons = set(re.findall(r"^\| `((?:object|list)_\w+)` \| [^ti]", TEXT, flags=re.MULTILINE))
    of_objects = {name for name in RejectedRow.reasons if name.startswith(("object_", "list_"))}
    assert reasons == of_objects
