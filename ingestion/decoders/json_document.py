"""Decode JSON: a list of objects (at a declared path), JSON lines, and GeoJSON features."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingestion.decoded import BLOCK_ROWS, Block, Cell, Decoded, RejectedRow
from ingestion.text_encoding import detect_encoding
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource


def is_json(head: bytes) -> bool:
    """Tell from the first bytes whether a file is JSON."""
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"{", b"["))


def decode(path: Path, resource: Resource) -> Decoded:
    """Read a JSON document, or one JSON object per line.

    Raises:
        DeliveryError: The text is neither, or the declared path holds no list.
    """
    encoding = detect_encoding(path, resource.source.encoding)
    text = path.read_text(encoding=encoding)
    document, is_whole = _parsed(text)
    if is_whole and not (isinstance(document, dict) and _is_row(document, resource)):
        records = [(number, record) for number, record in enumerate(_listed(document, resource), start=1)]
        form = "geojson" if isinstance(document, dict) and document.get("type") == "FeatureCollection" else "json"
        return _decoded(form, encoding, records, [])
    records, rejected = _lines(text)
    if not records:
        raise DeliveryError(path.name, "neither JSON nor JSON lines", "valid JSON", "export the file again")
    return _decoded("jsonl", encoding, records, rejected)


def _parsed(text: str) -> tuple[Any, bool]:
    try:
        return json.loads(text, parse_int=str, parse_float=str), True
    except json.JSONDecodeError:
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
        resource.id, f"there is no list of rows at {place or 'the top'}", "a list of objects", "declare rows_at"
    )


def _lines(text: str) -> tuple[list[tuple[int, Any]], list[RejectedRow]]:
    records: list[tuple[int, Any]] = []
    rejected: list[RejectedRow] = []
    number = 0
    for line, content in enumerate(text.splitlines(), start=1):
        if not content.strip():
            continue
        number += 1
        record, is_whole = _parsed(content)
        if is_whole and isinstance(record, dict):
            records.append((line, record))
        else:
            rejected.append(RejectedRow(number, line, "not_json", content))
            records.append((line, None))
    return ([] if len(rejected) == number else records), rejected


def _decoded(form: str, encoding: str, records: list[tuple[int, Any]], rejected: list[RejectedRow]) -> Decoded:
    flat = [(line, _flat(record)) for line, record in records]
    header = list(dict.fromkeys(name for _, record in flat if record for name in record))
    return Decoded(form, encoding, header, 0, "", _blocks(flat, header, rejected), rejected)


def _flat(record: Any) -> dict[str, Cell] | None:
    """Return one row's cells; a feature gives its properties and its geometry as text."""
    if not isinstance(record, dict):
        return None
    if record.get("type") == "Feature":
        geometry = record.get("geometry")
        record = {**(record.get("properties") or {}), "geometry": geometry}
    return {str(name): _text(value) for name, value in record.items()}


def _text(value: Any) -> Cell:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return _unquoted_numbers(value)


def _unquoted_numbers(value: Any) -> str:
    """Write a nested value as JSON; numbers were kept as text on reading and are restored."""
    return json.dumps(_restored(value), ensure_ascii=False, separators=(",", ":"))


def _restored(value: Any) -> Any:
    if isinstance(value, list):
        return [_restored(item) for item in value]
    if isinstance(value, dict):
        return {key: _restored(item) for key, item in value.items()}
    if isinstance(value, str):
        try:
            return float(value) if any(mark in value for mark in ".eE") else int(value)
        except ValueError:
            return value
    return value


def _blocks(
    flat: list[tuple[int, dict[str, Cell] | None]], header: list[str], rejected: list[RejectedRow]
) -> Iterator[Block]:
    already = {row.row_number for row in rejected}
    block = Block([], [], [])
    for number, (line, record) in enumerate(flat, start=1):
        if record is None:
            if number not in already:
                rejected.append(RejectedRow(number, line, "not_an_object", ""))
            continue
        block.row_numbers.append(number)
        block.lines.append(line)
        block.rows.append([record.get(name) for name in header])
        if len(block.rows) >= BLOCK_ROWS:
            yield block
            block = Block([], [], [])
    if block.rows:
        yield block
