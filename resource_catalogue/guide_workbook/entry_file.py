"""A catalogue file brought up to date: what has not changed stays as its writer wrote it, comments included.

Here: which lines of the file stay and which are written anew. Not here: how a value is written (``entry_yaml.py``),
nor which files (``drafts.py``).
"""

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import ValidationError

from resource_catalogue.faults import FaultyCatalogue
from resource_catalogue.guide_workbook.entry_yaml import entry_tree, entry_yaml, item_yaml, key_yaml
from resource_catalogue.resource import Resource
from resource_catalogue.yaml_source import YamlSource, load_yaml

_LISTS = ("collected_under", "columns", "rules")


def new_text(resource: Resource) -> str:
    """Return the text of a new entry's file."""
    return entry_yaml(entry_tree(resource))


def updated_text(source: YamlSource, before: Resource, after: Resource) -> str:
    """Return the text of a file that said ``before`` and is to say ``after``.

    Keys and items that say the same stay as they are, comments and line breaks included; others are written anew. A
    file whose manner does not allow that (one mapping in braces) is written anew as a whole.
    """
    text = source.path.read_text(encoding="utf-8-sig")
    merged = _merged(text, source, entry_tree(before), entry_tree(after))
    return merged if merged is not None and _says(merged, after) else new_text(after)


def _says(text: str, resource: Resource) -> bool:
    """Tell whether a text is read as an entry."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "entry.yml"
        path.write_text(text, encoding="utf-8")
        try:
            return Resource.model_validate(load_yaml(path).data) == resource
        except (FaultyCatalogue, ValidationError):
            return False


def _merged(text: str, source: YamlSource, before: Mapping[str, Any], after: Mapping[str, Any]) -> str | None:
    lines = text.splitlines(keepends=True)
    if lines and not lines[-1].endswith("\n"):
        lines[-1] += "\n"
    starts = {str(key): source.lines[(key,)] - 1 for key in source.data}
    order = sorted(starts, key=lambda key: starts[key])
    if not all(lines[starts[key]].startswith((key, f'"{key}"', f"'{key}'")) for key in order):
        return None
    first, spans = _spans(lines, [starts[key] for key in order], len(lines))
    parts = dict(zip(order, spans, strict=True))
    pieces = {
        key: _piece(key, parts.get(key), source, lines, starts, before, after) for key in (*order, *after)
    }
    return "".join(lines[:first]) + "".join(pieces[key] for key in _in_order(order, list(after)))


def _piece(
    key: str,
    span: tuple[int, int] | None,
    source: YamlSource,
    lines: list[str],
    starts: Mapping[str, int],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> str:
    """Return the lines of one key: kept, partly kept, written anew, or none."""
    if span is None:
        return key_yaml(key, after[key])
    if before.get(key) == after.get(key):
        return "".join(lines[slice(*span)])
    if key not in after:
        return ""
    comments = "".join(lines[span[0] : starts[key]])
    kept = _kept_items(key, span, source, lines, before, after) if key in _LISTS else None
    return comments + (kept or key_yaml(key, after[key]))


def _kept_items(
    key: str,
    span: tuple[int, int],
    source: YamlSource,
    lines: list[str],
    before: Mapping[str, Any],
    after: Mapping[str, Any],
) -> str | None:
    """Write a list, its unchanged items as they stand; null where items do not stand on lines of their own."""
    items = source.data[key]
    if not items or not after.get(key) or len(items) != len(before.get(key, ())):
        return None
    starts = [source.lines[key, index] - 1 for index in range(len(items))]
    if len(set(starts)) != len(starts) or not all(lines[start].lstrip().startswith("- ") for start in starts):
        return None
    first, spans = _spans(lines, starts, span[1])
    old = {_text(item): "".join(lines[slice(*part)]) for item, part in zip(before[key], spans, strict=True)}
    head = "".join(lines[source.lines[(key,)] - 1 : first])
    return head + "".join(old.get(_text(item)) or item_yaml(item) for item in after[key])


def _spans(lines: list[str], starts: list[int], end: int) -> tuple[int, list[tuple[int, int]]]:
    """Return where the first span begins, and each span; comments right above a start belong to it."""
    begins = []
    for start in starts:
        begin = start
        while begin > 0 and lines[begin - 1].lstrip().startswith("#"):
            begin -= 1
        begins.append(begin)
    return (begins[0] if begins else 0), list(pairwise([*begins, end]))


def _in_order(old: list[str], new: list[str]) -> Iterator[str]:
    """Yield the keys in the file's order; a new key follows the one it follows in the usual order."""
    merged = list(old)
    for position, key in enumerate(new):
        if key not in merged:
            above = [merged.index(other) for other in new[:position] if other in merged]
            merged.insert(max(above) + 1 if above else 0, key)
    yield from merged


def _text(item: Any) -> str:
    return json.dumps(item, ensure_ascii=False, sort_keys=True)
