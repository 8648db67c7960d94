"""Maps on a dataset's page: places as points, divisions shaded; the same as a table; nothing mixed, nothing hidden."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from shutil import which
from typing import Any
from urllib.parse import urlsplit

import polars as pl
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, sync_playwright
from portal_city import INSURED, PEOPLE, REPAIRS, City, catalogue_of, city_datasets, column, entry, opened
from starlette.testclient import TestClient

from opening.catalogue_shape import BOUNDARIES, CATALOGUE
from serving.portal.maps import division_map, point_map

HOMES = "homes"
CHROMIUM = which("chromium") or ""
SITE = "http://portal.test"


def homes(systems: tuple[str, ...] = ("CGCS2000",), places: int = 60) -> pl.DataFrame:
    """Make rows with places of some coordinate systems in turn, the last two without one that can be drawn."""
    return pl.DataFrame(
        {
            "home_no": [f"H{n:03d}" for n in range(places)],
            "longitude": [
                *(125.0 + n % 8 * 0.07 + n % 3 * 0.011 for n in range(places - 2)), None, 0.0,
            ],
            "latitude": [*(30.1 + n // 8 * 0.06 + n % 5 * 0.007 for n in range(places - 2)), 30.2, 0.0],
            "coordinate_system": [systems[n % len(systems)] for n in range(places)],
        }
    )  # fmt: skip


def square(code: str, name: str, x: int) -> dict[str, str]:
    return {"code": code, "name": name, "path": f"M{x},20 {x + 180},40 {x + 170},280 {x},260Z"}


def outlines(*shapes: dict[str, str]) -> dict[str, Any]:
    return {
        "approval": "示S(2026)001号", "system": "CGCS2000", "height": 300, "scale_km": 20, "scale_length": 118.5,
        "shapes": list(shapes),
    }  # fmt: skip


OUTLINES = outlines(
    square("329901", "示例区", 20), square("329902", "示范区", 210), square("329921", "示例县", 420)
)


@pytest.fixture
def city(tmp_path: Path) -> City:
    """Return the made city with homes that have places, and with outlines of its divisions."""
    return with_places(City(tmp_path), homes())


def with_places(city: City, frame: pl.DataFrame) -> City:
    made = entry(HOMES, "养老机构名录", agency="police")
    made["columns"] = [
        column("home_no", "编号", "String"), column("longitude", "经度", "Float64"),
        column("latitude", "纬度", "Float64"), column("coordinate_system", "坐标系", "String"),
    ]  # fmt: skip
    content = catalogue_of([*city_datasets(city.folder), opened(city.folder, made, frame)])
    (city.folder / CATALOGUE).write_text(json.dumps(content), encoding="utf-8")
    (city.folder / BOUNDARIES).write_text(json.dumps(OUTLINES), encoding="utf-8")
    return city


@pytest.fixture
def client(city: City) -> TestClient:
    return TestClient(city.app())


def holding(city: City, dataset: str) -> tuple[Any, Any]:
    """Return what a dataset's page would draw: its points, its divisions."""
    portal = city.app().state.portal
    return point_map(portal.holdings, portal.dataset(dataset)), division_map(
        portal.holdings, portal.dataset(dataset)
    )


def test_places_are_drawn_as_points_with_extent_scale_system_and_a_table(client: TestClient) -> None:
    page = client.get(f"/dataset/{HOMES}").text
    drawn = re.search(r'<path class="dots" d="([^"]*)"', page)
    assert drawn
    points = [tuple(map(int, p)) for p in re.findall(r"M(-?\d+) (-?\d+)h0", drawn[1])]
    assert 30 < len(points) <= 58
    height = int(re.findall(r'viewBox="0 0 640 (\d+)"', page)[0])
    assert all(0 <= x <= 640 and 0 <= y <= height for x, y in points)
    shown = ("58 个点位", "CGCS2000", "公里", "无底图", "以表格查看")
    assert [word for word in shown if word not in page] == []
    assert '<td class="amount">125.0</td>' in page
    english = client.get(f"/en/dataset/{HOMES}").text
    assert "Map of places" in english
    assert "Coordinate system: CGCS2000" in english


def test_places_of_two_coordinate_systems_are_never_on_one_sheet(tmp_path: Path) -> None:
    city = with_places(City(tmp_path), homes(("GCJ-02", "CGCS2000", "GCJ-02")))
    points, _ = holding(city, HOMES)
    assert (points.system, points.shown, points.left_out) == ("GCJ-02", 39, 19)
    assert "19 个点位属于其他坐标系，未画出" in TestClient(city.app()).get(f"/dataset/{HOMES}").text


def test_divisions_are_shaded_by_what_is_counted_in_them(city: City, client: TestClient) -> None:
    _, divisions = holding(city, PEOPLE)
    found = {one.name: (one.count, one.shade) for one in divisions.divisions}
    assert found == {"示例区": (200, 5), "示范区": (50, 4), "示例县": (None, 0)}
    assert divisions.legend == ((4, 50, 50), (5, 200, 200))
    page = client.get(f"/dataset/{PEOPLE}").text
    assert "审图号：" in page
    assert "示S(2026)001号" in page
    assert re.search(r"<title>示例区：200</title>", page)
    assert re.search(r"<th scope=\"row\">329921</th><td>示例县</td><td class=\"amount\">—</td>", page)


def test_a_dataset_without_places_or_outlines_has_no_map(city: City, client: TestClient) -> None:
    assert holding(city, REPAIRS) == (None, None)
    assert 'id="map"' not in client.get(f"/dataset/{REPAIRS}").text
    (city.folder / BOUNDARIES).unlink()
    assert holding(city, PEOPLE) == (None, None)
    assert client.get(f"/dataset/{PEOPLE}").status_code == 200


def test_one_outline_alone_makes_no_map(city: City) -> None:
    (city.folder / BOUNDARIES).write_text(
        json.dumps(outlines(square("329901", "示例区", 0))), encoding="utf-8"
    )
    assert holding(city, PEOPLE)[1] is None


def test_a_dataset_that_is_open_on_conditions_is_not_drawn(city: City) -> None:
    content = json.loads((city.folder / CATALOGUE).read_text(encoding="utf-8"))
    for dataset in content["datasets"]:
        if dataset["id"] in (HOMES, INSURED):
            dataset["downloadable"] = False
            dataset["columns"] += [column("division_code", "行政区划", "String")]
    (city.folder / CATALOGUE).write_text(json.dumps(content), encoding="utf-8")
    assert holding(city, HOMES) == (None, None)
    assert holding(city, INSURED) == (None, None)


def test_outlines_that_were_replaced_are_read_anew(city: City) -> None:
    portal = city.app().state.portal
    assert len(portal.holdings.boundaries()["shapes"]) == 3
    (city.folder / BOUNDARIES).write_text(json.dumps(outlines()), encoding="utf-8")
    assert portal.holdings.boundaries()["shapes"] == []


def test_a_page_of_many_places_stays_small(tmp_path: Path) -> None:
    many = pl.DataFrame({"n": range(20_000)}).select(
        home_no=pl.col("n").cast(pl.String),
        longitude=125 + (pl.col("n") % 499) / 1499,
        latitude=30 + (pl.col("n") % 491) / 1491,
        coordinate_system=pl.lit("CGCS2000"),
    )
    city = City(tmp_path)
    with_places(city, many)
    points, _ = holding(city, HOMES)
    assert points.shown == 20_000
    assert points.dots.count("M") < 16_000


@pytest.fixture
def page(client: TestClient) -> Iterator[Page]:
    """Return a browser's page that the portal answers without a network between them."""

    def answered(route: Route) -> None:
        parts = urlsplit(route.request.url)
        answer = client.get(parts.path + (f"?{parts.query}" if parts.query else ""))
        route.fulfill(status=answer.status_code, headers=dict(answer.headers), body=answer.content)

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        shown = browser.new_page(base_url=SITE)
        shown.route("**/*", answered)
        yield shown
        browser.close()


@pytest.mark.enable_socket
@pytest.mark.needs_chromium
@pytest.mark.skipif(not CHROMIUM, reason="needs_chromium: chromium is not installed")
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_maps_have_no_accessibility_violation_and_fit_the_screen(page: Page, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    for path in (f"/dataset/{HOMES}", f"/en/dataset/{PEOPLE}"):
        page.goto(path)
        page.locator(".as-table summary").first.click()
        violations = Axe().run(page).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"]) for one in violations] == []
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        box = page.locator(".map > svg").first.bounding_box()
        assert box
        assert box["width"] > width / 3
