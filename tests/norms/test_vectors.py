"""The vectors of the standards: numbers known to be right or wrong."""

from __future__ import annotations

from datetime import date

import duckdb
import polars as pl
import pytest

from norms import certificate_identifier, citizen_id, credit_code, organisation_code, registration_number
from norms.text import sql_string

GOOD_IDS = (
    "11010519491231002X", "440524188001010014", "360426199101010071", "44011320141005001X",
    "412723199010050012", "110102199101010078", "120110199212010072",
)  # fmt: skip
UPGRADES = {
    "110105491231002": "11010519491231002X",
    "440524800101001": "440524198001010013",
    "440524800101998": "440524188001019983",
    "130503670401001": "130503196704010016",
}
GOOD_CREDIT_CODES = (
    "91330100799655058B", "9144030071526726XG", "914403001922038216", "91110000802100433B",
    "91100000100003962T", "91110000600037341L", "11100000000013127D",
)  # fmt: skip
ROOT = certificate_identifier.ROOT


def with_check(first17: str) -> str:
    return first17 + citizen_id.check_character(first17)


@pytest.mark.parametrize("number", GOOD_IDS)
def test_a_right_identity_number_is_in_normal_form(number: str) -> None:
    reading = citizen_id.normalise(number)
    assert (reading.value, reading.code) == (number, None)


@pytest.mark.parametrize("number", ["36042619910102009X", "110105194912310021"])
def test_a_wrong_check_digit_of_an_identity_number_is_a_fault(number: str) -> None:
    assert citizen_id.normalise(number).code == "wrong_check_digit"


@pytest.mark.parametrize("short", UPGRADES)
def test_fifteen_digits_are_extended_and_noted(short: str) -> None:
    reading = citizen_id.normalise(short)
    assert (reading.value, reading.code) == (UPGRADES[short], "upgraded_from_15")


@pytest.mark.parametrize(
    "number",
    [
        "440524188001010014",  # the standard's own example
        with_check("50010319700101001"),  # a code created in 1997, a birth in 1970
        with_check("51020219900101001"),  # a code abolished in 1997
        with_check("81000019900101001"), with_check("82000019900101001"), with_check("83000019900101001"),
        with_check("91115619900101001"),  # the foreigners' permit of 2023
    ],
)  # fmt: skip
def test_numbers_that_another_library_refuses_are_accepted(number: str) -> None:
    assert citizen_id.normalise(number).value == number
    assert citizen_id.area_note(number, {"440524", "500103", "510202", "110000"}) is None


@pytest.mark.parametrize("born", ["19490229", "19001301", "18991232", "17991231", "21000101", "00000000"])
def test_a_birth_date_that_is_no_date_is_a_fault(born: str) -> None:
    assert citizen_id.normalise(with_check(f"110105{born}001")).code == "impossible_birth_date"


@pytest.mark.parametrize("sign", ["x", "\uff38", "\uff58", "\u2169", "\u2179", "\u0425", "\u0445", "\xd7"])
def test_every_sign_typed_for_the_check_character_x_is_read_and_reported(sign: str) -> None:
    reading = citizen_id.normalise("11010519491231002" + sign)
    assert reading.value == "11010519491231002X"
    assert reading.code in ("lower_case", "full_width", "look_alike_letter")


def test_birth_date_and_sex_are_read_alike_in_three_forms(duck: duckdb.DuckDBPyConnection) -> None:
    values = [*GOOD_IDS, *UPGRADES.values(), None, "1", "11010519490231002X"]
    born = [citizen_id.born_on(value) for value in values]
    sexes = [citizen_id.sex(value) for value in values]
    assert born[:2] == [date(1949, 12, 31), date(1880, 1, 1)]
    assert sexes[:2] == ["female", "male"]
    series = pl.Series(values, dtype=pl.String)
    assert citizen_id.born_on_series(series).to_list() == born
    assert citizen_id.sex_series(series).to_list() == sexes
    query = "select citizen_id_born_on(v), citizen_id_sex(v) from (select unnest(?::varchar[]) v)"
    assert duck.execute(query, [values]).fetchall() == list(zip(born, sexes, strict=True))


def test_an_area_that_never_was_is_noted_and_permits_have_their_own() -> None:
    areas = {"110105", "110000"}
    values = ["11010519491231002X", "44052418800101001X", "810000199001010014", "911156199001010014", None]
    notes = [None, "unknown_area", None, None, None]
    assert [citizen_id.area_note(value, areas) for value in values] == notes
    assert citizen_id.area_note_series(pl.Series(values), areas).to_list() == notes
    assert [citizen_id.is_permit(value) for value in values if value] == [False, False, True, True]


def test_births_after_the_day_of_reference_and_ages_over_130_are_noted() -> None:
    born = ["20261122", "20261121", "18961121", "18961120"]
    values = [*(with_check(f"110105{day}001") for day in born), None]
    notes = ["born_later", None, None, "older_than_130", None]
    as_of = date(2026, 11, 21)
    assert [citizen_id.age_note(value, as_of) for value in values] == notes
    assert citizen_id.age_note_series(pl.Series(values), as_of).to_list() == notes


@pytest.mark.parametrize("code", GOOD_CREDIT_CODES)
def test_a_right_credit_code_is_in_normal_form(code: str) -> None:
    reading = credit_code.normalise(code)
    assert (reading.value, reading.code) == (code, None)
    assert organisation_code.normalise(credit_code.organisation_code(code)).code is None


@pytest.mark.parametrize("start", ["N1330106", "N2330106", "A1330106", "Y1330106"])
def test_registrars_with_letters_are_accepted(start: str) -> None:
    first17 = start + "MF1234567"
    inner_code = first17[8:16] + organisation_code.check_character(first17[8:16])
    whole = start + inner_code
    reading = credit_code.normalise(whole + credit_code.check_character(whole))
    assert reading.value is not None
    assert reading.code is None
    assert credit_code.registrar(reading.value) == start[0]
    assert credit_code.division_code(reading.value) == "330106"


def test_a_wrong_outer_check_is_a_fault_and_a_wrong_inner_one_a_note() -> None:
    assert credit_code.normalise("91330100799655058A").code == "wrong_check_digit"
    first17 = "91330100799655057"
    reading = credit_code.normalise(first17 + credit_code.check_character(first17))
    assert reading.value is not None
    assert reading.code == "inner_check_digit"


@pytest.mark.parametrize("text", ["9.11E+17", "9.1133E17", "9E+17", "\uff19.11e+17"])
def test_a_credit_code_in_scientific_notation_is_told_apart(text: str) -> None:
    assert credit_code.normalise(text).code == "scientific_notation"


@pytest.mark.parametrize("number", ["110108000000016", "440301103097413"])
def test_a_right_registration_number_is_in_normal_form(number: str) -> None:
    reading = registration_number.normalise(number)
    assert (reading.value, reading.code) == (number, None)
    wrong = number[:14] + str((int(number[14]) + 1) % 10)
    assert registration_number.normalise(wrong).code == "wrong_check_digit"


@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        (ROOT + "11100000000013338W011.11430000006122244L.20230000403.001.U", None),
        (ROOT + "11100000000013338W032.11220000013544541J.2430599.001.F", None),
        (
            ROOT + "11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.M",
            "doubtful_check_character",
        ),
        (ROOT + "11100000000013661B006.113700000045046442.209FA4E88F9E4C878F3E9BED2CE7EA49.001.D", None),
    ],
)
def test_a_certificate_with_a_disagreeing_check_character_is_kept_with_a_note(
    identifier: str, code: str | None, duck: duckdb.DuckDBPyConnection
) -> None:
    reading = certificate_identifier.normalise(identifier)
    assert (reading.value, reading.code) == (identifier, code)
    query = f"select certificate_identifier_code({sql_string(identifier)})"
    assert duck.execute(query).fetchall() == [(code,)]


def test_a_reading_never_shows_its_value() -> None:
    assert "1101" not in repr(citizen_id.normalise("11010519491231002x"))


def test_notes_follow_one_order_of_precedence() -> None:
    assert citizen_id.normalise("\uff11\uff11 0105491231002").code == "upgraded_from_15"
    assert citizen_id.normalise("\uff11\uff11 010519491231002x").code == "full_width"
    assert citizen_id.normalise("11 010519491231002x").code == "separators_removed"
