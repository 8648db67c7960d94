"""Make the feeds of the police (公安局): household registrations in two slices, and residence permits.

Household registrations decide a person's name, sex and birth date; rows of persons whom other feeds report
on get no faults in these columns, so that every disagreement is one that was planted.
"""

import datetime as dt

from data.generator import city, names, writers
from data.generator.chance import Dice
from data.generator.feed import Feed, Row
from data.generator.identifier_faults import plant_citizen_ids
from data.generator.planting import Planter
from data.generator.truth import Truth
from data.generator.world import World

HOUSEHOLD = "police.household_registration"
HOUSEHOLD_COLUMNS = (
    ("citizen_id", "公民身份号码"),
    ("name", "姓名"),
    ("sex", "性别"),
    ("date_of_birth", "出生日期"),
    ("nationality_code", "民族"),
    ("registered_address", "户籍地址"),
    ("registered_division_code", "户籍地行政区划"),
    ("registered_on", "登记日期"),
)
PERMITS = "police.residence_permits"
PERMIT_COLUMNS = (
    ("permit_no", "居住证号"),
    ("citizen_id", "公民身份号码"),
    ("name", "姓名"),
    ("residence_address", "居住地址"),
    ("residence_division_code", "居住地行政区划"),
    ("phone", "联系电话"),
    ("issued_on", "签发日期"),
    ("valid_to", "有效期至"),
)
_OLDEST_INSURED = "1961"


def household(world: World, division: str) -> Feed:
    """Return the clean household registrations of one division."""
    dice = Dice(world.seed, HOUSEHOLD)

    def cells(index: int) -> Row:
        person = world.people.person(index)
        registered = city.day(dice.at(index), max(person.born, dt.date(1985, 1, 1)))
        return [
            person.citizen_id,
            person.name,
            person.sex,
            person.born.isoformat(),
            person.nationality,
            person.address,
            person.division,
            registered.isoformat(),
        ]

    return Feed(
        HOUSEHOLD,
        city.FIRST_ACT.isoformat(),
        f"police/household_{division}.csv",
        HOUSEHOLD_COLUMNS,
        world.people.of_division(division),
        cells,
        writers.delimited("utf-8"),
    )


def plant_household(planter: Planter) -> None:
    """Plant faults in the household registrations of one division."""

    def is_uncompared(row: Row) -> bool:
        return planter.value(row, "date_of_birth") < _OLDEST_INSURED

    each = planter.each
    plant_citizen_ids(planter, "citizen_id")
    each("missing_key", "citizen_id", "required", lambda _: "")
    each("missing_required", "name", "required", lambda _: "", is_uncompared)
    each("unknown_code", "sex", "code_list", lambda _: "3", is_uncompared)
    each("unknown_code", "nationality_code", "code_list", lambda _: "77")
    each("unknown_division", "registered_division_code", "code_list", lambda _: "329999", times=1)
    each("broken_date", "date_of_birth", "type", lambda t: t[:5] + "00-00", is_uncompared)
    each("order_violation", "registered_on", "order", lambda _: "1950-06-30",
         lambda row: planter.value(row, "date_of_birth") > "1951",
         rule="registered_after_birth")  # fmt: skip
    each(
        "future_date", "registered_on", "not_future", lambda _: "2028-08-08", rule="registered_not_in_future"
    )
    planter.double("duplicate")
    planter.split("too_many_fields", "registered_address")


def permits(world: World) -> Feed:
    """Return the clean residence permits: residents of the county who live in the district."""
    dice = Dice(world.seed, PERMITS)
    holders = [i for i in world.people.of_division(city.COUNTY) if dice.at(i) % 3 == 0]

    def cells(index: int) -> Row:
        throw, person = dice.at(index), world.people.person(index)
        issued = city.day(throw >> 20, dt.date(2025, 4, 1))
        return [
            f"JZ{city.DISTRICT}{index + 1:08d}",
            person.citizen_id,
            person.name,
            names.address(city.DIVISION_NAMES[city.DISTRICT], throw >> 10),
            city.DISTRICT,
            person.phone,
            issued.isoformat(),
            (issued + dt.timedelta(days=365)).isoformat(),
        ]

    return Feed(
        PERMITS,
        city.FIRST_ACT.isoformat(),
        "police/residence_permits.csv",
        PERMIT_COLUMNS,
        holders,
        cells,
        writers.delimited("gbk"),
    )


def plant_permits(planter: Planter) -> None:
    """Plant faults in the residence permits."""
    plant_citizen_ids(planter, "citizen_id")
    planter.each("missing_key", "permit_no", "required", lambda _: "")
    planter.each("broken_phone", "phone", "type", lambda _: "见登记表")
    planter.each("order_violation", "valid_to", "order", lambda _: "2024-02-29", rule="valid_after_issue")
    planter.each("future_date", "issued_on", "not_future", lambda _: "2026-11-11",
                 lambda row: planter.value(row, "valid_to") > "2026-11-12",
                 rule="issued_not_in_future")  # fmt: skip


def make(world: World, truth: Truth) -> list[Feed]:
    """Return all feeds of the agency with their faults planted and recorded."""
    feeds = []
    for division in (city.DISTRICT, city.COUNTY):
        planter = Planter(world.seed, household(world, division), 1)
        plant_household(planter)
        world.struck.update(planter.struck_values("citizen_id"))
        truth.add(planter.entries)
        feeds.append(planter.feed)
    planter = Planter(world.seed, permits(world), 1)
    plant_permits(planter)
    truth.add(planter.entries)
    return [*feeds, planter.feed]
