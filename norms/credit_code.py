"""Read unified social credit codes (统一社会信用代码), GB 32100-2015 with amendment XG1-2016.

Belongs here: the code itself. Does not belong here: who is registered under it.

18 characters: registrar, category, 6 division, 9 organisation code (GB 11714), check. Registrars
include A, N and Y: village collectives begin with N. A wrong outer check is a fault (6.4 of 100,000
public codes); a wrong inner one is a note, since public registers hold codes issued so (6.3 of
100,000). The division is never an error: 3.8 % of public codes carry a registrar's pseudo-division.

>>> normalise("91330100799655058b").value
'91330100799655058B'
>>> normalise("9.11E+17")
Reading(value=None, code='scientific_notation')
>>> registrar("91330100799655058B"), organisation_code("91330100799655058B")
('9', '799655058')
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from norms import organisation_code as inner
from norms.checksums import byte_matrix, character_values, sql_weighted_sum, weighted_sums
from norms.identifier import MASKED, SCIENTIFIC, Check, Identifier, Mask
from norms.reading import Explanation, Reading, explain, shared_explanations

ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
"""31 characters: no I, O, S, V, Z."""
WEIGHTS = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)

REGISTRARS: Mapping[str, tuple[str, str]] = {
    "1": ("机构编制", "Public institutions' establishment"),
    "2": ("外交", "Foreign affairs"),
    "3": ("司法行政", "Justice administration"),
    "4": ("文化", "Culture"),
    "5": ("民政", "Civil affairs"),
    "6": ("旅游", "Tourism"),
    "7": ("宗教", "Religion"),
    "8": ("工会", "Trade unions"),
    "9": ("市场监管", "Market regulation"),
    "A": ("军委编制", "Military establishment"),
    "N": ("农业", "Agriculture"),
    "Y": ("其他", "Other"),
}
"""Registrar (登记管理部门) by first character, in Chinese and English."""

_VALUES = character_values(ALPHABET)
_ALPHABET_BYTES = np.frombuffer(ALPHABET.encode(), dtype=np.uint8)
_SIGN = "[0-9A-HJ-NPQRTUWXY]"


def check_character(first17: str) -> str:
    """Compute the check character of 17 characters.

    Returns:
        A character of the alphabet.
    """
    total = sum(ALPHABET.index(char) * weight for char, weight in zip(first17, WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def _has_right_check(value: str) -> bool:
    return check_character(value[:17]) == value[17]


def _have_right_check(values: pl.Series) -> Mask:
    columns = byte_matrix(values, 18)
    places = (31 - weighted_sums(columns[:, :17], _VALUES, WEIGHTS) % 31) % 31
    right: Mask = _ALPHABET_BYTES[places] == columns[:, 17]
    return right


def _has_right_inner_check(value: str) -> bool:
    return inner.has_right_check(value[8:17])


def _have_right_inner_check(values: pl.Series) -> Mask:
    return inner.have_right_check(byte_matrix(values, 18)[:, 8:17])


def _has_known_registrar(value: str) -> bool:
    return value[0] in REGISTRARS


def _have_known_registrar(values: pl.Series) -> Mask:
    known: Mask = values.str.slice(0, 1).is_in(list(REGISTRARS)).to_numpy()
    return known


_SUM_SQL = sql_weighted_sum(ALPHABET, WEIGHTS)
_CHECK_SQL = f"substr('{ALPHABET}', (31 - ({_SUM_SQL}) % 31) % 31 + 1, 1) = substr(c, 18, 1)"

_IDENTIFIER = Identifier(
    name="credit_code",
    shape=f"{_SIGN}{{2}}[0-9]{{6}}{_SIGN}{{10}}",
    faults=(
        SCIENTIFIC,
        MASKED,
        ("registration_number", "[0-9]{15}|[0-9]{13}"),
        ("wrong_length", f"{_SIGN}{{1,17}}|{_SIGN}{{19,}}"),
    ),
    checks=(
        Check("wrong_check_digit", True, _has_right_check, _have_right_check, _CHECK_SQL),
        Check(
            "inner_check_digit", False, _has_right_inner_check, _have_right_inner_check,
            inner.check_sql(9),
        ),
        Check(
            "unknown_registrar", False, _has_known_registrar, _have_known_registrar,
            f"strpos('{''.join(REGISTRARS)}', substr(c, 1, 1)) > 0",
        ),
    ),
)  # fmt: skip


def normalise(text: str | None) -> Reading[str]:
    """Read a credit code into 18 capitals and digits.

    Returns:
        The code, or the fault.
    """
    return _IDENTIFIER.normalise(text)


def normalise_series(series: pl.Series) -> pl.DataFrame:
    """Read a series of credit codes.

    Returns:
        Columns `value` and `code`, one row per text.
    """
    return _IDENTIFIER.normalise_series(series)


def registrar(value: str) -> str:
    """Give the character of the registrar of a code in normal form.

    Returns:
        A key of `REGISTRARS`, or another character with the note `unknown_registrar`.
    """
    return value[0]


def category(value: str) -> str:
    """Give the character of the kind of body within its registrar.

    Returns:
        One character.
    """
    return value[1]


def division_code(value: str) -> str:
    """Give the six digits of the registering division; they need not be a real division.

    Returns:
        Six digits.
    """
    return value[2:8]


def organisation_code(value: str) -> str:
    """Give the organisation code (GB 11714) within a credit code.

    Returns:
        Nine characters.
    """
    return value[8:17]


MACROS: tuple[str, ...] = (
    *_IDENTIFIER.macros(),
    "create or replace macro credit_code_division_code(c) as substr(c, 3, 6)",
    "create or replace macro credit_code_organisation_code(c) as substr(c, 9, 9)",
)

_EXPECTED = ("18 位统一社会信用代码（GB 32100-2015）", "an 18-character credit code (GB 32100-2015)")

EXPLANATIONS: Mapping[str, Explanation] = {
    **shared_explanations(
        ("not_stated", "full_width", "separators_removed", "lower_case", "scientific_notation", "masked",
         "wrong_characters", "wrong_length", "wrong_check_digit"),
        *_EXPECTED,
    ),
    "registration_number": explain(
        True, ("填写的是 15 位或 13 位工商注册号", "a registration number of 15 or 13 digits"), _EXPECTED,
        ("换填换照后的统一社会信用代码", "give the credit code that replaced it"),
    ),
    "inner_check_digit": explain(
        False, ("校验码相符，但第 9 至 17 位组织机构代码的校验码不符",
                "the check agrees, but that of the organisation code within (characters 9 to 17) does not"),
        _EXPECTED, ("向登记机关核对", "confirm with the registrar"),
    ),
    "unknown_registrar": explain(
        False, ("首位不是已知的登记管理部门代码", "the first character is no known registrar"),
        _EXPECTED, ("向登记机关核对", "confirm with the registrar"),
    ),
}  # fmt: skip
