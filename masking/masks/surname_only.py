"""Keep a person's surname and hide the rest behind two signs, whatever its length (屏蔽, masking).

What does not begin with a Chinese surname sign, or carries a middle dot, is hidden whole.

>>> import datetime as dt
>>> frame = pl.DataFrame({"a": ["张三丰", "欧阳明", "欧明", "阿依古丽·买买提", "Smith", None]})
>>> frame.select(apply(pl.col("a"), {}, MaskContext(dt.date(2026, 1, 1), "d")))["a"].to_list()
['张**', '欧阳**', '欧**', '**', '**', None]
"""

import polars as pl

from masking.mask_contract import Arguments, Holds, MaskContext, only
from resource_catalogue.model import AccessType, Label

DESCRIPTION = Label(zh="仅保留姓氏", en="only the surname is kept")
LOWERS: AccessType = "conditional"
HOLDS: Holds = "always"
_COMPOUND = (
    "欧阳|太史|端木|上官|司马|东方|独孤|南宫|夏侯|诸葛|尉迟|公羊|赫连|澹台|皇甫|宗政|濮阳|公冶|太叔|申屠|公孙|慕容|"
    "仲孙|钟离|长孙|宇文|司徒|鲜于|司空|令狐|轩辕|呼延|百里|东郭|西门"
)


def check(arguments: Arguments) -> None:
    """Take no arguments."""
    only(arguments)


def apply(values: pl.Expr, arguments: Arguments, context: MaskContext) -> pl.Expr:
    """Return the surname and two stars; the stars alone where there is no surname to tell."""
    name = values.cast(pl.String)
    surname = (
        pl.when(name.str.contains("[·•‧.]")).then(pl.lit(""))
        .when(name.str.contains(f"^(?:{_COMPOUND}).")).then(name.str.slice(0, 2))
        .when(name.str.contains(r"^\p{Han}.")).then(name.str.slice(0, 1))
        .otherwise(pl.lit(""))
    )  # fmt: skip
    return pl.when(name.is_not_null()).then(surname + "**").alias(values.meta.output_name())
