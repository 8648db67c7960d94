"""Every source of the how-to can be declared as it stands there."""

import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from resource_catalogue.resource import Update
from resource_catalogue.sources import SHAPES, Source
from resource_catalogue.yaml_source import load_yaml

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "connect-a-source.md"
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)


class _Entry(BaseModel):
    source: Source
    update: Update | None = None


@pytest.mark.parametrize("block", BLOCKS)
def test_a_source_of_the_page_can_be_declared(tmp_path: Path, block: str) -> None:
    path = tmp_path / "entry.yml"
    path.write_text(block, encoding="utf-8")
    declared = load_yaml(path).data
    assert _Entry.model_validate(declared).source.connector == declared["source"]["connector"]


def test_the_page_has_every_connector() -> None:
    assert {re.findall(r"connector: (\w+)", block)[0] for block in BLOCKS} == set(SHAPES) - {"folder"}
