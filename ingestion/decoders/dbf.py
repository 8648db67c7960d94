"""Decode DBF (dBASE, FoxPro): the table of a shapefile, or one by itself; each field as it is written in the file.

The header's mark of the code page is hardly ever right in Chinese files, so the bytes decide: UTF-8, then GB18030,
unless the catalogue or the ``.cpg`` beside a shapefile names another encoding in which they are valid.
"""

import datetime as dt
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from ingestion.decoded import BLOCK_ROWS, Block, Cell, Decoded
from ingestion.text_encoding import encoding_candidates
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

_HEADER, _FIELD, _END = 32, 32, 0x0D
_BLOCK_BYTES = 1 << 26
_DELETED = b"*"
_TEXT, _DATE, _LOGICAL, _NOT_READ, _HIDDEN = "CV", "D", "L", "MGPQW", "0"
_JULIAN_OF_ORDINAL = 1_721_425
_LAST_ORDINAL = 3_652_059
_DAY_BYTES = 8


@dataclass(frozen=True, slots=True)
class _Field:
    """Say where a field stands in each record."""

    name: bytes
    kind: str
    start: int
    width: int


@dataclass(frozen=True)
class Table:
    """Read the records of a DBF.

    Attributes:
        begin: Where the first record begins; ``width`` is that of each.
    """

    path: Path
    fields: list[_Field]
    begin: int
    width: int
    records: int

    def read(self) -> Iterator[np.ndarray]:
        """Give the records as bytes, one row each, block by block."""
        step = max(1, min(BLOCK_ROWS, _BLOCK_BYTES // self.width))
        with self.path.open("rb") as file:
            file.seek(self.begin)
            for first in range(0, self.records, step):
                count = min(step, self.records - first)
                content = np.frombuffer(file.read(count * self.width), dtype=np.uint8)
                yield content.reshape(count, self.width)


def decode(path: Path, resource: Resource) -> Decoded:
    """Read a DBF; the line of a row is the number of its record.

    Raises:
        DeliveryError: It is broken or cut off.
    """
    table = opened(path)
    encoding = encoding_of(table, resource.source.encoding)
    decoded = Decoded("dbf", encoding, names(table, encoding), 0, "", iter(()))
    decoded.blocks = blocks(table, encoding, decoded)
    return decoded


def opened(path: Path) -> Table:
    """Read the header of a DBF.

    Raises:
        DeliveryError: It is broken, or the file is shorter than it says.
    """
    with path.open("rb") as file:
        head = file.read(_HEADER)
        if len(head) < _HEADER:
            raise _broken(path, "表头 / header")
        records, begin, width = struct.unpack_from("<IHH", head, 4)
        descriptors = file.read(max(0, begin - _HEADER))
    fields = _fields(descriptors, width)
    if not fields or not width:
        raise _broken(path, "表头 / header")
    if path.stat().st_size < begin + records * width:
        raise _broken(path, "文件被截断 / it is cut off")
    return Table(path, fields, begin, width, records)


def _fields(descriptors: bytes, width: int) -> list[_Field]:
    """Return the fields; none where they do not fit into a record."""
    fields, start = [], 1
    for place in range(0, len(descriptors) - _FIELD + 1, _FIELD):
        one = descriptors[place : place + _FIELD]
        if one[0] == _END:
            break
        kind = chr(one[11])
        # A text's length takes the place of decimals too.
        size = one[16] + (one[17] << 8 if kind == "C" else 0)
        fields.append(_Field(one[:11].split(b"\0")[0], kind, start, size))
        start += size
    return [field for field in fields if field.kind != _HIDDEN] if start <= width else []


def encoding_of(table: Table, declared: str | None) -> str:
    """Return the encoding in which fewest of the texts are broken, of those that may be.

    Raises:
        DeliveryError: The declared one does not exist.
    """
    candidates = encoding_candidates(declared)
    broken = dict.fromkeys(candidates, 0)
    for name in candidates:
        for content in table.read():
            for field in _texts(table):
                broken[name] += len(_decoded(_cells(content, field), name)[1])
        if not broken[name]:
            return name
    return min(candidates, key=broken.__getitem__)


def _texts(table: Table) -> list[_Field]:
    return [field for field in table.fields if field.kind in _TEXT]


def names(table: Table, encoding: str) -> list[str]:
    """Return the names of the columns; the last character of one may be cut off, as names hold ten bytes."""
    return [field.name.decode(encoding, "ignore").strip() for field in table.fields]


def blocks(
    table: Table,
    encoding: str,
    decoded: Decoded,
    more: Callable[[np.ndarray], list[pa.StringArray]] | None = None,
) -> Iterator[Block]:
    """Give the records that are not deleted as blocks.

    Args:
        decoded: What is remarked of them is laid to it.
        more: Columns to add to a block, by the numbers of its records from 0.
    """
    first, number, deleted = 0, 1, 0
    odd: dict[int, str] = {}
    decoded.odd_lines = odd
    for content in table.read():
        places = np.flatnonzero(content[:, 0] != _DELETED[0])
        deleted += len(content) - len(places)
        records = places + first
        columns = []
        for field in table.fields:
            column, broken = _column(content[places], field, encoding)
            odd.update((int(records[place]) + 1, "") for place in broken)
            columns.append(column)
        if len(places):
            numbers = pa.array(range(number, number + len(places)), pa.int64())
            columns += more(records) if more else []
            yield Block(numbers, pa.array(records + 1, pa.int64()), columns)
        first, number = first + len(content), number + len(places)
    _remark(table, encoding, deleted, decoded)


def _remark(table: Table, encoding: str, deleted: int, decoded: Decoded) -> None:
    if deleted:
        decoded.remarks.append(f"已删除的记录 / deleted records passed over: {deleted}")
    beyond = (table.path.stat().st_size - table.begin) // table.width - table.records
    if beyond > 0:
        decoded.remarks.append(f"表头计数之外的记录 / records beyond the count of the header: {beyond}")
    unread = [
        name
        for name, field in zip(names(table, encoding), table.fields, strict=True)
        if field.kind in _NOT_READ
    ]
    if unread:
        decoded.remarks.append(f"备注字段未读 / memo fields are not read: {', '.join(unread)}")


def _cells(content: np.ndarray, field: _Field) -> list[bytes]:
    """Return a field of each record, as bytes."""
    if not len(content) or not field.width:
        return [b""] * len(content)
    cut = np.ascontiguousarray(content[:, field.start : field.start + field.width])
    cells: list[bytes] = cut.view(f"S{field.width}").ravel().tolist()
    return cells


def _column(content: np.ndarray, field: _Field, encoding: str) -> tuple[pa.StringArray, list[int]]:
    """Return a field of each record as text, and which of them are broken."""
    broken: list[int] = []
    cells: list[Cell]
    if field.kind in _BINARY:
        width, read = _BINARY[field.kind]
        raw = [bytes(row) for row in content[:, field.start : field.start + field.width]]
        cells = [read(one) if len(one) == width else None for one in raw]
    elif field.kind in _NOT_READ:
        cells = [None] * len(content)
    else:
        found, broken = _decoded(_cells(content, field), encoding)
        cells = [_READ.get(field.kind, _number)(one) for one in found]
    return pa.array(cells, pa.string()), broken


def _decoded(cells: list[bytes], encoding: str) -> tuple[list[str], list[int]]:
    """Return texts, and which of them are broken; half a character at a field's end is left out."""
    whole = b"\n".join(cells)
    try:
        texts = whole.decode("ascii" if whole.isascii() else encoding).split("\n")
        if len(texts) == len(cells):
            return texts, []
    except UnicodeDecodeError:
        pass
    read = [_read(cell, encoding) for cell in cells]
    return [text for text, _ in read], [place for place, (_, is_broken) in enumerate(read) if is_broken]


def _read(cell: bytes, encoding: str) -> tuple[str, bool]:
    try:
        return cell.decode(encoding), False
    except UnicodeDecodeError as error:
        if error.start > 0 and error.reason in ("unexpected end of data", "incomplete multibyte sequence"):
            return cell[: error.start].decode(encoding), False
        return cell.decode(encoding, "replace"), True


def _text(text: str) -> Cell:
    return text.rstrip(" \0") or None


def _number(text: str) -> Cell:
    return text.strip(" \0") or None


def _date(text: str) -> Cell:
    """Write a date as other forms do: YYYYMMDD becomes YYYY-MM-DD.

    >>> _date("20170301"), _date("00000000")
    ('2017-03-01', None)
    """
    digits = text.strip(" \0")
    if not digits.strip("0"):
        return None
    return (
        f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
        if len(digits) == _DAY_BYTES and digits.isdigit()
        else digits
    )


def _logical(text: str) -> Cell:
    word = text.strip(" \0").upper()
    return {"T": "true", "Y": "true", "F": "false", "N": "false", "?": None, "": None}.get(word, word)


def _instant(cell: bytes) -> Cell:
    day, milliseconds = struct.unpack("<ii", cell)
    ordinal = day - _JULIAN_OF_ORDINAL + 1
    if not 0 < ordinal <= _LAST_ORDINAL or not 0 <= milliseconds < 86_400_000:
        return None
    instant = dt.datetime.fromordinal(ordinal) + dt.timedelta(seconds=round(milliseconds / 1000))
    return instant.date().isoformat() if instant.time() == dt.time(0) else instant.isoformat(sep=" ")


def _money(cell: bytes) -> Cell:
    (value,) = struct.unpack("<q", cell)
    return f"{'-' if value < 0 else ''}{abs(value) // 10_000}.{abs(value) % 10_000:04}"


_READ: dict[str, Callable[[str], Cell]] = {"C": _text, "V": _text, "D": _date, "L": _logical}
_BINARY: dict[str, tuple[int, Callable[[bytes], Cell]]] = {
    "I": (4, lambda cell: str(struct.unpack("<i", cell)[0])),
    "+": (4, lambda cell: str(struct.unpack(">i", cell)[0])),
    "B": (8, lambda cell: repr(struct.unpack("<d", cell)[0])),
    "O": (8, lambda cell: repr(struct.unpack(">d", cell)[0])),
    "Y": (8, _money),
    "T": (8, _instant),
    "@": (8, _instant),
}


def _broken(path: Path, found: str) -> DeliveryError:
    return DeliveryError(
        path.name,
        f"DBF 不完整：{found} / the DBF is broken",
        "完整的 DBF 文件 / a whole DBF file",
        "重新导出后报送 / export it again and send it",
    )
