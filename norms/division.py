"""Look divisions (行政区划) up in their history, GB/T 2260.

Belongs here: what a code meant in which year, what followed it, what it lies in. Does not belong here:
reading the list from a file.

A code changes its meaning over time: 3,357 of the 6,576 codes ever used are abolished, and some are
used again for another place. The history knows years only: in the year of a change the old and the
new code are both valid.

>>> history = DivisionHistory([
...     DivisionRow("510202", "渝中区", "county", 1994, 1997, ("500103",)),
...     DivisionRow("500103", "渝中区", "county", 1997, None, ()),
... ])
>>> history.successors("510202", date(2020, 1, 1))
('500103',)
>>> history.valid_on("510202", date(2020, 1, 1)), history.ever_valid("510202")
(False, True)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

Level = Literal["province", "city", "county"]
_LEVELS: Mapping[str, Level] = {"province": "province", "city": "city", "county": "county"}


@dataclass(frozen=True, slots=True)
class DivisionRow:
    """One row per division code, name and span of years.

    Attributes:
        code: Six digits.
        name: The name in that span.
        level: Province, city or county.
        valid_from: First year.
        valid_to: Year in which the code or name was given up, None while in use.
        successors: Codes that took its area over; the code itself where only the name changed.
    """

    code: str
    name: str
    level: Level
    valid_from: int
    valid_to: int | None
    successors: tuple[str, ...]

    @classmethod
    def from_fields(cls, fields: Mapping[str, str]) -> DivisionRow:
        """Make a row from the columns of the divisions list.

        Args:
            fields: code, name, level, valid_from, valid_to (may be empty), successors (joined by `;`).

        Returns:
            The row.

        Raises:
            ValueError: If the level is unknown or a year is not a number.
        """
        level = _LEVELS.get(fields["level"])
        if level is None:
            raise ValueError(f"division {fields['code']} has an unknown level; expected {', '.join(_LEVELS)}")
        until = int(fields["valid_to"]) if fields["valid_to"] else None
        followers = tuple(code for code in fields["successors"].split(";") if code)
        return cls(fields["code"], fields["name"], level, int(fields["valid_from"]), until, followers)

    def covers(self, year: int) -> bool:
        """Tell whether the row holds in a year, the years of change included.

        Returns:
            True if it does.
        """
        return self.valid_from <= year and (self.valid_to is None or year <= self.valid_to)


class DivisionHistory:
    """Answer what a division code meant and means."""

    def __init__(self, rows: Iterable[DivisionRow]) -> None:
        """Take the rows of the divisions list.

        Args:
            rows: In any order; a code may have several.
        """
        self._rows: dict[str, list[DivisionRow]] = defaultdict(list)
        for row in rows:
            self._rows[row.code].append(row)
        for spans in self._rows.values():
            spans.sort(key=lambda row: row.valid_from)

    @property
    def codes(self) -> frozenset[str]:
        """Give every code that was ever valid: the one an identity number is tested against."""
        return frozenset(self._rows)

    def codes_on(self, day: date) -> frozenset[str]:
        """Give the codes valid on a day: those an address is tested against.

        Returns:
            The codes.
        """
        return frozenset(code for code in self._rows if self.valid_on(code, day))

    def ever_valid(self, code: str) -> bool:
        """Tell whether a code was valid in any year.

        Returns:
            True if it was.
        """
        return code in self._rows

    def valid_on(self, code: str, day: date) -> bool:
        """Tell whether a code is valid on a day.

        Returns:
            True if it is; in the year of its change too.
        """
        return self.row_on(code, day) is not None

    def row_on(self, code: str, day: date) -> DivisionRow | None:
        """Find what a code means on a day.

        Returns:
            The latest row that covers the year, or None.
        """
        covering = [row for row in self._rows.get(code, ()) if row.covers(day.year)]
        return covering[-1] if covering else None

    def name_on(self, code: str, day: date) -> str | None:
        """Find the name of a code on a day.

        Returns:
            The name, or None.
        """
        row = self.row_on(code, day)
        return row.name if row else None

    def successors(self, code: str, day: date) -> tuple[str, ...]:
        """Follow the successors of a code to those valid on a day.

        Args:
            code: A code of any year.
            day: The day whose divisions are wanted.

        Returns:
            The code itself if it is not given up by that day; else the codes that hold its area,
            sorted; empty if the list names none.
        """
        found: set[str] = set()
        seen: set[str] = set()
        waiting = [code]
        while waiting:
            current = waiting.pop()
            if current in seen:
                continue
            seen.add(current)
            if self._is_settled(current, day):
                found.add(current)
            else:
                waiting.extend(self._followers(current, day))
        return tuple(sorted(found))

    def _is_settled(self, code: str, day: date) -> bool:
        """Tell whether a code is still in use after the year of the day's changes."""
        return any(
            row.valid_from <= day.year and (row.valid_to is None or day.year < row.valid_to)
            for row in self._rows.get(code, ())
        )

    def _followers(self, code: str, day: date) -> tuple[str, ...]:
        """Give the successors named by the last row that ended by the day."""
        ended = [
            row for row in self._rows.get(code, ()) if row.valid_to is not None and row.valid_to <= day.year
        ]
        return ended[-1].successors if ended else ()

    def parent(self, code: str) -> str | None:
        """Find the division that a code lies in.

        Returns:
            The city of a county, else the province (for counties directly under it); None for a
            province or a code never valid.
        """
        rows = self._rows.get(code)
        if not rows or rows[-1].level == "province":
            return None
        candidates = (code[:4] + "00", code[:2] + "0000")
        return next((parent for parent in candidates if parent != code and parent in self._rows), None)

    def chain(self, code: str) -> tuple[str, ...]:
        """Give a code with all it lies in, from itself up to the province.

        Returns:
            County, city, province; empty for a code never valid.
        """
        links: list[str] = []
        current: str | None = code if code in self._rows else None
        while current is not None:
            links.append(current)
            current = self.parent(current)
        return tuple(links)
