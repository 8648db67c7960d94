r"""Read text as agencies write it: width of characters, spaces, and the ways of saying "nothing".

Belongs here: character tables that several identifiers share, in their three forms. Does not belong
here: the rules of one identifier.

Only one-to-one character maps are used, no Unicode normalisation: polars, Python and DuckDB then give
the same answer for every text.

>>> fold_width("\uff11\uff12\uff38")
'12X'
>>> is_absent(" n/a "), is_absent("——"), is_absent("0")
(True, True, False)
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping

import polars as pl

SPACES = (
    "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \x85\xa0\u1680"
    + "".join(chr(point) for point in range(0x2000, 0x200B))
    + "\u2028\u2029\u202f\u205f\u3000\u200b\u200c\u200d\u2060\ufeff\xad"
)
"""Visible and invisible spaces: every one of them has been pasted into an identifier by somebody."""

SEPARATORS = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\xb7\u2022'`\u2018\u2019\""
"""Dashes, middle dots and quotation marks (a leading one is how spreadsheets mark text)."""

FULL_WIDTH: Mapping[str, str] = {chr(point): chr(point - 0xFEE0) for point in range(0xFF01, 0xFF5F)}
"""Full-width forms and the ASCII character each stands for."""

_ABSENT_WORDS = (
    "[Nn]/?[Aa]", "#[Nn]/[Aa]", "[Nn][Uu][Ll][Ll]", "[Nn][Oo][Nn][Ee]", "[Nn][Aa][Nn]", "[Nn][Ii][Ll]",
    "无", "暂无", "没有", "空", "不详", "未知", "未填写?", "未登记", "未提供", "无数据",
)  # fmt: skip


def char_class(chars: str) -> str:
    """Write a set of characters as a regex class that all three engines read alike.

    Returns:
        A bracketed class.
    """
    return "[" + "".join("\\" + char if char in "\\]^-[" else char for char in chars) + "]"


ABSENT = f"(?:(?:{char_class(SEPARATORS + '_/.')}|\\\\)+|{'|'.join(_ABSENT_WORDS)})"
"""Regex of what means "no value", on text without spaces and full-width forms."""

_FOLD = str.maketrans(dict(FULL_WIDTH))
_BARE_MAP: Mapping[str, str] = {**FULL_WIDTH, **dict.fromkeys(SPACES, "")}
_BARE = str.maketrans(dict(_BARE_MAP))
_ABSENT = re.compile(ABSENT)
_SPACE_RUN = re.compile(f"{char_class(SPACES)}+")
SPACE_RUN = f"{char_class(SPACES)}+"
"""Regex of one or more spaces of any kind."""


def fold_width(text: str) -> str:
    """Turn full-width letters, digits and signs into half-width ones.

    Returns:
        The text, of the same length.
    """
    return text.translate(_FOLD)


def bare(text: str) -> str:
    """Remove every space and fold the width.

    Returns:
        The text on which blank and absent are decided.
    """
    return text.translate(_BARE)


def tidy(text: str) -> str:
    """Fold the width, strip, and make every run of spaces one space.

    Returns:
        The tidied text.
    """
    return _SPACE_RUN.sub(" ", fold_width(text)).strip(" ")


def is_blank(text: str | None) -> bool:
    """Tell whether a text is missing, empty or only spaces.

    Returns:
        True if there is nothing to read.
    """
    return text is None or not bare(text)


def is_absent(text: str | None) -> bool:
    """Tell whether a text says that there is no value: N/A, NULL, 无, -, —, /.

    Returns:
        True for blank texts too.
    """
    return is_blank(text) or _ABSENT.fullmatch(bare(text or "")) is not None


def mapped(column: pl.Expr, mapping: Mapping[str, str]) -> pl.Expr:
    """Replace single characters by polars expression.

    Args:
        column: Texts.
        mapping: From one character to its replacement, empty to remove it.

    Returns:
        The expression of the changed texts.
    """
    return column.str.replace_many(list(mapping), list(mapping.values()))


def bare_expression(column: pl.Expr) -> pl.Expr:
    """Write `bare` as a polars expression.

    Returns:
        The expression.
    """
    return mapped(column, _BARE_MAP)


def tidy_expression(column: pl.Expr) -> pl.Expr:
    """Write `tidy` as a polars expression.

    Returns:
        The expression.
    """
    return mapped(column, FULL_WIDTH).str.replace_all(SPACE_RUN, " ").str.strip_chars(" ")


def absent_expression(bared: pl.Expr) -> pl.Expr:
    """Write the test for "no value" as a polars expression over bare texts.

    Returns:
        The expression of booleans.
    """
    return bared.str.contains(f"^{ABSENT}$")


def sql_string(text: str) -> str:
    """Quote a text as a SQL literal.

    Returns:
        The literal.
    """
    return "'" + text.replace("'", "''") + "'"


def sql_guarded(changed: str, when: str) -> str:
    """Write a change of `t` that is made only where a class of characters occurs: it is costly.

    Returns:
        The SQL expression.
    """
    return f"case when regexp_matches(t, {sql_string(when)}) then {changed} else t end"


def _bound(changed: str) -> str:
    """Bind the argument `x` of a macro to `t`, so that it is computed once."""
    return f"list_transform([x::varchar], lambda t: {changed})[1]"


_FULL_CLASS = char_class("".join(FULL_WIDTH))
_JOIN_CLASS = char_class(SPACES + SEPARATORS)
_NARROWED = f"translate(t, {sql_string(''.join(FULL_WIDTH))}, {sql_string(''.join(FULL_WIDTH.values()))})"
_FOLDED = sql_guarded(_NARROWED, _FULL_CLASS)
_UPPER = f"translate(t, '{string.ascii_lowercase}', '{string.ascii_uppercase}')"

MACROS: tuple[str, ...] = (
    f"create or replace macro text_folded(x) as {_bound(_FOLDED)}",
    "create or replace macro text_joined(x) as "
    + _bound(f"regexp_replace(t, {sql_string(_JOIN_CLASS)}, '', 'g')"),
    # upper() of the engine knows letters beyond ASCII, and some of them become ASCII ones.
    "create or replace macro text_upper(x) as "
    + _bound(f"case when regexp_full_match(t, '[ -~]*') then upper(t) else {_UPPER} end"),
    "create or replace macro text_bare(x) as "
    f"regexp_replace(text_folded(x), {sql_string(SPACE_RUN)}, '', 'g')",
    f"create or replace macro text_bare_is_absent(b) as regexp_full_match(b, {sql_string(ABSENT)})",
    "create or replace macro text_tidy(x) as "
    f"trim(regexp_replace(text_folded(x), {sql_string(SPACE_RUN)}, ' ', 'g'), ' ')",
)
"""DuckDB macros on which the macros of the other modules stand."""
