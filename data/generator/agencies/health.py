"""Make the feeds of the health commission (卫生健康委).

Birth certificates (XLS) and death certificates (JSON lines).
"""

import datetime as dt

from data.generator import city, names, writers
from data.generator.chance import Dice
from data.generator.feed import Feed, Row
from data.generator.identifier_faults import plant_citizen_ids, wrong_citizen_id
from data.generator.planting import Planter
from data.generator.truth import Truth
from data.generator.world import World

BIRTHS = "health.birth_certificates"
BIRTH_COLUMNS = (
    ("certificate_no", "出生医学证明编号"),
    ("citizen_id", "新生儿公民身份号码"),
    ("name", "新生儿姓名"),
    ("sex", "性别"),
    ("date_of_birth", "出生日期"),
    ("birth_weight_g", "出生体重"),
    ("mother_name", "母亲姓名"),
    ("division_code", "签发机构行政区划"),
    ("issued_on", "签发日期"),
)
DEATHS = "health.death_certificates"
DEATH_COLUMNS = (
    ("certificate_no", "死亡医学证明编号"),
    ("citizen_id", "公民身份号码"),
    ("name", "姓名"),
    ("date_of_death", "死亡日期"),
    ("division_code", "签发机构行政区划"),
    ("issued_on", "签发日期"),
)
_MOST_BIRTHS = 60_000
"""An XLS sheet ends at 65,536 rows."""


def births(world: World) -> Feed:
    """Return the clean birth certificates of persons born since 2016."""
    dice = Dice(world.seed, BIRTHS)

    def cells(index: int) -> Row:
        throw, child = dice.at(index), world.people.person(index)
        return [
            f"U{child.born:%y}329{index % 1_000_000:06d}",
            child.citizen_id,
            child.name,
            child.sex,
            child.born.isoformat(),
            2300 + throw % 1900,
            names.person_name(throw >> 12),
            child.division,
            (child.born + dt.timedelta(days=throw % 20)).isoformat(),
        ]

    return Feed(
        BIRTHS,
        city.FIRST_ACT.isoformat(),
        "health/出生医学证明.xls",
        BIRTH_COLUMNS,
        world.people.born_between(2016, 2025)[:_MOST_BIRTHS],
        cells,
        writers.legacy_workbook("签发"),
    )


def plant_births(planter: Planter, struck: set[str]) -> None:
    """Plant faults in the birth certificates; names and birth dates differ from the household register."""

    def is_sound(row: Row) -> bool:
        return planter.value(row, "citizen_id") not in struck

    def is_sound_and_no_leap_day(row: Row) -> bool:
        return is_sound(row) and not planter.value(row, "date_of_birth").endswith("02-29")

    planter.each("wrong_check_character", "citizen_id", "identifier", wrong_citizen_id)
    planter.each("disagreement", "name", "agreement", lambda t: t[0] + "丙" + t[1:], is_sound)
    planter.each("disagreement", "date_of_birth", "agreement", lambda t: f"{int(t[:4]) - 1}{t[4:]}",
                 is_sound_and_no_leap_day)  # fmt: skip
    planter.each("broken_number", "birth_weight_g", "type", lambda _: "三千克")
    planter.each("order_violation", "issued_on", "order", lambda _: "2015-06-01", rule="issued_after_birth")
    planter.double("duplicate")


def deaths(world: World) -> Feed:
    """Return the clean death certificates: some of the persons born before 1950."""
    dice = Dice(world.seed, DEATHS)
    people = world.people
    dead = [i for i in people.born_between(1930, 1949) if dice.at(i) % 3 == 0]
    # In a small city chance may spare everybody; a file without a line is another fault, so the oldest is taken.
    dead = dead or [min(range(people.count), key=lambda i: people.number_parts(i)[1:3])]

    def cells(index: int) -> Row:
        throw, person = dice.at(index), world.people.person(index)
        died = city.day(throw >> 8, dt.date(2023, 1, 1), dt.date(2026, 2, 20))
        return [
            f"S{died:%y}329{index % 10_000_000:07d}",
            person.citizen_id,
            person.name,
            died.isoformat(),
            person.division,
            (died + dt.timedelta(days=throw % 5)).isoformat(),
        ]

    return Feed(
        DEATHS,
        city.FIRST_ACT.isoformat(),
        "health/deaths.jsonl",
        DEATH_COLUMNS,
        dead,
        cells,
        writers.write_json_lines,
    )


def plant_deaths(planter: Planter) -> None:
    """Plant faults in the death certificates."""
    plant_citizen_ids(planter, "citizen_id")
    planter.each("broken_date", "date_of_death", "type", lambda t: t[:8] + "32")
    planter.each(
        "future_date", "issued_on", "not_future", lambda _: "2026-12-24", rule="issued_not_in_future"
    )


def make(world: World, truth: Truth) -> list[Feed]:
    """Return all feeds of the agency with their faults planted and recorded."""
    born, died = Planter(world.seed, births(world), 1), Planter(world.seed, deaths(world), 1)
    plant_births(born, world.struck)
    plant_deaths(died)
    truth.add([*born.entries, *died.entries])
    return [born.feed, died.feed]
