"""Read citizen identity numbers (公民身份号码), GB 11643-1999.

Belongs here: the number itself. Does not belong here: the list of divisions (it is an argument of
`area_note`) and whether the number is that of this person.

18 characters: 6 area at the time of issue, 8 birth date, 3 sequence (odd male, even female), 1 check
(ISO 7064 MOD 11-2). The numbers of residence permits for Hong Kong, Macao and Taiwan residents (81,
82, 83) and of the foreigners' permit (9) have the same birth date, sequence and check. A 15-digit
number has no check digit: its upgrade proves nothing, hence the note.

>>> normalise("11010519491231002x").value
'11010519491231002X'
>>> normalise("110105194912310021")
Reading(value=None, code='wrong_check_digit')
>>> normalise("440524800101998").value
'440524188001019983'
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date
from typing import Literal

import numpy as np
import polars as pl

from norms.checksums import (
    Bytes,
    Integers,
    byte_matrix,
    character_values,
    numbers_at,
    sql_weighted_sum,
    weighted_sums,
)
from norms.identifier import MASKED, SCIENTIFIC, Check, Identifier, Mask, Rewrite
from norms.reading import Explanation, Reading, explain, shared_explanations

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
CHECK_CHARACTERS = "10X98765432"
CENTENARIAN_SEQUENCES = ("996", "997", "998", "999")
"""Sequences of 15-digit numbers given to persons born in the 1800s."""
OLDEST_YEAR, LATEST_YEAR = 1800, 2099
"""Birth years a number can carry: the oldest 15-digit ones stand for 18xx."""

OLDEST_AGE = 130
"""Years of age beyond which a birth date is doubtful."""

_DIGITS = "0123456789"
_DIGIT_VALUES = character_values(_DIGITS)
_CHECK_BYTES = np.frombuffer(CHECK_CHARACTERS.encode(), dtype=np.uint8)
_MONTH_DAYS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])
_SHAPE = "[0-9]{17}[0-9X]"


def check_character(first17: str) -> str:
    """Compute the check character of 17 digits.

    Returns:
        A digit or X.
    """
    return CHECK_CHARACTERS[
        sum(int(digit) * weight for digit, weight in zip(first17, WEIGHTS, strict=True)) % 11
    ]


def _check_characters(columns: Bytes) -> Bytes:
    """Compute the check characters of rows of 17 digits."""
    return _CHECK_BYTES[weighted_sums(columns[:, :17], _DIGIT_VALUES, WEIGHTS) % 11]


def _has_right_check(value: str) -> bool:
    return check_character(value[:17]) == value[17]


def _have_right_check(values: pl.Series) -> Mask:
    columns = byte_matrix(values, 18)
    right: Mask = _check_characters(columns) == columns[:, 17]
    return right


def born_on(value: str | None) -> date | None:
    """Read the birth date in a number in normal form.

    Args:
        value: An 18-character number as `normalise` gives it.

    Returns:
        The date, or None if the number is missing or carries none.
    """
    if value is None or len(value) != 18 or not (value[6:14].isascii() and value[6:14].isdigit()):
        return None
    year, month, day = int(value[6:10]), int(value[10:12]), int(value[12:14])
    if not OLDEST_YEAR <= year <= LATEST_YEAR:
        return None
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _has_real_birth_date(value: str) -> bool:
    return born_on(value) is not None


def _are_dates(years: Integers, months: Integers, days: Integers) -> Mask:
    """Tell which triples are dates of the calendar within the years a number can carry."""
    real_month = (months >= 1) & (months <= 12)
    longest = _MONTH_DAYS[np.where(real_month, months, 0)]
    leap = (years % 4 == 0) & ((years % 100 != 0) | (years % 400 == 0))
    longest = longest + ((months == 2) & leap)
    real: Mask = (
        (years >= OLDEST_YEAR) & (years <= LATEST_YEAR) & real_month & (days >= 1) & (days <= longest)
    )
    return real


def _have_real_birth_dates(values: pl.Series) -> Mask:
    columns = byte_matrix(values, 18)
    return _are_dates(numbers_at(columns, 6, 10), numbers_at(columns, 10, 12), numbers_at(columns, 12, 14))


def _upgraded(number15: str) -> str:
    century = "18" if number15[12:15] in CENTENARIAN_SEQUENCES else "19"
    first17 = number15[:6] + century + number15[6:]
    return first17 + check_character(first17)


def _upgraded_series(numbers15: pl.Series) -> pl.Series:
    numbers = pl.col("number")
    is_centenarian = numbers.str.slice(12, 3).is_in(CENTENARIAN_SEQUENCES)
    century = pl.when(is_centenarian).then(pl.lit("18")).otherwise(pl.lit("19"))
    first17 = pl.concat_str(numbers.str.slice(0, 6), century, numbers.str.slice(6))
    firsts = numbers15.to_frame("number").select(first17).to_series()
    places = weighted_sums(byte_matrix(firsts, 17), _DIGIT_VALUES, WEIGHTS) % 11
    return firsts + pl.Series(list(CHECK_CHARACTERS)).gather(places)


_CHECK_SQL = f"substr('{CHECK_CHARACTERS}', ({sql_weighted_sum(_DIGITS, WEIGHTS)}) % 11 + 1, 1)"
_BIRTH_SQL = (
    "case when substr(c, 7, 4) between '1800' and '2099' then "
    "try_cast(substr(c, 7, 4) || '-' || substr(c, 11, 2) || '-' || substr(c, 13, 2) as date) end"
)
_FIRST17_SQL = (
    "substr(c, 1, 6) || (case when substr(c, 13, 3) in ('996', '997', '998', '999') then '18' else '19' end)"
    " || substr(c, 7, 9)"
)

_IDENTIFIER = Identifier(
    name="citizen_id",
    shape=_SHAPE,
    faults=(SCIENTIFIC, MASKED, ("wrong_length", "[0-9]+X?")),
    checks=(
        Check(
            "impossible_birth_date",
            True,
            _has_real_birth_date,
            _have_real_birth_dates,
            f"({_BIRTH_SQL}) is not null",
        ),
        Check(
            "wrong_check_digit", True, _has_right_check, _have_right_check, f"{_CHECK_SQL} = substr(c, 18, 1)"
        ),
    ),
    rewrite=Rewrite(
        "upgraded_from_15",
        "[0-9]{15}",
        _upgraded,
        _upgraded_series,
        f"list_transform([{_FIRST17_SQL}], lambda c: c || {_CHECK_SQL})[1]",
    ),
    # Roman numeral ten, Cyrillic ha and the multiplication sign are typed for the check character X.
    look_alikes=dict.fromkeys("\u2169\u2179\u0425\u0445\xd7", "X"),
)


def normalise(text: str | None) -> Reading[str]:
    """Read an identity number into its 18-character form.

    Returns:
        The number, or the fault; `upgraded_from_15` where 15 digits were given.
    """
    return _IDENTIFIER.normalise(text)


def normalise_series(series: pl.Series) -> pl.DataFrame:
    """Read a series of identity numbers.

    Returns:
        Columns `value` and `code`, one row per text.
    """
    return _IDENTIFIER.normalise_series(series)


def born_on_series(values: pl.Series) -> pl.Series:
    """Read the birth dates in numbers in normal form.

    Returns:
        Dates, null where there is none.
    """
    digits = pl.col("value").str.slice(6, 8)
    is_number = pl.col("value").str.contains("^.{6}[0-9]{8}.{4}$")
    year = digits.str.slice(0, 4).cast(pl.Int32, strict=False)
    born = digits.str.to_date("%Y%m%d", strict=False)
    kept = pl.when(is_number & year.is_between(OLDEST_YEAR, LATEST_YEAR)).then(born)
    return values.cast(pl.String).to_frame("value").select(kept.alias("born_on")).to_series()


def sex(value: str | None) -> Literal["male", "female"] | None:
    """Read the sex in a number in normal form: odd sequence male, even female.

    Returns:
        The sex, or None if the number is missing.
    """
    if value is None or len(value) != 18 or value[16] not in _DIGITS:
        return None
    return "male" if int(value[16]) % 2 else "female"


def sex_series(values: pl.Series) -> pl.Series:
    """Read the sexes in numbers in normal form.

    Returns:
        `male` or `female`, null where there is no number.
    """
    last = pl.when(pl.col("value").str.len_chars() == 18).then(pl.col("value").str.slice(16, 1))
    is_male, is_female = last.is_in(["1", "3", "5", "7", "9"]), last.is_in(["0", "2", "4", "6", "8"])
    named = pl.when(is_male).then(pl.lit("male")).when(is_female).then(pl.lit("female"))
    return values.cast(pl.String).to_frame("value").select(named.alias("sex")).to_series()


def is_permit(value: str) -> bool:
    """Tell whether a number is that of a residence permit, not of a citizen's identity card.

    Returns:
        True for 81, 82, 83 (Hong Kong, Macao, Taiwan residents) and 9 (foreigners).
    """
    return value[:2] in ("81", "82", "83") or value[:1] == "9"


def area_code(value: str) -> str:
    """Give the division a number names: for foreigners' permits only the province is known.

    Returns:
        A six-digit division code.
    """
    return value[1:3] + "0000" if value[:1] == "9" else value[:6]


def area_note(value: str | None, areas: Collection[str]) -> str | None:
    """Note a number whose area was never a division.

    A code abolished long ago, or created after the birth, is right: the number carries the area of
    its issue. So `areas` must be the union of all years (`DivisionHistory.codes`). 810000, 820000
    and 830000 stand for Hong Kong, Macao and Taiwan in permits.

    Returns:
        `unknown_area`, or None.
    """
    if value is None or value[:6] in ("810000", "820000", "830000"):
        return None
    return None if area_code(value) in areas else "unknown_area"


def area_note_series(values: pl.Series, areas: Collection[str]) -> pl.Series:
    """Note the numbers of a series whose area was never a division.

    Returns:
        `unknown_area` or null, one per number.
    """
    value = pl.col("value")
    area = (
        pl.when(value.str.starts_with("9"))
        .then(value.str.slice(1, 2) + "0000")
        .otherwise(value.str.slice(0, 6))
    )
    known = area.is_in(sorted({*areas, "810000", "820000", "830000"}))
    note = pl.when(value.is_not_null() & ~known).then(pl.lit("unknown_area"))
    return values.cast(pl.String).to_frame("value").select(note.alias("code")).to_series()


def age_note(value: str | None, as_of: date) -> str | None:
    """Note a birth date after a day, or more than 130 years before it.

    Returns:
        `born_later`, `older_than_130`, or None.
    """
    born = born_on(value)
    if born is None:
        return None
    if born > as_of:
        return "born_later"
    return "older_than_130" if (born.year + OLDEST_AGE, born.month, born.day) < _parts(as_of) else None


def age_note_series(values: pl.Series, as_of: date) -> pl.Series:
    """Note the birth dates of a series after a day, or more than 130 years before it.

    Returns:
        `born_later`, `older_than_130` or null, one per number.
    """
    born = pl.col("born_on")
    limit = pl.lit((as_of.year - OLDEST_AGE) * 10000 + as_of.month * 100 + as_of.day)
    place = born.dt.year().cast(pl.Int64) * 10000 + born.dt.month().cast(pl.Int64) * 100 + born.dt.day()
    note = pl.when(born > as_of).then(pl.lit("born_later")).when(place < limit).then(pl.lit("older_than_130"))
    return born_on_series(values).to_frame("born_on").select(note.alias("code")).to_series()


def _parts(day: date) -> tuple[int, int, int]:
    return day.year, day.month, day.day


MACROS: tuple[str, ...] = (
    *_IDENTIFIER.macros(),
    "create or replace macro citizen_id_born_on(c) as case when regexp_full_match(c, '.{6}[0-9]{8}.{4}') "
    f"then {_BIRTH_SQL} end",
    "create or replace macro citizen_id_sex(c) as case when length(c) = 18 "
    "and substr(c, 17, 1) between '0' and '9' "
    "then (case when ascii(substr(c, 17, 1)) % 2 = 1 then 'male' else 'female' end) end",
)

_EXPECTED = ("18 位公民身份号码（GB 11643-1999）", "an 18-character identity number (GB 11643-1999)")

EXPLANATIONS: Mapping[str, Explanation] = {
    **shared_explanations(
        ("not_stated", "full_width", "separators_removed", "lower_case", "scientific_notation", "masked",
         "wrong_characters", "wrong_length", "wrong_check_digit"),
        *_EXPECTED,
    ),
    "upgraded_from_15": explain(
        False, ("15 位旧号码，已补为 18 位", "an old 15-digit number, extended to 18"), _EXPECTED,
        ("旧号码无校验码，请核对现行证件号码", "the old form has no check digit: compare with the document"),
    ),
    "look_alike_letter": explain(
        False, ("校验码 X 用了形近字符", "a look-alike sign in place of the check character X"), _EXPECTED,
        ("已改为 X，请在源系统更正", "changed to X; correct it at the source"),
    ),
    "impossible_birth_date": explain(
        True, ("第 7 至 14 位不是真实日期", "characters 7 to 14 are no real date"), _EXPECTED,
        ("核对原始证件后更正", "compare with the original document and correct"),
    ),
    "born_later": explain(
        False, ("出生日期晚于基准日", "a birth date after the day of reference"), _EXPECTED,
        ("核对原始证件", "compare with the original document"),
    ),
    "older_than_130": explain(
        False, ("年龄超过 130 岁", "more than 130 years of age"), _EXPECTED,
        ("核对原始证件和人员状态", "compare with the original document and the person's status"),
    ),
    "unknown_area": explain(
        False, ("前 6 位从未是行政区划代码", "the first six digits were never a division code"),
        ("历年任一有效的行政区划代码（GB/T 2260）", "a division code valid in any year (GB/T 2260)"),
        ("核对原始证件", "compare with the original document"),
    ),
}  # fmt: skip
