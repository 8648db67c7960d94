"""What every mask is: one file with the same verbs, and how far it may lower a column's label.

Here: the protocol and how arguments are read. Not here: the masks themselves (``masks/``, one file each)
and whether a column with its mask may leave (``decision.py``).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import polars as pl

from resource_catalogue.model import AccessType, Label

Arguments = Mapping[str, str | int | float | bool]
Holds = Literal["always", "in_cells", "on_condition"]
"""When a mask lowers a label: ``always``; ``in_cells`` only as a dimension of cells of a measured minimum
size, else to ``conditional`` (de-identified data are opened conditionally at most); ``on_condition`` as far
as the catalogue says that all other rows are open."""


@dataclass(frozen=True, slots=True)
class MaskContext:
    """Give masks what lies outside the column.

    Attributes:
        as_of: Day on which ages are counted.
        publication: Dataset that the column is published in; pseudonyms of two publications do not join.
        key: Secret of the pseudonyms.
        condition: True on the rows to be nulled; null counts as true.
    """

    as_of: dt.date
    publication: str
    key: bytes = b""
    condition: pl.Expr | None = None


class Mask(Protocol):
    """Be the verbs of a mask's module."""

    @property
    def DESCRIPTION(self) -> Label:  # noqa: N802 - a constant of the module
        """Return what the mask does, for a person."""

    @property
    def LOWERS(self) -> AccessType:  # noqa: N802
        """Return the label that a masked column may come down to."""

    @property
    def HOLDS(self) -> Holds:  # noqa: N802
        """Return when it comes down so far."""

    def check(self, arguments: Arguments) -> None:
        """Raise ValueError for arguments that the mask does not have or that hide too little."""

    def apply(self, values: pl.Expr, arguments: Arguments, context: MaskContext) -> pl.Expr:
        """Return the masked values."""


def only(arguments: Arguments, *known: str) -> None:
    """Refuse arguments that a mask does not have.

    Raises:
        ValueError: Naming the first of them.
    """
    for name in arguments:
        if name not in known:
            raise ValueError(f"no argument {name}; known: {', '.join(known) or 'none'}")


def whole_number(arguments: Arguments, name: str, default: int, least: int, most: int) -> int:
    """Read an argument that is a whole number within bounds.

    Raises:
        ValueError: It is none, or out of bounds.
    """
    value = arguments.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{name} must be a whole number from {least} to {most}")
    return value
