"""Plant the usual faults of identifiers.

Here: faults that any column of ID numbers or credit codes may get. Not here: other columns.
"""

from data.generator.check_characters import CREDIT_ALPHABET, credit_code, other_character
from data.generator.feed import Row
from data.generator.organisations import with_wrong_inner_check
from data.generator.planting import Condition, Planter


def plant_citizen_ids(planter: Planter, column: str, where: Condition | None = None) -> None:
    """Plant wrong check characters, 15-digit numbers, full width, lower case and separators."""

    def is_upgradable(row: Row) -> bool:
        number = planter.value(row, column)
        return number[6:8] == "19" and number[14:17] < "996"

    def ends_in_x(row: Row) -> bool:
        return planter.value(row, column).endswith("X")

    def also(condition: Condition) -> Condition:
        return lambda row: condition(row) and (where is None or where(row))

    planter.each("wrong_check_character", column, "identifier", wrong_citizen_id, where)
    planter.each("fifteen_digits", column, "noted", lambda t: t[:6] + t[8:17], also(is_upgradable))
    planter.each("full_width", column, "noted", full_width, where)
    planter.each("lower_case", column, "noted", str.lower, also(ends_in_x))
    planter.each("separators", column, "noted", lambda t: f"{t[:6]} {t[6:14]} {t[14:]}", where)


def plant_credit_codes(planter: Planter, column: str, where: Condition | None = None) -> None:
    """Plant wrong check characters, scientific notation, lower case, separators and wrong inner checks."""
    planter.each("wrong_check_character", column, "identifier", wrong_credit_code, where)
    planter.each(
        "scientific_notation", column, "identifier", lambda t: f"{t[0]}.{t[1:6]}E+17", where, times=1
    )
    planter.each("lower_case", column, "noted", str.lower, where)
    planter.each("separators", column, "noted", lambda t: f"{t[:2]}-{t[2:8]}-{t[8:]}", where, times=1)
    planter.each("inner_check_character", column, "noted", with_wrong_inner_check, where)


def wrong_citizen_id(text: str) -> str:
    """Give an ID number another last character, so that its check fails; nor may it pass for a credit code.

    One in thirty does, where both may stand in a column.
    """
    wrong = other_character(text, "0123456789X")
    return wrong_citizen_id(wrong) if credit_code(wrong[:17]) == wrong else wrong


def wrong_credit_code(text: str) -> str:
    """Give a credit code another last character, so that its check fails."""
    return other_character(text, CREDIT_ALPHABET)


def full_width(text: str) -> str:
    """Turn half-width characters into full-width ones."""
    return "".join(chr(ord(c) + 0xFEE0) for c in text)
