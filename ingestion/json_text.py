"""Read and write JSON without touching a digit of its numbers: a code, a coordinate, an amount stays as it was sent.

Here: text to values and back. Not here: which of them are rows (``decoders/json_document.py``).
"""

import json
from typing import Any


class Number(str):
    """Hold a number as it was written."""

    __slots__ = ()


def parsed(text: str | bytes) -> Any:
    """Return what a JSON text says.

    Raises:
        ValueError: It is none, or breaks off.
    """
    try:
        return json.loads(text, parse_int=Number, parse_float=Number, parse_constant=Number)
    except RecursionError:
        raise ValueError("nested too deep") from None


def written(value: Any) -> str:
    """Return the JSON text of a value.

    >>> written(parsed('{"a": 1.10, "b": ["x", 1e400, null]}'))
    '{"a":1.10,"b":["x",1e400,null]}'
    """
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(name)}:{written(item)}" for name, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(written, value)) + "]"
    return str(value) if isinstance(value, Number) else json.dumps(value)


def at(document: Any, place: str | None) -> Any:
    """Return what stands at a dotted path; null where nothing does."""
    for part in filter(None, (place or "").split(".")):
        if isinstance(document, list) and part.isdigit() and int(part) < len(document):
            document = document[int(part)]
        else:
            document = document.get(part) if isinstance(document, dict) else None
    return document
