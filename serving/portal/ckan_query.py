"""Reading the parameters of the CKAN interface: numbers, lists, filters in the style of its search.

Here: what is read, and the refusal of what is not understood. Not here: answering (``ckan_api.py``).
"""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from opening.catalogue_shape import PublicDataset
from serving.portal.ckan_shapes import stamp

Parameters = Mapping[str, Any]
_TERM = re.compile(r'([+-]?)(\w+):(?:"((?:[^"\\]|\\.)*)"|\[(\S+) TO (\S+)\]|\(([^()]*)\)|(\S+))')
Fields = Callable[[PublicDataset], tuple[str, ...]]
FIELDS: dict[str, Fields] = {
    "id": lambda d: (d["id"],),
    "name": lambda d: (d["id"],),
    "organization": lambda d: (d["agency"],),
    "owner_org": lambda d: (d["agency"],),
    "groups": lambda d: tuple(d["categories"]),
    "tags": lambda d: tuple(d["keywords"]),
    "res_format": lambda d: tuple(f["format"].upper() for f in d["files"]) if d["downloadable"] else (),
    "type": lambda d: ("dataset",),
    "dataset_type": lambda d: ("dataset",),
    "state": lambda d: ("active",),
    "license_id": lambda d: ("",),
    "open_type": lambda d: (d["open"]["type"],),
    "frequency": lambda d: (d["update_frequency"],),
    "metadata_modified": lambda d: (stamp(d["updated_at"]) or "",),
    "metadata_created": lambda d: (stamp(d["first_opened_at"]) or "",),
}
"""Values of a dataset by the field of a filter."""


class Invalid(Exception):
    """Refuse a parameter: its name and what is wrong."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(name)
        self.name, self.text = name, text


class Unsearchable(Exception):
    """Refuse a query that this interface does not understand."""


def number(parameters: Parameters, name: str, default: int, most: int) -> int:
    """Read a whole number; one beyond the most that is given counts as that."""
    value: Any = parameters.get(name, default)
    if isinstance(value, str) and re.fullmatch(r"\d{1,9}", value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise Invalid(name, "Must be a natural number")
    return int(min(value, most))


def flag(parameters: Parameters, name: str, default: bool = False) -> bool:
    """Read a truth value as CKAN does."""
    value = parameters.get(name, default)
    return value if isinstance(value, bool) else str(value).lower() in ("true", "yes", "t", "y", "on", "1")


def text(parameters: Parameters, name: str) -> str:
    """Read a text; empty where there is none."""
    value = parameters.get(name)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Invalid(name, "Must be a string")
    return value


def required(parameters: Parameters, name: str) -> str:
    """Read a text that must be there.

    Raises:
        Invalid: It is missing or empty.
    """
    value = text(parameters, name)
    if not value:
        raise Invalid(name, "Missing value")
    return value


def words(parameters: Parameters, name: str) -> tuple[str, ...]:
    """Read a list of texts: a list, its JSON, or texts joined by commas."""
    value = parameters.get(name)
    if isinstance(value, str):
        value = parsed(name, value) if value.startswith("[") else value.split(",")
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise Invalid(name, "Must be a list of strings")
    return tuple(dict.fromkeys(one.strip() for one in value if one.strip()))


def parsed(name: str, value: str) -> Any:
    """Read JSON that stands in a parameter."""
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise Invalid(name, "Must be JSON") from None


def row_filters(parameters: Parameters) -> dict[str, tuple[str, ...]]:
    """Read the filters of ``datastore_search``: by column one value or several."""
    value = parameters.get("filters") or {}
    if isinstance(value, str):
        value = parsed("filters", value)
    if not isinstance(value, dict):
        raise Invalid("filters", "Must be an object")
    read = {}
    for name, wanted in value.items():
        several = wanted if isinstance(wanted, list) else [wanted]
        if not all(isinstance(one, str | int | float | bool) for one in several):
            raise Invalid("filters", "Must hold values or lists of values")
        read[name] = tuple(str(one).lower() if isinstance(one, bool) else str(one) for one in several)
    return read


def row_sort(parameters: Parameters) -> tuple[tuple[str, bool], ...]:
    """Read the order of rows: ``name desc, other``."""
    found = []
    for part in filter(None, (one.strip() for one in text(parameters, "sort").split(","))):
        name, _, way = part.partition(" ")
        if way.strip().lower() not in ("", "asc", "desc"):
            raise Invalid("sort", "Must be a column, then asc or desc")
        found.append((name.strip('"'), way.strip().lower() == "desc"))
    return tuple(dict(found).items())


def admits(filter_query: str) -> Callable[[PublicDataset], bool]:
    """Read a filter query, such as ``+organization:police tags:人口 metadata_modified:[2026-01-01T00:00:00Z TO *]``.

    Returns:
        Whether a dataset passes; all terms must hold.

    Raises:
        Unsearchable: A field is unknown, or the query is of another form.
    """
    tests = [_test(*term) for term in _TERM.findall(filter_query)]
    if _TERM.sub("", filter_query).replace("AND", "").strip():
        raise Unsearchable("fq: field:value, joined by spaces or AND")
    return lambda dataset: all(test(dataset) for test in tests)


def _test(
    sign: str, name: str, quoted: str, low: str, high: str, several: str, bare: str
) -> Callable[[PublicDataset], bool]:
    if name not in FIELDS:
        raise Unsearchable(f"fq: unknown field {name[:40]}")
    values = FIELDS[name]
    if low:
        return lambda dataset: any(_between(value, low, high) for value in values(dataset)) != (sign == "-")
    wanted = {one.strip('"').casefold() for one in several.replace(" OR ", " ").split()} if several else set()
    wanted |= {quoted.replace('\\"', '"').casefold() or bare.casefold()} if not several else set()
    if "*" in wanted:
        return lambda dataset: bool(values(dataset)) != (sign == "-")
    return lambda dataset: bool(wanted & {v.casefold() for v in values(dataset)}) != (sign == "-")


def _between(value: str, low: str, high: str) -> bool:
    """Compare instants as text; ``*`` is open, a closing Z does not count."""
    low, high = low.removesuffix("Z"), high.removesuffix("Z")
    return bool(value) and (low == "*" or low <= value) and (high == "*" or value <= high)
