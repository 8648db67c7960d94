"""Make the feed of the housing fund centre (公积金中心): accounts, as GBK text split by vertical bars."""

import datetime as dt

from data.generator import city, writers
from data.generator.chance import Dice
from data.generator.feed import Feed, Row
from data.generator.identifier_faults import plant_citizen_ids
from data.generator.planting import Planter
from data.generator.truth import Truth
from data.generator.world import World

ACCOUNTS = "housing_fund.accounts"
COLUMNS = (
    ("account_no", "个人账号"),
    ("citizen_id", "证件号码"),
    ("name", "姓名"),
    ("account_status", "账户状态"),
    ("monthly_deposit_cny", "月缴存额"),
    ("balance_cny", "账户余额"),
    ("branch_division_code", "管理部行政区划"),
    ("opened_on", "开户日期"),
    ("last_paid_on", "最近缴存日期"),
)


def accounts(world: World) -> Feed:
    """Return the clean accounts: two in five of the persons born from 1965 to 2002."""
    dice = Dice(world.seed, ACCOUNTS)
    members = [i for i in world.people.born_between(1965, 2002) if dice.at(i) % 5 < 2]

    def cells(index: int) -> Row:
        throw, person = dice.at(index), world.people.person(index)
        return [
            f"3299{index + 1:010d}",
            person.citizen_id,
            person.name,
            "sealed" if throw % 19 == 1 else "normal",
            f"{(throw >> 6) % 4000 + 300}.00",
            f"{(throw >> 20) % 250_000:,}.50" if throw % 3 else f"{(throw >> 20) % 9}.5万元",
            city.DISTRICT if throw >> 40 & 1 else city.COUNTY,
            city.day(throw >> 12, dt.date(2010, 1, 1), dt.date(2025, 6, 30)).isoformat(),
            city.day(throw >> 30, dt.date(2025, 9, 1)).strftime("%Y%m%d"),
        ]

    return Feed(
        ACCOUNTS,
        city.FIRST_ACT.isoformat(),
        "housing_fund/gjj_accounts.txt",
        COLUMNS,
        members,
        cells,
        writers.delimited("gbk", "|"),
    )


def plant(planter: Planter) -> None:
    """Plant faults in the accounts."""

    def was_opened_early(row: Row) -> bool:
        return planter.value(row, "opened_on") < "2015"

    plant_citizen_ids(planter, "citizen_id")
    planter.each("missing_key", "account_no", "required", lambda _: "")
    planter.each("unknown_code", "account_status", "code_list", lambda _: "冻结待查")
    planter.each("broken_amount", "balance_cny", "type", lambda _: "待核")
    planter.each("stale_date", "last_paid_on", "not_stale", lambda t: "2018" + t[4:6] + "10",
                 was_opened_early, rule="paid_recently")  # fmt: skip
    planter.split("too_many_fields", "name")
    planter.double("duplicate")


def make(world: World, truth: Truth) -> list[Feed]:
    """Return the feed with its faults planted and recorded."""
    planter = Planter(world.seed, accounts(world), 1)
    plant(planter)
    truth.add(planter.entries)
    return [planter.feed]
