"""Make the feeds of the civil affairs bureau (民政局).

Here: registrations of social organisations (a workbook with title lines; act 2 a shrunk file) and of
marriages.
"""

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from data.generator import city, writers
from data.generator.chance import Dice
from data.generator.feed import Feed, Row
from data.generator.identifier_faults import plant_citizen_ids, plant_credit_codes
from data.generator.planting import Planter
from data.generator.reissue import whole_file_entry
from data.generator.truth import Entry, Truth
from data.generator.world import World

SOCIAL = "civil_affairs.social_organisation_registration"
SOCIAL_COLUMNS = (
    ("credit_code", "统一社会信用代码"),
    ("name", "社会组织名称"),
    ("organisation_kind", "社会组织类型"),
    ("legal_representative_name", "法定代表人"),
    ("established_on", "成立登记日期"),
    ("status", "登记状态"),
    ("registrar_division_code", "登记机关行政区划"),
    ("registered_address", "住所"),
    ("business_scope", "业务范围"),
    ("approved_on", "最近核准日期"),
)
MARRIAGE = "civil_affairs.marriage_registration"
MARRIAGE_COLUMNS = (
    ("certificate_no", "婚姻证字号"),
    ("citizen_id", "公民身份号码"),
    ("name", "姓名"),
    ("spouse_citizen_id", "配偶公民身份号码"),
    ("marital_status", "婚姻状况"),
    ("office_division_code", "登记机关行政区划"),
    ("registered_at", "登记时间"),
)
_KEPT_PERCENT = 60


def social_row(world: World, index: int) -> Row:
    """Make the clean registration of one social organisation."""
    body = world.organisations.organisation(index)
    return [
        body.credit_code,
        body.name,
        body.kind,
        world.people.person(body.head).name,
        body.established.isoformat(),
        "active",
        body.division,
        body.address,
        body.scope,
        body.approved.isoformat(),
    ]


def social(world: World) -> Feed:
    """Return the clean registrations of social organisations."""
    return Feed(
        SOCIAL,
        city.FIRST_ACT.isoformat(),
        "civil_affairs/社会组织登记_20260316.xlsx",
        SOCIAL_COLUMNS,
        world.organisations.social,
        lambda index: social_row(world, index),
        writers.workbook(
            "登记信息", ("示例市社会组织登记信息表", "填报单位：示例市民政局　　填报日期：2026年3月16日")
        ),
    )


def plant_social(planter: Planter) -> None:
    """Plant faults in the registrations of social organisations."""
    plant_credit_codes(planter, "credit_code")
    planter.each("missing_key", "credit_code", "required", lambda _: "")
    planter.each("unknown_code", "organisation_kind", "code_list", lambda _: "学会")
    planter.each("future_date", "approved_on", "not_future", lambda _: "2027-01-20",
                 lambda row: planter.value(row, "registrar_division_code") != city.FORMER,
                 rule="approved_not_in_future")  # fmt: skip
    planter.double("duplicate")


def shrunk_social(feed: Feed) -> tuple[Feed, Entry]:
    """Return the second act's file, which lost four rows in ten and must be held for a person."""
    kept = feed.subjects[: len(feed.subjects) * _KEPT_PERCENT // 100]
    shrunk = replace(
        feed,
        arrival=city.SECOND_ACT.isoformat(),
        file="civil_affairs/社会组织登记_20260325.xlsx",
        subjects=kept,
        changed={},
        appended=[],
    )
    return shrunk, whole_file_entry(shrunk, 2, "shrunk_snapshot", "held")


def couples(world: World) -> tuple[Sequence[int], Sequence[int]]:
    """List men and women who married each other, by the same position."""
    adults = world.people.born_between(1960, 1990)
    men = [i for i in adults if world.people.number_parts(i)[3] % 2]
    women = [i for i in adults if not world.people.number_parts(i)[3] % 2]
    count = min(len(men), len(women)) * 2 // 3
    return men[:count], women[:count]


def marriage(world: World) -> Feed:
    """Return the clean marriages. Grain: one row per party and certificate."""
    pairs = couples(world)
    dice = Dice(world.seed, MARRIAGE)

    def cells(index: int) -> Row:
        number, party = divmod(index, 2)
        throw = dice.at(number)
        person = world.people.person(pairs[party][number])
        spouse = world.people.person(pairs[1 - party][number])
        day = city.day(throw, dt.date(2014, 1, 1))
        status = "divorced" if throw >> 50 < 2000 else "married"
        letter = "L" if status == "divorced" else "J"
        return [
            f"{letter}329900-{day.year}-{number + 1:06d}",
            person.citizen_id,
            person.name,
            spouse.citizen_id,
            status,
            city.DISTRICT if throw >> 20 & 1 else city.COUNTY,
            f"{day.isoformat()} {throw % 8 + 9:02d}:{throw % 60:02d}",
        ]

    return Feed(
        MARRIAGE,
        city.FIRST_ACT.isoformat(),
        "civil_affairs/marriages.tsv",
        MARRIAGE_COLUMNS,
        range(2 * len(pairs[0])),
        cells,
        writers.delimited("utf-8", "\t"),
    )


def plant_marriage(planter: Planter) -> None:
    """Plant faults in the marriages."""
    plant_citizen_ids(planter, "citizen_id")
    planter.each("wrong_width", "spouse_citizen_id", "identifier", lambda t: t[:16])
    planter.each("unknown_code", "marital_status", "code_list", lambda _: "复婚")
    planter.each("broken_time", "registered_at", "type", lambda t: t[:10] + " 25:61")
    planter.each("missing_required", "certificate_no", "required", lambda _: "")
    planter.double("duplicate")


def make(world: World, truth: Truth) -> list[Feed]:
    """Return all feeds of the agency with their faults planted and recorded."""
    social_planter = Planter(world.seed, social(world), 1)
    plant_social(social_planter)
    shrunk, held = shrunk_social(social_planter.feed)
    world.struck.update(social_planter.struck_values("credit_code"))
    marriages = Planter(world.seed, marriage(world), 1)
    plant_marriage(marriages)
    truth.add([*social_planter.entries, *marriages.entries, held])
    return [social_planter.feed, marriages.feed, shrunk]
