"""Record every fault that is planted and what the platform must make of it.

Here: the shape of ``truth.json``. Not here: how faults are planted (``planting.py``).
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

Expect = Literal[
    "finding", "rejected_row", "held", "unreadable", "no_op", "closed", "withdrawn", "still_failing"
]


@dataclass(frozen=True, slots=True)
class Place:
    """Say where a row stood: arrival folder, file below it and 1-based data row (0: the whole file)."""

    arrival: str
    file: str
    row_number: int


@dataclass(frozen=True, slots=True)
class Entry:
    """One expected outcome.

    Attributes:
        act: 1 or 2. An entry of act 1 stands in act 2 too, unless an entry of act 2 has it in ``was``.
        resource: Resource the outcome belongs to.
        column: Declared column name, or empty for a whole row, file or resource.
        rule_id: Rule as the contracts name it; empty where no rule is concerned.
        kind: What was done to the value.
        expect: What must come of it. ``closed`` and ``withdrawn`` answer a finding of act 1.
        was: Where the finding of act 1 stood, for outcomes that follow one.
        note: Why an outcome is not the obvious one.
    """

    act: int
    resource: str
    arrival: str
    file: str
    row_number: int
    column: str
    check: str
    rule_id: str
    kind: str
    expect: Expect
    was: Place | None = None
    note: str = ""

    @property
    def place(self) -> Place:
        """Return where the row stands."""
        return Place(self.arrival, self.file, self.row_number)


@dataclass
class Truth:
    """Collect the expected outcomes of both acts."""

    entries: list[Entry] = field(default_factory=list)

    def add(self, entries: Iterable[Entry]) -> None:
        """Add outcomes."""
        self.entries.extend(entries)

    def write(self, path: Path, heading: dict[str, object]) -> None:
        """Write ``truth.json``: the heading's keys and the list ``entries``."""
        lines = ",\n".join("  " + json.dumps(asdict(e), ensure_ascii=False) for e in self.entries)
        head = json.dumps(heading, ensure_ascii=False)[1:-1]
        path.write_text(f'{{{head},\n "entries": [\n{lines}\n]}}\n', encoding="utf-8")
