"""How the command shows things: tables, JSON, messages; one console for results, one for errors."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

_PIPED_WIDTH = 200
"""Width of tables where nobody's screen sets one."""


def _console(stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=_PIPED_WIDTH)


console = _console(stderr=False)
errors = _console(stderr=True)


def print_json(value: Any) -> None:
    """Print a value as JSON, Chinese as it is."""
    console.print(json.dumps(value, ensure_ascii=False, indent=1, default=str), markup=False, soft_wrap=True)


def print_table(title: str, columns: Iterable[str], rows: Iterable[Iterable[Any]]) -> None:
    """Print rows as a table; null shows as an empty cell."""
    table = Table(title=title, title_justify="left", header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else escape(str(cell)) for cell in row))
    console.print(table)


def print_fields(title: str, fields: Mapping[str, Any]) -> None:
    """Print one thing's fields, one a line."""
    print_table(title, ("项 / field", "值 / value"), fields.items())


def say(text: str) -> None:
    """Print a line."""
    console.print(escape(text), soft_wrap=True)
