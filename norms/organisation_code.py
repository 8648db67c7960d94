"""Read organisation codes (组织机构代码), GB 11714.

Belongs here: the nine-character code, which lives on inside the unified social credit code. Does not
belong here: the credit code around it.

Eight characters and a check character. It is usually printed with a hyphen before the check; the
normal form has none, as within a credit code.

>>> normalise("79965505-8").value
'799655058'
>>> normalise("799655057")
Reading(value=None, code='wrong_check_digit')
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from norms.checksums import Bytes, byte_matrix, character_values, sql_weighted_sum, weighted_sums
from norms.identifier import MASKED, SCIENTIFIC, Check, Identifier, Mask
from norms.reading import Explanation, Reading, shared_explanations

WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
CHECK_CHARACTERS = "0X987654321"
"""Check character by the weighted sum modulo 11: 11 - v, where 10 is X and 11 is 0."""

_VALUES = character_values(ALPHABET)
_CHECK_BYTES = np.frombuffer(CHECK_CHARACTERS.encode(), dtype=np.uint8)


def check_character(first8: str) -> str:
    """Compute the check character of eight characters.

    Returns:
        A digit or X.
    """
    total = sum(ALPHABET.index(char) * weight for char, weight in zip(first8, WEIGHTS, strict=True))
    return CHECK_CHARACTERS[total % 11]


def has_right_check(value: str) -> bool:
    """Test the check character of a nine-character code.

    Returns:
        True if it agrees.
    """
    return check_character(value[:8]) == value[8]


def have_right_check(columns: Bytes) -> Mask:
    """Test the check characters of codes laid out as nine columns.

    Returns:
        One answer per row.
    """
    right: Mask = _CHECK_BYTES[weighted_sums(columns[:, :8], _VALUES, WEIGHTS) % 11] == columns[:, 8]
    return right


def check_sql(start: int) -> str:
    """Write the test of the check character for a code that begins at a place of `c`.

    Returns:
        The SQL condition.
    """
    total = sql_weighted_sum(ALPHABET, WEIGHTS, start)
    return f"substr('{CHECK_CHARACTERS}', ({total}) % 11 + 1, 1) = substr(c, {start + 8}, 1)"


_IDENTIFIER = Identifier(
    name="organisation_code",
    shape="[0-9A-Z]{8}[0-9X]",
    faults=(SCIENTIFIC, MASKED, ("wrong_length", "[0-9A-Z]{1,8}|[0-9A-Z]{10,}")),
    checks=(
        Check(
            "wrong_check_digit", True, has_right_check,
            lambda values: have_right_check(byte_matrix(values, 9)), check_sql(1),
        ),
    ),
)  # fmt: skip


def normalise(text: str | None) -> Reading[str]:
    """Read an organisation code into nine characters without hyphen.

    Returns:
        The code, or the fault.
    """
    return _IDENTIFIER.normalise(text)


def normalise_series(series: pl.Series) -> pl.DataFrame:
    """Read a series of organisation codes.

    Returns:
        Columns `value` and `code`, one row per text.
    """
    return _IDENTIFIER.normalise_series(series)


MACROS: tuple[str, ...] = _IDENTIFIER.macros()

EXPLANATIONS: Mapping[str, Explanation] = shared_explanations(
    ("not_stated", "full_width", "separators_removed", "lower_case", "scientific_notation", "masked",
     "wrong_characters", "wrong_length", "wrong_check_digit"),
    "9 位组织机构代码（GB 11714）", "a nine-character organisation code (GB 11714)",
)  # fmt: skip
