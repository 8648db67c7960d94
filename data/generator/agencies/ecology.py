"""Make the feeds of the ecology bureau (生态环境局).

Air quality (act 2 unreadable) and pollution permits (too old).
"""

import datetime as dt
from dataclasses import replace

from data.generator import city, writers
from data.generator.chance import Dice
from data.generator.feed import Feed, Row
from data.generator.identifier_faults import plant_credit_codes
from data.generator.planting import Planter
from data.generator.reissue import whole_file_entry
from data.generator.truth import Truth
from data.generator.world import World

AIR = "ecology.air_quality"
AIR_COLUMNS = (
    ("indicator_code", "指标代码"),
    ("period", "时期"),
    ("division_code", "行政区划代码"),
    ("value", "数值"),
    ("unit", "单位"),
    ("measured_at", "监测时间"),
)
PERMITS = "ecology.pollution_permits"
PERMIT_COLUMNS = (
    ("certificate_type", "证照类型"),
    ("certificate_no", "许可证编号"),
    ("credit_code", "统一社会信用代码"),
    ("holder_name", "单位名称"),
    ("issued_by", "发证机关"),
    ("issuer_division_code", "发证机关行政区划"),
    ("issued_on", "发证日期"),
    ("valid_to", "有效期至"),
)
_POLLUTANTS = (("PM2.5", 90, "μg/m3"), ("PM10", 150, "μg/m3"), ("SO2", 40, "μg/m3"),
               ("NO2", 60, "μg/m3"), ("CO", 2, "mg/m3"), ("O3", 180, "μg/m3"))  # fmt: skip
_DAYS = 60
_FIRST_DAY = dt.date(2026, 1, 1)


def air(world: World) -> Feed:
    """Return the clean daily means. Grain: one row per pollutant, day and division."""
    dice = Dice(world.seed, AIR)

    def cells(index: int) -> Row:
        rest, pollutant = divmod(index, len(_POLLUTANTS))
        number, division = divmod(rest, 2)
        code, highest, unit = _POLLUTANTS[pollutant]
        day = _FIRST_DAY + dt.timedelta(days=number)
        value = dice.at(index) % (highest * 10) / 10
        return [
            code,
            day.isoformat(),
            (city.DISTRICT, city.COUNTY)[division],
            value,
            unit,
            f"{day.isoformat()} 23:00",
        ]

    return Feed(
        AIR,
        city.FIRST_ACT.isoformat(),
        "ecology/air_quality_202603.xlsx",
        AIR_COLUMNS,
        range(_DAYS * 2 * len(_POLLUTANTS)),
        cells,
        writers.workbook("日均值"),
    )


def plant_air(planter: Planter) -> None:
    """Plant faults in the daily means."""
    planter.each("broken_number", "value", "type", lambda _: "仪器故障")
    planter.each("unknown_code", "indicator_code", "code_list", lambda _: "TSP9", times=1)
    planter.each("broken_time", "measured_at", "type", lambda t: t[:10] + " 24:75")
    planter.double("duplicate")


def permits(world: World) -> Feed:
    """Return the clean permits: one for every eighth market entity, delivered too long ago."""
    dice = Dice(world.seed, PERMITS)

    def cells(index: int) -> Row:
        throw, holder = dice.at(index), world.organisations.organisation(index * 8)
        issued = city.day(throw >> 12, dt.date(2022, 1, 1), dt.date(2025, 12, 20))
        return [
            "pollution_permit",
            f"{holder.credit_code}001P",
            holder.credit_code,
            holder.name,
            "示例市生态环境局",
            city.DISTRICT if throw >> 40 & 1 else city.COUNTY,
            issued.isoformat(),
            (issued + dt.timedelta(days=1826)).isoformat(),
        ]

    return Feed(
        PERMITS,
        city.LONG_AGO.isoformat(),
        "ecology/pollution_permits.csv",
        PERMIT_COLUMNS,
        range((len(world.organisations.market) + 7) // 8),
        cells,
        writers.delimited("utf-8-sig"),
    )


def plant_permits(planter: Planter) -> None:
    """Plant faults in the permits."""
    plant_credit_codes(planter, "credit_code")
    planter.each("order_violation", "valid_to", "order", lambda _: "2021-01-31", rule="valid_after_issue")
    planter.each("broken_date", "issued_on", "type", lambda t: t[:4] + "-00-00")


def make(world: World, truth: Truth) -> list[Feed]:
    """Return all feeds of the agency with their faults planted and recorded."""
    measured, permitted = Planter(world.seed, air(world), 1), Planter(world.seed, permits(world), 1)
    plant_air(measured)
    plant_permits(permitted)
    lost = replace(
        air(world),
        arrival=city.SECOND_ACT.isoformat(),
        file="ecology/air_quality_202604.xlsx",
        writer=writers.broken_workbook("日均值"),
    )
    truth.add([*measured.entries, *permitted.entries])
    truth.add([
        whole_file_entry(permitted.feed, 1, "late_delivery", "finding", "freshness"),
        whole_file_entry(lost, 2, "broken_workbook", "unreadable"),
    ])  # fmt: skip
    return [measured.feed, permitted.feed, lost]
