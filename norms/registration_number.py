"""Read registration numbers of market entities (工商注册号), GS 15-2006.

Belongs here: the number that licences carried before the credit code. Does not belong here: the
credit code (`credit_code`).

15 digits, the last a check digit (ISO 7064 MOD 11,10). The 13-digit numbers used before have none;
they are accepted with a note.

>>> normalise("110108000000016").code is None
True
>>> normalise("4403011030974")
Reading(value=<hidden>, code='old_13_digit')
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from norms.checksums import byte_matrix
from norms.identifier import MASKED, SCIENTIFIC, Check, Identifier, Mask
from norms.reading import Explanation, Reading, explain, shared_explanations


def check_digit(first14: str) -> str:
    """Compute the check digit of 14 digits.

    Returns:
        One digit.
    """
    product = 10
    for digit in first14:
        product = 2 * ((product + int(digit) + 9) % 10 + 1) % 11
    return str((11 - product) % 10)


def _has_right_check(value: str) -> bool:
    return len(value) == 13 or check_digit(value[:14]) == value[14]


def _have_right_check(values: pl.Series) -> Mask:
    is_long = (values.str.len_bytes() == 15).to_numpy()
    columns = byte_matrix(values.filter(pl.Series(is_long)), 15).astype(np.int64) - ord("0")
    product = np.full(len(columns), 10, dtype=np.int64)
    for place in range(14):
        product = 2 * ((product + columns[:, place] + 9) % 10 + 1) % 11
    right = np.ones(len(values), dtype=np.bool_)
    right[is_long] = (11 - product) % 10 == columns[:, 14]
    return right


def _check_sql() -> str:
    """Nest the 14 steps; each may name the one before only once, or the expression doubles 14 times."""
    product = "10"
    for place in range(1, 15):
        digit = f"(ascii(substr(c, {place}, 1)) - 48)"
        product = f"(2 * (({product} + {digit} + 9) % 10 + 1)) % 11"
    return f"length(c) = 13 or (11 - {product}) % 10 = ascii(substr(c, 15, 1)) - 48"


def _is_15_long(value: str) -> bool:
    return len(value) == 15


def _are_15_long(values: pl.Series) -> Mask:
    long: Mask = (values.str.len_bytes() == 15).to_numpy()
    return long


_IDENTIFIER = Identifier(
    name="registration_number",
    shape="[0-9]{15}|[0-9]{13}",
    faults=(
        SCIENTIFIC,
        MASKED,
        ("credit_code", "[0-9A-HJ-NPQRTUWXY]{2}[0-9]{6}[0-9A-HJ-NPQRTUWXY]{10}"),
        ("wrong_length", "[0-9]+"),
    ),
    checks=(
        Check("wrong_check_digit", True, _has_right_check, _have_right_check, _check_sql()),
        Check("old_13_digit", False, _is_15_long, _are_15_long, "length(c) = 15"),
    ),
)


def normalise(text: str | None) -> Reading[str]:
    """Read a registration number of 15 or 13 digits.

    Returns:
        The number, or the fault.
    """
    return _IDENTIFIER.normalise(text)


def normalise_series(series: pl.Series) -> pl.DataFrame:
    """Read a series of registration numbers.

    Returns:
        Columns `value` and `code`, one row per text.
    """
    return _IDENTIFIER.normalise_series(series)


MACROS: tuple[str, ...] = _IDENTIFIER.macros()

_EXPECTED = ("15 位工商注册号（GS 15-2006）", "a 15-digit registration number (GS 15-2006)")

EXPLANATIONS: Mapping[str, Explanation] = {
    **shared_explanations(
        ("not_stated", "full_width", "separators_removed", "lower_case", "scientific_notation", "masked",
         "wrong_characters", "wrong_length", "wrong_check_digit"),
        *_EXPECTED,
    ),
    "old_13_digit": explain(
        False, ("13 位旧注册号，无校验码", "an old 13-digit number, without check digit"), _EXPECTED,
        ("核对现行登记号码", "compare with the present registration"),
    ),
    "credit_code": explain(
        True, ("填写的是 18 位统一社会信用代码", "an 18-character credit code"), _EXPECTED,
        ("将其填入统一社会信用代码栏", "move it to the column of the credit code"),
    ),
}  # fmt: skip
