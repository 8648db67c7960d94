"""Texts of values: literals of hints, partition values, statistics, each read strictly as one family of types.

Here: which family a column's type belongs to, and reading a text of it. What is not surely understood raises, and then
nothing is left out of the answer. Not here: comparing.
"""

import datetime as dt
import math
import re
from typing import Any

from serving.sharing.predicates import Family, HintError, aware

_FAMILIES: dict[str, Family] = {
    "boolean": "bool",
    "byte": "int",
    "short": "int",
    "integer": "int",
    "long": "int",
    "double": "double",
    "string": "string",
    "date": "date",
    "timestamp": "timestamp",
}
"""Types of columns that are compared. A float is not: readers differ in how they widen it; nor is a decimal."""
_HINTED: dict[str, Family] = {
    "bool": "bool",
    "boolean": "bool",
    "int": "int",
    "integer": "int",
    "long": "int",
    "double": "double",
    "string": "string",
    "date": "date",
    "timestamp": "timestamp",
}
_WHOLE = re.compile(r"^[+-]?[0-9]{1,19}\Z", re.ASCII)
_NUMBER = re.compile(r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?\Z", re.ASCII)
_DATE = re.compile(r"^[0-9]{4}-[0-9]{2}-[0-9]{2}\Z", re.ASCII)
_INSTANT = re.compile(
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:?[0-9]{2})?\Z",
    re.ASCII,
)


def column_family(kind: Any) -> Family | None:
    """Return the family of a column's type as the schema names it; null where it is not compared."""
    return _FAMILIES.get(kind) if isinstance(kind, str) else None


def hinted_family(kind: Any) -> Family:
    """Return the family that a hint names.

    Raises:
        HintError: It is none that is compared.
    """
    family = _HINTED.get(kind.casefold()) if isinstance(kind, str) else None
    if family is None:
        raise HintError("type")
    return family


def read_value(value: Any, family: Family, *, zone_needed: bool = False) -> Any:
    """Read a text, number or truth value as one of a family.

    Args:
        zone_needed: Whether an instant without a zone is refused: a hint's could be of any.

    Raises:
        HintError: It is none.
    """
    if isinstance(value, bool):
        value = "true" if value else "false"
    text = str(value) if isinstance(value, int | float) else value
    if not isinstance(text, str):
        raise HintError("value")
    if family == "string":
        if not isinstance(value, str):
            raise HintError("value")
        return text
    try:
        return _typed(text.strip(), family, zone_needed)
    except (ValueError, OverflowError):
        raise HintError("value") from None


def _typed(text: str, family: Family, zone_needed: bool) -> Any:
    if family == "bool":
        return (
            {"true": True, "false": False}[text.casefold()]
            if text.casefold() in ("true", "false")
            else _bad()
        )
    if family == "int":
        return int(text) if _WHOLE.match(text) else _bad()
    if family == "double":
        number = float(text) if _NUMBER.match(text) else _bad()
        return number if math.isfinite(number) else _bad()
    if family == "date":
        return dt.date.fromisoformat(text) if _DATE.match(text) else _bad()
    return _instant(text, zone_needed)


def _instant(text: str, zone_needed: bool) -> dt.datetime:
    if not _INSTANT.match(text):
        _bad()
    instant = dt.datetime.fromisoformat(text)
    if instant.tzinfo is None and zone_needed:
        _bad()
    return aware(instant)


def _bad() -> Any:
    raise HintError("value")
