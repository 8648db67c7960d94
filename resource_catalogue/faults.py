"""Faults found in catalogue files: where they stand, what was found, what was expected, what to do.

Here: the one shape that every check of catalogue files reports, and the error that carries a list of them.
Not here: the checks themselves, nor findings in agencies' data (``expectations/``).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from resource_catalogue.errors import EXPECTED, REMEDY, CatalogueError


@dataclass(frozen=True, slots=True, order=True)
class CatalogueFault:
    """Hold one fault of one catalogue file.

    Attributes:
        file: Path of the file as it was given.
        line: 1-based line of the place, 0 where the fault concerns the whole file.
        place: Keys down to the value, such as ``cases.rectification.steps[0].limit``; empty for the whole
            file.
        found: Declared text at the place, clipped; never a value from agencies' data.
        expected: What would have been right, in Chinese and English.
        remedy: What to do next, in Chinese and English.
    """

    file: Path
    line: int
    place: str
    found: str
    expected: str
    remedy: str

    @property
    def where(self) -> str:
        """Return ``file:line``, which editors open."""
        return f"{self.file}:{self.line}" if self.line else str(self.file)

    def __str__(self) -> str:
        place = f" {self.place}" if self.place else ""
        return f"{self.where}{place}: {self.found}. {EXPECTED}: {self.expected}. {REMEDY}: {self.remedy}"


class FaultyCatalogue(CatalogueError):
    """Refuse catalogue files, with every fault that was found in them."""

    def __init__(self, faults: Iterable[CatalogueFault]) -> None:
        self.faults = tuple(sorted(faults))
        first = self.faults[0]
        super().__init__(first.where, f"{first.place} {first.found}".strip(), first.expected, first.remedy)

    def message(self) -> str:
        """Return one line per fault, all of them."""
        return "\n".join(str(fault) for fault in self.faults)
