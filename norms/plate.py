"""Read number plates of motor vehicles (机动车号牌).

Belongs here: the shape of civil plates, with six places for new-energy vehicles, and of the special
kinds that end in a Chinese sign. Does not belong here: military plates; who issues which letter.

>>> normalise("苏J·12345")
Reading(value=<hidden>, code='separators_removed')
>>> normalise("苏JD12345").code is None
True
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from norms.identifier import MASKED, Identifier
from norms.reading import Explanation, Reading, explain, shared_explanations

PROVINCES = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新"
"""Signs of the provinces, in the order of their codes."""
_SIGN = "[A-HJ-NP-Z0-9]"

_IDENTIFIER = Identifier(
    name="plate",
    shape=f"[{PROVINCES}][A-Z](?:{_SIGN}{{4}}[A-HJ-NP-Z0-9学警挂港澳领]|[A-HJ-NP-Z]{_SIGN}[0-9]{{4}}|[0-9]{{5}}[A-HJ-NP-Z])",
    faults=(MASKED,),
    otherwise="wrong_shape",
)


def normalise(text: str | None) -> Reading[str]:
    """Read a plate into seven or eight signs without separator.

    Returns:
        The plate, or the fault.
    """
    return _IDENTIFIER.normalise(text)


def normalise_series(series: pl.Series) -> pl.DataFrame:
    """Read a series of plates.

    Returns:
        Columns `value` and `code`, one row per text.
    """
    return _IDENTIFIER.normalise_series(series)


MACROS: tuple[str, ...] = _IDENTIFIER.macros()

_EXPECTED = (
    "机动车号牌，如省份简称、字母加 5 位或 6 位",
    "a plate: province sign, letter, five or six places",
)

EXPLANATIONS: Mapping[str, Explanation] = {
    **shared_explanations(
        ("not_stated", "full_width", "separators_removed", "lower_case", "masked"),
        *_EXPECTED,
    ),
    "wrong_shape": explain(
        True, ("不符合号牌式样", "not of the shape of a plate"), _EXPECTED,
        ("核对行驶证后更正", "compare with the vehicle licence and correct"),
    ),
}  # fmt: skip
