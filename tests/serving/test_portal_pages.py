"""Pages: what they show, in both languages, escaped, with headers of security; refusals."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
from portal_city import INSURED, PENDING, PEOPLE, REPAIRS, City, write_city
from starlette.testclient import TestClient

from opening.catalogue_shape import CATALOGUE
from serving.portal import holdings
from serving.portal.pages import punctuality

PAGES = [
    "/", "/search", "/agency", "/agency/police", "/statistics", "/sanctions", "/developers", "/demand", "/receipt",
    *(f"/dataset/{one}" for one in (INSURED, PENDING, PEOPLE, REPAIRS)), f"/dataset/{REPAIRS}/correct",
]  # fmt: skip


@pytest.fixture
def city(tmp_path: Path) -> City:
    return City(tmp_path)


@pytest.fixture
def client(city: City) -> TestClient:
    return TestClient(city.app())


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_there_in_both_languages_with_landmarks_and_one_heading(
    client: TestClient, path: str
) -> None:
    chinese, english = client.get(path), client.get(f"/en{path}")
    assert (chinese.status_code, english.status_code) == (200, 200)
    assert '<html lang="zh-CN">' in chinese.text
    assert '<html lang="en">' in english.text
    for page in (chinese.text, english.text):
        assert page.count("<h1") == 1
        assert '<main id="main"' in page
        assert 'class="skip" href="#main"' in page
        assert not re.search(r"https?://(?!testserver|schema\.org)", page), "nothing from elsewhere"
    assert 'hreflang="en"' in chinese.text
    assert 'href="/en/search"' in english.text


@pytest.mark.requirement("P-08", "P-10", "P-22")
def test_a_dataset_page_shows_the_fields_of_chinese_portals(client: TestClient) -> None:
    page = client.get(f"/dataset/{REPAIRS}").text
    shown = [
        "机动车维修信息", "机动车维修信息的说明", "示例市交通局", "数据专员", "交通运输", "维修", "无条件开放", "每周",
        "2026-03-16", "2026-03-01", "2026-03-15", "40", "备案编号", "注册资本", "置空", "SHA-256", "XLSX", "Parquet",
        "数据来源：机动车维修信息", "第三十四条", "版本", "数据纠错", "datastore_search",
    ]  # fmt: skip
    assert [word for word in shown if word not in page] == []


@pytest.mark.requirement("P-12", "P-13", "P-15")
def test_a_conditional_dataset_shows_conditions_and_how_to_apply_but_no_file_and_no_row(
    client: TestClient,
) -> None:
    page = client.get(f"/dataset/{INSURED}").text
    for word in (
        "有条件开放",
        "签订利用协议",
        "仅统计用",
        "《示例条例》第十条",
        "事由",
        "10 个工作日内",
        "第二十七条",
    ):
        assert word in page
    assert "/download/" not in page
    assert "数据预览" not in page
    assert "329901" not in page


def test_values_of_the_rows_are_shown_as_text_and_never_as_markup(client: TestClient) -> None:
    page = client.get(f"/dataset/{REPAIRS}").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_what_is_searched_for_comes_back_escaped(client: TestClient) -> None:
    page = client.get("/search", params={"q": '"><script>alert(1)</script>{{7*7}}'}).text
    assert "<script>alert" not in page
    assert "{{7*7}}" in page


def test_the_catalogue_cannot_end_a_script_element(city: City) -> None:
    content = json.loads((city.folder / CATALOGUE).read_text(encoding="utf-8"))
    content["datasets"][3]["title"]["zh"] = "</script><img src=x>"
    (city.folder / CATALOGUE).write_text(json.dumps(content), encoding="utf-8")
    page = TestClient(city.app()).get(f"/dataset/{REPAIRS}").text
    assert "<img" not in page
    markup = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert markup is not None
    assert json.loads(markup[1])["name"] == "</script><img src=x>"


def test_statistics_are_charted_by_each_column_with_the_names_of_codes(client: TestClient) -> None:
    page = client.get(f"/dataset/{PEOPLE}").text
    bars = re.findall(r'<th scope="row">([^<]+)</th><td><svg.*?width="([\d.]+)".*?amount">([\d,]+)<', page)
    assert ("示例区", "100.0", "200") in bars
    assert ("329902", "25.0", "50") in bars
    assert ("男性", "100.0", "170") in bars
    assert [label for label, *_ in bars][-2:] == ["0-9", "10-19"]


def test_a_promise_of_updates_is_kept_or_late_by_days(city: City) -> None:
    weekly, monthly = city.content["datasets"][3], city.content["datasets"][1]
    late = punctuality(weekly, city.now)
    assert (late.state, str(late.due_on), late.late_days) == ("late", "2026-03-23", 2)
    assert punctuality(monthly, city.now).state == "on_time"
    assert punctuality({**weekly, "update_frequency": "irregular"}, city.now).state == "no_promise"


@pytest.mark.requirement("P-26")
def test_sanctions_of_the_catalogue_are_made_public(tmp_path: Path) -> None:
    sanction = {
        "subject": "示例公司", "measure": {"zh": "限制获取权限", "en": "Access restricted"},
        "reason": {"zh": "超出约定范围使用", "en": ""}, "basis": "第三十五条", "since": "2026-03-01", "until": None,
    }  # fmt: skip
    city = City(tmp_path)
    write_city(tmp_path, sanctions=[sanction])
    page = TestClient(city.app()).get("/sanctions").text
    assert "示例公司" in page
    assert "限制获取权限" in page


def test_a_replaced_catalogue_is_shown_at_the_next_request(city: City, client: TestClient) -> None:
    assert client.get("/dataset/new").status_code == 404
    write_city(city.folder, datasets=[*city.content["datasets"], city.content["datasets"][2] | {"id": "new"}])
    assert client.get("/dataset/new").status_code == 200


def test_a_large_catalogue_is_read_beside_the_requests_which_get_the_former_one(
    city: City, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert client.get("/dataset/new").status_code == 404
    monkeypatch.setattr(holdings, "_READ_AT_ONCE", 0)
    write_city(city.folder, datasets=[*city.content["datasets"], city.content["datasets"][2] | {"id": "new"}])
    statuses = [client.get("/dataset/new").status_code]
    while statuses[-1] == 404 and len(statuses) < 500:
        time.sleep(0.01)
        statuses.append(client.get("/dataset/new").status_code)
    assert (statuses[0], statuses[-1]) == (404, 200)


def test_every_answer_carries_the_headers_of_security(client: TestClient) -> None:
    for path in (
        "/",
        "/nothing",
        "/static/portal.css",
        "/api/3/action/site_read",
        f"/dataset/{INSURED}/download/x",
    ):
        headers = client.get(path).headers
        assert "script-src 'self'" in headers["content-security-policy"]
        assert "unsafe" not in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "strict-origin-when-cross-origin"


def test_no_page_has_script_or_style_of_its_own(client: TestClient) -> None:
    for path in PAGES:
        page = client.get(path).text
        assert not re.search(r"\son\w+=|\sstyle=|<style", page)
        assert all("src=" in tag or "ld+json" in tag for tag in re.findall(r"<script[^>]*>", page))


@pytest.mark.parametrize(
    "path", ["/nothing", "/dataset/none", "/agency/none", "/receipt/none", "/static/none", "/catalog.xls"]
)
def test_what_is_not_there_is_said_in_both_languages(client: TestClient, path: str) -> None:
    answer = client.get(path, headers={"accept": "text/html"})
    assert answer.status_code == 404
    assert "没有找到此页面" in answer.text
    assert "There is no such page" in answer.text
    told = client.get(path, headers={"accept": "application/json"}).json()
    assert told["error"]["status"] == 404


def test_methods_that_a_page_does_not_take_are_405(client: TestClient) -> None:
    assert client.delete("/search").status_code == 405
    assert client.post(f"/dataset/{REPAIRS}").status_code == 405


def test_a_failure_is_a_page_in_both_languages_and_its_text_goes_nowhere(
    city: City, caplog: pytest.LogCaptureFixture
) -> None:
    city.recorder.is_broken = True
    answer = TestClient(city.app()).get(f"/dataset/{REPAIRS}/download/{REPAIRS}.csv")
    assert answer.status_code == 500
    assert "系统出错" in answer.text
    assert "Something failed" in answer.text
    assert "disk is full" not in answer.text + caplog.text
    assert "OSError" in caplog.text


def test_without_a_catalogue_the_portal_says_that_it_is_not_ready(tmp_path: Path) -> None:
    city = City(tmp_path)
    (tmp_path / CATALOGUE).unlink()
    answer = TestClient(city.app()).get("/")
    assert answer.status_code == 503
    assert TestClient(city.app()).get("/health").status_code == 503


@pytest.mark.parametrize("host", ["evil.example/path", "a b", "x\\y", "<script>"])
def test_an_odd_host_is_refused(client: TestClient, host: str) -> None:
    assert client.get("/", headers={"host": host}).status_code == 400


def test_oversized_bodies_are_refused_by_length_and_while_they_are_read(tmp_path: Path) -> None:
    client = TestClient(City(tmp_path, body_bytes=2000).app())
    assert client.post("/api/3/action/package_list", content=b"x" * 2001).status_code == 413
    chunks = (b"x" * 500 for _ in range(10))
    assert client.post("/api/3/action/package_list", content=chunks).status_code == 413
    assert client.post("/api/3/action/package_list", content=b"{}").status_code == 200


def test_static_files_are_kept_by_browsers_as_long_as_their_content_stays(client: TestClient) -> None:
    address = re.search(r'href="(/static/portal\.css\?v=\w+)"', client.get("/").text)
    assert address is not None
    assert "immutable" in client.get(address[1]).headers["cache-control"]
    assert "immutable" not in client.get("/static/portal.css?v=other").headers["cache-control"]


def test_the_portal_loads_neither_the_lake_nor_the_cases() -> None:
    looked = "import sys, serving.portal; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    done = subprocess.run(
        [sys.executable, "-c", looked], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(done.stdout.split())
    assert "polars" in loaded
    assert not loaded & {
        "lake",
        "deltalake",
        "duckdb",
        "casework",
        "masking",
        "sqlalchemy",
        "dagster",
        "audit",
    }


def test_a_broken_file_is_a_failure_without_a_value(city: City, caplog: pytest.LogCaptureFixture) -> None:
    path = city.folder / REPAIRS / f"{REPAIRS}.parquet"
    path.write_bytes(b"PAR1 not a table PAR1")
    answer = TestClient(city.app()).get(f"/dataset/{REPAIRS}")
    assert answer.status_code == 500
    assert "Unreadable" in caplog.text
    assert "not a table" not in caplog.text + answer.text
