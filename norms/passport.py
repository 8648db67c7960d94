"""Read passport numbers of the People's Republic of China (护照号码).

Belongs here: the shape of ordinary, diplomatic, service and affairs passports; a right shape is all
that can be tested, the number has no check digit. Does not belong here: foreign passports, travel
permits.

>>> normalise("e12345678")
Reading(value=<hidden>, code='lower_case')
>>> normalise("X1234567")
Reading(value=None, code='wrong_shape')
"""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from norms.identifier import MASKED, SCIENTIFIC, Identifier
from norms.reading import Explanation, Reading, explain, shared_explanations

_IDENTIFIER = Identifier(
    name="passport",
    shape="[EGDSP][0-9]{8}|E[A-HJ-NP-Z][0-9]{7}|[DSP]E?[0-9]{7}|1[45][0-9]{7}",
    faults=(
        # E and eight digits is a passport, so that only what has a point or plus sign is scientific.
        (SCIENTIFIC[0], r"[0-9]+\.[0-9]+E\+?[0-9]+|[0-9]+E\+[0-9]+"),
        MASKED,
    ),
    otherwise="wrong_shape",
)


def normalise(text: str | None) -> Reading[str]:
    """Read a passport number into capitals and digits.

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

_EXPECTED = ("中国护照号码，如 E 加 8 位数字", "a Chinese passport number, such as E and eight digits")

EXPLANATIONS: Mapping[str, Explanation] = {
    **shared_explanations(
        ("not_stated", "full_width", "separators_removed", "lower_case", "scientific_notation", "masked"),
        *_EXPECTED,
    ),
    "wrong_shape": explain(
        True, ("不符合护照号码式样", "not of the shape of a passport number"), _EXPECTED,
        ("核对护照后更正；外国护照另行填报", "compare with the passport; report foreign ones apart"),
    ),
}  # fmt: skip
