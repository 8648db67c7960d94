"""Keep the year of a date (泛化, generalisation).

>>> import datetime as dt
>>> frame = pl.DataFrame({"a": [dt.date(1990, 5, 17), None]})
>>> frame.select(apply(pl.col("a"), {}, MaskContext(dt.date(2026, 1, 1), "d")))["a"].to_list()
[1990, None]
"""

import polars as pl

from masking.mask_contract import Arguments, Holds, MaskContext, only
from resource_catalogue.model import AccessType, Label

DESCRIPTION = Label(zh="仅保留年份", en="only the year is kept")
LOWERS: AccessType = "open_to_all"
HOLDS: Holds = "in_cells"


def check(arguments: Arguments) -> None:
    """Take no arguments."""
    only(arguments)


def apply(values: pl.Expr, arguments: Arguments, context: MaskContext) -> pl.Expr:
    """Return the year as a number; null where the value is no date."""
    return values.cast(pl.Date, strict=False).dt.year()
