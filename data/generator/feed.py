"""Hold one file of one feed: its columns, its clean rows and the rows that differ from them.

Here: row order and row numbers. Not here: which rows differ and why (``planting.py``), bytes
(``writers.py``).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = list[Any]
Writer = Callable[[Path, Sequence[str], Iterator[Row]], None]


@dataclass
class Feed:
    """Describe one file to be written. Grain: one row per subject, then the appended rows.

    Attributes:
        resource: Id of the resource.
        arrival: Name of the arrival folder (YYYY-MM-DD).
        file: Path below the arrival folder.
        columns: Declared name and header text of each column, in file order.
        subjects: Indices of persons, organisations or others, one per clean row.
        cells: Makes the clean row of a subject, in column order.
        changed: Rows that differ, by their position (1-based, before removal).
        appended: Rows after the last subject.
        removed: Positions that are left out.
    """

    resource: str
    arrival: str
    file: str
    columns: tuple[tuple[str, str], ...]
    subjects: Sequence[int]
    cells: Callable[[int], Row]
    writer: Writer
    changed: dict[int, Row] = field(default_factory=dict)
    appended: list[Row] = field(default_factory=list)
    removed: set[int] = field(default_factory=set)

    def clean(self, position: int) -> Row:
        """Make the row of a position as it would be without faults."""
        return list(self.cells(self.subjects[position - 1]))

    def index(self, column: str) -> int:
        """Return where a declared column stands in the file."""
        return [name for name, _ in self.columns].index(column)

    def row_number(self, position: int) -> int:
        """Return the row number of a position in the written file."""
        return position - sum(1 for gone in self.removed if gone < position)

    def rows(self) -> Iterator[Row]:
        """Yield all rows as they are written."""
        for position in range(1, len(self.subjects) + 1):
            if position in self.removed:
                continue
            changed = self.changed.get(position)
            yield changed if changed is not None else self.cells(self.subjects[position - 1])
        yield from self.appended

    def write(self, inbox: Path) -> None:
        """Write the file below the inbox."""
        path = inbox / self.arrival / self.file
        path.parent.mkdir(parents=True, exist_ok=True)
        self.writer(path, [header for _, header in self.columns], self.rows())
