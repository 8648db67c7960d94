"""Users of the portal from the command line: found by their name, suspended, made public by the next run, erased."""

import asyncio
import datetime as dt
import json
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from commanded_city import AS_OF, Terminal, joined, opened
from starlette.testclient import TestClient

from casework import passwords
from casework.ledger import verify_ledger
from cli import form_commands, recipient_commands
from orchestration.access_assets import access_assets
from orchestration.asset_keys import PORTAL_CATALOGUE
from orchestration.platform import open_platform
from resource_catalogue.errors import NotPermitted
from resource_catalogue.profile import load_profile
from serving.desk import PortalDesk, PublishedFacts
from serving.portal.account_ports import Registration
from serving.portal_process import portal_side
from serving.visitors import PortalVisitors, PublishedOperator

LATER = dt.datetime.fromisoformat(AS_OF) + dt.timedelta(minutes=7)
OFFICER = ("--as", "data_centre/quality_officer")
NAME, CONTACT = "数据读者", "reader@example.org"
PHONE = "13800138000"

terminal = Terminal(joined(recipients=recipient_commands, forms=form_commands))
done = terminal.done


@pytest.fixture
def city(bare_city: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(passwords, "_COST", 4)
    monkeypatch.setenv("COLUMNS", "200")
    return bare_city


def registered(home: Path) -> str:
    """Register a user as the portal does, by a clock that has run on; return the recipient's name."""
    state = opened(home)
    facts = PublishedOperator(home / "var" / "open", load_profile("yancheng"))
    visitors = PortalVisitors(state, facts, b"k" * 32)
    wish = Registration(NAME, "person", "blue-harbour-27", CONTACT)
    asyncio.run(visitors.register(wish, LATER))
    (user,) = json.loads(done("recipients", "list", "--json"))
    return str(user["id"])


def sanctions(home: Path) -> list[Any]:
    """Let the last step of a run write what the portal may know; return the measures in it."""
    platform = open_platform(home)
    asset = next(one for one in access_assets(platform, []) if one.key == PORTAL_CATALOGUE)
    assert dg.materialize([asset]).success
    return on_the_site(home)


def on_the_site(home: Path) -> list[Any]:
    """Return the measures that the portal shows now."""
    path = home / "var" / "open" / "catalogue.json"
    found: list[Any] = json.loads(path.read_text(encoding="utf-8"))["sanctions"]
    return found


def test_a_user_is_found_by_the_account_s_name_and_shown_without_contact(city: Path) -> None:
    user = registered(city)
    listed = done("recipients", "list")
    assert user in listed
    assert NAME in listed
    shown = done("recipients", "show", user)
    assert NAME in shown
    assert "开放网站用户" in shown
    assert CONTACT not in shown + listed


@pytest.mark.requirement("P-26")
def test_a_suspended_user_is_made_public_at_once_until_it_is_resumed(city: Path) -> None:
    user = registered(city)
    assert sanctions(city) == []
    done(
        "recipients", "suspend", user, *OFFICER, "--note", "超出约定范围使用", "--note-en", "Used beyond the agreement"
    )  # fmt: skip
    (shown,) = on_the_site(city)
    (found,) = sanctions(city)
    assert found == shown
    assert found == {
        "subject": NAME,
        "measure": {"zh": "限制数据获取权限", "en": "Access to data restricted"},
        "reason": {"zh": "超出约定范围使用", "en": "Used beyond the agreement"},
        "basis": found["basis"],
        "since": "2026-03-16",
        "until": None,
    }
    assert "第三十五条" in found["basis"]
    with TestClient(portal_side()) as portal:
        page = portal.get("/en/sanctions").text
    for word in (NAME, "Access to data restricted", "Used beyond the agreement", "2026-03-16"):
        assert word in page
    done("recipients", "resume", user, *OFFICER, "--note", "已改正")
    assert on_the_site(city) == []
    assert sanctions(city) == []
    done("recipients", "suspend", user, *OFFICER, "--note", "密码被盗", "--precaution")
    assert sanctions(city) == []
    done("recipients", "end", user, *OFFICER, "--note", "屡次违规")
    assert [one["measure"]["zh"] for one in sanctions(city)] == ["关闭数据获取权限"]
    assert verify_ledger(opened(city)).intact


def test_the_contact_of_a_form_is_erased_by_a_body_concerned(city: Path) -> None:
    desk = PortalDesk(opened(city), PublishedFacts(city / "var" / "open", load_profile("yancheng")))
    asyncio.run(desk.submit("correction", "market_entities", "本店的登记信息有误，请更正。", PHONE, LATER))
    form, own = "F-2026-0001", ("--as", "market_regulation/data_officer")
    assert PHONE in done("forms", "show", form, *own)
    terminal.told(NotPermitted, "forms", "erase-contact", form, "--as", "police/data_officer")
    assert "已删除" in done("forms", "erase-contact", form, *own)
    assert "没有联系方式" in done("forms", "erase-contact", form, *own)
    assert PHONE not in done("forms", "show", form, *own)
    assert "删除联系方式" in done("forms", "show", form)
    assert verify_ledger(opened(city)).intact


@pytest.mark.requirement("P-11")
def test_the_portal_s_process_offers_accounts_where_the_profile_demands_a_log_in(city: Path) -> None:
    with TestClient(portal_side()) as portal:
        assert portal.get("/register").status_code == 200
        assert "登录 / 我的账号" in portal.get("/").text
