"""Read the period that a slice or a value names: a year, half-year, quarter, month or day.

Here: the last day of the period, by which it is told whether it was over. Not here: which part of an entry names a
period (``restatements.py``), nor dates of rows in their declared formats (``norms/dates.py``).
"""

import calendar
import datetime as dt
import re

_YEAR = r"(?P<year>(?:19|20)[0-9]{2})"
_QUARTERS = {"一": 1, "二": 2, "三": 3, "四": 4}
_FORMS = tuple(
    re.compile(form)
    for form in (
        rf"{_YEAR}年?度?",
        rf"{_YEAR}[-/.年]?(?P<month>0[1-9]|1[0-2])月?",
        rf"{_YEAR}[-/.年](?P<month>[1-9])月?",
        rf"{_YEAR}(?P<month>0[1-9]|1[0-2])(?P<day>[0-3][0-9])",
        rf"{_YEAR}[-/.年](?P<month>0?[1-9]|1[0-2])[-/.月](?P<day>[0-3]?[0-9])日?",
        rf"{_YEAR}[-/年]?(?:[Qq]|第)(?P<quarter>[1-4一二三四])(?:季度)?",
        rf"{_YEAR}[-/年]?(?:[Hh](?P<half>[12])|(?P<half_zh>上|下)半年)",
    )
)


def period_end(text: str) -> dt.date | None:
    """Return the last day of the period that a text names; null where it names none.

    >>> [str(period_end(text)) for text in ("2024", "202402", "2024年2月", "2024-02-03", "2024Q3", "2024年上半年")]
    ['2024-12-31', '2024-02-29', '2024-02-29', '2024-02-03', '2024-09-30', '2024-06-30']
    >>> [period_end(text) for text in ("329900", "202613", "2026123", "2026-02-30")]
    [None, None, None, None]
    """
    for form in _FORMS:
        match = form.fullmatch(text.strip())
        if match:
            return _last_day({name: part for name, part in match.groupdict().items() if part})
    return None


def slice_end(name: str) -> dt.date | None:
    """Return the last day of the period in a slice's name, whose parts stand between slashes.

    >>> str(slice_end("2002/西藏")), str(slice_end("西藏/2024/03"))
    ('2002-12-31', '2024-03-31')
    """
    parts = name.split("/")
    places = range(len(parts))
    spans = [(start, stop) for start in places for stop in range(start + 1, len(parts) + 1)]
    # The longest first: year and month in two parts name a month.
    for start, stop in sorted(spans, key=lambda span: span[0] - span[1]):
        found = period_end("-".join(parts[start:stop]))
        if found:
            return found
    return None


def _last_day(parts: dict[str, str]) -> dt.date | None:
    year = int(parts["year"])
    if "day" in parts:
        try:
            return dt.date(year, int(parts["month"]), int(parts["day"]))
        except ValueError:
            return None
    month = _last_month(parts)
    return dt.date(year, month, calendar.monthrange(year, month)[1])


def _last_month(parts: dict[str, str]) -> int:
    if "quarter" in parts:
        return 3 * (_QUARTERS.get(parts["quarter"]) or int(parts["quarter"]))
    if "half" in parts or "half_zh" in parts:
        return 6 if parts.get("half") == "1" or parts.get("half_zh") == "上" else 12
    return int(parts.get("month", 12))
