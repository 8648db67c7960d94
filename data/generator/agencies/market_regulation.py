"""Make the feeds of the market regulation bureau (市场监督管理局).

Here: registrations of market entities (act 1 with faults, act 2 corrected) and administrative penalties.
"""

import datetime as dt

from data.generator import city, writers
from data.generator.chance import Dice
from data.generator.feed import Feed, Row
from data.generator.identifier_faults import (
    plant_citizen_ids,
    plant_credit_codes,
    wrong_citizen_id,
    wrong_credit_code,
)
from data.generator.planting import Planter
from data.generator.reissue import corrected, follow_ups, send_again
from data.generator.truth import Entry, Truth
from data.generator.world import World

REGISTRATION = "market_regulation.market_entity_registration"
REGISTRATION_COLUMNS = (
    ("credit_code", "统一社会信用代码"),
    ("entity_name", "企业名称"),
    ("entity_kind", "市场主体类型"),
    ("legal_representative_name", "法定代表人姓名"),
    ("legal_representative_id", "法定代表人证件号码"),
    ("registered_capital_cny", "注册资金"),
    ("established_on", "成立日期"),
    ("deregistered_on", "注销日期"),
    ("status", "登记状态"),
    ("registrar_division_code", "登记机关行政区划"),
    ("phone", "联系电话"),
    ("business_scope", "经营范围"),
    ("address", "住所"),
    ("approved_on", "核准日期"),
)
PENALTIES = "market_regulation.administrative_penalties"
PENALTY_COLUMNS = (
    ("record_kind", "记录类别"),
    ("document_no", "决定文书号"),
    ("subject_kind", "相对人类别"),
    ("subject_identifier", "相对人代码"),
    ("subject_name", "相对人名称"),
    ("ground", "违法事实"),
    ("decided_by", "处罚机关"),
    ("issuer_division_code", "处罚机关行政区划"),
    ("decided_on", "处罚决定日期"),
    ("published_until", "公示截止日期"),
    ("amount_cny", "罚款金额"),
)
_GROUNDS = ("虚假宣传", "未按规定公示信息", "销售不合格产品", "无照经营", "超范围经营", "价格违法")
_CAPITALS = ("{}", "{}万元", "0.3万人民币", "1,{}(万元人民币)", "{}万元人民币")


def registration_row(world: World, index: int) -> Row:
    """Make the clean registration of one market entity."""
    entity = world.organisations.organisation(index)
    head = world.people.person(entity.head)
    amount = 100 + entity.throw % 900
    capital = "" if entity.kind == "individual_business" else _CAPITALS[entity.throw % 5].format(amount)
    gone = entity.throw % 23 == 0
    return [
        entity.credit_code,
        entity.name,
        entity.kind,
        head.name,
        head.citizen_id,
        capital,
        f"{entity.established:%Y-%m-%d}" if entity.throw % 7 else f"{entity.established:%Y年%m月%d日}",
        f"{entity.approved:%Y-%m-%d}" if gone else "",
        "deregistered" if gone else "revoked" if entity.throw % 41 == 1 else "active",
        entity.division,
        entity.phone,
        entity.scope,
        entity.address,
        f"{entity.approved:%Y-%m-%d}",
    ]


def registration(world: World) -> Feed:
    """Return the clean registrations of the first act."""
    return Feed(
        REGISTRATION,
        city.FIRST_ACT.isoformat(),
        "market_regulation/market_entity_20260316.csv",
        REGISTRATION_COLUMNS,
        world.organisations.market,
        lambda index: registration_row(world, index),
        writers.delimited("gb18030"),
    )


def plant_registration(planter: Planter) -> None:
    """Plant the first act's faults in the registrations."""

    def is_active_enterprise(row: Row) -> bool:
        kind, status = planter.value(row, "entity_kind"), planter.value(row, "status")
        return kind == "enterprise" and status == "active"

    each = planter.each
    plant_credit_codes(planter, "credit_code")
    plant_citizen_ids(planter, "legal_representative_id")
    each("missing_key", "credit_code", "required", lambda _: "")
    each("missing_required", "entity_name", "required", lambda _: "", times=1)
    each("unknown_code", "entity_kind", "code_list", lambda _: "9Z9", times=1)
    each("unknown_code", "status", "code_list", lambda _: "frozen", is_active_enterprise)
    each("unknown_division", "registrar_division_code", "code_list", lambda _: "329999")
    amounts = iter(("1.2.3万元", "见公司章程", "500-1000万元") * planter.times)
    each("broken_amount", "registered_capital_cny", "type", lambda _: next(amounts), is_active_enterprise)
    each("broken_date", "established_on", "type", lambda t: t[:4] + "-13-45")
    each("text_too_long", "address", "type", lambda t: (t * 30)[:300])
    each("future_date", "approved_on", "not_future", lambda t: "2029" + t[4:7] + "-15",
         lambda row: planter.value(row, "registrar_division_code") != city.FORMER,
         rule="approved_not_in_future")  # fmt: skip
    each("order_violation", "approved_on", "order", lambda _: "1990-06-15", is_active_enterprise,
         rule="approved_not_before_established")  # fmt: skip
    planter.double("duplicate")
    planter.shift("shifted_row", "legal_representative_name", [
        ("legal_representative_id", "identifier"), ("registered_capital_cny", "type"),
        ("deregistered_on", "type"), ("status", "code_list"), ("registrar_division_code", "code_list"),
        ("phone", "type"), ("approved_on", "required"),
    ], is_active_enterprise)  # fmt: skip
    planter.split("too_many_fields", "business_scope")


def plant_abolished_division(planter: Planter) -> None:
    """Let registrations of today name a division that was abolished in 2020."""

    def is_recent(row: Row) -> bool:
        return planter.value(row, "approved_on") > "2021-06"

    planter.each(
        "abolished_division", "registrar_division_code", "code_list", lambda _: city.FORMER, is_recent
    )


def second_registration(world: World, first: Feed, planter: Planter) -> tuple[Feed, list[Entry]]:
    """Return the second act's registrations: corrected but for one fault, one row gone, two new faults."""

    def position_of(kind: str, column: str) -> int:
        return next(e.row_number for e in planter.entries if (e.kind, e.column) == (kind, column))

    second = corrected(first, city.SECOND_ACT.isoformat(), "market_regulation/market_entity_20260325.csv")
    persisting = position_of("unknown_division", "registrar_division_code")
    second.removed.add(position_of("unknown_code", "status"))
    send_again(first, second, persisting)
    new = Planter(world.seed, second, 2, planter.struck)
    new.each("unknown_code", "status", "code_list", lambda _: "frozen", times=1)
    new.each("broken_phone", "phone", "type", lambda _: "详见附页", times=1)
    return second, [*follow_ups(planter, second, ("credit_code",), (persisting,)), *new.entries]


def penalty_row(world: World, index: int) -> Row:
    """Make the clean record of one penalty; one in five is imposed on a person."""
    throw = Dice(world.seed, PENALTIES).at(index)
    decided = city.day(throw >> 20, dt.date(2023, 1, 1))
    if throw % 5:
        entity = world.organisations.organisation(throw % len(world.organisations.market))
        subject = ("organisation", entity.credit_code, entity.name)
    else:
        person = world.people.person(throw % world.people.count)
        subject = ("person", person.citizen_id, person.name)
    return [
        "penalty",
        f"示市监罚〔{decided.year}〕{index + 1}号",
        *subject,
        _GROUNDS[throw % len(_GROUNDS)],
        "示例市市场监督管理局",
        city.DISTRICT if throw >> 40 & 1 else city.COUNTY,
        decided.isoformat(),
        (decided + dt.timedelta(days=1095)).isoformat(),
        f"{(throw >> 8) % 200 * 500 + 500}.00",
    ]


def penalties(world: World) -> Feed:
    """Return the clean penalties."""
    return Feed(
        PENALTIES,
        city.FIRST_ACT.isoformat(),
        "market_regulation/penalties_202603.csv",
        PENALTY_COLUMNS,
        range(len(world.organisations.market) // 5),
        lambda index: penalty_row(world, index),
        writers.delimited("utf-8-sig"),
    )


def plant_penalties(planter: Planter) -> None:
    """Plant faults in the penalties."""

    def is_person(row: Row) -> bool:
        return planter.value(row, "subject_kind") == "person"

    def is_organisation(row: Row) -> bool:
        return not is_person(row)

    planter.each(
        "wrong_check_character", "subject_identifier", "identifier", wrong_credit_code, is_organisation
    )
    planter.each("wrong_check_character", "subject_identifier", "identifier", wrong_citizen_id, is_person)
    planter.each("missing_required", "subject_identifier", "required", lambda _: "")
    planter.each("broken_amount", "amount_cny", "type", lambda _: "伍佰余元（已缴）")
    planter.each("broken_date", "decided_on", "type", lambda t: t[:4] + "-02-30")
    planter.each("order_violation", "published_until", "order", lambda _: "2019-12-31",
                 rule="published_after_decided")  # fmt: skip
    planter.double("duplicate")


def make(world: World, truth: Truth) -> list[Feed]:
    """Return all feeds of the agency with their faults planted and recorded."""
    first = registration(world)
    planter = Planter(world.seed, first, 1)
    plant_registration(planter)
    plant_abolished_division(planter)
    second, outcomes = second_registration(world, first, planter)
    world.struck.update(planter.struck_values("credit_code"))
    penalised = Planter(world.seed, penalties(world), 1)
    plant_penalties(penalised)
    truth.add([*planter.entries, *penalised.entries, *outcomes])
    return [first, penalised.feed, second]
