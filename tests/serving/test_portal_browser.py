"""The portal in a real browser: what a person does, without script too; accessibility; width of screens."""

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from shutil import which

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from portal_city import INSURED, PEOPLE, REPAIRS
from portal_members import PASSWORD
from running_portal import running_portal

CHROMIUM = which("chromium") or ""
pytestmark = [
    pytest.mark.enable_socket,
    pytest.mark.needs_chromium,
    pytest.mark.skipif(not CHROMIUM, reason="needs_chromium: chromium is not installed"),
]
PAGES = [
    "/", "/search?q=维修", f"/dataset/{PEOPLE}", f"/dataset/{INSURED}", f"/dataset/{REPAIRS}/correct", "/demand",
    "/statistics",
    "/developers", "/receipt", "/agency/police", "/sanctions", "/nothing",
]  # fmt: skip


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_portal(tmp_path_factory.mktemp("portal")) as address:
        yield address


@pytest.fixture(scope="module")
def members(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Run a portal whose data are taken after logging in."""
    with running_portal(tmp_path_factory.mktemp("members"), "login") as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture(params=[True, False], ids=["with script", "without script"])
def page(browser: Browser, portal: str, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(base_url=portal, java_script_enabled=request.param, accept_downloads=True)
    yield context.new_page()
    context.close()


@pytest.mark.requirement("P-11", "P-18")
def test_a_person_finds_previews_downloads_compares_the_hash_corrects_and_sees_the_state(
    page: Page, tmp_path: Path
) -> None:
    page.goto("/")
    page.get_by_label("搜索数据集").fill("维修")
    page.get_by_role("button", name="搜索").click()
    expect(page.get_by_role("heading", name="找到 1 个数据集")).to_be_visible()
    page.get_by_role("link", name="机动车维修信息").click()
    preview = page.get_by_role("region", name="数据预览")
    expect(preview.get_by_role("cell", name="示例维修店2", exact=True)).to_be_visible()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="CSV", exact=True).click()
    target = tmp_path / "got.csv"
    downloading.value.save_as(target)
    digest = hashlib.sha256(target.read_bytes()).hexdigest()
    expect(page.get_by_text(digest)).to_be_visible()
    page.get_by_role("link", name="数据纠错").click()
    page.get_by_label("内容").fill("第三行的企业名称与营业执照不符，请核实。")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("heading", name="办理进度")).to_be_visible()
    receipt = page.locator("code.receipt").inner_text()
    page.get_by_role("link", name="查进度").click()
    page.get_by_label("回执编号").fill(receipt)
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_role("main").get_by_text("已收到").first).to_be_visible()
    expect(page.get_by_role("main").get_by_text("2026-04-08")).to_be_visible()


def test_what_is_wrong_with_a_form_is_told_and_what_was_written_stays(page: Page) -> None:
    page.goto("/demand")
    page.get_by_label("内容").fill("太短")
    page.get_by_role("button", name="提交").click()
    expect(page.get_by_role("alert")).to_contain_text("请填写 10 至 2000 个字")
    expect(page.get_by_label("内容")).to_have_value("太短")


def test_a_filter_narrows_and_is_taken_off_again(page: Page) -> None:
    page.goto("/search")
    page.get_by_role("link", name=re.compile("有条件开放")).first.click()
    expect(page.get_by_role("heading", name="找到 1 个数据集")).to_be_visible()
    page.get_by_role("link", name=re.compile("取消筛选")).click()
    expect(page.get_by_role("heading", name="找到 4 个数据集")).to_be_visible()


def test_the_english_switch_stays_on_the_page(page: Page) -> None:
    page.goto(f"/dataset/{PEOPLE}")
    page.get_by_role("link", name="English").click()
    expect(page).to_have_url(re.compile(f"/en/dataset/{PEOPLE}$"))
    expect(page.get_by_role("heading", name="Downloads")).to_be_visible()
    page.get_by_role("link", name="中文").click()
    expect(page).to_have_url(re.compile(f"[0-9]/dataset/{PEOPLE}$"))


def test_the_keyboard_reaches_the_content_first(browser: Browser, portal: str) -> None:
    page = browser.new_page()
    page.goto(portal)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="跳到正文")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.close()


def registered(page: Page, name: str) -> None:
    """Fill in the form of the registration."""
    page.get_by_label("账号名称").fill(name)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_label("再次填写密码").fill(PASSWORD)
    page.get_by_label("联系方式").fill("reader@example.org")
    page.get_by_label(re.compile("我同意")).check()
    page.get_by_role("button", name="注册", exact=True).click()
    expect(page.get_by_text("注册成功，请登录。")).to_be_visible()


def logged_in(page: Page, name: str) -> None:
    """Fill in the form of the log-in."""
    page.get_by_label("账号名称").fill(name)
    page.get_by_label("密码", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="登录", exact=True).click()


@pytest.mark.requirement("P-11")
@pytest.mark.parametrize("scripted", [True, False], ids=["with script", "without script"])
def test_where_the_text_demands_it_a_person_registers_logs_in_downloads_and_logs_out(
    browser: Browser, members: str, tmp_path: Path, scripted: bool
) -> None:
    context = browser.new_context(base_url=members, java_script_enabled=scripted, accept_downloads=True)
    page, name = context.new_page(), f"数据读者{scripted}"
    page.goto(f"/dataset/{REPAIRS}")
    expect(page.get_by_text("下载须先登录。")).to_be_visible()
    page.get_by_role("link", name="CSV", exact=True).click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    page.get_by_role("main").get_by_role("link", name="注册账号").click()
    registered(page, name)
    logged_in(page, name)
    expect(page).to_have_url(re.compile(rf"/dataset/{REPAIRS}#downloads$"))
    with page.expect_download() as downloading:
        page.get_by_role("link", name="CSV", exact=True).click()
    target = tmp_path / "got.csv"
    downloading.value.save_as(target)
    expect(page.get_by_text(hashlib.sha256(target.read_bytes()).hexdigest())).to_be_visible()
    page.get_by_role("link", name="登录 / 我的账号").click()
    page.get_by_role("button", name="生成密钥").click()
    expect(page.get_by_role("heading", name="新的访问密钥")).to_be_visible()
    page.get_by_role("button", name=re.compile("^吊销")).click()
    expect(page.get_by_text("还没有密钥。")).to_be_visible()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_text("已退出登录。")).to_be_visible()
    page.goto(f"/dataset/{REPAIRS}")
    page.get_by_role("link", name="CSV", exact=True).click()
    expect(page.get_by_role("heading", name="登录")).to_be_visible()
    context.close()


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("start", ["", "/en"])
def test_axe_finds_no_violation_and_nothing_overflows_on_the_pages_of_accounts(
    browser: Browser, members: str, width: int, start: str
) -> None:
    context = browser.new_context(base_url=members, viewport={"width": width, "height": 900})
    page, name = context.new_page(), f"reader-{width}{start.strip('/')}"
    page.goto("/register")
    registered(page, name)
    logged_in(page, name)
    page.get_by_role("button", name="生成密钥").click()
    checked(page, "a fresh key")
    for path in ("/account", f"/dataset/{REPAIRS}", "/developers", "/login?next=/account", "/register"):
        page.goto(start + path)
        checked(page, path)
    page.locator("main button").click()
    expect(page.get_by_role("alert")).to_be_visible()
    checked(page, "a faulty registration")
    context.close()


def checked(page: Page, where: str) -> None:
    """Let axe look at a page, and see that nothing is wider than the screen."""
    found = Axe().run(page)
    assert found.violations_count == 0, f"{where}: {found.generate_report()}"
    fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    assert page.evaluate(fits), where


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("start", ["", "/en"])
def test_axe_finds_no_violation_nothing_overflows_and_nothing_is_refused_by_the_policy(
    browser: Browser, portal: str, width: int, start: str
) -> None:
    page = browser.new_page(viewport={"width": width, "height": 900})
    told: list[str] = []
    page.on(
        "console", lambda message: told.append(message.text) if "Content Security" in message.text else None
    )
    page.on(
        "request", lambda request: told.append(request.url) if not request.url.startswith(portal) else None
    )
    for path in PAGES:
        page.goto(f"{portal}{start}{path}")
        found = Axe().run(page)
        assert found.violations_count == 0, f"{path}: {found.generate_report()}"
        assert page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ), path
    assert told == []
    page.close()
