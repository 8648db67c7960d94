r"""An entry as the text of a catalogue file: readable, in the order and manner of files that people write.

Here: values to YAML that ``yaml_source.py`` reads back as they are. Not here: keeping what an existing file says
(``entry_file.py``). One-line mappings and lists, long ones broken between their parts; text is quoted only where YAML
would read it as something else.

>>> scalar("每行一个市场主体"), scalar("0503"), scalar(r"_(\d{8})[.]csv$"), scalar("a: b")
('每行一个市场主体', '"0503"', "'_(\\d{8})[.]csv$'", '"a: b"')
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from resource_catalogue.resource import Column, Resource

_WIDTH = 116
_BLOCKS = ("share", "open")
_LISTS = ("collected_under", "columns", "rules")
_HAN = "\u3400-\u9fff（）《》〔〕、，。；：“”"
_PLAIN = re.compile(rf"[A-Za-z_{_HAN}](?:[A-Za-z0-9_./%()+*;'{_HAN} -]*[A-Za-z0-9_./%()+*;'{_HAN}-])?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_SPOKEN = (("reported_by",), ("update", "mode"), ("source", "connector"))
"""Defaults that files say all the same."""
_RULE_ORDER = ("id", "check", "columns", "indicator", "severity", "arguments", "text")
_COLUMN_ORDER = (
    "name", "zh", "en", "type", "from", "codes", "unit", "formats", "max", "required", "constant", "element", "base",
)  # fmt: skip

Tree = dict[str, Any]


def entry_tree(resource: Resource) -> Tree:
    """Return what a file says of an entry, in the order of its keys: what is not default, and the usual few."""
    said = resource.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    whole = resource.model_dump(mode="json", by_alias=True)
    for *above, key in _SPOKEN:
        holder, full = said, whole
        for step in above:
            holder, full = holder[step], full[step]
        holder[key] = full[key]
    if "rules" in said:
        said["rules"] = [_ordered({"severity": "error", **rule}, _RULE_ORDER) for rule in said["rules"]]
    if "guard" in said:
        said["guard"] = {key: int(part) if part.is_integer() else part for key, part in said["guard"].items()}
    said["columns"] = [_column(column) for column in said["columns"]]
    # The dump leaves defaults out; added ones go back to their places.
    return {key: _ordered(said[key], whole[key]) for key in whole if key in said}


def entry_yaml(tree: Mapping[str, Any]) -> str:
    """Return the text of a whole file."""
    return "".join(key_yaml(key, value) for key, value in tree.items())


def key_yaml(key: str, value: Any) -> str:
    """Return the lines of one top-level key."""
    if key in _BLOCKS and value:
        return f"{key}:\n" + "".join(_wrapped(f"  {name}: ", part, 6) for name, part in value.items())
    if key in _LISTS and value:
        return f"{key}:\n" + "".join(item_yaml(item) for item in value)
    return _wrapped(f"{key}: ", value, 2)


def item_yaml(item: Any) -> str:
    """Return the lines of one item of a list of mappings."""
    return _wrapped("  - ", item, 5)


def scalar(value: Any) -> str:
    """Write one value so that it is read as itself."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return _number(value)
    text = str(value)
    if (_PLAIN.fullmatch(text) and text not in ("null", "true", "false")) or _DATE.fullmatch(text):
        return text
    if "\\" in text and text.isprintable():
        return "'" + text.replace("'", "''") + "'"
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def flow(value: Any) -> str:
    """Write a value in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(_pairs(value)) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(flow(part) for part in value) + "]"
    return scalar(value)


def _column(column: Tree) -> Tree:
    """Put a column's keys in the usual order, its bare share and open types in their short form."""
    ordered = {key: column[key] for key in (*_COLUMN_ORDER, *column) if key in column}
    for key in ("share", "open"):
        if set(ordered.get(key, ())) == {"type"}:
            ordered[key] = ordered[key]["type"]
    return ordered


def _ordered(said: Any, order: Any) -> Any:
    return {key: said[key] for key in order if key in said} if isinstance(said, dict) else said


def _pairs(value: Mapping[str, Any]) -> Iterator[str]:
    return (f"{scalar(key)}: {flow(part)}" for key, part in value.items())


def _wrapped(head: str, value: Any, indent: int) -> str:
    """Write a value behind its head; a mapping that is too long is broken between its parts, and within them."""
    line = head + flow(value)
    if len(line) <= _WIDTH or not isinstance(value, Mapping):
        return line + "\n"
    lines = [head + "{"]
    for key, part in value.items():
        pair = f"{scalar(key)}: {flow(part)},"
        is_first = lines[-1].endswith("{")
        longer = lines[-1] + ("" if is_first else " ") + pair
        if len(longer) <= _WIDTH or is_first:
            lines[-1] = longer
        else:
            begun = " " * indent + f"{scalar(key)}: "
            lines.extend(_wrapped(begun, part, len(begun) + 1).removesuffix("\n").split("\n"))
            lines[-1] += ","
    return "\n".join(lines).removesuffix(",") + "}\n"


def _number(value: float) -> str:
    """Write a number without an exponent, which the reader takes for text."""
    text = format(Decimal(repr(value)), "f")
    return text if "." in text else f"{text}.0"


assert set(_COLUMN_ORDER) <= {field.alias or name for name, field in Column.model_fields.items()}
