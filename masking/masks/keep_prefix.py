"""Keep the first characters of a code, such as the four digits of a city (泛化, generalisation).

At most six: more of an identity number is its birth date, and the last four leave too few candidates.

>>> import datetime as dt
>>> frame = pl.DataFrame({"a": ["329901", "329902"]})
>>> frame.select(apply(pl.col("a"), {"length": 4}, MaskContext(dt.date(2026, 1, 1), "d")))["a"].to_list()
['3299', '3299']
"""

import polars as pl

from masking.mask_contract import Arguments, Holds, MaskContext, only, whole_number
from resource_catalogue.model import AccessType, Label

DESCRIPTION = Label(zh="仅保留前几位", en="only the first characters are kept")
LOWERS: AccessType = "open_to_all"
HOLDS: Holds = "in_cells"
_LONGEST = 6


def check(arguments: Arguments) -> None:
    """Take ``length``, 1 to 6, default 4."""
    only(arguments, "length")
    _length(arguments)


def _length(arguments: Arguments) -> int:
    return whole_number(arguments, "length", 4, 1, _LONGEST)


def apply(values: pl.Expr, arguments: Arguments, context: MaskContext) -> pl.Expr:
    """Return the first characters."""
    return values.cast(pl.String).str.slice(0, _length(arguments))
