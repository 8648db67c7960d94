"""Take a page of an interface apart: its rows, and the values that lead on; join the pages of one delivery.

Here: JSON and XML, each with the same verbs. Not here: asking for pages (``connectors/http_api.py``). A page that is no
whole document is refused, so that none of its rows counts.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from xml.etree import ElementTree
from xml.parsers import expat
from xml.sax.saxutils import quoteattr

from ingestion.json_text import Number, at, parsed, written

_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding=["']([A-Za-z0-9._-]+)["']""")
_PLAIN = ("utf-8", "utf8", "utf-16", "us-ascii", "iso-8859-1")


class NoPage(Exception):
    """What came is no whole page of the declared form; the text says why, without any of its values."""


class Page(Protocol):
    """Hold one page."""

    @property
    def rows(self) -> Sequence[Any]:
        """Return its rows."""

    def text_at(self, place: str) -> str:
        """Return the text at a path of the page; empty where there is none."""

    def of_row(self, row: Any, place: str) -> str:
        """Return the text at a path of a row; empty where there is none."""


class Joining(Protocol):
    """Write pages as one document."""

    def page(self, body: bytes) -> Page:
        """Take a page apart.

        Raises:
            NoPage: It is none.
        """

    def begin(self, page: Page) -> bytes:
        """Return what stands before the first row."""

    def rows(self, page: Page, is_first: bool) -> bytes:
        """Return the rows of a page, behind those of the pages before."""

    def end(self) -> bytes:
        """Return what stands behind the last row."""


@dataclass
class _JsonPage:
    document: Any
    rows: Sequence[Any]

    def text_at(self, place: str) -> str:
        return _plain(at(self.document, place))

    def of_row(self, row: Any, place: str) -> str:
        return _plain(at(row, place))


class JsonPages:
    """Join JSON pages: their rows stand in one list, at the place where each page has them.

    Args:
        rows_at: Path to the list; null means that a page is a list, or has one of features.
        encoding: Encoding of the pages where it is none of JSON's; what is written is ASCII.
    """

    def __init__(self, rows_at: str | None, encoding: str | None = None) -> None:
        self._encoding = encoding
        self._place = [part for part in (rows_at or "").split(".") if part]
        self._is_declared = rows_at is not None

    def page(self, body: bytes) -> Page:
        """Take a page apart."""
        try:
            # Any encoding of JSON is told by its first bytes.
            document = parsed(body.decode(self._encoding) if self._encoding else body)
        except ValueError:
            raise NoPage("不是完整的 JSON / not whole JSON") from None
        if not self._is_declared and isinstance(document, dict):
            self._place = ["features"]
        rows = at(document, ".".join(self._place))
        if not isinstance(rows, list):
            raise NoPage(f"{'.'.join(self._place) or '/'} 处没有列表 / there is no list of rows there")
        return _JsonPage(document, rows)

    def begin(self, page: Page) -> bytes:
        """Return what stands before the first row."""
        return b"".join(b"{" + json.dumps(part).encode() + b":" for part in self._place) + b"[\n"

    def rows(self, page: Page, is_first: bool) -> bytes:
        """Return the rows of a page."""
        lead = b"" if is_first or not page.rows else b",\n"
        return lead + ",\n".join(map(written, page.rows)).encode()

    def end(self) -> bytes:
        """Return what stands behind the last row."""
        return b"\n]" + b"}" * len(self._place) + b"\n"


def _plain(value: Any) -> str:
    if isinstance(value, Number | str):
        return str(value)
    return "" if value is None or isinstance(value, dict | list) else str(value).lower()


@dataclass
class _XmlPage:
    root: ElementTree.Element
    rows: Sequence[Any]

    def text_at(self, place: str) -> str:
        found = [one for one in _elements(self.root, _parts(place)) if one.text]
        return (found[0].text or "").strip() if found else ""

    def of_row(self, row: Any, place: str) -> str:
        name, _, attribute = place.partition("@")
        element = row.find("/".join(f"{{*}}{part}" for part in _parts(name))) if name.strip("/") else row
        if element is None:
            return ""
        return str(element.get(attribute, "")) if attribute else (element.text or "").strip()


class XmlPages:
    """Join XML pages: what stands below their roots stands below one root of that name.

    Args:
        rows_at: Path to the rows, from the root on.
    """

    def __init__(self, rows_at: str) -> None:
        self._place = _parts(rows_at)
        self._root = ""

    def page(self, body: bytes) -> Page:
        """Take a page apart."""
        root = _tree(body)
        if self._place[:1] != [_local(root.tag)]:
            raise NoPage(f"根元素不是 {self._place[0]} / the root is not {self._place[0]}")
        return _XmlPage(root, _elements(root, self._place))

    def begin(self, page: Page) -> bytes:
        """Return what stands before the first row."""
        assert isinstance(page, _XmlPage)
        self._root = _local(page.root.tag)
        named = {name: value for name, value in page.root.attrib.items() if not name.startswith("{")}
        attributes = "".join(f" {name}={quoteattr(value)}" for name, value in named.items())
        return f'<?xml version="1.0" encoding="UTF-8"?>\n<{self._root}{attributes}>'.encode()

    def rows(self, page: Page, is_first: bool) -> bytes:
        """Return the rows of a page."""
        assert isinstance(page, _XmlPage)
        return b"\n".join(
            ElementTree.tostring(child, encoding="utf-8", xml_declaration=False) for child in page.root
        )

    def end(self) -> bytes:
        """Return what stands behind the last row."""
        return f"</{self._root}>\n".encode()


def _parts(place: str) -> list[str]:
    return [part for part in re.split(r"[/.]", place) if part]


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _elements(root: ElementTree.Element, place: list[str]) -> list[ElementTree.Element]:
    if place[:1] != [_local(root.tag)]:
        return []
    below = "/".join(f"{{*}}{part}" for part in place[1:])
    return root.findall(below) if below else [root]


def _tree(body: bytes) -> ElementTree.Element:
    """Return the tree of an XML document without a document type, whatever its encoding."""
    declared = _DECLARED.match(body)
    encoding = declared[1].decode().lower() if declared else ""
    try:
        if encoding and encoding not in _PLAIN:
            body = body.decode("gb18030" if encoding in ("gbk", "gb2312") else encoding).encode()
            encoding = "utf-8"
        scout = expat.ParserCreate(encoding or None)
        scout.StartDoctypeDeclHandler = _refuse_doctype
        scout.Parse(body, True)
        return ElementTree.fromstring(body, ElementTree.XMLParser(encoding=encoding or None))
    except (expat.ExpatError, ElementTree.ParseError, UnicodeDecodeError, LookupError):
        raise NoPage("不是完整的 XML / not whole XML") from None


def _refuse_doctype(*_: object) -> None:
    raise NoPage("有文档类型声明 / declares a document type")
