"""Reading of catalogue files: YAML with line numbers, strict and free of YAML 1.1 surprises.

Here: one file's text to plain values plus the line of each, and pydantic errors to faults at those lines. Not
here: what the values mean (each shape has its own module).

Values read as YAML 1.2 core: ``on``, ``yes`` and ``no`` are words, ``0301`` and ``08:00`` are text, dates
stay ISO text for the typed shape to read. Plain YAML 1.1 would make ``True``, 193, 480 and dates of them
without a word.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from pydantic import ValidationError

from resource_catalogue.faults import CatalogueFault, FaultyCatalogue
from resource_catalogue.shape_words import expected_words
from resource_catalogue.sources import TAG

if TYPE_CHECKING:
    from yaml import SafeLoader as _ParserLoader
else:
    # The C parser reads the same marks about eight times faster.
    _ParserLoader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Place = tuple[str | int, ...]
"""Keys and list positions from the top of a file down to a value."""

_FOUND_LENGTH = 60


class _CoreLoader(_ParserLoader):
    """Resolve plain scalars as YAML 1.2 core does."""


_CoreLoader.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("null", r"^(?:~|null|)$", ["~", "n", ""]),
    ("bool", r"^(?:true|false)$", list("tf")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    ("float", r"^[-+]?(?:0|[1-9][0-9]*)\.[0-9]+$", list("-+0123456789")),
):
    _CoreLoader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), _first)


@dataclass(frozen=True)
class YamlSource:
    """Hold one file's values and the line of each.

    Attributes:
        path: File the values were read from.
        data: Plain value of the whole file: mappings, lists, text, numbers, booleans, null.
        lines: 1-based line by place; a mapping entry stands where its key stands.
    """

    path: Path
    data: Any
    lines: dict[Place, int] = field(repr=False)

    def line_of(self, place: Place) -> int:
        """Return the line of a place, or of the nearest place above it that the file has."""
        return self.lines[self.nearest(place)]

    def nearest(self, place: Place) -> Place:
        """Return the longest leading part of a place that the file has."""
        while place not in self.lines:
            place = place[:-1]
        return place

    def fault(self, place: Place, found: str, expected: str, remedy: str) -> CatalogueFault:
        """Return a fault at a place of this file."""
        return CatalogueFault(self.path, self.line_of(place), place_text(place), found, expected, remedy)


def place_text(place: Place) -> str:
    """Write a place the way a person says it.

    >>> place_text(("cases", "rectification", "steps", 0, "limit"))
    'cases.rectification.steps[0].limit'
    """
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place).lstrip(".")


def load_yaml(path: Path | str) -> YamlSource:
    """Read one catalogue file.

    Args:
        path: UTF-8 file with one YAML document.

    Returns:
        Its values and their lines.

    Raises:
        FaultyCatalogue: The file is missing, not UTF-8, not YAML, empty, or has duplicate or non-text keys,
            aliases or type tags. Line and reason are given.
    """
    path = Path(path)
    node = _root(path, _text(path))
    reader = _Reader(path)
    data = reader.value(node, ())
    if reader.faults:
        raise FaultyCatalogue(reader.faults)
    return YamlSource(path, data, reader.lines)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        found = f"第 {error.start} 字节不是 UTF-8 / byte {error.start} is not UTF-8"
        remedy = "另存为 UTF-8 / save the file as UTF-8"
        raise FaultyCatalogue([CatalogueFault(path, 0, "", found, "UTF-8", remedy)]) from None
    except OSError as error:
        fault = CatalogueFault(
            path,
            0,
            "",
            f"无法读取 / not readable ({error.strerror or type(error).__name__})",
            "可读文件 / a readable file",
            "检查路径 / check the path",
        )
        raise FaultyCatalogue([fault]) from None


def _root(path: Path, text: str) -> yaml.Node:
    remedy = "改正语法 / correct the syntax"
    try:
        node = _CoreLoader(text).get_single_node()
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        found = f"不是 YAML / not YAML ({error.problem or 'syntax'})"
        raise FaultyCatalogue([CatalogueFault(path, line, "", found, "YAML", remedy)]) from None
    except yaml.YAMLError:
        raise FaultyCatalogue([CatalogueFault(path, 0, "", "不是 YAML / not YAML", "YAML", remedy)]) from None
    if node is None:
        raise FaultyCatalogue(
            [CatalogueFault(path, 0, "", "空文件 / empty file", "YAML", "填写内容 / fill in the file")]
        )
    return node


class _Reader:
    """Turn nodes into values, noting lines and every fault instead of stopping at the first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines: dict[Place, int] = {}
        self.faults: list[CatalogueFault] = []
        # Nodes are kept, not their ids alone: an id may be reused once its node is gone.
        self._seen: dict[int, yaml.Node] = {}

    def value(self, node: yaml.Node, place: Place) -> Any:
        """Return the plain value of a node."""
        line = self.lines.setdefault(place, node.start_mark.line + 1)
        if id(node) in self._seen:
            # The node's own mark is that of the anchor; the alias stands where its key does.
            return self._refuse(line, place, "别名 / an alias (*name)", "写出值 / write the value out")
        self._seen[id(node)] = node
        if isinstance(node, yaml.MappingNode) and node.tag == "tag:yaml.org,2002:map":
            return dict(self._entries(node, place))
        if isinstance(node, yaml.SequenceNode) and node.tag == "tag:yaml.org,2002:seq":
            return [self.value(item, (*place, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, place)

    def _entries(self, node: yaml.MappingNode, place: Place) -> Iterator[tuple[str, Any]]:
        keys: set[str] = set()
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if key_node.tag != "tag:yaml.org,2002:str":
                self._refuse(line, place, "键不是文本 / a key that is not text", "给键加引号 / quote the key")
                continue
            key = str(key_node.value)
            if key in keys:
                self._refuse(line, (*place, key), f"键重复 / the key {key} twice", "删去其一 / delete one")
                continue
            keys.add(key)
            self.lines[(*place, key)] = line
            yield key, self.value(value_node, (*place, key))

    def _scalar(self, node: yaml.Node, place: Place) -> str | int | float | bool | None:
        text = str(node.value)
        match node.tag.removeprefix("tag:yaml.org,2002:"):
            case "str":
                return text
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "bool":
                return text == "true"
            case "null":
                return None
        self._refuse(
            node.start_mark.line + 1, place, "类型标签 / a type tag (!name)", "删去标签 / delete the tag"
        )
        return None

    def _refuse(self, line: int, place: Place, found: str, remedy: str) -> None:
        expected = "简单 YAML / plain YAML"
        self.faults.append(CatalogueFault(self.path, line, place_text(place), found, expected, remedy))


_REMEDIES: dict[str, str] = {
    "missing": "补上此项 / add the key",
    "extra_forbidden": "改正拼写或删去 / correct the spelling or delete the key",
    "secret_value": (
        "把密钥存入变量或文件，此处只写引用；已写入的密钥须更换 / keep the secret in a variable or file and refer to "
        "it; replace one that stood here"
    ),
    "bare_address": "密钥另作引用 / refer to the secret apart from the address",
}
_WITHHELD = ("secret_value", "bare_address")
"""Kinds of error whose value may hold a secret."""


def faults_of(error: ValidationError, source: YamlSource) -> list[CatalogueFault]:
    """Turn the errors of a typed shape into faults at their lines.

    Args:
        error: What pydantic found in ``source.data``.
        source: The file the data came from.

    Returns:
        One fault per error. ``found`` shows a scalar of the file, clipped, and for other values only their
        kind.
    """
    items = error.errors(include_url=False)
    places = [place_in_file(item["loc"]) for item in items]
    return [
        _fault(source, place, item["type"], expected_words(item), item["input"])
        for place, item in zip(places, items, strict=True)
        # A list whose every item is faulty is also reported as too short: the items' own faults say it
        # better.
        if not (item["type"] == "too_short" and any(_is_below(other, place) for other in places))
    ]


def place_in_file(location: Place) -> Place:
    """Return a place without the tag that tells which shape of a source was meant."""
    return tuple(part for part in location if not str(part).startswith(TAG))


def _is_below(place: Place, above: Place) -> bool:
    return len(place) > len(above) and place[: len(above)] == above


def _fault(source: YamlSource, location: Place, kind: str, expected: str, found: Any) -> CatalogueFault:
    remedy = _REMEDIES.get(kind, "改正此值 / correct the value")
    if kind == "missing":
        return source.fault(location[:-1], f"缺少 / no key {location[-1]}", expected, remedy)
    if kind == "extra_forbidden":
        return source.fault(location, f"未知的键 / unknown key {location[-1]}", expected, remedy)
    shown = "（不显示） / not shown" if kind in _WITHHELD else _shown(found)
    return source.fault(source.nearest(location), shown, expected, remedy)


def _shown(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, str | int | float | bool):
        text = str(value)
        return text if len(text) <= _FOUND_LENGTH else text[:_FOUND_LENGTH] + "…"
    return "列表 / a list" if isinstance(value, list | tuple) else "映射 / a mapping"
