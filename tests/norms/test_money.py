"""Amounts of money in the spellings that registers use."""

from __future__ import annotations

import os
from collections import Counter
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from norms import money

WAN = {
    "9(万元人民币)": 4, "9(万元)": 4, "9万人民币": 4, "9(万)": 4, "9( 万人民币元)": 4, "9万元人民币": 4,
    "9万人民币元": 4,
    "9(万人民币元)": 4, "9(万人民币 )": 4, "9万": 4, "9( 万元人民币元)": 4, "9（万元）": 4,
    "9(万元(人民币))": 4,
    "9亿元": 8, "9百万": 6, "人民币9万元整": 4, "9元": 0, "￥9": 0, "9()": 0,
}  # fmt: skip


@pytest.mark.parametrize("text", WAN)
def test_every_spelling_of_yuan_in_the_registers_is_read(text: str) -> None:
    assert money.normalise(text).value == Decimal(9).scaleb(WAN[text])
    assert money.normalise(text).code is None


@pytest.mark.parametrize(
    "unit",
    ["万美元", "万元美元", "万美元 ", "万欧元", "万元欧元", "万日元", "万元日元", "万香港元", "万港币",
     "万元港元",
     "万澳大利亚元", "万英镑", "万德国马克", "万加拿大元", "万新加坡元"],
)  # fmt: skip
def test_foreign_currencies_are_a_fault(unit: str) -> None:
    assert money.normalise(f"1,234.5({unit})").code == "foreign_currency"
    assert money.normalise(f"9{unit}").code == "foreign_currency"


@pytest.mark.parametrize("text", ["HAKAM A", "1,00万元", "(100)", "1.", ".5", "万元", "1-2万元"])
def test_what_states_no_amount_is_a_fault(text: str) -> None:
    assert money.normalise(text).code in ("not_an_amount", "unknown_unit")
    assert money.normalise(text).value is None


def test_the_declared_unit_is_used_where_the_text_has_none() -> None:
    assert money.normalise("300", "万元人民币").value == Decimal("3000000.00")
    assert money.normalise("300元", "万元人民币").value == Decimal("300.00")


def test_less_than_a_fen_is_rounded_half_up_and_noted() -> None:
    assert (money.normalise("0.005").value, money.normalise("0.005").code) == (Decimal("0.01"), "rounded")
    assert money.normalise("-0.0049").value == Decimal("0.00")
    assert money.normalise("0.0000005万").code == "rounded"


def test_an_amount_beyond_the_decimal_is_refused_not_cut() -> None:
    assert money.normalise("9" * 15).value == Decimal("9" * 15)
    assert money.normalise("9" * 16).code == "too_large"


def test_a_unit_that_is_none_of_yuan_cannot_be_declared() -> None:
    with pytest.raises(ValueError, match="not a unit of yuan"):
        money.normalise("1", "美元")
    with pytest.raises(ValueError, match="not a unit of yuan"):
        money.normalise_series(pl.Series(["1"]), "吨")


@pytest.mark.realdata
@pytest.mark.skipif("CIVICLAKE_REALDATA" not in os.environ, reason="CIVICLAKE_REALDATA is not set")
def test_all_amounts_of_the_real_registers_are_read() -> None:
    files = sorted(Path(os.environ["CIVICLAKE_REALDATA"], "enterprise_registry", "csv").glob("*/*.csv"))
    column = pl.concat(
        pl.read_csv(file, infer_schema=False, columns=["注册资金"], truncate_ragged_lines=True)
        for file in files
    )["注册资金"]
    codes = Counter(money.normalise_series(column, "万元人民币")["code"].to_list())
    assert codes["unknown_unit"] == 0
    assert codes["not_an_amount"] <= 8  # cells of shifted columns that hold names
    assert codes[None] > 180_000
