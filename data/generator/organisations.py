"""Make the organisations of the fictional city, each from its index alone.

Here: identity and registration of an organisation. Not here: feeds, faults.
"""

import datetime as dt
from typing import NamedTuple

from data.generator import check_characters, names
from data.generator.chance import Dice, Scatter
from data.generator.check_characters import CREDIT_ALPHABET
from data.generator.city import CITY, COUNTY, DISTRICT, DIVISION_NAMES, FORMER, FORMER_UNTIL, day, phone
from data.generator.people import People

_CODES = 31**6
_MARKET_KINDS = ("enterprise",) * 11 + ("individual_business",) * 8 + ("farmers_cooperative",)
_PREFIX = {
    "enterprise": "91",
    "individual_business": "92",
    "farmers_cooperative": "93",
    "social_group": "51",
    "private_non_enterprise": "52",
    "foundation": "53",
    "public_institution": "12",
}


class Organisation(NamedTuple):
    """One legal person or unincorporated organisation of the city."""

    credit_code: str
    name: str
    kind: str
    head: int
    established: dt.date
    approved: dt.date
    division: str
    address: str
    scope: str
    phone: str
    throw: int


class Organisations:
    """Hold all organisations of a seed by index: market entities first, then social, then public ones.

    Args:
        seed: Seed of the deployment.
        count: Number of organisations: 80 % market entities, 12 % social, the rest public institutions.
        people: Persons who represent them.
    """

    def __init__(self, seed: int, count: int, people: People) -> None:
        self.count, self._people = count, people
        self.market = range(count * 80 // 100)
        self.social = range(self.market.stop, self.market.stop + count * 12 // 100)
        self.public = range(self.social.stop, count)
        self._scatter = Scatter(Dice(seed, "organisation slots"), _CODES)
        self._dice, self._dates = Dice(seed, "organisation"), Dice(seed, "organisation dates")

    def organisation(self, index: int) -> Organisation:
        """Make the organisation at an index."""
        throw, dates = self._dice.at(index), self._dates.at(index)
        kind = self._kind(index, throw >> 50)
        established = day(dates, dt.date(1995, 1, 1), dt.date(2025, 6, 30))
        approved = day(dates >> 20, established)
        division = _division(dates >> 44, approved)
        head = (dates >> 30) % self._people.count
        name, scope = self._name(kind, division, throw, head)
        return Organisation(
            self.credit_code(index),
            name,
            kind,
            head,
            established,
            approved,
            division,
            names.address(DIVISION_NAMES[division], throw >> 20),
            scope,
            phone(throw >> 7),
            throw,
        )

    def _kind(self, index: int, number: int) -> str:
        if index in self.market:
            return _MARKET_KINDS[number % len(_MARKET_KINDS)]
        if index in self.social:
            return ("social_group", "private_non_enterprise", "private_non_enterprise", "foundation")[
                number % 4
            ]
        return "public_institution"

    def credit_code(self, index: int) -> str:
        """Make the credit code of the organisation at an index."""
        kind = self._kind(index, self._dice.at(index) >> 50)
        rest, body = self._scatter.at(index), ""
        for _ in range(6):
            rest, digit = divmod(rest, 31)
            body += CREDIT_ALPHABET[digit]
        return with_body(_PREFIX[kind] + CITY, "MA" + body)

    def _name(self, kind: str, division: str, throw: int, head: int) -> tuple[str, str]:
        trade, rest = names.trade_name(throw >> 3)
        place = "示例市" + DIVISION_NAMES[division]
        if kind == "public_institution":
            return f"{place}{trade[1:]}{names.PUBLIC_BODIES[rest % len(names.PUBLIC_BODIES)]}", "公益服务"
        if kind in ("social_group", "private_non_enterprise", "foundation"):
            cause = names.CAUSES[rest % len(names.CAUSES)]
            ending = {"social_group": "协会", "private_non_enterprise": "服务中心", "foundation": "基金会"}[
                kind
            ]
            return f"{place}{trade[1:]}{cause}{ending}", cause
        word, scope = names.TRADES[rest % len(names.TRADES)]
        if kind == "individual_business":
            return f"{place}{self._people.person(head).name}{word}店", scope
        ending = "专业合作社" if kind == "farmers_cooperative" else "有限公司"
        return f"{place}{trade}{word}{ending}", scope


def with_body(first8: str, body: str) -> str:
    """Compose a credit code from its first eight characters and the body of the organisation code."""
    return check_characters.credit_code(first8 + check_characters.organisation_code(body))


def with_wrong_inner_check(code: str) -> str:
    """Break the inner GB 11714 check of a credit code while the outer check still passes."""
    inner = "0123456789X"
    wrong = inner[(inner.index(code[16]) + 1) % 11]
    return check_characters.credit_code(code[:16] + wrong)


def _division(number: int, approved: dt.date) -> str:
    if approved <= FORMER_UNTIL - dt.timedelta(days=30) and number % 10 == 0:
        return FORMER
    return DISTRICT if number % 10 < 7 else COUNTY
