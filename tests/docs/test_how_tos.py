"""The how-tos do what they say: their files and commands are played, their tables are the code's own lists.

A line that holds only a path in backticks names the file that the fenced block below it is; in ``sh`` blocks each
``civiclake`` line is run; ``text`` blocks hold placeholders and are only held against the commands' options.
"""

import json
import os
import re
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

import pytest
import typer
from forks import run_command
from typer.testing import CliRunner

from casework.transitions import DUE_LABELS, AnswerKind, CaseState, Outcome
from cli.main import app
from lake import Lake
from masking.masks import masks
from resource_catalogue.agency import Agency, PostName
from resource_catalogue.code_list import load_code_lists
from resource_catalogue.deployment import Deployment
from resource_catalogue.entities import ENTITIES
from resource_catalogue.resource import Column, ColumnType, Frequency, Resource
from resource_catalogue.words import DeliveryState, TableName

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = ROOT / "docs" / "how-to"
HOW_TOS = sorted(path.name for path in HOW_TO.glob("*.md"))
PLAYED = ("start-a-deployment.md", "add-a-feed.md")
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(HOW_TO / name for name in HOW_TOS)]
_BLOCK = re.compile(
    r"(?:^`(?P<file>[^`\n]+)`\n)?^```(?P<kind>[a-z]+)\n(?P<body>.*?)^```$", flags=re.MULTILINE | re.DOTALL
)
_SECONDS = 2
_INLINE = re.compile(r"`(civiclake [^`]+)`")


@dataclass
class City:
    """Hold a deployment that pages were played into, with what each command printed."""

    home: Path
    printed: dict[str, str] = field(default_factory=dict)

    def rows(self, schema: str, name: str) -> int:
        return self.lake.row_count(TableName(schema, name))

    @property
    def lake(self) -> Lake:
        return Lake.of(Deployment.open(self.home))


def read(name: str) -> str:
    return (HOW_TO / name).read_text(encoding="utf-8")


def commands_in(text: str, kinds: tuple[str, ...]) -> Iterator[str]:
    """Give each command of the fenced blocks of these kinds, its arguments as written."""
    for block in _BLOCK.finditer(text):
        if block["kind"] in kinds:
            for line in block["body"].splitlines():
                found = re.search(r"(?:^|/)civiclake( .*)", line)
                if found and not line.startswith("#"):
                    yield "civiclake" + found[1]


def run(command: str) -> str:
    done = CliRunner().invoke(app, arguments(command))
    assert done.exit_code == 0, f"{command}: exit {done.exit_code}\n{done.output}\n{done.exception}"
    return done.output


def run_alone(command: str) -> str:
    """Run a command in a process of its own: Dagster's dbt remembers the models that a process began with."""
    done = run_command(arguments(command), dict(os.environ))
    assert done.returncode == 0, f"{command}: exit {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def arguments(command: str) -> list[str]:
    return shlex.split(command, comments=True)[1:]


def play(
    page: str,
    city: City,
    instead: Mapping[str, str] = MappingProxyType({}),
    by: Callable[[str], str] = run,
) -> None:
    """Write the files and run the commands of a page, in its order, with other words instead of some."""
    text = read(page)
    for word, other in instead.items():
        text = text.replace(word, other)
    for block in _BLOCK.finditer(text):
        if block["file"]:
            path = Path(block["file"])
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block["body"], encoding="utf-8")
            # A run's instant is a whole second: a file of the same second has not arrived yet.
            os.utime(path, (path.stat().st_atime, path.stat().st_mtime - _SECONDS))
        elif block["kind"] == "sh":
            for command in commands_in(block.group(0), ("sh",)):
                city.printed[f"{page}: {command}"] = by(command)


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    folder = tmp_path_factory.mktemp("how-to")
    with pytest.MonkeyPatch.context() as patch:
        for variable in ("CIVICLAKE_AS_OF", "CIVICLAKE_HOME", "CIVICLAKE_PROFILE"):
            patch.delenv(variable, raising=False)
        patch.chdir(folder)
        city = City(folder / "my-city")
        for page in PLAYED:
            play(page, city)
        yield city


@pytest.mark.parametrize("page", PLAYED)
def test_the_catalogue_files_of_a_page_have_no_error(city: City, page: str) -> None:
    assert "0 个错误 errors" in city.printed[f"{page}: civiclake catalogue check --home my-city"]


@pytest.mark.requirement("C-07")
def test_the_rows_of_both_feeds_are_loaded_and_reach_the_bases(city: City) -> None:
    assert city.rows("standard", "civil_affairs__elderly_homes") == 3
    assert city.rows("standard", "health__death_certificates") == 3
    assert city.rows("base", "place") == 3
    assert city.rows("base", "person") == 3
    deaths = city.lake.read(TableName("base", "person"))["date_of_death"]
    assert sorted(map(str, deaths)) == ["2024-12-03", "2024-12-11", "2024-12-20"]


def test_the_faults_that_the_pages_plant_become_tasks(city: City) -> None:
    assert {(task["rule"], task["rows"]) for task in tasks()} == {
        ("civil_affairs.elderly_homes:type:beds", 1),
        ("health.death_certificates:issued_after_death", 1),
    }


def test_the_first_page_says_where_the_report_lies(city: City) -> None:
    assert "my-city/var/report/run.html" in read("start-a-deployment.md")
    assert (city.home / "var/report/run.html").exists()


@pytest.mark.long
def test_a_mended_file_closes_its_task_and_a_dataset_is_opened(city: City) -> None:
    task = next(task for task in tasks() if task["agency"] == "civil_affairs")
    play("answer-a-task.md", city, {"R-2026-0001": task["id"]})
    assert next(now["state"] for now in tasks() if now["id"] == task["id"]) == "closed"
    assert (city.home / "var/outbox/civil_affairs" / f"{task['id']}.xlsx").exists()
    play("open-a-dataset.md", city, by=run_alone)
    names = {path.name for path in (city.home / "var/open/elderly_homes").iterdir()}
    endings = ("csv", "excel.csv", "xlsx", "json", "jsonl", "xml", "parquet")
    assert names == {"manifest.json", *(f"elderly_homes.{ending}" for ending in endings)}


def tasks() -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = json.loads(run("civiclake tasks list --home my-city --json"))
    return listed


def resolved(words: list[str]) -> tuple[Any, list[str]]:
    """Return the command that words name and the words left for it."""
    command: Any = typer.main.get_command(app)
    rest = words[1:]
    while commands := getattr(command, "commands", None):
        assert rest, f"{' '.join(words)}: no command"
        assert rest[0] in commands, f"{' '.join(words)}: no command {rest[0]}"
        command, rest = commands[rest[0]], rest[1:]
    return command, rest


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_of_a_page_exists_with_its_options_and_arguments(page: Path) -> None:
    for line in commands_in(page.read_text(encoding="utf-8"), ("sh", "text")):
        command, rest = resolved(shlex.split(line.split(" >>")[0], comments=True))
        try:
            command.make_context(command.name, list(rest))
        except Exception as error:
            pytest.fail(f"{page.name}: {line}: {error}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_named_within_a_sentence_exists_with_its_options(page: Path) -> None:
    for line in _INLINE.findall(page.read_text(encoding="utf-8")):
        command, rest = resolved(shlex.split(line))
        known = {name for parameter in command.params for name in parameter.opts} | {"--help"}
        assert {word for word in rest if word.startswith("--")} <= known, f"{page.name}: {line}"


@pytest.mark.parametrize("page", HOW_TOS)
def test_a_how_to_opens_with_chinese_and_its_links_lead_somewhere(page: str) -> None:
    text = read(page)
    opening = text.split("\n\n")[1]
    assert opening.count("。") == 2, "two sentences say what the page is for"
    links = re.findall(r"\]\(([^)#]+)", text)
    assert [link for link in links if not (HOW_TO / link).exists()] == []
    assert f"docs/how-to/{page}" in (ROOT / "README.md").read_text(encoding="utf-8")


def first_cells(text: str, heading: str) -> dict[str, str]:
    """Return the words in backticks of a table's first cells, each with its second cell."""
    table = text[text.index(heading) :]
    lines = table[table.index("\n|") + 1 :].split("\n\n")[0].splitlines()[2:]
    found: dict[str, str] = {}
    for line in lines:
        first, second = [cell.strip() for cell in line.strip("|").split(" | ")][:2]
        found.update(dict.fromkeys(re.findall(r"`([^`]+)`", first), second))
    return found


def test_the_table_of_keys_is_that_of_a_resource() -> None:
    cells = first_cells(read("add-a-feed.md"), "### Keys of the file")
    keys = {info.alias or name: info for name, info in Resource.model_fields.items()}
    assert set(keys) - set(cells) == {"related"}
    assert set(cells) <= set(keys)
    always = {name for name, info in keys.items() if info.is_required()}
    assert {name for name, needed in cells.items() if needed == "always"} == always


def test_the_table_of_keys_of_a_column_and_its_types_are_those_of_a_column() -> None:
    text = read("add-a-feed.md")
    cells = first_cells(text, "### Keys of a column")
    assert set(cells) <= {info.alias or name for name, info in Column.model_fields.items()}
    for word in (*get_args(ColumnType), *get_args(Frequency)):
        assert f"`{word}`" in text, word


def test_posts_legal_kinds_and_bases_are_those_of_the_code() -> None:
    text = read("start-a-deployment.md")
    for word in (*get_args(PostName), *get_args(Agency.model_fields["legal_kind"].annotation)):
        assert f"`{word}`" in text, word
    assert set(first_cells(text, "The posts (岗位):")) == set(get_args(PostName))
    cells = first_cells(text, "## 5. Its source register entry")
    assert cells == {entity.database: f"`{name}`" for name, entity in ENTITIES.items()}


def test_states_answers_and_bases_of_a_limit_are_those_of_the_code() -> None:
    text = read("answer-a-task.md")
    assert set(first_cells(text, "## States")) == {str(s) for s in CaseState} - {"drafted"}
    assert set(first_cells(text, "**Or answer**")) == {str(kind) for kind in AnswerKind}
    assert set(first_cells(text, "## The clock")) == set(DUE_LABELS)
    assert [outcome for outcome in Outcome if f"`{outcome}`" not in text] == []


def test_states_of_deliveries_are_those_of_the_code() -> None:
    cells = first_cells(read("decide-a-held-delivery.md"), "# Decide a held delivery")
    assert set(cells) == {str(state) for state in DeliveryState}


def test_masks_and_shipped_code_lists_are_those_of_the_code() -> None:
    assert set(first_cells(read("open-a-dataset.md"), "## Masks")) == set(masks())
    shipped = load_code_lists(ROOT / "resource_catalogue" / "code_lists")
    text = read("add-a-feed.md")
    assert [name for name in shipped if f"`{name}`" not in text] == []
