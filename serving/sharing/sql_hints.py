"""Reading ``predicateHints``: conditions in a small part of SQL, of which all must hold.

Here: comparisons of a column with a constant, ``is [not] null``, ``and``, ``or``, ``not``, brackets. A condition that
goes beyond is passed over. Nothing of it is ever given to an engine. Not here: evaluation.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from serving.sharing.literals import read_value
from serving.sharing.predicates import (
    MIRRORED,
    All,
    Column,
    Compare,
    Comparison,
    Constant,
    Family,
    HintError,
    IsNull,
    Not,
    Predicate,
    Some,
)

_TOKEN = re.compile(
    r"\s*(?:(?P<quoted>`(?:[^`]|``)+`)|(?P<text>'(?:[^'\\]|'')*')|(?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)"
    r"|(?P<sign><=|>=|<>|!=|==|=|<|>|\(|\))|(?P<word>[^\W\d]\w*))",
)
_SIGNS: dict[str, tuple[Comparison, bool]] = {
    "=": ("equal", False),
    "==": ("equal", False),
    "<>": ("equal", True),
    "!=": ("equal", True),
    "<": ("lessThan", False),
    "<=": ("lessThanOrEqual", False),
    ">": ("greaterThan", False),
    ">=": ("greaterThanOrEqual", False),
}
"""Sign to comparison, and whether it is negated."""
_RESERVED = frozenset({"and", "or", "not", "is", "null", "in", "like", "between", "case", "exists", "select"})
_LONGEST, _DEEPEST = 10_000, 32
Families = Callable[[str], Family | None]
"""The family of a column by its name; null where it is not compared. Raises ``HintError`` for an unknown column."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.casefold() in words


def read_sql_hint(text: str, families: Families) -> Predicate:
    """Read one condition.

    Raises:
        HintError: It goes beyond the part of SQL that is read here.
    """
    if len(text) > _LONGEST:
        raise HintError("size")
    reader = _Reader(list(_tokens(text)), families)
    found = reader.either(0)
    if reader.next is not None:
        raise HintError("syntax")
    return found


def _tokens(text: str) -> Iterator[_Token]:
    place, text = 0, text.rstrip()
    while place < len(text):
        match = _TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise HintError("syntax")
        yield _Token(match.lastgroup, match[match.lastgroup])
        place = match.end()


class _Reader:
    def __init__(self, tokens: list[_Token], families: Families) -> None:
        self._tokens, self._families, self._at = tokens, families, 0

    @property
    def next(self) -> _Token | None:
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def either(self, depth: int) -> Predicate:
        if depth > _DEEPEST:
            raise HintError("size")
        parts = [self._both(depth)]
        while self._takes("or"):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _both(self, depth: int) -> Predicate:
        parts = [self._negated(depth)]
        while self._takes("and"):
            parts.append(self._negated(depth))
        return parts[0] if len(parts) == 1 else All(tuple(parts))

    def _negated(self, depth: int) -> Predicate:
        if depth > _DEEPEST:
            raise HintError("size")
        if self._takes("not"):
            return Not(self._negated(depth + 1))
        if self.next is not None and self.next.text == "(":
            self._take()
            inner = self.either(depth + 1)
            if self._take().text != ")":
                raise HintError("syntax")
            return inner
        return self._condition()

    def _condition(self) -> Predicate:
        first = self._take()
        if self._takes("is"):
            negated = self._takes("not")
            if not self._takes("null"):
                raise HintError("syntax")
            found: Predicate = IsNull(self._column(first))
            return Not(found) if negated else found
        sign = self._take()
        if sign.kind != "sign" or sign.text not in _SIGNS:
            raise HintError("syntax")
        op, negated = _SIGNS[sign.text]
        compared = self._compared(op, first, self._take())
        return Not(compared) if negated else compared

    def _compared(self, op: Comparison, first: _Token, second: _Token) -> Predicate:
        if _is_name(first):
            column = self._column(first)
            return Compare(op, column, self._constant(second, column.family))
        column = self._column(second)
        return Compare(MIRRORED[op], column, self._constant(first, column.family))

    def _column(self, token: _Token) -> Column:
        if not _is_name(token):
            raise HintError("syntax")
        name = token.text[1:-1].replace("``", "`") if token.kind == "quoted" else token.text
        family = self._families(name)
        if family is None:
            raise HintError("type")
        return Column(name, family)

    def _constant(self, token: _Token, family: Family) -> Constant:
        """Read a constant as what its column is; a quoted date or instant is one, a quoted number is not."""
        if token.is_word("date", "timestamp") and family == token.text.casefold():
            token = self._take()
        if token.kind == "text" and family in ("string", "date", "timestamp"):
            return Constant(read_value(token.text[1:-1].replace("''", "'"), family, zone_needed=True), family)
        plain = token.kind == "number" and family in ("int", "double")
        if plain or (token.is_word("true", "false") and family == "bool"):
            return Constant(read_value(token.text, family), family)
        raise HintError("value")

    def _takes(self, word: str) -> bool:
        token = self.next
        if token is None or not token.is_word(word):
            return False
        self._at += 1
        return True

    def _take(self) -> _Token:
        token = self.next
        if token is None:
            raise HintError("syntax")
        self._at += 1
        return token


def _is_name(token: _Token) -> bool:
    return token.kind == "quoted" or (
        token.kind == "word"
        and token.text.casefold() not in _RESERVED | {"true", "false", "date", "timestamp"}
    )
