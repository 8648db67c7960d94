"""Downloads on the pages: of a dataset, in the search's order, in the figures; without them the pages still show."""

import json
import re
from pathlib import Path

import pytest
from portal_city import PEOPLE, REPAIRS, City
from starlette.testclient import TestClient

from opening.catalogue_shape import CATALOGUE

COUNTS = {PEOPLE: 1204, REPAIRS: 7}


@pytest.fixture
def client(tmp_path: Path) -> TestClient:
    """Return a portal of the made city whose runs have counted downloads."""
    city = City(tmp_path)
    for dataset in city.content["datasets"]:
        dataset["downloads"] = COUNTS.get(dataset["id"], 0)
    city.content["statistics"]["downloads"] = sum(COUNTS.values())
    (city.folder / CATALOGUE).write_text(json.dumps(city.content, ensure_ascii=False), encoding="utf-8")
    return TestClient(city.app())


def test_a_dataset_shows_how_often_it_was_downloaded(client: TestClient) -> None:
    assert re.search(r"<dt>下载量</dt><dd>1,204 次</dd>", client.get(f"/dataset/{PEOPLE}").text)
    english = client.get(f"/en/dataset/{PEOPLE}").text
    assert "<dt>Downloads</dt><dd>1,204" in english
    assert '"userInteractionCount": 1204' in english


def test_the_search_puts_the_most_downloaded_first(client: TestClient) -> None:
    page = client.get("/search?sort=downloads").text
    assert page.index(f"/dataset/{PEOPLE}") < page.index(f"/dataset/{REPAIRS}")
    assert "下载最多" in page


def test_the_figures_name_the_most_downloaded_and_their_sum(client: TestClient) -> None:
    page = client.get("/statistics").text
    assert "<dt>下载次数</dt><dd>1,211</dd>" in page
    most = page[page.index('id="most"') : page.index('id="kept"')]
    assert re.findall(r'href="/dataset/(\w+)"', most) == [PEOPLE, REPAIRS]


def test_a_package_tells_its_downloads(client: TestClient) -> None:
    package = client.get(f"/api/3/action/package_show?id={REPAIRS}").json()["result"]
    assert {"key": "downloads", "value": "7"} in package["extras"]


def test_a_catalogue_of_an_older_version_is_shown_without_them(tmp_path: Path) -> None:
    client = TestClient(City(tmp_path).app())
    for path in (f"/dataset/{PEOPLE}", "/search?sort=downloads", "/statistics", "/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert "下载量" not in answer.text
