"""Code lists: ``<name>.csv`` with code, name, valid_from, valid_to; a deployment's own extend or override.

Here: reading the lists that ship and those of a deployment. Not here: checking values against them.
"""

import csv
import datetime as dt
import hashlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

SHIPPED = Path(__file__).parent / "code_lists"


@dataclass(frozen=True, slots=True)
class Code:
    """Hold one code with its period of validity (open where null)."""

    code: str
    name: str
    valid_from: dt.date | None = None
    valid_to: dt.date | None = None
    level: str = ""
    successors: tuple[str, ...] = ()
    kind: str = ""


@dataclass(frozen=True)
class CodeList:
    """Hold a named list; a code may stand several times with different periods.

    The divisions alone are thousands of rows, so what is derived from all of them is derived once.
    """

    name: str
    codes: tuple[Code, ...]

    @cached_property
    def hash(self) -> str:
        """Return the hash over all rows."""
        return hashlib.sha256(repr(self.codes).encode()).hexdigest()

    @cached_property
    def is_dated(self) -> bool:
        """Tell whether any code has a period of validity."""
        return any(code.valid_from or code.valid_to for code in self.codes)


def load_code_lists(*folders: Path) -> dict[str, CodeList]:
    """Read all lists of the folders; ``divisions`` of later folders extend, other lists replace earlier ones."""
    found: dict[str, CodeList] = {}
    for folder in folders:
        for path in sorted(folder.glob("*.csv")):
            loaded = CodeList(path.stem, tuple(_read(path)))
            before = found.get(path.stem)
            if before and path.stem == "divisions":
                loaded = CodeList(path.stem, before.codes + loaded.codes)
            found[path.stem] = loaded
    return found


def _read(path: Path) -> list[Code]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [
            Code(
                row["code"],
                row["name"],
                _date(row.get("valid_from"), "-01-01"),
                _date(row.get("valid_to"), "-12-31"),
                row.get("level") or "",
                tuple(filter(None, (row.get("successors") or "").split(";"))),
                row.get("kind") or "",
            )
            for row in csv.DictReader(file)
        ]


def _date(text: str | None, end: str) -> dt.date | None:
    """Read an ISO date; a bare year means its first or last day, as the column says."""
    if not text:
        return None
    return dt.date.fromisoformat(text if len(text) > 4 else text + end)
