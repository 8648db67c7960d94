"""Round an amount to a multiple (泛化, generalisation); halves go away from zero, as in SQL.

>>> import datetime as dt
>>> frame = pl.DataFrame({"a": [14999.99, 15000.0, -15000.0, None]})
>>> frame.select(apply(pl.col("a"), {"to": 10000}, MaskContext(dt.date(2026, 1, 1), "d")))["a"].to_list()
[10000, 20000, -20000, None]
"""

import polars as pl

from masking.mask_contract import Arguments, Holds, MaskContext, only, whole_number
from resource_catalogue.model import AccessType, Label

DESCRIPTION = Label(zh="金额按整数倍取整", en="rounded to a multiple")
LOWERS: AccessType = "open_to_all"
HOLDS: Holds = "in_cells"
_MOST = 1_000_000_000


def check(arguments: Arguments) -> None:
    """Take ``to``, the multiple in the column's unit, 10 to a thousand million, default 10000."""
    only(arguments, "to")
    _multiple(arguments)


def _multiple(arguments: Arguments) -> int:
    return whole_number(arguments, "to", 10_000, 10, _MOST)


def apply(values: pl.Expr, arguments: Arguments, context: MaskContext) -> pl.Expr:
    """Return whole multiples."""
    multiple = _multiple(arguments)
    amount = values.cast(pl.Float64)
    steps = (amount.abs() / multiple + 0.5).floor().cast(pl.Int64)
    return (
        pl.when(amount < 0)
        .then(-steps * multiple)
        .otherwise(steps * multiple)
        .alias(values.meta.output_name())
    )
