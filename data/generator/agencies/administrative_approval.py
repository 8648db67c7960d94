"""Make the feed of the approval bureau (行政审批局): licences as electronic certificates."""

import datetime as dt

from data.generator import check_characters, city, writers
from data.generator.chance import Dice
from data.generator.feed import Feed, Row
from data.generator.identifier_faults import wrong_credit_code
from data.generator.organisations import with_body
from data.generator.planting import Planter
from data.generator.truth import Truth
from data.generator.world import World

LICENCES = "administrative_approval.licences"
COLUMNS = (
    ("certificate_type", "证照类型"),
    ("certificate_no", "证照编号"),
    ("certificate_identifier", "电子证照标识"),
    ("holder_identifier", "持证主体代码"),
    ("holder_name", "持证主体名称"),
    ("issued_by", "颁发机构"),
    ("issuer_division_code", "颁发机构行政区划"),
    ("issued_on", "颁发日期"),
    ("valid_to", "有效期至"),
    ("status", "证照状态"),
)
_TYPES = (("food_licence", "SPJY", "011"), ("medical_practice_licence", "YLJG", "021"))
_BUREAU = with_body("11329900", "00900009")
_MINISTRY = with_body("11329900", "00900099")


def licences(world: World) -> Feed:
    """Return the clean licences: one for every third market entity."""
    dice = Dice(world.seed, LICENCES)

    def cells(index: int) -> Row:
        throw, holder = dice.at(index), world.organisations.organisation(index * 3)
        issued = city.day(throw >> 12, dt.date(2021, 6, 1))
        kind, letters, number = _TYPES[throw % 4 == 0]
        parts = f"{_MINISTRY}{number}.{_BUREAU}.{issued.year}{index + 1:07d}.001"
        return [
            kind,
            f"{letters}3299{index + 1:07d}",
            check_characters.certificate_identifier(parts),
            holder.credit_code,
            holder.name,
            "示例市行政审批局",
            city.DISTRICT if throw >> 40 & 1 else city.COUNTY,
            issued.isoformat(),
            (issued + dt.timedelta(days=1826)).isoformat(),
            "valid",
        ]

    return Feed(
        LICENCES,
        city.FIRST_ACT.isoformat(),
        "administrative_approval/licences.csv",
        COLUMNS,
        range((len(world.organisations.market) + 2) // 3),
        cells,
        writers.delimited("utf-8"),
    )


def plant(planter: Planter) -> None:
    """Plant faults in the licences."""
    each = planter.each
    each("wrong_check_character", "holder_identifier", "identifier", wrong_credit_code)
    each("missing_required", "holder_identifier", "required", lambda _: "")
    each("unknown_code", "status", "code_list", lambda _: "挂失")
    each("unknown_division", "issuer_division_code", "code_list", lambda _: "329966")
    each("order_violation", "valid_to", "order", lambda _: "2020-05-31", rule="valid_after_issue")
    each("future_date", "issued_on", "not_future", lambda _: "2026-05-05",
         lambda row: planter.value(row, "valid_to") > "2026-06",
         rule="issued_not_in_future")  # fmt: skip
    each("wrong_check_character", "certificate_identifier", "noted", wrong_check)
    each("broken_identifier", "certificate_identifier", "type", lambda t: t[15:])
    planter.double("duplicate")


def wrong_check(text: str) -> str:
    """Give an identifier another check character; public ones disagree too, so it is only noted."""
    return check_characters.other_character(text, check_characters.WIDE_ALPHABET)


def make(world: World, truth: Truth) -> list[Feed]:
    """Return the feed with its faults planted and recorded."""
    planter = Planter(world.seed, licences(world), 1)
    plant(planter)
    truth.add(planter.entries)
    return [planter.feed]
