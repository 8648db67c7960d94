"""Turn a date of birth into a band of years of age (泛化, generalisation), top-coded.

Age is counted in completed years on the day of publication.

>>> import datetime as dt
>>> frame = pl.DataFrame({"born": [dt.date(1990, 5, 17), dt.date(1920, 1, 1), dt.date(2030, 1, 1)]})
>>> context = MaskContext(dt.date(2026, 5, 16), "d")
>>> frame.select(apply(pl.col("born"), {"width": 10}, context))["born"].to_list()
['30-39', '90+', None]
"""

import polars as pl

from masking.mask_contract import Arguments, Holds, MaskContext, only, whole_number
from resource_catalogue.model import AccessType, Label

DESCRIPTION = Label(zh="出生日期改为年龄段", en="date of birth turned into an age band")
LOWERS: AccessType = "open_to_all"
HOLDS: Holds = "in_cells"


def check(arguments: Arguments) -> None:
    """Take ``width`` in years (5 to 50, else 10) and ``top``, first age of the last band (else 90)."""
    only(arguments, "width", "top")
    _bounds(arguments)


def _bounds(arguments: Arguments) -> tuple[int, int]:
    width = whole_number(arguments, "width", 10, 5, 50)
    top = whole_number(arguments, "top", 90, 50, 100)
    if top % width:
        raise ValueError("top must be a multiple of width")
    return width, top


def apply(values: pl.Expr, arguments: Arguments, context: MaskContext) -> pl.Expr:
    """Return ``30-39`` and the like; null for no date and for births after the day."""
    width, top = _bounds(arguments)
    born = values.cast(pl.Date, strict=False)
    today = context.as_of
    is_before_birthday = (born.dt.month() > today.month) | (
        (born.dt.month() == today.month) & (born.dt.day() > today.day)
    )
    age = pl.lit(today.year) - born.dt.year() - is_before_birthday.cast(pl.Int32)
    low = age // width * width
    band = low.cast(pl.String) + "-" + (low + (width - 1)).cast(pl.String)
    banded = pl.when(age < top).then(band).otherwise(pl.lit(f"{top}+"))
    return pl.when(age >= 0).then(banded).alias(values.meta.output_name())
