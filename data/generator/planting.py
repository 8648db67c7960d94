"""Plant faults in a feed and record every finding that follows from them.

Here: the acts of changing, doubling, shifting and removing rows, and of sending a corrected file. Not here:
which faults a resource gets (``agencies/``). No row is touched twice, so that consequences never mix.
"""

import random
from collections.abc import Callable, Iterable

from data.generator.feed import Feed, Row
from data.generator.truth import Entry

Condition = Callable[[Row], bool]
Fault = tuple[str, str]
"""A declared column and a check."""

_DRAWS = 20_000
"""Draws before a condition counts as met by no further row."""


class Planter:
    """Plant faults in one feed of one act.

    Args:
        seed: Seed of the deployment; decides which rows are struck.
        feed: The feed, changed in place.
        act: 1 or 2.
        spared: Positions that stay as they are.
    """

    def __init__(self, seed: int, feed: Feed, act: int, spared: Iterable[int] = ()) -> None:
        self.feed, self.act, self.entries = feed, act, list[Entry]()
        self._random = random.Random(f"{seed}:{feed.resource}:{feed.file}:{act}")
        self._used = set(spared)
        self.doubles: dict[int, int] = {}
        self.times = 1 if len(feed.subjects) < 400 else 3 + len(feed.subjects) // 20_000

    def pick(self, where: Condition | None = None, times: int | None = None) -> list[int]:
        """Choose untouched positions whose clean rows meet the condition.

        A small city may have too few of them.
        """
        chosen: list[int] = []
        for _ in range(_DRAWS if self.feed.subjects else 0):
            if len(chosen) == (times or self.times):
                break
            position = self._random.randint(1, len(self.feed.subjects))
            if position not in self._used and (where is None or where(self.feed.clean(position))):
                self._used.add(position)
                chosen.append(position)
        return chosen

    @property
    def struck(self) -> frozenset[int]:
        """Return the positions that were touched or spared."""
        return frozenset(self._used)

    def struck_values(self, column: str) -> set[str]:
        """Return the clean values of a column in the touched rows."""
        return {self.value(self.feed.clean(position), column) for position in self._used}

    def value(self, row: Row, column: str) -> str:
        """Return a row's cell by the column's declared name."""
        return str(row[self.feed.index(column)])

    def each(
        self,
        kind: str,
        column: str,
        check: str,
        change: Callable[[str], object],
        where: Condition | None = None,
        rule: str = "",
        times: int | None = None,
        found_in: str = "",
    ) -> list[int]:
        """Change one cell in several rows; each makes one finding.

        Args:
            kind: Name of the fault.
            column: Declared column.
            check: Check that must find it; empty where the value stays valid.
            change: Makes the faulty value from the clean one.
            where: Condition on the clean row.
            rule: Id of the declared rule, for declared checks.
            times: How many rows; by default as many as the size of the feed allows.
            found_in: Column that the finding names, where it is another one (the later one of an order).

        Returns:
            The positions that were struck.
        """
        struck = self.pick(where, times)
        for position in struck:
            row = self.feed.clean(position)
            row[self.feed.index(column)] = change(self.value(row, column))
            self.feed.changed[position] = row
            if check:
                self.expect(position, kind, [(found_in or column, check)], rule)
        return struck

    def double(self, kind: str, where: Condition | None = None) -> None:
        """Send some rows a second time at the end of the file; both rows of a pair fail ``unique``."""
        for position in self.pick(where):
            self.feed.appended.append(self.feed.clean(position))
            again = len(self.feed.subjects) + len(self.feed.appended)
            self.doubles[again] = position
            for place in (position, again):
                self.expect(place, kind, [("", "unique")])

    def shift(self, kind: str, column: str, faults: list[Fault], where: Condition | None = None) -> None:
        """Drop one cell, so that all later ones stand one column too far to the left."""
        for position in self.pick(where):
            row = self.feed.clean(position)
            del row[self.feed.index(column)]
            self.feed.changed[position] = [*row, ""]
            self.expect(position, kind, faults)

    def split(self, kind: str, column: str) -> None:
        """Break one cell into two, as an unquoted delimiter does; the row cannot be split into columns."""
        for position in self.pick():
            row = self.feed.clean(position)
            at = self.feed.index(column)
            text = str(row[at])
            self.feed.changed[position] = [*row[:at], text[:3], text[3:], *row[at + 1 :]]
            self.expect(position, kind, [("", "rejected_row")])

    def expect(self, position: int, kind: str, faults: list[Fault], rule: str = "") -> None:
        """Record the findings of one row."""
        for column, check in faults:
            name = rule or f"{check}:{column}"
            entry = Entry(
                self.act,
                self.feed.resource,
                self.feed.arrival,
                self.feed.file,
                self.feed.row_number(position),
                column,
                check,
                f"{self.feed.resource}:{name}",
                kind,
                "rejected_row" if check == "rejected_row" else "finding",
            )
            self.entries.append(entry)
