"""Forms of the public from the command line: what bodies type, what is printed, and to whom what was written."""

import asyncio
import datetime as dt
import json
from pathlib import Path

import pytest
from commanded_city import AS_OF, Terminal, joined, opened

from casework.ledger import verify_ledger
from casework.portal_forms import progress
from cli import form_commands
from resource_catalogue.errors import CaseError, NotPermitted, SettingError
from resource_catalogue.profile import load_profile
from serving.desk import PortalDesk, PublishedFacts

LATER = dt.datetime.fromisoformat(AS_OF) + dt.timedelta(minutes=7)
DATASET = "market_entities"
OFFICER = ("--as", "market_regulation/data_officer")
BUREAU = ("--as", "data_bureau/data_officer")
PHONE = "13800138000"
NUMBER = "F-2026-0001"

terminal = Terminal(joined(forms=form_commands), "forms")
done, told = terminal.done, terminal.told


@pytest.fixture
def city(bare_city: Path) -> Path:
    return bare_city


def sent(home: Path, dataset: str | None = DATASET) -> str:
    """Send a form as the portal does, by a clock that has run on; return its receipt."""
    desk = PortalDesk(opened(home), PublishedFacts(home / "var" / "open", load_profile("yancheng")))
    text = f"本店的登记信息有误，请更正。电话 {PHONE}"
    kind = "correction" if dataset else "demand"
    return asyncio.run(desk.submit(kind, dataset, text, PHONE, LATER))  # type: ignore[arg-type]


def test_the_public_catalogue_names_the_bodies_that_take_forms(city: Path) -> None:
    content = json.loads((city / "var" / "open" / "catalogue.json").read_text(encoding="utf-8"))
    assert content["bodies"] == {"authority": "data_bureau", "operator": "data_centre"}


def test_a_form_from_the_portal_is_listed_without_what_was_written(city: Path) -> None:
    assert "无 / none" in done("list")
    sent(city)
    sent(city, None)
    printed = done("list")
    assert NUMBER in printed
    assert PHONE not in printed
    first, second = json.loads(done("list", "--json"))
    assert (first["agency"], first["raised_by"], first["state"]) == (
        "market_regulation",
        "data_bureau",
        "passed_on",
    )
    assert (second["agency"], second["kind"], second["due_basis"]) == ("data_bureau", "open_demand", "silent")
    assert PHONE not in json.dumps([first, second])
    assert [one["id"] for one in json.loads(done("list", "--agency", "data_bureau", "--json"))] == [
        "F-2026-0002"
    ]
    assert json.loads(done("list", "--state", "已答复", "--json")) == []
    assert json.loads(done("list", "--overdue", "--as-of", "2030-01-01T00:00:00+08:00", "--json")) == []
    assert "passed_on" in told(SettingError, "list", "--state", "gone")


def test_only_the_bodies_concerned_read_what_was_written_and_the_ledger_says_who(city: Path) -> None:
    sent(city)
    printed = done("show", NUMBER)
    assert PHONE not in printed
    assert "--as" in printed
    assert "盐城市公共数据管理办法 第二十八条第一款" in printed
    assert PHONE in done("show", NUMBER, *OFFICER)
    assert json.loads(done("show", NUMBER, *BUREAU, "--json"))["contact"] == PHONE
    for actor in ("tax/data_officer", "data_centre/data_officer", "market_regulation/nothing"):
        assert PHONE not in told(NotPermitted, "show", NUMBER, "--as", actor)
    shown = json.loads(done("show", NUMBER, "--json"))
    assert "text" not in shown
    assert [(one["act"], one["agency"]) for one in shown["events"]] == [
        ("submit", "data_bureau"), ("pass_on", "data_bureau"), ("read", "market_regulation"), ("read", "data_bureau"),
    ]  # fmt: skip
    assert PHONE not in json.dumps(shown)


@pytest.mark.parametrize(
    ("outcome", "state"), [("withdraw", "retired"), ("process_then_open", "suspended"), ("keep_open", None)]
)
def test_an_answer_is_recorded_and_tells_which_command_carries_it_out(
    city: Path, outcome: str, state: str | None
) -> None:
    receipt = sent(city)
    assert "办理中 / In work" in done("accept", NUMBER, *OFFICER)
    printed = done("answer", NUMBER, outcome, *OFFICER, "--note", "已核实", "--note-en", "checked")
    command = f"civiclake catalogue state {DATASET} {state} --registered-by"
    assert (command in printed) == (state is not None)
    assert ("尚未改变" in printed) == (state is not None)
    opened_now = opened(city)
    found = progress(opened_now, receipt)
    assert found is not None
    assert found.answer is not None
    assert found.answer.en.endswith(": checked")
    assert verify_ledger(opened_now).intact
    (one,) = json.loads(done("list", "--json"))
    assert (one["outcome"], bool(one["left_to_do"])) == (outcome, state is not None)


def test_an_outcome_that_the_text_lacks_is_refused_and_the_others_are_named(city: Path) -> None:
    sent(city)
    message = told(CaseError, "answer", NUMBER, "suspend", *OFFICER, "--note", "已核实")
    assert "withdraw | process_then_open | keep_open" in message


def test_a_demand_is_listed_or_declined(city: Path) -> None:
    sent(city, None)
    assert "listed | declined" in told(CaseError, "answer", NUMBER, "withdraw", *BUREAU, "--note", "无")
    assert "civiclake catalogue publish" in done("answer", NUMBER, "listed", *BUREAU, "--note", "列入计划")


def test_a_form_is_sent_back_with_the_reason(city: Path) -> None:
    receipt = sent(city)
    assert "已退回" in done("send-back", NUMBER, *OFFICER, "--note", "未写明哪一条")
    found = progress(opened(city), receipt)
    assert found is not None
    assert found.answer is not None
    assert found.answer.zh == "退回：未写明哪一条"
    assert "已退回" in done("show", NUMBER)


def test_a_number_that_is_not_there_is_a_mistake_with_a_remedy(city: Path) -> None:
    assert "civiclake forms list" in told(CaseError, "show", "F-2026-0009")
    assert "civiclake forms list" in told(CaseError, "accept", "F-2026-0009", *OFFICER)
