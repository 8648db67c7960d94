"""The scalar, the series and the macro of every norm give the same answer for every text."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from types import ModuleType

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from norms import (
    bank_card,
    certificate_identifier,
    citizen_id,
    credit_code,
    dates,
    mobile,
    money,
    organisation_code,
    passport,
    plate,
    registration_number,
)
from norms import text as norms_text
from tests.norms.three_forms import ODD_CHARACTERS, macro_answers, scalar_answers, series_answers, texts_like

FEW = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


def a_citizen_id(chance: random.Random) -> str:
    born = date(1900, 1, 1) + timedelta(days=chance.randrange(45000))
    first17 = f"{chance.randrange(110000, 900000)}{born:%Y%m%d}{chance.randrange(1000):03}"
    whole = first17 + citizen_id.check_character(first17)
    return chance.choice([whole, whole, first17[:6] + first17[8:]])


def an_organisation_code(chance: random.Random) -> str:
    first8 = "".join(chance.choices("0123456789ABCDEFGHJKLMNPQRTUWXY", k=8))
    return first8 + organisation_code.check_character(first8)


def a_credit_code(chance: random.Random) -> str:
    inner = chance.choice([an_organisation_code(chance), "MA1234560"])
    first17 = f"{chance.choice('19NYA5Q')}{chance.choice('1239')}{chance.randrange(110000, 900000)}{inner}"
    return first17 + credit_code.check_character(first17)


def a_registration_number(chance: random.Random) -> str:
    first14 = f"{chance.randrange(10**14):014}"
    return chance.choice([first14 + registration_number.check_digit(first14), first14[:13]])


def a_bank_card(chance: random.Random) -> str:
    body = str(chance.randrange(10 ** chance.randrange(15, 18), 10**18))
    return next(body + str(digit) for digit in range(10) if bank_card._sums_to_ten(body + str(digit)))


def a_mobile(chance: random.Random) -> str:
    return chance.choice(["", "+86", "86", "0086", "(86)"]) + f"1{chance.randrange(3 * 10**9, 10**10)}"


def a_plate(chance: random.Random) -> str:
    return chance.choice("苏京粤") + "A" + chance.choice(["12345", "D12345", "12345F", "1234学", "AB12C"])


def a_passport(chance: random.Random) -> str:
    return chance.choice(["E1", "EA", "G1", "DE", "14"]) + f"{chance.randrange(10**7):07}"


def a_certificate(chance: random.Random) -> str:
    serial = "".join(chance.choices(certificate_identifier.ALPHABET, k=chance.randrange(1, 30)))
    parts = ("11100000000013338W011", "11430000006122244L", serial, "001")
    return certificate_identifier.ROOT + ".".join(
        (*parts, certificate_identifier.check_character("".join(parts)))
    )


def an_amount(chance: random.Random) -> str:
    number = chance.choice([f"{chance.randrange(10**9):,}", str(chance.randrange(10**18)), "0.3", "000.0050"])
    fraction = chance.choice(["", ".5", ".1234567891", ".995"])
    unit = chance.choice(["", "(万元人民币)", "( 万人民币元)", "万元", "(万美元)", "亿", "元整", "()"])
    return chance.choice(["", "-", "\xa5", "人民币"]) + number + fraction + unit


IDENTIFIERS: dict[str, tuple[ModuleType, Callable[[random.Random], str]]] = {
    "citizen_id": (citizen_id, a_citizen_id),
    "credit_code": (credit_code, a_credit_code),
    "organisation_code": (organisation_code, an_organisation_code),
    "registration_number": (registration_number, a_registration_number),
    "bank_card": (bank_card, a_bank_card),
    "mobile": (mobile, a_mobile),
    "plate": (plate, a_plate),
    "passport": (passport, a_passport),
    "certificate_identifier": (certificate_identifier, a_certificate),
}


def valid_texts(make: Callable[[random.Random], str]) -> st.SearchStrategy[str]:
    return st.integers(0, 2**32).map(lambda seed: make(random.Random(seed)))


@pytest.mark.parametrize("name", IDENTIFIERS)
def test_the_three_forms_of_an_identifier_agree(name: str, duck: duckdb.DuckDBPyConnection) -> None:
    module, make = IDENTIFIERS[name]

    @FEW
    @given(texts_like(valid_texts(make)))
    def agree(texts: list[str | None]) -> None:
        expected = scalar_answers(module.normalise, texts)
        assert series_answers(module.normalise_series, texts) == expected
        assert macro_answers(duck, name, texts) == expected

    agree()


@pytest.mark.parametrize("name", IDENTIFIERS)
def test_every_made_value_is_accepted_and_its_normal_form_is_stable(name: str) -> None:
    module, make = IDENTIFIERS[name]
    chance = random.Random(name)
    readings = [module.normalise(make(chance)) for _ in range(200)]
    assert all(reading.value is not None for reading in readings)
    again = [module.normalise(reading.value) for reading in readings]
    assert [reading.value for reading in again] == [reading.value for reading in readings]
    rewriting = {"upgraded_from_15", "country_code_removed"}
    assert not rewriting & {reading.code for reading in again}


@pytest.mark.parametrize("name", IDENTIFIERS)
def test_every_code_of_an_identifier_is_explained_in_both_languages(name: str) -> None:
    module, _ = IDENTIFIERS[name]
    codes = set(module._IDENTIFIER.codes)
    assert codes <= set(module.EXPLANATIONS)
    faults = {code for code, _ in module._IDENTIFIER.faults} | {module._IDENTIFIER.otherwise}
    faults |= {check.code for check in module._IDENTIFIER.checks if check.is_fault}
    for code in codes:
        told = module.EXPLANATIONS[code]
        assert told.is_fault == (code in faults)
        assert all((told.found_zh, told.expected_zh, told.remedy_zh))
        assert all((told.found_en, told.expected_en, told.remedy_en))


@pytest.mark.parametrize("unit", ["元", "万元人民币", "亿"])
def test_the_three_forms_of_money_agree(unit: str, duck: duckdb.DuckDBPyConnection) -> None:
    @FEW
    @given(texts_like(valid_texts(an_amount)))
    def agree(texts: list[str | None]) -> None:
        expected = scalar_answers(partial(money.normalise, default_unit=unit), texts)
        assert series_answers(partial(money.normalise_series, default_unit=unit), texts) == expected
        assert macro_answers(duck, "money", texts, f", unit := '{unit}'") == expected

    agree()


@pytest.mark.parametrize(
    "formats",
    [
        ["%Y-%m-%d"],
        ["%Y%m%d", "excel_serial"],
        [declared for declared in dates.FORMATS if declared != "%d/%m/%Y"],
        ["%d/%m/%Y", "%Y年%m月%d日 %H:%M:%S"],
    ],
    ids=["iso", "digits", "many", "day_first"],
)
def test_the_three_forms_of_dates_agree(formats: list[str], duck: duckdb.DuckDBPyConnection) -> None:
    written = st.builds(
        lambda day, pattern, month: day.strftime(pattern).replace("-0", month),
        st.datetimes(),
        st.sampled_from([declared for declared in dates.FORMATS if declared != "excel_serial"]),
        st.sampled_from(["-0", "-", "-2", "-3"]),
    )

    @FEW
    @given(texts_like(written | st.integers(0, 99999).map(str)))
    def agree(texts: list[str | None]) -> None:
        expected = scalar_answers(partial(dates.normalise, formats=formats), texts)
        assert series_answers(partial(dates.normalise_series, formats=formats), texts) == expected
        assert macro_answers(duck, "date", texts, f", {formats!r}") == expected

    agree()


@FEW
@given(st.lists(st.text(st.sampled_from(ODD_CHARACTERS + "NAnullL不详"), max_size=8), max_size=40))
def test_blank_and_absent_are_told_alike_by_every_norm(texts: list[str]) -> None:
    for text in texts:
        readings = [module.normalise(text) for module, _ in IDENTIFIERS.values()]
        readings += [money.normalise(text), dates.normalise(text, ["%Y-%m-%d"])]
        nothing = {reading.code in (None, "not_stated") and reading.value is None for reading in readings}
        if norms_text.is_absent(text):
            assert nothing == {True}
            expected = None if norms_text.is_blank(text) else "not_stated"
            assert {reading.code for reading in readings} == {expected}
        else:
            assert nothing == {False}
