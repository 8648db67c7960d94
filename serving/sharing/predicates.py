"""Three-valued predicates over what is known of a file without opening it: may a row of it be asked for?

Here: the tree of a predicate and its evaluation over ranges of values. A node returns every outcome that rows of the
file can have (true, false, null); a file is left out only where true is not among them. Whatever is uncertain widens
the range, so that an error of judgement costs bytes and never rows. Not here: the two notations (``json_hints``,
``sql_hints``), and the file's statistics (``skipping``).
"""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal, Protocol

Family = Literal["bool", "int", "double", "string", "date", "timestamp"]
Outcomes = int
TRUE, FALSE, NULL = 1, 2, 4
ANY: Outcomes = TRUE | FALSE | NULL
_SINGLE = (TRUE, FALSE, NULL)


class HintError(Exception):
    """A hint cannot be understood, so that all files are handed out."""


@dataclass(frozen=True, slots=True)
class Span:
    """Say between which values an operand lies in all rows of a file.

    Attributes:
        low: Smallest value, null where there is no bound; ``high`` the largest.
        may_be_null: Whether a row may hold null; ``may_be_value`` whether one may hold a value.
    """

    family: Family
    low: Any = None
    high: Any = None
    may_be_null: bool = True
    may_be_value: bool = True

    @classmethod
    def of(cls, family: Family, value: Any) -> "Span":
        """Return the span of one known value; null is known, too."""
        if value is None:
            return cls(family, may_be_value=False)
        return cls(family, value, value, may_be_null=False)


Knowledge = Callable[[str], Span | None]
"""What is known of a column by its name; null where nothing is."""


class Predicate(Protocol):
    """Evaluate to every outcome that rows of a file can have."""

    def outcomes(self, known: Knowledge) -> Outcomes:
        """Return the outcomes."""

    def columns(self) -> Iterator[str]:
        """Name the columns that it reads, in the order of the tree."""


class Operand(Protocol):
    """Stand on one side of a comparison."""

    @property
    def family(self) -> Family:
        """Return the family of its values."""

    def span(self, known: Knowledge) -> Span | None:
        """Return between which values it lies; null where nothing is known."""

    def columns(self) -> Iterator[str]:
        """Name the column that it reads, if it reads one."""


@dataclass(frozen=True, slots=True)
class Column:
    """Read a column."""

    name: str
    family: Family

    def span(self, known: Knowledge) -> Span | None:
        """Return its span in the file, where that is of the family that the predicate says."""
        span = known(self.name)
        return span if span is not None and span.family == self.family else None

    def columns(self) -> Iterator[str]:
        """Name it."""
        yield self.name


@dataclass(frozen=True, slots=True)
class Constant:
    """Hold a value."""

    value: Any
    family: Family

    def span(self, known: Knowledge) -> Span | None:
        """Return the value as a span of one."""
        return Span.of(self.family, self.value)

    def columns(self) -> Iterator[str]:
        """Name nothing."""
        yield from ()


Comparison = Literal["equal", "lessThan", "lessThanOrEqual", "greaterThan", "greaterThanOrEqual"]
MIRRORED: dict[Comparison, Comparison] = {
    "equal": "equal",
    "lessThan": "greaterThan",
    "lessThanOrEqual": "greaterThanOrEqual",
    "greaterThan": "lessThan",
    "greaterThanOrEqual": "lessThanOrEqual",
}


@dataclass(frozen=True, slots=True)
class Compare:
    """Compare two operands; null with anything is null."""

    op: Comparison
    left: Operand
    right: Operand

    def outcomes(self, known: Knowledge) -> Outcomes:
        """Return the outcomes; any where the sides are of different families."""
        a, b = self.left.span(known), self.right.span(known)
        if a is None or b is None or a.family != b.family:
            return ANY
        found = NULL if a.may_be_null or b.may_be_null else 0
        if a.may_be_value and b.may_be_value:
            if self.op.startswith("greater"):
                a, b = b, a
            found |= (
                _equality(a, b) if self.op == "equal" else _order(a, b, strict=not self.op.endswith("Equal"))
            )
        return found

    def columns(self) -> Iterator[str]:
        """Name the columns of both sides."""
        yield from self.left.columns()
        yield from self.right.columns()


def _equality(a: Span, b: Span) -> Outcomes:
    apart = _below(a.high, b.low) or _below(b.high, a.low)
    single = a.low is not None and a.low == a.high and b.low == b.high and a.low == b.low
    return FALSE if apart else TRUE if single else TRUE | FALSE


def _order(a: Span, b: Span, *, strict: bool) -> Outcomes:
    """Return the outcomes of ``a < b`` (strict) or ``a <= b``."""
    if strict:
        can_hold, can_fail = not _at_or_below(b.high, a.low), not _below(a.high, b.low)
    else:
        can_hold, can_fail = not _below(b.high, a.low), not _at_or_below(a.high, b.low)
    return (TRUE if can_hold else 0) | (FALSE if can_fail else 0)


def _below(high: Any, low: Any) -> bool:
    """Tell whether it is sure that everything up to ``high`` is less than everything from ``low``."""
    return high is not None and low is not None and bool(high < low)


def _at_or_below(high: Any, low: Any) -> bool:
    return high is not None and low is not None and bool(high <= low)


@dataclass(frozen=True, slots=True)
class IsNull:
    """Ask whether a column is null; never null itself."""

    operand: Operand

    def outcomes(self, known: Knowledge) -> Outcomes:
        """Return the outcomes."""
        span = self.operand.span(known)
        if span is None:
            return TRUE | FALSE
        return (TRUE if span.may_be_null else 0) | (FALSE if span.may_be_value else 0)

    def columns(self) -> Iterator[str]:
        """Name the column."""
        return self.operand.columns()


@dataclass(frozen=True, slots=True)
class Truth:
    """Take an operand of yes and no as a predicate."""

    operand: Operand

    def outcomes(self, known: Knowledge) -> Outcomes:
        """Return the outcomes."""
        return Compare("equal", self.operand, Constant(True, "bool")).outcomes(known)

    def columns(self) -> Iterator[str]:
        """Name the column."""
        return self.operand.columns()


@dataclass(frozen=True, slots=True)
class Not:
    """Negate; null stays null."""

    child: Predicate

    def outcomes(self, known: Knowledge) -> Outcomes:
        """Return the outcomes."""
        found = self.child.outcomes(known)
        return (found & NULL) | (FALSE if found & TRUE else 0) | (TRUE if found & FALSE else 0)

    def columns(self) -> Iterator[str]:
        """Name the child's columns."""
        return self.child.columns()


@dataclass(frozen=True, slots=True)
class All:
    """Join with ``and``: false wins, then null."""

    children: tuple[Predicate, ...]

    def outcomes(self, known: Knowledge) -> Outcomes:
        """Return the outcomes."""
        found: Outcomes = TRUE
        for child in self.children:
            found = _joined(found, child.outcomes(known), (FALSE, NULL, TRUE))
        return found

    def columns(self) -> Iterator[str]:
        """Name the children's columns."""
        for child in self.children:
            yield from child.columns()


@dataclass(frozen=True, slots=True)
class Some:
    """Join with ``or``: true wins, then null."""

    children: tuple[Predicate, ...]

    def outcomes(self, known: Knowledge) -> Outcomes:
        """Return the outcomes."""
        found: Outcomes = FALSE
        for child in self.children:
            found = _joined(found, child.outcomes(known), (TRUE, NULL, FALSE))
        return found

    def columns(self) -> Iterator[str]:
        """Name the children's columns."""
        for child in self.children:
            yield from child.columns()


def _joined(a: Outcomes, b: Outcomes, strength: tuple[Outcomes, Outcomes, Outcomes]) -> Outcomes:
    """Return the outcomes of pairs, the stronger outcome of each pair winning."""
    found = 0
    for x in _SINGLE:
        for y in _SINGLE:
            if a & x and b & y:
                found |= min(x, y, key=strength.index)
    return found


def aware(instant: dt.datetime) -> dt.datetime:
    """Return an instant of the lake, which writes UTC, with its zone."""
    return instant if instant.tzinfo else instant.replace(tzinfo=dt.UTC)
