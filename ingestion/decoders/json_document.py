"""Decode JSON: a list of objects (at a declared path), JSON lines, and GeoJSON features.

Numbers are kept in the digits in which they were sent: a code written as a number, a coordinate, an amount.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingestion.decoded import Block, Cell, Decoded, Gathered, RejectedRow
from ingestion.text_encoding import detect_encoding
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

_Record = tuple[int, Any]
_MARKS_AND_SPACE = b"\xef\xbb\xbf\xff\xfe\x00 \t\r\n"


class _Number(str):
    """Hold a number as it was written."""


def is_json(head: bytes) -> bool:
    """Tell from the first bytes whether a file is JSON."""
    return head.lstrip(_MARKS_AND_SPACE).startswith((b"{", b"["))


def decode(path: Path, resource: Resource) -> Decoded:
    """Read a JSON document, or one JSON object per line.

    Returns:
        Rows whose line is the line of the file for JSON lines, else the place in the list.

    Raises:
        DeliveryError: The text is neither, or the declared path holds no list.
    """
    encoding = detect_encoding(path, resource.source.encoding)
    text = path.read_text(encoding=encoding)
    document, is_whole = _parsed(text)
    if is_whole and not (isinstance(document, dict) and _is_row(document, resource)):
        records = list(enumerate(_listed(document, resource), start=1))
        form = (
            "geojson"
            if isinstance(document, dict) and document.get("type") == "FeatureCollection"
            else "json"
        )
        return _decoded(form, encoding, records)
    records = list(_lines(text))
    if not any(isinstance(record, dict) for _, record in records):
        raise DeliveryError(path.name, "neither JSON nor JSON lines", "valid JSON", "export the file again")
    return _decoded("jsonl", encoding, records)


def _parsed(text: str) -> tuple[Any, bool]:
    try:
        return json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_Number), True
    except (json.JSONDecodeError, RecursionError):
        return None, False


def _is_row(document: dict[str, Any], resource: Resource) -> bool:
    """Tell whether a whole document is one row: a JSON-lines file with a single line."""
    return resource.source.rows_at is None and not any(isinstance(value, list) for value in document.values())


def _listed(document: Any, resource: Resource) -> list[Any]:
    place = resource.source.rows_at or ("features" if isinstance(document, dict) else "")
    for part in filter(None, place.split(".")):
        document = document.get(part) if isinstance(document, dict) else None
    if isinstance(document, list):
        return document
    raise DeliveryError(
        resource.id,
        f"there is no list of rows at {place or 'the top'}",
        "a list of objects",
        "declare rows_at",
    )


def _lines(text: str) -> Iterator[_Record]:
    """Give line and object of each line that is not blank; its text where it is not JSON."""
    for line, content in enumerate(text.split("\n"), start=1):
        if content.strip():
            record, is_whole = _parsed(content)
            yield line, record if is_whole else content.strip()


def _decoded(form: str, encoding: str, records: list[_Record]) -> Decoded:
    flat = [(line, _flat(record)) for line, record in records]
    header = list(dict.fromkeys(name for _, row in flat if isinstance(row, dict) for name in row))
    decoded = Decoded(form, encoding, header, 0, "", iter(()))
    decoded.blocks = _blocks(flat, decoded)
    return decoded


def _flat(record: Any) -> dict[str, Cell] | str:
    """Return one row's cells, or its text where it is no object; a feature gives properties and geometry."""
    if not isinstance(record, dict):
        return _whole(record if isinstance(record, str) else _written(record))
    if record.get("type") == "Feature":
        properties = record.get("properties") or {}
        if not isinstance(properties, dict):
            return _whole(_written(record))
        record = {**properties, "geometry": record.get("geometry")}
    return {_whole(str(name)): _text(value) for name, value in record.items()}


def _text(value: Any) -> Cell:
    if value is None:
        return None
    return _whole(value if isinstance(value, str) else _written(value))


def _whole(text: str) -> str:
    """Return a text that can be stored: half a pair of escapes is no character, and is shown as destroyed."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _written(value: Any) -> str:
    """Write a nested value as JSON, its numbers as they were sent."""
    if isinstance(value, dict):
        pairs = (f"{json.dumps(name, ensure_ascii=False)}:{_written(item)}" for name, item in value.items())
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_written, value)) + "]"
    return value if isinstance(value, _Number) else json.dumps(value, ensure_ascii=False)


def _blocks(rows: list[tuple[int, dict[str, Cell] | str]], decoded: Decoded) -> Iterator[Block]:
    held = Gathered()
    for number, (line, row) in enumerate(rows, start=1):
        if isinstance(row, str):
            decoded.rejected.append(RejectedRow(number, line, "not_an_object", row))
            continue
        held.add(number, line, [row.get(name) for name in decoded.header])
        if held.is_full:
            yield held.block()
            held = Gathered()
    if held.rows:
        yield held.block()
