"""Decode XML: one row per element at a path, one column per leaf below it, read in a stream.

A document type declaration is refused: entities and references to elsewhere come with it, and no feed needs one. Text
is decoded here and not by the parser, which knows no Chinese encoding.
"""

import codecs
import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from xml.parsers import expat

from ingestion.decoded import Block, Cell, Decoded, Gathered
from ingestion.text_encoding import detect_encoding
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

_BLOCK_BYTES = 1 << 20
_MARKS_AND_SPACE = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_BEGIN = re.compile(rb"<(?:\?xml|!DOCTYPE|!--|[A-Za-z_\x80-\xff])")
_DEEPEST = 64
_Path = tuple[str, ...]


def is_xml(head: bytes) -> bool:
    """Tell from the first bytes whether a file is XML: it begins with a declaration, or with an element."""
    start = head.replace(b"\0", b"").lstrip(_MARKS_AND_SPACE)
    return _BEGIN.match(start) is not None


def decode(path: Path, resource: Resource) -> Decoded:
    """Read the elements at ``rows_at`` as rows; without one, those that are repeated nearest to the top.

    A leaf's column is its path below the row, its parts joined by ``/``, an attribute's that of its element and
    ``@`` before its name. What a row has more than once in a column is written as a JSON list.

    Raises:
        DeliveryError: It is no well-formed XML, declares a document type, or has no such elements.
    """
    encoding = detect_encoding(path, resource.source.encoding or _declared_encoding(path))
    place = _place(path, encoding, resource)
    header: dict[str, None] = {}
    lines = 0
    for _, row in _rows(path, encoding, place):
        header.update(dict.fromkeys(row))
        lines += 1
    if not lines:
        raise _no_rows(resource, "/".join(place))
    names = list(header)
    return Decoded("xml", encoding, names, 0, "", _blocks(path, encoding, place, names))


def _declared_encoding(path: Path) -> str | None:
    with path.open("rb") as file:
        match = _DECLARED.match(file.read(200).lstrip(codecs.BOM_UTF8))
    return match[1].decode("ascii").lower() if match else None


def _place(path: Path, encoding: str, resource: Resource) -> _Path:
    declared = resource.source.rows_at
    if declared is not None:
        return tuple(part for part in re.split(r"[/.]", declared) if part)
    counts: Counter[_Path] = Counter()
    parents: set[_Path] = set()
    with_attributes: set[_Path] = set()
    for kind, where, _, attributes in _events(path, encoding):
        if kind == "start":
            counts[where] += 1
            parents.add(where[:-1])
            if attributes:
                with_attributes.add(where)
    rows = [one for one, count in counts.items() if count > 1 and (one in parents or one in with_attributes)]
    if rows:
        return min(rows, key=len)
    single = [one for one in counts if one in parents and len(one) > 1]
    if not single:
        raise _no_rows(resource, "")
    return max(single, key=len)


def _no_rows(resource: Resource, place: str) -> DeliveryError:
    return DeliveryError(
        resource.id,
        f"there are no elements at {place}" if place else "no element is repeated",
        "one element per row",
        "declare rows_at, such as root/row",
    )


def _blocks(path: Path, encoding: str, place: _Path, names: list[str]) -> Iterator[Block]:
    held = Gathered()
    for number, (line, row) in enumerate(_rows(path, encoding, place), start=1):
        held.add(number, line, [_cell(row.get(name)) for name in names])
        if held.is_full:
            yield held.block()
            held = Gathered()
    if held.rows:
        yield held.block()


def _cell(values: list[str] | None) -> Cell:
    if not values:
        return None
    return values[0] if len(values) == 1 else json.dumps(values, ensure_ascii=False)


_Row = dict[str, list[str]]
_Event = tuple[str, _Path, int, dict[str, str]]


@dataclass
class _Open:
    """Hold an element that has not ended: its text so far, and whether another stands within it."""

    text: list[str] = field(default_factory=list)
    has_children: bool = False


class _Reader:
    """Gathers the events of the text that it is fed; knows nothing of rows."""

    def __init__(self) -> None:
        self._events: list[_Event] = []
        self._path: list[str] = []
        self._open: list[_Open] = []
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.StartDoctypeDeclHandler = self._refuse

    def events(self, text: str, is_last: bool) -> Iterator[_Event]:
        """Give what begins and ends in the next piece of the document."""
        self._parser.Parse(text, is_last)
        yield from self._events
        self._events.clear()

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(_local(name))
        if len(self._path) > _DEEPEST:
            raise _TooDeep
        if self._open:
            self._open[-1].has_children = True
        self._open.append(_Open())
        named = {_local(one): value for one, value in attributes.items() if not one.startswith("xmlns")}
        self._add("start", named)

    def _end(self, _: str) -> None:
        closed = self._open.pop()
        if closed.has_children:
            self._add("end", {})
        else:
            self._add("leaf", {"text": "".join(closed.text)})
        self._path.pop()

    def _text(self, text: str) -> None:
        self._open[-1].text.append(text)

    def _refuse(self, *_: object) -> None:
        raise _Doctype

    def _add(self, kind: str, content: dict[str, str]) -> None:
        self._events.append((kind, tuple(self._path), self._parser.CurrentLineNumber, content))


def _rows(path: Path, encoding: str, place: _Path) -> Iterator[tuple[int, _Row]]:
    """Give line and cells of each element at a place."""
    row: _Row | None = None
    begun, depth = 0, len(place)
    for kind, where, line, content in _events(path, encoding):
        if kind == "start":
            if where == place:
                row, begun = {}, line
            if row is not None:
                lead = "/".join(where[depth:])
                for name, value in content.items():
                    row.setdefault(f"{lead}@{name}" if lead else f"@{name}", []).append(value)
        elif row is not None and kind == "leaf":
            name = "/".join(where[depth:]) or where[-1]
            row.setdefault(name, []).append(content["text"])
        if kind != "start" and where == place and row is not None:
            yield begun, row
            row = None


def _events(path: Path, encoding: str) -> Iterator[_Event]:
    """Give the begin of each element with its attributes, and its end: of a leaf with its text."""
    reader = _Reader()
    try:
        for text, is_last in _texts(path, encoding):
            yield from reader.events(text, is_last)
    except _Doctype:
        raise _refused(path, "a document type declaration", "XML without <!DOCTYPE>") from None
    except _TooDeep:
        raise _refused(path, f"elements nested more than {_DEEPEST} deep", "a table in XML") from None
    except expat.ExpatError as error:
        raise _refused(path, f"not well formed at line {error.lineno}", "well-formed XML") from None


def _texts(path: Path, encoding: str) -> Iterator[tuple[str, bool]]:
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    with path.open("rb") as file:
        while data := file.read(_BLOCK_BYTES):
            yield decoder.decode(data), False
    yield decoder.decode(b"", final=True), True


def _local(name: str) -> str:
    """Return a name without its prefix; agencies' prefixes say nothing that the catalogue would."""
    return name.rpartition(":")[2]


class _Doctype(Exception):
    """A document type is declared."""


class _TooDeep(Exception):
    """Elements are nested too deep."""


def _refused(path: Path, found: str, expected: str) -> DeliveryError:
    return DeliveryError(path.name, found, expected, "export the file again")
