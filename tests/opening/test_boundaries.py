"""Outlines of divisions for maps: only with the number of a review, only what is open to all, one system a sheet."""

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_city import AS_OF, deployment, make_lake, release, resource

from lake import Lake
from lake.tables import DELIVERIES, SCHEMAS
from opening.boundaries import write_boundaries
from opening.map_frame import WIDTH, frame_of, is_place
from resource_catalogue.resource import Resource
from resource_catalogue.words import TableName

PLACE = TableName("base", "place")
REVIEW = "示S(2026)001号"


def square(west: float, south: float, side: float = 0.2) -> str:
    ring = [
        [west, south],
        [west + side, south],
        [west + side, south + side],
        [west, south + side],
        [west, south],
    ]
    return json.dumps({"type": "Polygon", "coordinates": [ring]})


def a_place(code: str, geometry: str, **more: Any) -> dict[str, Any]:
    shape = {
        "place_id": code, "name": f"区划{code}", "coordinate_system": "CGCS2000", "geometry_geojson": geometry,
        "geometry_geojson__delivery_id": "d1", "valid_from": None, "valid_to": None,
    }  # fmt: skip
    return shape | more


def divisions(open_type: str = "open_to_all", **geometry: Any) -> Resource:
    columns = [
        {"name": "place_id", "zh": "标识", "type": "text", "base": "place.place_id"},
        {"name": "geometry", "zh": "几何", "type": "geometry", "base": "place.geometry_geojson", **geometry},
    ]
    return resource("land.divisions", open_type, columns)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    made = make_lake(tmp_path / "var")
    row = dict.fromkeys(SCHEMAS[DELIVERIES].names) | {"delivery_id": "d1", "resource_id": "land.divisions"}
    made.overwrite(DELIVERIES, SCHEMAS[DELIVERIES].empty_table().from_pylist([row], SCHEMAS[DELIVERIES]))
    return made


def places(lake: Lake, *rows: dict[str, Any]) -> None:
    schema = {"valid_from": pl.Date, "valid_to": pl.Date}
    lake.overwrite(PLACE, pl.DataFrame(list(rows), schema_overrides=schema))


def written(lake: Lake, of: Resource | None = None, review: str | None = REVIEW) -> dict[str, Any] | None:
    city = deployment(lake.root.parent.parent, portal={"map_approval": review})
    path = write_boundaries(lake, release(resources=(of or divisions(),)), city, AS_OF)
    assert (city.var / "open" / "boundaries.json").exists() == (path is not None)
    return json.loads(path.read_text(encoding="utf-8")) if path else None


def test_outlines_are_drawn_within_the_sheet_with_review_system_and_scale(lake: Lake) -> None:
    multi = json.dumps(
        {"type": "MultiPolygon", "coordinates": [json.loads(square(125.3, 30.0))["coordinates"]]}
    )
    places(lake, a_place("329901", square(125.0, 30.0)), a_place("329902", multi))
    drawn = written(lake)
    assert drawn
    assert (drawn["approval"], drawn["system"], drawn["scale_km"]) == (REVIEW, "CGCS2000", 10)
    assert [(shape["code"], shape["name"]) for shape in drawn["shapes"]] == [
        ("329901", "区划329901"),
        ("329902", "区划329902"),
    ]
    points = [
        tuple(map(float, p.split(",")))
        for s in drawn["shapes"]
        for p in re.findall(r"[\d.]+,[\d.]+", s["path"])
    ]
    assert len(points) == 10
    assert all(0 <= x <= WIDTH and 0 <= y <= drawn["height"] for x, y in points)


def test_without_the_number_of_a_review_nothing_is_drawn_and_what_was_drawn_goes(lake: Lake) -> None:
    places(lake, a_place("329901", square(125.0, 30.0)))
    assert written(lake)
    assert written(lake, review=None) is None


@pytest.mark.parametrize(
    "of", [divisions("conditional"), divisions(open="conditional")], ids=["the entry", "the column"]
)
def test_outlines_that_are_not_open_to_all_are_not_shown(lake: Lake, of: Resource) -> None:
    places(lake, a_place("329901", square(125.0, 30.0)))
    assert written(lake, of) is None


def test_what_is_no_division_of_today_is_left_out(lake: Lake) -> None:
    gone, coming = dt.date(2026, 1, 1), dt.date(2027, 1, 1)
    here = square(125.0, 30.0)
    places(
        lake,
        a_place("329901", here), a_place("329902GB0001", here), a_place("329903", here, valid_to=gone),
        a_place("329904", here, valid_from=coming), a_place("329905", '{"type":"Point","coordinates":[125,30]}'),
        a_place("329906", '{"type":"Polygon","coordinates":"broken"}'),
        a_place("329907", here, geometry_geojson__delivery_id="d2"),
    )  # fmt: skip
    drawn = written(lake)
    assert drawn
    assert [shape["code"] for shape in drawn["shapes"]] == ["329901"]


def test_two_coordinate_systems_are_never_on_one_sheet(lake: Lake) -> None:
    shift = {"coordinate_system": "GCJ-02"}
    places(
        lake,
        a_place("329901", square(125.0, 30.0)),
        a_place("329902", square(125.2, 30.0)),
        a_place("329903", square(125.4, 30.0), **shift),
    )
    drawn = written(lake)
    assert drawn
    assert [shape["code"] for shape in drawn["shapes"]] == ["329901", "329902"]


def test_the_same_outlines_leave_the_file_untouched(lake: Lake) -> None:
    places(lake, a_place("329901", square(125.0, 30.0)))
    written(lake)
    path = lake.root.parent / "open" / "boundaries.json"
    before = path.stat().st_mtime_ns
    written(lake)
    assert path.stat().st_mtime_ns == before


degrees = st.tuples(st.floats(-179, 179), st.floats(-85, 85))


@given(st.lists(degrees, min_size=1, max_size=30))
def test_a_frame_holds_every_place_it_was_made_for(found: list[tuple[float, float]]) -> None:
    frame = frame_of(found)
    for place in found:
        x, y = frame.at(place)
        assert -1 <= x <= WIDTH + 1
        assert -1 <= y <= frame.height + 1
    km, length = frame.scale_bar()
    assert km >= 1
    assert 0 < length <= WIDTH


@given(st.floats(-170, 170), st.floats(-70, 70), st.floats(0.05, 3))
def test_a_kilometre_is_as_long_as_the_scale_bar_says(west: float, south: float, side: float) -> None:
    frame = frame_of([(west, south), (west + side, south + side)])
    km, length = frame.scale_bar()
    x, y = frame.at((west, south))
    _, north = frame.at((west, south + km / 111.32))
    assert abs((y - north) - length) < 0.1
    assert x >= 0


def test_nobody_measured_where_both_numbers_are_nought() -> None:
    assert not is_place(0.0, 0.0)
    assert not is_place(None, 30.0)
    assert is_place(125.0, 30.0)
