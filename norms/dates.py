"""Read dates in declared formats only; nothing is guessed.

Belongs here: the closed set of formats in which agencies write dates, and their reading. Does not
belong here: any choice of format from the data; a resource declares its formats.

A format is written with %Y %m %d %H %M %S, or is `excel_serial` (days of the 1900 date system). Month,
day and hour may have one digit (2017/3/1) unless the figures stand together (20170301). Of a date
with time the date is the value.

>>> normalise("2017年3月1日", ["%Y年%m月%d日"]).value
datetime.date(2017, 3, 1)
>>> normalise("2017-02-30", ["%Y-%m-%d"])
Reading(value=None, code='impossible_date')
>>> normalise("43000", ["%Y-%m-%d", "excel_serial"]).value
datetime.date(2017, 9, 22)
>>> normalise("01/02/2017", ["%Y-%m-%d"])
Reading(value=None, code='other_format')
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import cache

import polars as pl

from norms.reading import Explanation, Reading, explain, read_distinct, readings_frame, shared_explanations
from norms.text import (
    FULL_WIDTH,
    absent_expression,
    bare_expression,
    char_class,
    fold_width,
    is_absent,
    is_blank,
    sql_string,
    tidy,
    tidy_expression,
)

EXCEL_SERIAL = "excel_serial"
EXCEL_EPOCH = date(1899, 12, 30)
"""Day 0 of the 1900 date system for days after February 1900, which it gives 29 days."""
_DAYS = ("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%d/%m/%Y", "%m/%d/%Y")
_TIMES = ("", " %H:%M:%S", " %H:%M", "T%H:%M:%S", " %H:%M:%S.%f", "T%H:%M:%S.%f")
FORMATS: tuple[str, ...] = (
    *(day + time for day in _DAYS[:4] for time in _TIMES),
    "%Y%m%d", "%Y%m%d%H%M%S", "%d/%m/%Y", "%m/%d/%Y", EXCEL_SERIAL,
)  # fmt: skip
"""Every format that can be declared."""
CODES = ("full_width", "not_stated", "impossible_date", "other_format")

_TOKENS = {
    "%Y": "(?P<y>[0-9]{4})", "%m": "(?P<m>[0-9]{1,2})", "%d": "(?P<d>[0-9]{1,2})", "%f": "[0-9]{1,9}",
    "%H": "(?:[01]?[0-9]|2[0-3])", "%M": "[0-5][0-9]", "%S": "[0-5][0-9]",
}  # fmt: skip
_SERIAL = r"([0-9]{1,5})(?:\.[0-9]+)?"
_FULL_WIDTH = char_class("".join(FULL_WIDTH))
_NOTHING: Reading[date] = Reading(None, None)


@cache
def pattern(date_format: str) -> tuple[str, str]:
    """Compile a format into a regex that all three engines read alike.

    Args:
        date_format: One of `FORMATS` except `excel_serial`.

    Returns:
        The regex with three groups, and the order of the groups as the letters y, m and d.
    """
    tokens = re.findall("%[YmdHMSf]|.", date_format)
    is_joined = "%Y%m" in date_format
    regex = "".join(_TOKENS.get(token, re.escape(token)) for token in tokens)
    if is_joined:
        regex = regex.replace("[0-9]{1,2}", "[0-9]{2}").replace("[01]?", "[01]")
    order = "".join(re.findall("<([ymd])>", regex))
    return re.sub(r"\(\?P<[ymd]>", "(", regex), order


def check_formats(formats: Sequence[str]) -> None:
    """Refuse formats that are unknown, or of which two could read the same text differently.

    Args:
        formats: The declared formats.

    Raises:
        ValueError: If one is unknown, or day and month could be exchanged.
    """
    unknown = [declared for declared in formats if declared not in FORMATS]
    if unknown or not formats:
        raise ValueError(f"unknown date formats {unknown}; expected some of {', '.join(FORMATS)}")
    if {"%d/%m/%Y", "%m/%d/%Y"} <= set(formats):
        raise ValueError("%d/%m/%Y and %m/%d/%Y cannot be told apart: declare one of them")


def normalise(text: str | None, formats: Sequence[str]) -> Reading[date]:
    """Read a date in one of the declared formats.

    Args:
        text: The date as written.
        formats: Some of `FORMATS`.

    Returns:
        The date, or the fault.

    Raises:
        ValueError: If the formats are unknown or contradict each other.
    """
    check_formats(formats)
    if text is None or is_blank(text):
        return _NOTHING
    if is_absent(text):
        return Reading(None, "not_stated")
    tidied = tidy(text)
    for declared in formats:
        found = re.fullmatch(_SERIAL if declared == EXCEL_SERIAL else pattern(declared)[0], tidied)
        if found:
            day = _day(found, declared)
            note = "full_width" if fold_width(text) != text else None
            return Reading(day, note if day else "impossible_date")
    return Reading(None, "other_format")


def _day(found: re.Match[str], declared: str) -> date | None:
    """Make the date of a match, None if the calendar has no such day."""
    if declared == EXCEL_SERIAL:
        # Serials up to 60 are off by one, because the system has a 29 February 1900.
        return EXCEL_EPOCH + timedelta(days=int(found[1])) if int(found[1]) > 60 else None
    part = dict(zip(pattern(declared)[1], map(int, found.groups()), strict=True))
    try:
        return date(part["y"], part["m"], part["d"])
    except ValueError:
        return None


def normalise_series(series: pl.Series, formats: Sequence[str]) -> pl.DataFrame:
    """Read a series of dates.

    Args:
        series: Dates as written.
        formats: Some of `FORMATS`.

    Returns:
        Columns `value` (date) and `code`.

    Raises:
        ValueError: If the formats are unknown or contradict each other.
    """
    check_formats(formats)
    return read_distinct(series, lambda distinct: _read_series(distinct, formats))


def _read_series(series: pl.Series, formats: Sequence[str]) -> pl.DataFrame:
    """Read dates in the declared formats."""
    text, tidied, bared = pl.col("text"), pl.col("tidied"), pl.col("bared")
    frame = series.cast(pl.String).to_frame("text").with_columns(
        tidied=tidy_expression(text), bared=bare_expression(text), is_wide=text.str.contains(_FULL_WIDTH)
    )  # fmt: skip
    fits = pl.any_horizontal(tidied.str.contains(f"^{_regex(declared)}$") for declared in formats)
    frame = frame.with_columns(
        fits=fits, day=pl.coalesce(_day_expression(tidied, declared) for declared in formats)
    )
    number = {code: place for place, code in enumerate(CODES, start=1)}
    index = (
        pl.when(bared.is_null() | (bared == "")).then(0)
        .when(absent_expression(bared)).then(number["not_stated"])
        .when(~pl.col("fits")).then(number["other_format"])
        .when(pl.col("day").is_null()).then(number["impossible_date"])
        .when(pl.col("is_wide")).then(number["full_width"])
        .otherwise(0)
    )  # fmt: skip
    read = frame.select(value=pl.col("day"), index=index.cast(pl.UInt32))
    return readings_frame(read["value"], CODES, read["index"])


def _regex(declared: str) -> str:
    """Give the regex of a declared format."""
    return _SERIAL if declared == EXCEL_SERIAL else pattern(declared)[0]


def _day_expression(text: pl.Expr, declared: str) -> pl.Expr:
    """Write the date of a declared format as a polars expression, null where it does not fit."""
    regex = f"^{_regex(declared)}$"
    if declared == EXCEL_SERIAL:
        serial = text.str.extract(regex, 1).cast(pl.Int32)
        return pl.when(serial > 60).then(pl.lit(EXCEL_EPOCH) + pl.duration(days=serial)).cast(pl.Date)
    order = pattern(declared)[1]
    part = {letter: text.str.extract(regex, order.index(letter) + 1) for letter in "ymd"}
    joined = pl.concat_str(part["y"], part["m"].str.zfill(2), part["d"].str.zfill(2), separator="-")
    day = joined.str.to_date("%Y-%m-%d", strict=False)
    return pl.when(part["y"] != "0000").then(day)


def _day_sql(declared: str) -> str:
    """Write the date of a declared format over `t` in SQL, null for a day that does not exist."""
    regex = sql_string(f"^{_regex(declared)}$")
    if declared == EXCEL_SERIAL:
        serial = f"try_cast(regexp_extract(t, {regex}, 1) as integer)"
        return f"case when {serial} > 60 then date '{EXCEL_EPOCH}' + {serial} end"
    order = pattern(declared)[1]
    part = {letter: f"regexp_extract(t, {regex}, {order.index(letter) + 1})" for letter in "ymd"}
    joined = f"{part['y']} || '-' || lpad({part['m']}, 2, '0') || '-' || lpad({part['d']}, 2, '0')"
    return f"case when {part['y']} <> '0000' then try_cast({joined} as date) end"


def _found_sql() -> str:
    """Write the choice among all formats over `t`: only those in `formats` are tried."""
    whens = " ".join(
        f"when list_contains(formats, {sql_string(declared)}) and regexp_full_match(t, "
        f"{sql_string(_regex(declared))}) then struct_pack(day := {_day_sql(declared)}, fits := true)"
        for declared in FORMATS
    )
    return f"case {whens} else struct_pack(day := null::date, fits := false) end"


_JUDGED = (
    "case when r.x is null or text_bare(r.x) = '' "
    "then struct_pack(value := null::date, code := null::varchar) "
    "when text_bare_is_absent(text_bare(r.x)) then struct_pack(value := null::date, code := 'not_stated') "
    "when not r.found.fits then struct_pack(value := null::date, code := 'other_format') "
    "when r.found.day is null then struct_pack(value := null::date, code := 'impossible_date') "
    "else struct_pack(value := r.found.day, code := case when regexp_matches(r.x, "
    f"{sql_string(_FULL_WIDTH)}) then 'full_width' end) end"
)

MACROS: tuple[str, ...] = (
    f"create or replace macro date_found(t, formats) as {_found_sql()}",
    "create or replace macro date_reading(x, formats) as list_transform(list_transform([x::varchar], "
    "lambda u: struct_pack("
    "x := u, found := list_transform([text_tidy(u)], lambda t: date_found(t, formats))[1])), "
    f"lambda r: {_JUDGED})[1]",
    "create or replace macro date_value(x, formats) as date_reading(x, formats).value",
    "create or replace macro date_code(x, formats) as date_reading(x, formats).code",
)

_EXPECTED = ("目录中申明格式的日期", "a date in a format declared in the catalogue")

EXPLANATIONS: Mapping[str, Explanation] = {
    **shared_explanations(("full_width", "not_stated"), *_EXPECTED),
    "impossible_date": explain(
        True, ("格式相符，但日历上没有这一天", "the format fits, but the calendar has no such day"),
        _EXPECTED,
        ("核对原始记录后更正", "compare with the original record and correct"),
    ),
    "other_format": explain(
        True, ("不是已申明的日期格式", "none of the declared formats"), _EXPECTED,
        ("改用已申明的格式，或在目录中补充申明",
         "use a declared format, or declare this one in the catalogue"),
    ),
}  # fmt: skip
