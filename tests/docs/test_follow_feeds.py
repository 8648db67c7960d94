"""The how-to about following feeds says what the code knows: due points, allowances, a file that can be read."""

import re
from pathlib import Path

import pytest
import yaml

from resource_catalogue.due_point import WORDS, due_point
from resource_catalogue.joint_collection import JointCollection
from resource_catalogue.promise import DAYS_ALLOWED, WORKING_DAYS_ALLOWED

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "follow-feeds.md").read_text(encoding="utf-8")


def rows(head: str) -> list[list[str]]:
    """Return the cells of a table whose first header is given."""
    lines = PAGE[PAGE.index(head) :].split("\n\n")[0].splitlines()
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in (lines[0], *lines[2:])]


def test_every_due_point_of_the_table_is_one_of_its_frequency() -> None:
    told = {word: row[1] for row in rows("| frequency |")[1:] for word in re.findall(r"`(\w+)`", row[0])}
    assert set(told) == set(WORDS)
    for frequency, cell in told.items():
        for words in re.findall(r"`([^`]+)`", cell):
            assert due_point(frequency, words) is not None, (frequency, words)


def test_the_allowances_are_those_of_the_code() -> None:
    names, allowed = rows("| `daily` | `weekly` |")
    told = {name.strip("`"): int(cell.split()[0]) for name, cell in zip(names, allowed, strict=True)}
    assert told == {**DAYS_ALLOWED, **WORKING_DAYS_ALLOWED}


@pytest.mark.requirement("K-09")
def test_the_agreement_of_the_page_can_be_registered() -> None:
    block = PAGE.split("`joint_collections/births.yml`\n```yaml\n")[1].split("```")[0]
    body = yaml.load(block, Loader=yaml.BaseLoader)
    body["valid"]["to"] = None
    joint = JointCollection.model_validate(body)
    assert joint.lead in joint.agencies
