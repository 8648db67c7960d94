"""How the command shows things: tables, JSON, messages; one console for results, one for errors."""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from zoneinfo import ZoneInfo

from rich import box
from rich.console import Console, ConsoleDimensions
from rich.markup import escape
from rich.table import Table

from resource_catalogue.model import Label

_PIPED_WIDTH = 200
"""Width of tables where no screen sets one; ``COLUMNS`` is of the shell, not of the file that is written."""


@dataclass(frozen=True, slots=True)
class Column:
    """Head a column of a table.

    Attributes:
        header: Chinese and English.
        whole: Cells are never broken: ids, dates, states.
        align: Numbers stand to the right.
    """

    header: str
    whole: bool = False
    align: Literal["left", "right"] = "left"


_LINES = 25


class _Console(Console):
    """A console whose width follows what it writes to now: whole lines into a pipe or file."""

    @property
    def size(self) -> ConsoleDimensions:
        """Return the size of the terminal, or a wide one where there is none."""
        return super().size if self.file.isatty() else ConsoleDimensions(_PIPED_WIDTH, _LINES)

    @size.setter
    def size(self, size: tuple[int, int]) -> None:
        self._width, self._height = size


console = _Console(highlight=False)
errors = _Console(stderr=True, highlight=False)


def print_json(value: Any) -> None:
    """Print a value as JSON, Chinese as it is; instants with their offset."""
    console.print(
        json.dumps(value, ensure_ascii=False, indent=1, default=_plain), markup=False, soft_wrap=True
    )


def print_table(title: str, columns: Iterable[str | Column], rows: Iterable[Iterable[Any]]) -> None:
    """Print rows as a table; null shows as an empty cell, no rows as one line."""
    lines = [["" if cell is None else escape(str(cell)) for cell in row] for row in rows]
    if not lines:
        say(f"{title}: 无 / none")
        return
    table = Table(
        title=escape(title),
        title_justify="left",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        padding=(0, 1, 0, 0),
        pad_edge=False,
    )
    for column in columns:
        one = column if isinstance(column, Column) else Column(column)
        # A header may be broken between its languages, so that whole cells set the width.
        header = one.header.replace(" / ", "\n")
        table.add_column(header, overflow="fold", no_wrap=one.whole, justify=one.align)
    for line in lines:
        table.add_row(*line)
    console.print(table)


def print_fields(title: str, fields: Mapping[str, Any]) -> None:
    """Print one thing's fields, one a line."""
    print_table(title, (Column("项 / field", whole=True), "值 / value"), fields.items())


def say(text: str) -> None:
    """Print a line."""
    console.print(escape(text), soft_wrap=True)


def both(label: Label) -> str:
    """Return a label in one line, both languages."""
    return f"{label.zh} / {label.en}" if label.en and label.en != label.zh else label.zh


def stacked(label: Label) -> str:
    """Return a label in two lines, for a cell."""
    return f"{label.zh}\n{label.en}" if label.en and label.en != label.zh else label.zh


def word(labels: Mapping[Any, Label], key: str | None) -> str:
    """Return the label of a word in one line; the word itself where none is known, nothing for null."""
    return both(labels[key]) if key in labels else key or ""


def local(instant: dt.datetime | None, zone: ZoneInfo) -> str:
    """Return an instant as clocks of the deployment show it."""
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M") if instant else ""


def counted(counts: Mapping[str, int], labels: Mapping[Any, Label]) -> str:
    """Return counts by word, one a line."""
    return "\n".join(f"{word(labels, key)}: {count}" for key, count in counts.items())


def listed(words: Sequence[str] | None) -> str:
    """Return several things, one a line."""
    return "\n".join(words or ())


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, dt.date | dt.datetime) else str(value)
