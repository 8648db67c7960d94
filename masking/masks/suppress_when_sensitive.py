"""Null the values of the rows on which the catalogue calls them personal (``sensitive_when``).

The condition is SQL over other columns of the same row; a row on which it cannot be told counts as personal.

>>> import datetime as dt
>>> frame = pl.DataFrame({"name": ["甲", "乙", "丙"], "kind": ["firm", "individual", None]})
>>> context = MaskContext(dt.date(2026, 1, 1), "d", condition=pl.col("kind") == "individual")
>>> frame.select(apply(pl.col("name"), {}, context))["name"].to_list()
['甲', None, None]
"""

import polars as pl

from masking.mask_contract import Arguments, Holds, MaskContext, only
from resource_catalogue.model import AccessType, Label

DESCRIPTION = Label(
    zh="目录定为个人信息的行置空", en="left empty on the rows that the catalogue calls personal"
)
LOWERS: AccessType = "open_to_all"
HOLDS: Holds = "on_condition"


def check(arguments: Arguments) -> None:
    """Take no arguments: the condition is the catalogue's."""
    only(arguments)


def apply(values: pl.Expr, arguments: Arguments, context: MaskContext) -> pl.Expr:
    """Return the values of the rows on which the condition is false, null on all others.

    Raises:
        ValueError: There is no condition.
    """
    if context.condition is None:
        raise ValueError("no condition to null by")
    return pl.when(context.condition.fill_null(True).not_()).then(values)
