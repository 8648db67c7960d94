"""Make the feeds of the natural resources bureau (自然资源和规划局): divisions (JSON) and parcels (GeoJSON).

The fictional city lies in the open sea, so that no coordinate is anybody's land.
"""

import datetime as dt

from data.generator import city, names, writers
from data.generator.chance import Dice
from data.generator.feed import Feed, Row
from data.generator.identifier_faults import wrong_credit_code
from data.generator.planting import Planter
from data.generator.truth import Truth
from data.generator.world import World

DIVISIONS = "natural_resources.divisions"
DIVISION_COLUMNS = (
    ("place_kind", "地物类别"),
    ("place_id", "地物标识"),
    ("name", "名称"),
    ("level", "级别"),
    ("division_code", "所属行政区划"),
    ("valid_from", "启用日期"),
    ("valid_to", "停用日期"),
    ("successor_codes", "后继代码"),
    ("surveyed_on", "测绘日期"),
)
PARCELS = "natural_resources.parcels"
PARCEL_COLUMNS = (
    ("place_kind", "地物类别"),
    ("parcel_no", "宗地代码"),
    ("name", "坐落"),
    ("division_code", "行政区划代码"),
    ("use_code", "用途"),
    ("area_m2", "宗地面积"),
    ("holder_credit_code", "权利人代码"),
    ("longitude", "经度"),
    ("latitude", "纬度"),
    ("coordinate_system", "坐标系"),
    ("registered_on", "登记日期"),
    ("geometry", writers.GEOMETRY),
)
_EAST, _NORTH = 125.0, 30.0
_USES = ("0701", "0601", "0501", "0809", "0102")
_TOWNS = (
    "示范镇",
    "样板镇",
    "例行街道",
    "演示街道",
    "试点镇",
    "模拟乡",
    "范本街道",
    "标准镇",
    "验证镇",
    "对照街道",
)
_CITY_ROWS: tuple[Row, ...] = (
    ["division", city.CITY, "示例市", "city", city.CITY, "1949-10-01", "", ""],
    ["division", city.DISTRICT, "示例区", "county", city.DISTRICT, "1949-10-01", "", ""],
    ["division", city.FORMER, "示例郊区", "county", city.CITY, "1949-10-01", "2020-12-31", city.DISTRICT],
    ["division", city.COUNTY, "示例县", "county", city.COUNTY, "1949-10-01", "", ""],
)


def division_row(index: int) -> Row:
    """Make the clean row of one division: the city, its parts, then their towns."""
    if index < len(_CITY_ROWS):
        return [*_CITY_ROWS[index], "2025-10-15"]
    number = index - len(_CITY_ROWS)
    above = (city.DISTRICT, city.COUNTY)[number % 2]
    town = _TOWNS[number // 2 % len(_TOWNS)]
    code = f"{above}{100 + number // 2:03d}"
    return [
        "division",
        code,
        f"{city.DIVISION_NAMES[above]}{town}",
        "town",
        above,
        "2001-06-01",
        "",
        "",
        "2025-10-15",
    ]


def divisions(arrival: dt.date) -> Feed:
    """Return the clean divisions."""
    return Feed(
        DIVISIONS,
        arrival.isoformat(),
        "natural_resources/divisions.json",
        DIVISION_COLUMNS,
        range(len(_CITY_ROWS) + 2 * len(_TOWNS)),
        division_row,
        writers.write_json_rows,
    )


def parcels(world: World) -> Feed:
    """Return the clean parcels: one for every fourth market entity."""
    dice = Dice(world.seed, PARCELS)

    def cells(index: int) -> Row:
        throw = dice.at(index)
        division = city.DISTRICT if throw % 3 else city.COUNTY
        east = round(_EAST + (throw >> 8) % 100_000 / 200_000, 6)
        north = round(_NORTH + (throw >> 28) % 100_000 / 200_000, 6)
        return [
            "parcel",
            f"{division}{100 + throw % 10:03d}GB{index + 1:05d}",
            names.address(city.DIVISION_NAMES[division], throw >> 12),
            division,
            _USES[throw % len(_USES)],
            round(200 + (throw >> 20) % 90_000 / 3, 2),
            world.organisations.credit_code(index * 4),
            east,
            north,
            "CGCS2000",
            city.day(throw >> 33, dt.date(2005, 1, 1)).isoformat(),
            {"type": "Point", "coordinates": [east, north]},
        ]

    return Feed(
        PARCELS,
        city.FIRST_ACT.isoformat(),
        "natural_resources/parcels.geojson",
        PARCEL_COLUMNS,
        range(len(world.organisations.market) // 4),
        cells,
        writers.write_features,
    )


def plant_parcels(planter: Planter) -> None:
    """Plant faults in the parcels."""
    planter.each("wrong_check_character", "holder_credit_code", "identifier", wrong_credit_code)
    planter.each("unknown_division", "division_code", "code_list", lambda _: "329977")
    planter.each("unknown_code", "use_code", "code_list", lambda _: "9999")
    planter.each("broken_number", "area_m2", "type", lambda _: "约三亩")
    planter.each("missing_key", "parcel_no", "required", lambda _: "")
    planter.double("duplicate")


def make(world: World, truth: Truth) -> list[Feed]:
    """Return all feeds of the agency with their faults planted and recorded."""
    placed = Planter(world.seed, divisions(city.FIRST_ACT), 1)
    placed.each("unknown_code", "level", "code_list", lambda _: "片区",
                lambda row: placed.value(row, "level") == "town", times=1)  # fmt: skip
    measured = Planter(world.seed, parcels(world), 1)
    plant_parcels(measured)
    truth.add([*placed.entries, *measured.entries])
    return [placed.feed, measured.feed]
