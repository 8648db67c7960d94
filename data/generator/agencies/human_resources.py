"""Make the feeds of the human resources bureau (人社局): insured persons and insured units.

Both are compared with a registered source: persons with the households, units' names with the registers.
"""

import datetime as dt

from data.generator import city, writers
from data.generator.chance import Dice
from data.generator.feed import Feed, Row
from data.generator.identifier_faults import plant_citizen_ids, plant_credit_codes, wrong_credit_code
from data.generator.planting import Planter
from data.generator.reissue import corrected, follow_ups
from data.generator.truth import Truth
from data.generator.world import World

INSURED = "human_resources.insured_persons"
INSURED_COLUMNS = (
    ("citizen_id", "公民身份号码"),
    ("name", "姓名"),
    ("sex", "性别"),
    ("date_of_birth", "出生日期"),
    ("employer_credit_code", "参保单位统一社会信用代码"),
    ("insurance_status", "参保状态"),
    ("division_code", "参保地行政区划"),
    ("first_insured_on", "首次参保日期"),
    ("last_paid_on", "最近缴费日期"),
    ("payment_base_cny", "缴费基数"),
)
UNITS = "human_resources.unit_registration"
UNIT_COLUMNS = (
    ("insurance_no", "社会保险登记编号"),
    ("credit_code", "统一社会信用代码"),
    ("unit_name", "单位名称"),
    ("insured_count", "参保人数"),
    ("division_code", "参保地行政区划"),
    ("registered_on", "参保登记日期"),
)


def insured(world: World) -> Feed:
    """Return the clean insured persons: four in five of those born from 1961 to 2004."""
    dice = Dice(world.seed, INSURED)
    members = [i for i in world.people.born_between(1961, 2004) if dice.at(i) % 5]
    employers = len(world.organisations.market)

    def cells(index: int) -> Row:
        throw, person = dice.at(index), world.people.person(index)
        return [
            person.citizen_id,
            person.name,
            person.sex,
            person.born.isoformat(),
            world.organisations.credit_code((throw >> 5) % employers),
            "suspended" if throw % 17 == 1 else "active",
            person.division,
            city.day(throw >> 12, dt.date(2008, 1, 1), dt.date(2025, 6, 30)).isoformat(),
            city.day(throw >> 30, dt.date(2025, 9, 1)).isoformat(),
            f"{4500 + (throw >> 40) % 180 * 100}元",
        ]

    return Feed(
        INSURED,
        city.FIRST_ACT.isoformat(),
        "human_resources/insured_persons_20260316.csv",
        INSURED_COLUMNS,
        members,
        cells,
        writers.delimited("gbk"),
    )


def plant_insured(planter: Planter, struck: set[str]) -> None:
    """Plant faults in the insured persons."""

    def is_sound(row: Row) -> bool:
        return planter.value(row, "citizen_id") not in struck

    def was_insured_early(row: Row) -> bool:
        return planter.value(row, "first_insured_on") < "2015"

    each = planter.each
    plant_citizen_ids(planter, "citizen_id")
    each("disagreement", "name", "agreement", lambda t: t[0] + "丁" + t[1:], is_sound)
    each(
        "disagreement", "date_of_birth", "agreement", lambda t: f"{t[:8]}{int(t[8:]) % 28 + 1:02d}", is_sound
    )
    each("disagreement", "sex", "agreement", lambda t: "2" if t == "1" else "1", is_sound)
    each("wrong_check_character", "employer_credit_code", "identifier", wrong_credit_code)
    each("unknown_code", "insurance_status", "code_list", lambda _: "99")
    each("broken_amount", "payment_base_cny", "type", lambda _: "按上年工资")
    each("stale_date", "last_paid_on", "not_stale", lambda t: "2019" + t[4:7] + "-10", was_insured_early,
         rule="paid_recently")  # fmt: skip
    each("order_violation", "first_insured_on", "order", lambda _: "2026-03-05",
         rule="paid_after_first_insured", found_in="last_paid_on")  # fmt: skip
    planter.double("duplicate", is_sound)


def units(world: World) -> Feed:
    """Return the clean insured units: registered bodies of all three registers but individual businesses."""
    dice = Dice(world.seed, UNITS)
    make = world.organisations.organisation
    members = [
        i
        for i in range(world.organisations.count)
        if dice.at(i) % 4 and make(i).kind != "individual_business"
    ]

    def cells(index: int) -> Row:
        throw, unit = dice.at(index), make(index)
        return [
            f"329900{index + 1:06d}",
            unit.credit_code,
            unit.name,
            throw >> 8 & 0x7F,
            city.DISTRICT if throw >> 20 & 1 else city.COUNTY,
            city.day(throw >> 30, max(unit.established, dt.date(2000, 1, 1))).isoformat(),
        ]

    return Feed(
        UNITS,
        city.FIRST_ACT.isoformat(),
        "human_resources/units_2026.csv",
        UNIT_COLUMNS,
        members,
        cells,
        writers.workbook("Sheet1"),
    )


def plant_units(planter: Planter, struck: set[str]) -> None:
    """Plant faults in the insured units."""

    def is_sound(row: Row) -> bool:
        return planter.value(row, "credit_code") not in struck

    plant_credit_codes(planter, "credit_code")
    planter.each("disagreement", "unit_name", "agreement", lambda t: t[:-2] + "分部", is_sound)
    planter.each("broken_number", "insured_count", "type", lambda _: "约二十人")
    planter.each("missing_key", "insurance_no", "required", lambda _: "")
    planter.double("duplicate", is_sound)


def make(world: World, truth: Truth) -> list[Feed]:
    """Return all feeds of the agency with their faults planted and recorded."""
    first = insured(world)
    persons = Planter(world.seed, first, 1)
    plant_insured(persons, world.struck)
    mended = corrected(first, city.SECOND_ACT.isoformat(), "human_resources/insured_persons_20260325.csv")
    registered = Planter(world.seed, units(world), 1)
    plant_units(registered, world.struck)
    truth.add([*persons.entries, *registered.entries, *follow_ups(persons, mended, ("citizen_id",))])
    return [first, registered.feed, mended]
