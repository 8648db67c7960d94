"""Find the header of a table for which nothing is declared yet: titles above it, names that a program invented.

Here: which of the first lines carries the names of the columns, or that none does. Not here: what the names mean.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from ingestion.decoded import Cell
from ingestion.drafting.label_words import is_usual
from ingestion.header import SEARCHED_LINES, tidy
from ingestion.rows import LinedRow
from norms.text import is_absent

_INVENTED = re.compile(r"Unnamed:_?\d+(?:_level_\d+)?|Column\d+|F\d+|列\d+")
_VALUE = re.compile(r"[-+]?[\d.,/:%年月日时分秒T]+|[0-9A-Z]{15,20}|\d[\d*.E+]*|[\d-]{6,}.*")
_LONGEST = 60
_LEAST_USUAL = 0.25
_LEAST_LABELS = 0.8


@dataclass(frozen=True, slots=True)
class HeaderLine:
    """Say where the header stands.

    Attributes:
        line: Line of the file or row of the sheet; 0 where there is no header.
        labels: Its cells.
        is_sure: Whether usual labels told, not only that the line differs from those below.
        above: Lines with text above it: titles and notes.
        second: Line right below that reads like a part of the header; 0 where there is none.
    """

    line: int
    labels: tuple[str, ...]
    is_sure: bool
    above: int
    second: int = 0


def find_header_line(rows: Sequence[LinedRow]) -> HeaderLine:
    """Find the header among the first lines of a table.

    >>> find_header_line([(1, ["名单", None]), (2, ["序号", "企业名称"]), (3, ["1", "甲厂"])]).line
    2
    """
    width = median(_filled(cells) for _, cells in rows)
    scored = [(_score(place, rows, width), -place) for place in range(min(SEARCHED_LINES, len(rows)))]
    (score, is_sure), place = max(scored)
    if score <= 0:
        return HeaderLine(0, (), False, 0)
    at = -place
    line, cells = rows[at]
    follower = rows[at + 1 : at + 2]
    second = follower[0][0] if follower and _is_second(follower[0][1], cells, rows[at + 2 :]) else 0
    return HeaderLine(line, tuple((cell or "").strip() for cell in cells), is_sure, at, second)


def is_invented(label: Cell) -> bool:
    """Tell whether a program made a name for a column that has none."""
    return bool(_INVENTED.fullmatch(tidy(label)))


def is_nameless(label: Cell) -> bool:
    """Tell whether a header's cell names nothing: blank, a sign for "nothing", or made by a program."""
    return is_absent(label) or is_invented(label)


def _filled(cells: Sequence[Cell]) -> int:
    return sum(1 for cell in cells if not is_nameless(cell))


def _score(place: int, rows: Sequence[LinedRow], width: float) -> tuple[float, bool]:
    """Return how much a line reads like a header, 0 where it is none, and whether usual labels say so."""
    cells = rows[place][1]
    named = [tidy(cell) for cell in cells if not is_nameless(cell)]
    if not named or (width >= 2 and len(named) * 2 <= width):
        return 0, False
    labels = [name for name in named if _may_be_label(name)]
    if len(labels) < _LEAST_LABELS * len(named) or len(set(named)) * 2 <= len(named):
        return 0, False
    usual = sum(is_usual(name) for name in labels)
    if usual >= _LEAST_USUAL * len(named):
        return len(named) + 2 * usual, True
    differs = _differing(place, rows)
    # Without usual words only the first lines can be told from data: titles stand alone in their line.
    return (len(named) / 2 if differs and place == _first_wide(rows, width) else 0), False


def _may_be_label(name: str) -> bool:
    return len(name) <= _LONGEST and not _VALUE.fullmatch(name)


def _first_wide(rows: Sequence[LinedRow], width: float) -> int:
    return next((at for at, (_, cells) in enumerate(rows) if _filled(cells) * 2 > width), 0)


def _differing(place: int, rows: Sequence[LinedRow]) -> int:
    """Count the columns whose cell in a line is words while most cells below are figures, dates or codes."""
    below = [cells for _, cells in rows[place + 1 :]]
    found = 0
    for at, cell in enumerate(rows[place][1]):
        values = [tidy(row[at]) for row in below if at < len(row) and row[at] and (row[at] or "").strip()]
        if len(values) >= 2 and cell and _may_be_label(tidy(cell)):
            found += sum(bool(_VALUE.fullmatch(value)) for value in values) * 2 > len(values)
    return found


def _is_second(cells: Sequence[Cell], header: Sequence[Cell], below: Sequence[LinedRow]) -> bool:
    """Tell whether a line names parts of columns: usual labels only, beneath gaps of the header."""
    named = [(at, tidy(cell)) for at, cell in enumerate(cells) if cell and cell.strip()]
    if not named or not all(is_usual(name) and len(name) <= _LONGEST for _, name in named):
        return False
    gaps = sum(
        1 for at, _ in named if at >= len(header) or not (header[at] or "").strip() or is_invented(header[at])
    )
    again = Counter(tidy(row[at]) for at, _ in named for _, row in below if at < len(row))
    return gaps > 0 and not any(again[name] for _, name in named)
