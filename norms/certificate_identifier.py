"""Read identifiers of electronic certificates (电子证照标识), GB/T 36904-2018.

Belongs here: the identifier, its parts and its check character. Does not belong here: the certificate.

`1.2.156.3005.2` . type (the issuing ministry's credit code and three digits) . issuer . serial .
version (three digits) . check character, ISO 7064 MOD 37,36 over the parts without root and dots. One
public example of four does not agree with its check character, so that disagreement is a note.

>>> normalise("1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U").code is None
True
>>> version("1.2.156.3005.2.11100000000013338W011.11430000006122244L.20230000403.001.U")
1
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import polars as pl

from norms.checksums import byte_matrix
from norms.identifier import MASKED, Check, Identifier, Mask
from norms.reading import Explanation, Reading, explain, shared_explanations

ROOT = "1.2.156.3005.2."
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_PLACES = np.full(256, -1, dtype=np.int64)
_PLACES[[ord(char) for char in ALPHABET]] = np.arange(36)


def check_character(parts: str) -> str:
    """Compute the ISO 7064 MOD 37,36 check character.

    Args:
        parts: The parts of an identifier without root and dots.

    Returns:
        A capital or digit.
    """
    product = 36
    for char in parts:
        product = 2 * ((product + ALPHABET.index(char) + 35) % 36 + 1) % 37
    return ALPHABET[(37 - product) % 36]


def _has_right_check(value: str) -> bool:
    return check_character(value[len(ROOT) : -1].replace(".", "")) == value[-1]


def _have_right_check(values: pl.Series) -> Mask:
    parts = values.str.slice(len(ROOT)).str.replace_all(".", "", literal=True)
    lengths = parts.str.len_bytes().to_numpy().astype(np.int64)
    width = int(lengths.max()) if len(lengths) else 1
    places = _PLACES[byte_matrix(parts.str.pad_end(width, " "), width)]
    product = np.full(len(parts), 36, dtype=np.int64)
    for column in range(width - 1):
        stepped = 2 * ((product + places[:, column] + 35) % 36 + 1) % 37
        product = np.where(column < lengths - 1, stepped, product)
    right: Mask = (37 - product) % 36 == places[np.arange(len(parts)), lengths - 1]
    return right


_CHARS_SQL = f"string_split(replace(substr(c, {len(ROOT) + 1}, length(c) - {len(ROOT) + 1}), '.', ''), '')"
_STEP_SQL = "(2 * ((product + place + 35) % 36 + 1)) % 37"
_PLACES_SQL = f"list_transform({_CHARS_SQL}, lambda char: (strpos('{ALPHABET}', char) - 1)::bigint)"
_SUM_SQL = f"list_reduce({_PLACES_SQL}, lambda product, place: {_STEP_SQL}, 36::bigint)"
_CHECK_SQL = f"substr('{ALPHABET}', (37 - {_SUM_SQL}) % 36 + 1, 1) = right(c, 1)"

_IDENTIFIER = Identifier(
    name="certificate_identifier",
    shape=r"1\.2\.156\.3005\.2\.[0-9A-Z]{18}[0-9]{3}\.[0-9A-Z]{18}\.[0-9A-Z]+\.[0-9]{3}\.[0-9A-Z]",
    faults=(MASKED,),
    otherwise="wrong_shape",
    checks=(Check("doubtful_check_character", False, _has_right_check, _have_right_check, _CHECK_SQL),),
)


def certificate_type(value: str) -> str:
    """Give the certificate type of an identifier in normal form.

    Returns:
        The ministry's credit code and three digits.
    """
    return value.split(".")[5]


def issuer(value: str) -> str:
    """Give the issuing body of an identifier in normal form.

    Returns:
        Its credit code.
    """
    return value.split(".")[6]


def version(value: str) -> int:
    """Give the version of an identifier in normal form: a new version is the same certificate.

    Returns:
        The version.
    """
    return int(value.split(".")[8])


def normalise(text: str | None) -> Reading[str]:
    """Read an identifier into capitals, digits and dots.

    Returns:
        The identifier, or the fault.
    """
    return _IDENTIFIER.normalise(text)


def normalise_series(series: pl.Series) -> pl.DataFrame:
    """Read a series of identifiers.

    Returns:
        Columns `value` and `code`, one row per text.
    """
    return _IDENTIFIER.normalise_series(series)


MACROS: tuple[str, ...] = _IDENTIFIER.macros()

_EXPECTED = (
    "电子证照标识（GB/T 36904-2018）",
    "an identifier of an electronic certificate (GB/T 36904-2018)",
)

EXPLANATIONS: Mapping[str, Explanation] = {
    **shared_explanations(
        ("not_stated", "full_width", "separators_removed", "lower_case", "masked"),
        *_EXPECTED,
    ),
    "doubtful_check_character": explain(
        False, ("校验位不符", "the check character does not agree"), _EXPECTED,
        ("向证照颁发机构核对", "confirm with the issuing body"),
    ),
    "wrong_shape": explain(
        True, ("不符合电子证照标识的结构", "not of the structure of such an identifier"), _EXPECTED,
        ("核对电子证照文件中的标识", "compare with the identifier within the certificate file"),
    ),
}  # fmt: skip
