"""Recognise citizen identity numbers of 18 characters (公民身份号码, GB 11643-1999).

Area of a real province, real birth date and check character: none in 20,000 random 18-digit numbers passes,
so that one is proof even next to letters. An identity number inside a longer run of digits is not looked for.

>>> RECOGNISER.contains("身份证号11010519491231002Ｘ已登记"), RECOGNISER.contains("110105194912310021")
(True, False)
"""

import polars as pl

from masking.recogniser_contract import GAP, Recogniser
from norms.citizen_id import normalise_series
from resource_catalogue.model import Label

_PROVINCES = "^(?:1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]|9)"
"""First two digits: provinces; a nine opens the number of a foreigner's residence permit."""


def is_real(candidates: pl.Series) -> pl.Series:
    """Tell which candidates the norm reads as an identity number of a real province."""
    return normalise_series(candidates)["value"].str.contains(_PROVINCES).fill_null(False)


RECOGNISER = Recogniser(
    name="citizen_id",
    label=Label(zh="公民身份号码", en="citizen identity number"),
    shape=f"[1-9](?:{GAP}[0-9]){{16}}{GAP}[0-9X]",
    validate=is_real,
    glued=True,
)
