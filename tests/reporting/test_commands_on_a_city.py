"""What the reading commands show of a city: words in both languages, whole ids, the deployment's own time."""

import json
import re
from collections.abc import Callable

import pytest
from reporting_city import FIRM, IDENTIFIER_RULE, MARKET, City
from typer.testing import CliRunner, Result

from cli.main import app
from resource_catalogue.errors import CivicError, NotFoundError, SettingError

Asked = Callable[..., Result]


@pytest.fixture
def asked(city: City, monkeypatch: pytest.MonkeyPatch) -> Asked:
    """Give a way to run a command on the city, on a screen of 100 columns."""
    home = city.deployment.home
    monkeypatch.setattr("cli.output._PIPED_WIDTH", 100)

    def ask(*arguments: str) -> Result:
        return CliRunner().invoke(app, [*arguments, "--home", str(home)])

    return ask


def shown(result: Result) -> str:
    assert result.exception is None, result.exception
    return result.stdout


def test_tasks_are_listed_with_whole_ids_and_the_words_of_their_rules(asked: Asked) -> None:
    text = shown(asked("tasks", "list"))
    ids = [task["id"] for task in json.loads(shown(asked("tasks", "list", "--json")))]
    assert ids
    assert [one for one in ids if one not in text] == []
    assert IDENTIFIER_RULE not in text
    assert "已下发" in text
    assert max(map(len, text.splitlines())) <= 100


@pytest.mark.parametrize(
    ("arguments", "known"),
    [
        (("tasks", "list", "--agency", "polize"), "police"),
        (("tasks", "list", "--state", "open"), "issued"),
        (("deliveries", "list", "--state", "foo"), "unreadable"),
    ],
)
def test_a_filter_that_nothing_can_meet_is_refused_with_the_known_words(
    asked: Asked, arguments: tuple[str, ...], known: str
) -> None:
    refused = asked(*arguments).exception
    assert isinstance(refused, SettingError)
    assert known in refused.expected


def test_tasks_can_be_asked_for_by_state_agency_and_delay(asked: Asked) -> None:
    tasks = json.loads(shown(asked("tasks", "list", "--json")))
    one = tasks[0]
    assert _listed(asked, one["agency"]) == [task for task in tasks if task["agency"] == one["agency"]]
    closed = json.loads(shown(asked("tasks", "list", "--state", "办结", "--json")))
    assert closed == [task for task in tasks if task["state"] == "closed"]
    late = ("tasks", "list", "--overdue", "--json", "--as-of")
    assert json.loads(shown(asked(*late, "2026-03-16T10:00:00+08:00"))) == []
    assert one["id"] in {task["id"] for task in json.loads(shown(asked(*late, "2026-09-01T10:00:00+08:00")))}


def _listed(asked: Asked, agency: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(shown(asked("tasks", "list", "--agency", agency, "--json")))
    return found


def test_a_task_is_shown_in_the_time_of_the_deployment_without_python_in_its_cells(asked: Asked) -> None:
    one = json.loads(shown(asked("tasks", "list", "--json")))[0]
    text = shown(asked("tasks", "show", one["id"]))
    assert "Asia/Shanghai" in text
    assert "+00:00" not in text
    assert not re.search(r"[{\[]'", text)
    assert "反馈" in text
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+]00:00", one["opened_at"])


def test_the_status_says_states_and_rules_in_words_and_files_one_a_line(asked: Asked) -> None:
    text = shown(asked("status"))
    assert "已入库 / loaded" in text
    assert "现行有效 / in force" in text
    assert IDENTIFIER_RULE not in text
    assert "['" not in text


def test_an_explanation_leaves_out_what_nobody_says_and_names_it_once(asked: Asked) -> None:
    text = shown(asked("explain", "organisation", FIRM))
    names = text[text.index("无机构提供") :]
    assert "名称 / name" in text
    assert "名称 / name" not in names
    assert all(text.count(label) == 1 for label in names.splitlines()[0].split(": ")[1].split(", "))


def test_a_trace_shows_attributes_and_the_results_of_rules(asked: Asked) -> None:
    text = shown(asked("trace", "base.organisation", FIRM))
    assert MARKET in text
    assert "规则结果 / rule results" in text
    assert "未发现问题 / nothing found" in text


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("trace", "open.entities", "x"), SettingError),
        (("trace", "base.organisation", "0" * 32), NotFoundError),
        (("explain", "organisation", "0" * 32), NotFoundError),
    ],
)
def test_what_cannot_be_shown_is_an_error_of_its_kind(
    asked: Asked, arguments: tuple[str, ...], kind: type[CivicError]
) -> None:
    refused = asked(*arguments).exception
    assert type(refused) is kind
    if arguments[1].startswith("open."):
        assert "standard." in refused.expected


def test_entries_are_listed_with_their_states_and_a_suspended_one_says_so(asked: Asked) -> None:
    before = {
        entry["id"]: entry["state"] for entry in json.loads(shown(asked("catalogue", "list", "--json")))
    }
    entry = next(entry for entry, state in before.items() if state == "listed" and entry.startswith(MARKET))
    posts = ("--registered-by", "bureau/registrar", "--reviewed-by", "bureau/reviewer")
    assert "已暂停 / suspended" in shown(asked("catalogue", "state", entry, "已暂停", *posts))
    assert "已暂停" in shown(asked("catalogue", "list"))
    after = {entry["id"]: entry["state"] for entry in json.loads(shown(asked("catalogue", "list", "--json")))}
    assert after == {**before, entry: "suspended"}
    refused = asked("catalogue", "state", entry, "paused", *posts).exception
    assert isinstance(refused, SettingError)
    assert "suspended" in refused.expected
