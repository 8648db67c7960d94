"""Ways to spoil a valid text, and to read texts in the three forms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import polars as pl
from hypothesis import strategies as st

from norms.reading import Reading

ODD_CHARACTERS = (
    "0123456789Xx ABCZIOabcz"
    "\t\n\x00\x1c\xa0\u3000\u200b\ufeff-\u2014\xb7'\"`*.,+/Ee()"
    "\uff10\uff19\uff38\uff58\uff0d\uff05\u2169\u0425\u0445\xd7\u0131\u017f\xdf万元亿百千美人民币年月日苏京学无"
)
Texts = list[str | None]
Answers = list[tuple[Any, str | None]]


def spoiled(valid: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Take a valid text and change, insert or delete up to three characters."""

    @st.composite
    def spoil(draw: st.DrawFn) -> str:
        text = draw(valid)
        for _ in range(draw(st.integers(0, 3))):
            place = draw(st.integers(0, len(text)))
            inserted = draw(st.sampled_from(["", *ODD_CHARACTERS]))
            text = text[:place] + inserted + text[place + draw(st.integers(0, 1)) :]
        return text

    return spoil()


def texts_like(valid: st.SearchStrategy[str]) -> st.SearchStrategy[Texts]:
    """Mix nulls, any text, text of awkward characters, and spoiled valid values."""
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=24)
    awkward = st.text(st.sampled_from(ODD_CHARACTERS), max_size=24)
    return st.lists(st.one_of(st.none(), anything, awkward, spoiled(valid)), min_size=1, max_size=40)


def scalar_answers(read: Callable[[str | None], Reading[Any]], texts: Texts) -> Answers:
    """Read texts one by one."""
    return [(reading.value, reading.code) for reading in map(read, texts)]


def series_answers(read: Callable[[pl.Series], pl.DataFrame], texts: Texts) -> Answers:
    """Read texts as a series."""
    frame = read(pl.Series("texts", texts, dtype=pl.String))
    assert frame.columns == ["value", "code"]
    return [(value, code) for value, code in frame.iter_rows()]


def macro_answers(duck: duckdb.DuckDBPyConnection, name: str, texts: Texts, arguments: str = "") -> Answers:
    """Read texts with the macros."""
    frame = pl.DataFrame({"t": pl.Series(texts, dtype=pl.String), "n": range(len(texts))}).to_arrow()
    duck.register("texts", frame)
    query = f"select {name}_value(t{arguments}), {name}_code(t{arguments}) from texts order by n"
    answers: Answers = duck.execute(query).fetchall()
    return answers
