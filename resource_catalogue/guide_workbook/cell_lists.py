r"""What a cell says that holds several things, or the name of something: lists, arguments of a rule, agencies.

Here: text of a cell to such values and back without loss. Not here: cells that say one thing (``cell_text.py``).
"""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from norms.text import SPACES, fold_width
from resource_catalogue.guide_workbook.cell_text import (
    PARAGRAPH,
    CellError,
    Kind,
    Text,
    mark,
    paragraph,
    phrase,
    quoted,
    says_nothing,
    unquoted,
)

EMPTY_LIST = "[]"
"""Text of a list that is declared to have nothing in it."""
_SEPARATOR = re.compile(r"[、,，;；|\s]+")
_ARGUMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\s*[=＝]\s*(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Several:
    """Read several things of one kind from one cell.

    Attributes:
        kind: Kind of each.
        is_free: Each may be any text and stands on a line of its own; else commas and spaces part them too.
        nothing_is_empty: The usual words for nothing declare an empty list (``key``: 无).
    """

    kind: Kind
    is_free: bool = False
    nothing_is_empty: bool = False

    def read(self, text: str) -> list[Any] | None:
        """Return the things in order, each once where that is what the cell says."""
        plain = paragraph(text)
        is_quoted = plain.startswith('"')
        if plain == EMPTY_LIST or (self.nothing_is_empty and plain and not is_quoted and says_nothing(plain)):
            return []
        parts = plain.split("\n") if self.is_free or is_quoted else _SEPARATOR.split(plain)
        return [value for part in parts if (value := self.kind.read(part)) is not None] or None

    def write(self, value: list[Any]) -> str:
        """Return one thing per line, or all of them in one."""
        if not value:
            return EMPTY_LIST
        text = ("\n" if self.is_free else "、").join(self.kind.write(part) for part in value)
        return text if self.read(text) == value else "\n".join(quoted(part) for part in value)


class Arguments:
    """Read named arguments of a rule: one ``name=value`` per line, values as in JSON or plain text.

    >>> Arguments().read("max_age_days = 400"), Arguments().write({"unit": "天", "is_strict": True})
    ({'max_age_days': 400}, 'unit=天\\nis_strict=true')
    """

    def read(self, text: str) -> dict[str, Any] | None:
        """Return the arguments by name."""
        plain = paragraph(text)
        if says_nothing(plain):
            return None
        if plain.startswith("{"):
            return self._object(plain)
        return dict(self._one(line) for line in plain.split("\n") if line.strip())

    def write(self, value: Mapping[str, Any]) -> str:
        """Return one argument per line; a JSON object where a name is no plain word."""
        if all(_ARGUMENT.fullmatch(f"{name}=") for name in value):
            return "\n".join(f"{name}={self._plain(argument)}" for name, argument in value.items())
        text = json.dumps(value, ensure_ascii=True)
        return text.replace("_x", "\\u005fx")

    def _object(self, text: str) -> dict[str, Any]:
        with suppress(ValueError):
            value = json.loads(text)
            if isinstance(value, dict):
                return value
        raise CellError("每行一个 名称=值 / one name=value per line")

    def _one(self, line: str) -> tuple[str, Any]:
        found = _ARGUMENT.fullmatch(line.strip(SPACES))
        if found is None:
            raise CellError("每行一个 名称=值 / one name=value per line")
        return found[1], _literal(found[2].strip(SPACES))

    def _plain(self, value: Any) -> str:
        if not isinstance(value, str):
            return json.dumps(value)
        is_kept = value and "\n" not in value and PARAGRAPH.write(value) == value and _literal(value) == value
        return value if is_kept else quoted(value)


def _literal(text: str) -> Any:
    """Return a number, truth value or quoted text as JSON has them; any other text as it is."""

    def refuse(word: str) -> Any:
        raise ValueError(word)

    with suppress(ValueError):
        value = json.loads(fold_width(text) if not text.startswith('"') else text, parse_constant=refuse)
        return value if isinstance(value, str | int | float | bool) else text
    return text


@dataclass(frozen=True, slots=True)
class Named:
    """Read the id of something that has a name; unique names stand for their ids.

    Attributes:
        what: The thing in Chinese and English, for messages.
        ids: Every name and id -> the one id it stands for.
        names: Id -> name to be shown.
    """

    what: str
    ids: Mapping[str, str]
    names: Mapping[str, str]

    def read(self, text: str) -> str | None:
        """Return the id; an identifier that is not known stays for the catalogue check to judge."""
        exact = unquoted(text)
        if exact is not None or says_nothing(text):
            return exact
        for spelling in (phrase(text), mark(text), mark(text).upper()):
            if spelling in self.ids:
                return self.ids[spelling]
        if re.fullmatch(r"[a-z][a-z0-9_]*", mark(text)):
            return mark(text)
        known = "、".join(list(self.names.values())[:12])
        raise CellError(f"{self.what}的名称或标识: {known} / a known name or id")

    def write(self, value: str) -> str:
        """Return the name where it leads back to the id, else the id."""
        name = self.names.get(value, value)
        for text in (name, value):
            with suppress(CellError):
                if Text(phrase).write(text) == text and self.read(text) == value:
                    return text
        return quoted(value)
