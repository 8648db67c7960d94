"""Read mobile telephone numbers of mainland China (手机号码).

Belongs here: the shape of the number; it has no check digit, so a right shape proves little. Does not
belong here: fixed lines, operators, whose number it is.

>>> normalise("+86 138-0013-8000")
Reading(value=<hidden>, code='country_code_removed')
>>> normalise("12800138000")
Reading(value=None, code='not_mobile')
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from norms.identifier import MASKED, SCIENTIFIC, Identifier, Rewrite
from norms.reading import Explanation, Reading, explain, shared_explanations

_IDENTIFIER = Identifier(
    name="mobile",
    shape="1[3-9][0-9]{9}",
    faults=(
        SCIENTIFIC,
        MASKED,
        ("not_mobile", "[0-9]{11}"),
        ("wrong_length", r"(?:\+|\(\+?86\))?[0-9]+"),
    ),
    rewrite=Rewrite(
        "country_code_removed",
        r"(?:(?:\+|00)?86|\(\+?86\))1[3-9][0-9]{9}",
        lambda number: number[-11:],
        lambda numbers: numbers.str.slice(-11),
        "right(c, 11)",
    ),
)


def normalise(text: str | None) -> Reading[str]:
    """Read a mobile number into 11 digits.

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

_EXPECTED = ("11 位手机号码", "an 11-digit mobile number")

EXPLANATIONS: Mapping[str, Explanation] = {
    **shared_explanations(
        ("not_stated", "full_width", "separators_removed", "lower_case", "scientific_notation", "masked",
         "wrong_characters", "wrong_length"),
        *_EXPECTED,
    ),
    "country_code_removed": explain(
        False, ("带有国家代码 86", "with country code 86"), _EXPECTED,
        ("已去除，请在源系统去除", "removed; remove it at the source"),
    ),
    "not_mobile": explain(
        True, ("11 位数字，但号段不是手机", "11 digits, but not of a mobile range"), _EXPECTED,
        ("核对号码；固定电话填入电话栏", "check the number; fixed lines go into their own column"),
    ),
}  # fmt: skip
