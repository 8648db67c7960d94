"""Find the header of a table: which line carries the declared columns' names.

Agencies put titles above their tables, and name columns now one way, now another. A line is the header when it
carries more of the declared names than any other line near the top.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence

from ingestion.decoded import Cell
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Column, Resource

SEARCHED_LINES = 20


def tidy(name: Cell) -> str:
    """Return a column name without white space, full-width forms and a trailing unit mark of interest.

    >>> tidy(" 企业 名称（元）")
    '企业名称(元)'
    """
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name or "")).strip("*：:")


def declared_names(column: Column) -> list[str]:
    """List the names under which a column may stand in a file, the Chinese label first."""
    return [tidy(name) for name in (column.zh, *column.from_, column.name)]


def find_header(rows: Iterable[Sequence[Cell]], resource: Resource) -> int:
    """Return the 0-based position of the header among the first rows.

    Raises:
        DeliveryError: No line carries a declared name.
    """
    known = {name for column in resource.columns for name in declared_names(column)}
    best, best_hits = -1, 0
    for position, row in enumerate(rows):
        hits = len({tidy(cell) for cell in row} & known)
        if hits > best_hits:
            best, best_hits = position, hits
        if position >= SEARCHED_LINES:
            break
    if best < 0:
        raise DeliveryError(
            resource.id,
            f"none of the first {SEARCHED_LINES} lines carries a declared column name",
            "a header line such as " + ", ".join(column.zh for column in resource.columns[:4]),
            "declare header_row or the names of the columns (from) in the resource's file",
        )
    return best


def raw_names(header: Sequence[Cell], resource: Resource) -> list[str]:
    """Name the columns of ``raw``: the declared name where the file's column is declared, else the file's own.

    Characters that a Delta column name may not have become ``_``; a name that stands twice gets a number.
    """
    by_label = {name: column.name for column in reversed(resource.columns) for name in declared_names(column)}
    taken: dict[str, int] = {}
    names = []
    for position, cell in enumerate(header, start=1):
        label = tidy(cell)
        name = by_label.get(label) or re.sub(r"[ ,;{}()\n\t=.\"'`]", "_", label) or f"column_{position}"
        taken[name] = taken.get(name, 0) + 1
        names.append(name if taken[name] == 1 else f"{name}__{taken[name]}")
    return names


def missing_columns(names: Sequence[str], resource: Resource) -> list[str]:
    """List the required columns that the file does not have at all."""
    return [column.zh for column in resource.columns if column.required and column.name not in names]


def undeclared_columns(names: Sequence[str], resource: Resource) -> list[str]:
    """List the file's columns that the catalogue does not declare."""
    known = {column.name for column in resource.columns}
    return [name for name in names if name not in known]
