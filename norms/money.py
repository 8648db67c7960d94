"""Read amounts of money as registers write them, into yuan with two decimals.

Belongs here: the spellings of an amount and its unit. Does not belong here: exchange rates; a foreign
currency is a fault. The value is of another type than the text, so any spelling that states one
amount is normal and leaves no code.

A unit in the text wins over the declared one, which is used where the text has none ("300", "9()").

>>> normalise("1,000(万元人民币)").value
Decimal('10000000.00')
>>> normalise("0.3万人民币").value, normalise("300(万)").value, normalise("500", "万元").value
(Decimal('3000.00'), Decimal('3000000.00'), Decimal('5000000.00'))
>>> normalise("50(万美元)")
Reading(value=None, code='foreign_currency')
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

import polars as pl

from norms.reading import Explanation, Reading, explain, read_distinct, readings_frame, shared_explanations
from norms.text import ABSENT, absent_expression, bare, bare_expression, sql_string

SCALES: Mapping[str, int] = {
    "": 0, "百": 2, "千": 3, "万": 4, "十万": 5, "百万": 6, "千万": 7, "亿": 8, "十亿": 9, "百亿": 10,
}  # fmt: skip
"""Powers of ten of the words for units."""
FOREIGN = (
    "美元", "美金", "欧元", "日元", "港元", "港币", "香港元", "英镑", "澳大利亚元", "澳元", "马克",
    "加拿大元", "加元",
    "新加坡元", "新西兰元", "韩元", "法郎", "卢布", "台币", "台湾元", "澳门元", "澳门币",
    "USD", "EUR", "JPY", "HKD", "GBP", "AUD", "DEM", "CAD", "SGD", "NZD", "KRW", "CHF", "RUB", "TWD", "MOP",
)  # fmt: skip
"""Words for currencies other than the yuan."""
MOST_DIGITS = 17
"""Digits of the largest amount in fen: 999 trillion yuan, and a decimal of 18 digits holds it."""
CODES = (
    "rounded",
    "not_stated",
    "scientific_notation",
    "foreign_currency",
    "unknown_unit",
    "too_large",
    "not_an_amount",
)

_YUAN = "人民币|[Rr][Mm][Bb]|[Cc][Nn][Yy]"
_SCALE = "十万|百万|千万|十亿|百亿|百|千|万|亿|"
UNIT = f"(?:{_YUAN})?({_SCALE})(?:元|圆)?(?:{_YUAN})?(?:元|圆)?整?"
"""Regex of a unit in yuan; its group is the scale."""
AMOUNT = (
    f"(?:{_YUAN})?[\xa5\uffe5]?([+-]?)([0-9]+|[0-9]{{1,3}}(?:,[0-9]{{3}})+)"
    r"(?:\.([0-9]+))?((?:[^0-9.,](?s:.*))?)"
)
"""Regex of an amount without spaces: sign, whole part, fraction, unit."""
_SCIENTIFIC = r"[+-]?[0-9]+(?:\.[0-9]+)?[Ee][+-]?[0-9]+"
_BRACKETS = r"[()\[\]【】]"
_FOREIGN = f"(?s:.*(?:{'|'.join(FOREIGN)}).*)"
_NOTHING: Reading[Decimal] = Reading(None, None)


def scale_of(unit: str) -> int:
    """Find the power of ten of a declared unit in yuan.

    Args:
        unit: Such as 元, 万元, 万元人民币, 亿元.

    Returns:
        The power of ten.

    Raises:
        ValueError: If the unit is not one of yuan.
    """
    found = re.fullmatch(UNIT, unit)
    if found is None:
        raise ValueError(f"not a unit of yuan: {unit!r}; expected 元, 万元, 万元人民币, 亿元 or alike")
    return SCALES[found[1]]


def normalise(text: str | None, default_unit: str = "元") -> Reading[Decimal]:
    """Read an amount of money.

    Args:
        text: The amount as written.
        default_unit: The unit of amounts that state none.

    Returns:
        Yuan with two decimals, or the fault.

    Raises:
        ValueError: If the default unit is not one of yuan.
    """
    default = scale_of(default_unit)
    bared = bare(text or "")
    if not bared:
        return _NOTHING
    if re.fullmatch(ABSENT, bared):
        return Reading(None, "not_stated")
    if re.fullmatch(_SCIENTIFIC, bared):
        return Reading(None, "scientific_notation")
    found = re.fullmatch(AMOUNT, bared)
    if found is None:
        return Reading(None, "not_an_amount")
    sign, whole, fraction, tail = found[1], found[2], found[3] or "", re.sub(_BRACKETS, "", found[4])
    if re.fullmatch(_FOREIGN, tail):
        return Reading(None, "foreign_currency")
    unit = re.fullmatch(UNIT, tail)
    if unit is None:
        return Reading(None, "unknown_unit")
    return _scaled(sign, whole.replace(",", "") + "." + fraction, SCALES[unit[1]] if tail else default)


def _scaled(sign: str, number: str, scale: int) -> Reading[Decimal]:
    """Shift the decimal point and round half up, in digits: no float comes near the amount."""
    whole, _, fraction = number.partition(".")
    places = scale + 2
    digits = (whole + fraction[:places].ljust(places, "0")).lstrip("0")
    if len(digits) > MOST_DIGITS:
        return Reading(None, "too_large")
    dropped = fraction[places:]
    fen = int(digits or "0") + (dropped[:1] >= "5")
    yuan = Decimal((1 if sign == "-" and fen else 0, tuple(map(int, str(fen))), -2))
    return Reading(yuan, "rounded" if dropped.strip("0") else None)


def normalise_series(series: pl.Series, default_unit: str = "元") -> pl.DataFrame:
    """Read a series of amounts.

    Args:
        series: Amounts as written.
        default_unit: The unit of amounts that state none.

    Returns:
        Columns `value` (decimal of 18 digits, two of them after the point) and `code`.

    Raises:
        ValueError: If the default unit is not one of yuan.
    """
    default = scale_of(default_unit)
    return read_distinct(series, lambda distinct: _read_series(distinct, default))


def _read_series(series: pl.Series, default: int) -> pl.DataFrame:
    """Take amounts apart and read them."""
    bared = series.to_frame("text").select(bared=bare_expression(pl.col("text")))
    parts = bared.with_columns(
        pl.col("bared").str.extract(f"^{AMOUNT}$", group).fill_null("").alias(name)
        for group, name in enumerate(("sign", "whole", "fraction", "tail"), start=1)
    ).with_columns(
        whole=pl.col("whole").str.replace_all(",", "", literal=True),
        tail=pl.col("tail").str.replace_all(_BRACKETS, ""),
    )
    unit = pl.col("tail").str.extract(f"^{UNIT}$", 1)
    scale = pl.when(pl.col("tail") == "").then(default).otherwise(
        unit.replace_strict(dict(SCALES), default=None, return_dtype=pl.Int64)
    )  # fmt: skip
    digits = parts.with_columns(scale=scale).with_columns(
        digits=_fen_digits(pl.col("fraction"), pl.col("scale") + 2),
        dropped=pl.col("fraction").str.slice(pl.col("scale") + 2),
    )
    return _read(digits)


def _fen_digits(fraction: pl.Expr, places: pl.Expr) -> pl.Expr:
    """Join the whole part and the digits of the fraction that count, without leading zeros."""
    padded = fraction.str.pad_end(max(SCALES.values()) + 2, "0")
    return (pl.col("whole") + padded.str.slice(0, places)).str.strip_chars_start("0")


def _read(parts: pl.DataFrame) -> pl.DataFrame:
    """Compute values and codes from the parts of amounts."""
    bared, tail = pl.col("bared"), pl.col("tail")
    number = {code: place for place, code in enumerate(CODES, start=1)}
    fault = (
        pl.when(bared.is_null() | (bared == "")).then(0)
        .when(absent_expression(bared)).then(number["not_stated"])
        .when(bared.str.contains(f"^{_SCIENTIFIC}$")).then(number["scientific_notation"])
        .when(pl.col("whole") == "").then(number["not_an_amount"])
        .when(tail.str.contains(f"^{_FOREIGN}$")).then(number["foreign_currency"])
        .when(pl.col("scale").is_null()).then(number["unknown_unit"])
        .when(pl.col("digits").str.len_bytes() > MOST_DIGITS).then(number["too_large"])
    )  # fmt: skip
    rounds_up = pl.col("dropped").str.contains("^[5-9]").cast(pl.Int64)
    fen = pl.concat_str(pl.lit("0"), pl.col("digits")).cast(pl.Int64, strict=False) + rounds_up
    signed = pl.when(pl.col("sign") == "-").then(-fen).otherwise(fen)
    # A decimal is a whole number of hundredths: dividing whole numbers and joining them as text is exact.
    yuan = pl.concat_str(
        pl.when(signed < 0).then(pl.lit("-")).otherwise(pl.lit("")), signed.abs() // 100, pl.lit("."),
        (signed.abs() % 100).cast(pl.String).str.zfill(2),
    ).cast(pl.Decimal(18, 2), strict=False)  # fmt: skip
    note = pl.when(pl.col("dropped").str.contains("[1-9]")).then(number["rounded"]).otherwise(0)
    read = parts.with_columns(fault=fault).select(
        value=pl.when(pl.col("fault").is_null()).then(yuan),
        index=pl.coalesce("fault", note).cast(pl.UInt32),
    )
    return readings_frame(read["value"], CODES, read["index"])


def _scale_sql(unit: str) -> str:
    """Write the power of ten of a unit in SQL, null for what is no unit of yuan."""
    whens = " ".join(f"when '{word}' then {power}" for word, power in SCALES.items())
    scale = f"case regexp_extract({unit}, {sql_string('^' + UNIT + '$')}, 1) {whens} end"
    return f"case when regexp_full_match({unit}, {sql_string(UNIT)}) then {scale} end"


def _code_sql() -> str:
    """Write the choice of the fault or note over the parts `p` in SQL."""
    return (
        "case when p.b = '' then null when text_bare_is_absent(p.b) then 'not_stated' "
        f"when regexp_full_match(p.b, {sql_string(_SCIENTIFIC)}) then 'scientific_notation' "
        "when p.whole = '' then 'not_an_amount' "
        f"when regexp_full_match(p.tail, {sql_string(_FOREIGN)}) then 'foreign_currency' "
        "when p.scale is null then 'unknown_unit' "
        f"when length(p.digits) > {MOST_DIGITS} then 'too_large' "
        "when regexp_matches(p.dropped, '[1-9]') then 'rounded' end"
    )


def _parts_sql() -> tuple[str, ...]:
    """Write the macros that take an amount apart."""
    amount = sql_string(f"^{AMOUNT}$")
    groups = ", ".join(
        f"{name} := regexp_extract(b, {amount}, {group})"
        for group, name in enumerate(("sign", "whole", "fraction", "rest"), start=1)
    )
    brackets = sql_string(_BRACKETS)
    places = "(s.scale + 2)::integer"
    return (
        f"create or replace macro money_split(b) as struct_pack(b := b, {groups})",
        "create or replace macro money_scaled(m, unit) as list_transform("
        f"[regexp_replace(m.rest, {brackets}, '', 'g')], lambda tail: struct_pack(b := m.b, sign := m.sign, "
        f"whole := replace(m.whole, ',', ''), fraction := m.fraction, tail := tail, "
        f"scale := case when tail = '' then {_scale_sql('unit')} else {_scale_sql('tail')} end))[1]",
        "create or replace macro money_digits(s) as struct_pack(b := s.b, sign := s.sign, whole := s.whole, "
        "tail := s.tail, scale := s.scale, digits := ltrim(s.whole || rpad(substr(s.fraction, 1, "
        f"{places}), {places}, '0'), '0'), dropped := substr(s.fraction, {places} + 1))",
        "create or replace macro money_yuan(p) as try_cast((case when p.sign = '-' then '-' else '' end || "
        "'0' || p.digits) as decimal(38, 2)) + case when regexp_matches(p.dropped, '^[5-9]') then "
        "(case when p.sign = '-' then -1 else 1 end) else 0 end",
    )


MACROS: tuple[str, ...] = (
    *_parts_sql(),
    "create or replace macro money_judged(p) as list_transform([struct_pack(p := p, code := "
    f"{_code_sql()})], lambda j: struct_pack(value := case when j.p.b <> '' and (j.code is null or "
    "j.code = 'rounded') then (money_yuan(j.p) * 0.01)::decimal(18, 2) end, code := j.code))[1]",
    "create or replace macro money_reading(x, unit := '元') as list_transform(list_transform(list_transform("
    "list_transform([coalesce(text_bare(x), '')], lambda b: money_split(b)), "
    "lambda m: money_scaled(m, unit)), lambda s: money_digits(s)), lambda p: money_judged(p))[1]",
    "create or replace macro money_value(x, unit := '元') as money_reading(x, unit := unit).value",
    "create or replace macro money_code(x, unit := '元') as money_reading(x, unit := unit).code",
)

_EXPECTED = (
    "人民币金额，可带单位，如 1,000(万元人民币)",
    "an amount in yuan, with or without unit, such as 1,000(万元人民币)",
)
_WRITE_IT = ("在源系统改写为数字加单位", "write a number and its unit at the source")

EXPLANATIONS: Mapping[str, Explanation] = {
    **shared_explanations(("not_stated", "scientific_notation"), *_EXPECTED),
    "rounded": explain(
        False, ("金额小于一分的部分已四舍五入", "parts smaller than one fen, rounded half up"), _EXPECTED,
        ("核对金额和单位", "check the amount and its unit"),
    ),
    "foreign_currency": explain(
        True, ("金额为外币", "an amount in a foreign currency"), _EXPECTED,
        ("另报币种，或按登记折算为人民币", "report the currency apart, or the amount in yuan as registered"),
    ),
    "unknown_unit": explain(
        True, ("数字之后的单位无法识别", "an unknown unit after the number"), _EXPECTED, _WRITE_IT,
    ),
    "too_large": explain(
        True, ("金额超过 999 万亿元", "more than 999 trillion yuan"), _EXPECTED,
        ("核对金额和单位", "check the amount and its unit"),
    ),
    "not_an_amount": explain(
        True, ("不是金额，可能是列错位", "no amount; perhaps the columns are shifted"), _EXPECTED, _WRITE_IT,
    ),
}  # fmt: skip
