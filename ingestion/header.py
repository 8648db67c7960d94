"""Find the header of a table: which line carries the declared columns' names.

Agencies put titles above their tables, and name columns now one way, now another. A line is the header when it
carries more of the declared names than any other line near the top. A line with hardly any of them is data: were
it taken for a header, its values would become names of columns.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import chain, count, islice

from ingestion.decoded import Cell
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Column, Resource

SEARCHED_LINES = 20
RAW_LEAD = ("_delivery_id", "_row_number", "_line", "_sheet")
"""Columns that every raw row begins with; a file's column may not take their names."""
_LEAST_NAMES = 2
_LONGEST_NAME = 60


def tidy(name: Cell) -> str:
    """Return a column name without white space, full-width forms, and marks of what must be filled in.

    >>> tidy(" 企业 名称（元）*")
    '企业名称(元)'
    """
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", name or "")).strip("*：:")


def read_columns(resource: Resource) -> list[Column]:
    """List the columns that are read from files: all but the constant ones."""
    return [column for column in resource.columns if column.constant is None]


def declared_names(column: Column) -> list[str]:
    """List the names under which a column may stand in a file, the Chinese label first."""
    return [tidy(name) for name in (column.zh, *column.from_, column.name)]


def most_names(rows: Iterable[Sequence[Cell]], resource: Resource) -> tuple[int, int]:
    """Return how many declared names one of the lines carries at most, and the 0-based position of that line.

    A count too low for a header is 0.
    """
    known = {name for column in read_columns(resource) for name in declared_names(column)}
    if resource.deleted is not None:
        known.add(tidy(resource.deleted.column))
    least = min(_LEAST_NAMES, len(read_columns(resource)))
    counts = [len({tidy(cell) for cell in row} & known) for row in rows]
    best = max(counts, default=0)
    return (best, counts.index(best)) if best >= least else (0, -1)


def joined_names(lines: Sequence[Sequence[Cell]]) -> list[Cell]:
    """Name columns by the lines of a header, groups above their columns.

    A group's name stands over the first of its columns only, the cells being merged; a column without a group spans
    the lines, and what is right of it belongs to no group before it.

    >>> joined_names([["代码", "法人", None, "备注"], [None, "姓名", "电话", ""]])
    ['代码', '法人/姓名', '法人/电话', '备注']
    """
    width = max(map(len, lines), default=0)
    columns = [
        [(line[place] or "").strip() if place < len(line) else "" for line in lines] for place in range(width)
    ]
    groups = [""] * len(lines)
    names: list[Cell] = []
    for cells in columns:
        for level, text in enumerate(cells):
            if text:
                # What is below another name, or stands above none, is a group of nothing else.
                is_group = any(cells[level + 1 :])
                groups[level:] = [text if is_group else ""] + [""] * (len(lines) - level - 1)
        last = max((level for level, text in enumerate(cells) if text), default=-1)
        parts = [groups[level] if level < last else cells[level] for level in range(last + 1)]
        names.append("/".join(dict.fromkeys(filter(None, parts))) or None)
    return names


def find_header(rows: Iterable[Sequence[Cell]], resource: Resource) -> int:
    """Return the 0-based position of the header among the first rows.

    Raises:
        DeliveryError: No line carries enough declared names.
    """
    _, position = most_names(islice(rows, SEARCHED_LINES), resource)
    if position < 0:
        raise no_header(
            resource, f"none of the first {SEARCHED_LINES} lines carries the declared column names"
        )
    return position


def no_header(resource: Resource, found: str) -> DeliveryError:
    """Return the error that says which header was expected."""
    return DeliveryError(
        resource.id,
        found,
        "a header line such as " + ", ".join(column.zh for column in read_columns(resource)[:4]),
        "declare header_row or the names of the columns (from) in the resource's file",
    )


def raw_names(header: Sequence[Cell], resource: Resource) -> list[str]:
    """Name the columns of ``raw``: the declared name where the file's column is declared, else the file's own.

    A name that stands twice (upper and lower case are one: the engine does not tell them apart) gets a number.
    """
    columns = reversed(read_columns(resource))
    by_label = {name: column.name for column in columns for name in declared_names(column)}
    names = list(RAW_LEAD)
    for position, cell in enumerate(header, start=1):
        label = tidy(cell)
        wanted = by_label.get(label) or raw_label(label) or f"column_{position}"
        numbered = (f"{wanted}__{number}" for number in count(2))
        names.append(next(name for name in chain([wanted], numbered) if name not in names))
    return names[len(RAW_LEAD) :]


def raw_label(label: str) -> str:
    """Write a file's own column name as Delta and the engine allow it.

    >>> raw_label("Amount (CNY)")
    'amount__cny_'
    """
    return re.sub(r"[ ,;{}()\n\t=.\"'`]", "_", label).casefold()[:_LONGEST_NAME]


def missing_columns(names: Sequence[str], resource: Resource) -> list[str]:
    """List the required columns that the file does not have at all."""
    return [column.zh for column in read_columns(resource) if column.required and column.name not in names]


def undeclared_columns(names: Sequence[str], resource: Resource) -> list[str]:
    """List the file's columns that the catalogue does not declare."""
    known = {column.name for column in resource.columns}
    if resource.deleted is not None:
        known.update(raw_names([resource.deleted.column], resource))
    return [name for name in names if name not in known]
