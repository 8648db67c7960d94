"""Find the formats that occur in a column of dates: the fewest that cover what can be read.

Here: choosing among the formats that can be declared. Not here: reading dates (``norms/dates.py``).
"""

from dataclasses import dataclass

import polars as pl

from norms import dates

_DAY_FIRST, _MONTH_FIRST = "%d/%m/%Y", "%m/%d/%Y"
_JOINED = ("%Y%m%d", "%Y%m%d%H%M%S")
_SERIAL_DAYS = r"^[2-6][0-9]{4}(?:\.[0-9]+)?$"
"""Days of a spreadsheet from 1954 to 2091."""
_LIKELY = (
    r"^\s*[0-9]{4}\s*[-/.年]|^\s*[0-9]{1,2}/[0-9]{1,2}/[0-9]{4}|^\s*(?:19|20)[0-9]{6}(?:[0-9]{6})?\s*$|"
    + _SERIAL_DAYS
)
_UNTIDY = r"[^ -~年月日]|  "
"""Spaces and full-width forms, which the norm tidies before it reads."""
_TIME = r"[ T]\d{1,2}:\d{2}"
_MIDNIGHT = r"[ T]0?0:00(?::00(?:\.0+)?)?$"


@dataclass(frozen=True, slots=True)
class Dates:
    """Say how a column's dates are written.

    Attributes:
        formats: The most frequent first.
        share: Part of the values that they read.
        has_times: Whether any states a time of day other than midnight.
        is_ambiguous: Whether day and month might be exchanged in all values.
    """

    formats: tuple[str, ...]
    share: float
    has_times: bool
    is_ambiguous: bool


def find_dates(values: pl.Series, is_labelled: bool) -> Dates | None:
    """Find the formats of a column; null where hardly anything is a date.

    Args:
        values: What is stated, as sent.
        is_labelled: Whether the label says so; figures without marks are dates only then.
    """
    counted = values.str.strip_chars().value_counts(name="times").rename({values.name: "text"})
    likely = counted.filter(pl.col("text").str.contains(_LIKELY))
    if likely["times"].sum() * 2 < len(values):
        return None
    tried = [one for one in dates.FORMATS if _is_tried(one, is_labelled)]
    read = {one: _reads(likely["text"], one) for one in tried}
    is_ambiguous = _drop_the_other_order(read, likely["times"])
    formats = _fewest(read, likely["times"])
    if not formats:
        return None
    covered = likely.filter(pl.any_horizontal([read[one].alias(one) for one in formats]))
    share = int(covered["times"].sum()) / len(values)
    timed = covered["text"].str.contains(_TIME) & ~covered["text"].str.contains(_MIDNIGHT)
    return Dates(
        formats, share, bool(timed.any()), is_ambiguous and bool({_DAY_FIRST, _MONTH_FIRST} & {*formats})
    )


def _is_tried(one: str, is_labelled: bool) -> bool:
    return is_labelled or (one not in _JOINED and one != dates.EXCEL_SERIAL)


def _reads(texts: pl.Series, one: str) -> pl.Series:
    """Tell which texts a format reads as a day; the costly reading is left where none has its shape."""
    shape = _SERIAL_DAYS if one == dates.EXCEL_SERIAL else f"^{dates.pattern(one)[0]}$"
    if not texts.str.contains(shape).any() and not texts.str.contains(_UNTIDY).any():
        return pl.repeat(False, len(texts), eager=True)
    fits = dates.normalise_series(texts, [one])["value"].is_not_null()
    return fits & texts.str.contains(_SERIAL_DAYS) if one == dates.EXCEL_SERIAL else fits


def _drop_the_other_order(read: dict[str, pl.Series], times: pl.Series) -> bool:
    """Keep the order of day and month that reads more; tell whether both read the same."""
    day, month = (int((read[one] * times).sum()) for one in (_DAY_FIRST, _MONTH_FIRST))
    del read[_MONTH_FIRST if day > month else _DAY_FIRST]
    return day == month > 0


def _fewest(read: dict[str, pl.Series], times: pl.Series) -> tuple[str, ...]:
    """Choose formats one by one, each for what it adds most."""
    chosen: list[str] = []
    left = times.clone()
    while True:
        gains = {one: int((fits * left).sum()) for one, fits in read.items()}
        best = max(gains, key=gains.__getitem__)
        if gains[best] == 0:
            return tuple(chosen)
        chosen.append(best)
        left = left.set(read[best], 0)
