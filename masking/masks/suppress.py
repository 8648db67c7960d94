"""Publish nothing of a column (抑制, GB/T 37964 suppression).

>>> import datetime as dt
>>> frame = pl.DataFrame({"a": ["x", "y"]})
>>> frame.select(apply(pl.col("a"), {}, MaskContext(dt.date(2026, 1, 1), "d")))["a"].to_list()
[None, None]
"""

import polars as pl

from masking.mask_contract import Arguments, Holds, MaskContext, only
from resource_catalogue.model import AccessType, Label

DESCRIPTION = Label(zh="整列置空", en="the whole column is left empty")
LOWERS: AccessType = "open_to_all"
HOLDS: Holds = "always"


def check(arguments: Arguments) -> None:
    """Take no arguments."""
    only(arguments)


def apply(values: pl.Expr, arguments: Arguments, context: MaskContext) -> pl.Expr:
    """Return nulls of the column's type."""
    return pl.when(pl.lit(False)).then(values)
