"""The documentation is tested: generated pages are current, and what a page names exists."""

import re
from pathlib import Path

import pytest

from docs.generate import pages

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["settings.md", "commands.md", "tables.md", "coverage.md"])
def test_a_generated_page_is_what_the_generator_writes(name: str) -> None:
    assert (ROOT / "docs" / name).read_text(encoding="utf-8") == pages()[name], "run `make docs`"


def test_every_setting_has_its_line() -> None:
    from resource_catalogue.settings import setting_names

    page = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
    assert [name for name in setting_names() if f"`{name}`" not in page] == []


def test_every_path_of_the_room_table_exists() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    named = re.findall(r"`([a-z_]+(?:/[a-z_.]+)*/?)`", readme[readme.index("## Rooms") :])
    assert len(named) > 20
    assert [path for path in named if "/" in path and not (ROOT / path).exists()] == []


def test_every_command_that_the_readme_names_exists() -> None:
    commands = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    used = set(re.findall(r"civiclake ((?:catalogue|tasks|deliveries) [a-z]+|[a-z]+)", readme))
    assert used
    assert [name for name in used if f"## civiclake {name}" not in commands] == []


def test_every_make_target_that_a_page_names_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.M))
    for page in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]:
        named = set(re.findall(r"`make ([a-z-]+)", page.read_text(encoding="utf-8")))
        assert named <= targets, page.name


def test_the_lock_files_carry_hashes_and_no_registry() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "--hash=sha256:" in text
        assert not re.search(r"https?://|file:|--index|--find-links", text)


def test_the_dbt_macros_list_the_platforms_own_attributes() -> None:
    from resource_catalogue.entities import ENTITIES

    text = (ROOT / "dbt_project" / "macros" / "entities.sql").read_text(encoding="utf-8")
    for entity in ENTITIES.values():
        block = re.search(rf"'{entity.name}': \[(.*?)\]", text, flags=re.S)
        assert block, entity.name
        listed = re.findall(r"'(\w+)'", block.group(1))
        own = [attribute.name for attribute in entity.attributes]
        assert listed == own, (
            f"only in dbt: {set(listed) - set(own)}; only in the platform: {set(own) - set(listed)}"
        )
        assert f"'{entity.name}': '{entity.division}'" in text
        assert (ROOT / "dbt_project" / "models" / "base" / f"{entity.name}.sql").exists()
