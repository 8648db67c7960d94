"""Make the feed of the staffing office (编办): public institutions, a workbook with real dates and numbers.

Here: the first delivery and an identical one in the second act, which must change nothing.
"""

from dataclasses import replace

from data.generator import city, writers
from data.generator.feed import Feed, Row
from data.generator.identifier_faults import plant_credit_codes
from data.generator.planting import Planter
from data.generator.reissue import whole_file_entry
from data.generator.truth import Truth
from data.generator.world import World

PUBLIC = "staffing_office.public_institution_registration"
COLUMNS = (
    ("credit_code", "统一社会信用代码"),
    ("name", "单位名称"),
    ("status", "登记状态"),
    ("registrar_division_code", "登记管理机关行政区划"),
    ("registered_address", "住所"),
    ("mission", "宗旨和业务范围"),
    ("initial_funds_cny", "开办资金"),
    ("established_on", "成立日期"),
    ("posts", "编制数"),
)


def row(world: World, index: int) -> Row:
    """Make the clean registration of one public institution; dates and counts are typed cells."""
    body = world.organisations.organisation(index)
    return [
        body.credit_code,
        body.name,
        "active",
        city.DISTRICT if body.division == city.FORMER else body.division,
        body.address,
        body.scope,
        f"{body.throw % 900 + 20}万元",
        body.established,
        body.throw % 180 + 5,
    ]


def plant(planter: Planter) -> None:
    """Plant faults in the registrations."""
    plant_credit_codes(planter, "credit_code")
    planter.each("unknown_division", "registrar_division_code", "code_list", lambda _: "329988")
    planter.each("broken_number", "posts", "type", lambda _: "若干")
    planter.each("broken_amount", "initial_funds_cny", "type", lambda _: "以批复为准")
    planter.each("broken_date", "established_on", "type", lambda t: t[:4] + "年底")


def make(world: World, truth: Truth) -> list[Feed]:
    """Return both deliveries with their faults planted and recorded."""
    feed = Feed(
        PUBLIC,
        city.FIRST_ACT.isoformat(),
        "staffing_office/public_institutions.xlsx",
        COLUMNS,
        world.organisations.public,
        lambda index: row(world, index),
        writers.workbook("事业单位"),
    )
    planter = Planter(world.seed, feed, 1)
    plant(planter)
    world.struck.update(planter.struck_values("credit_code"))
    again = replace(feed, arrival=city.SECOND_ACT.isoformat())
    truth.add([*planter.entries, whole_file_entry(again, 2, "identical_file", "no_op")])
    return [feed, again]
