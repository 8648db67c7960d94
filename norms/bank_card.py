"""Read bank card numbers (银行卡号) with the Luhn check digit.

Belongs here: the number of 16 to 19 digits. Does not belong here: issuers. One random number in ten
passes the check: a column is of cards only if its meaning says so.

>>> normalise("6222 0212 3456 7894")
Reading(value=<hidden>, code='separators_removed')
>>> normalise("6222021234567890")
Reading(value=None, code='wrong_check_digit')
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from norms.checksums import byte_matrix
from norms.identifier import MASKED, SCIENTIFIC, Check, Identifier, Mask
from norms.reading import Explanation, Reading, shared_explanations

LONGEST = 19
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)
"""Cross sum of twice each digit."""


def _sums_to_ten(number: str) -> bool:
    single, doubled = number[::-1][::2], number[::-1][1::2]
    return (sum(map(int, single)) + sum(_DOUBLED[int(digit)] for digit in doubled)) % 10 == 0


def _sum_to_ten(numbers: pl.Series) -> Mask:
    # Zeros in front change no sum, so that all lengths fit one matrix.
    digits = byte_matrix(numbers.str.zfill(LONGEST), LONGEST) - ord("0")
    doubled = np.array(_DOUBLED, dtype=np.uint8)[digits[:, 1::2]]
    passed: Mask = (digits[:, ::2].sum(axis=1) + doubled.sum(axis=1)) % 10 == 0
    return passed


def _sum_sql() -> str:
    """Write the sum over the 19 places of the number with zeros in front."""
    padded = f"lpad(c, {LONGEST}, '0')"
    terms = (
        f"(ascii(substr({padded}, {place}, 1)) - 48)"
        if place % 2
        else f"[{', '.join(map(str, _DOUBLED))}][ascii(substr({padded}, {place}, 1)) - 47]"
        for place in range(1, LONGEST + 1)
    )
    return f"({' + '.join(terms)}) % 10 = 0"


_IDENTIFIER = Identifier(
    name="bank_card",
    shape="[0-9]{16,19}",
    faults=(SCIENTIFIC, MASKED, ("wrong_length", "[0-9]+")),
    checks=(Check("wrong_check_digit", True, _sums_to_ten, _sum_to_ten, _sum_sql()),),
)


def normalise(text: str | None) -> Reading[str]:
    """Read a card number into 16 to 19 digits.

    Returns:
        The number, or the fault.
    """
    return _IDENTIFIER.normalise(text)


def normalise_series(series: pl.Series) -> pl.DataFrame:
    """Read a series of numbers.

    Returns:
        Columns `value` and `code`, one row per text.
    """
    return _IDENTIFIER.normalise_series(series)


MACROS: tuple[str, ...] = _IDENTIFIER.macros()

EXPLANATIONS: Mapping[str, Explanation] = shared_explanations(
    ("not_stated", "full_width", "separators_removed", "lower_case", "scientific_notation", "masked",
     "wrong_characters", "wrong_length", "wrong_check_digit"),
    "16 至 19 位银行卡号", "a bank card number of 16 to 19 digits",
)  # fmt: skip
