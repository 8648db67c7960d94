"""Write workbooks of Excel 5.0/95, which no library writes any more: texts in the code page of the system."""

import io
import struct
from collections.abc import Sequence
from pathlib import Path

from xlwt.CompoundDoc import XlsDoc

Cell = str | float | None
_BOF, _EOF, _CODEPAGE, _BOUNDSHEET, _DIMENSIONS, _LABEL, _NUMBER, _DATEMODE, _XF = (
    0x0809, 0x000A, 0x0042, 0x0085, 0x0200, 0x0204, 0x0203, 0x0022, 0x00E0,
)  # fmt: skip
_BIFF5, _GLOBALS, _SHEET = 0x0500, 0x0005, 0x0010
_NAME_IN_DIRECTORY = "Workbook".encode("utf-16-le")


def write(
    path: Path,
    rows: Sequence[Sequence[Cell]],
    codepage: int | None = 936,
    encoding: str = "gbk",
    name: str = "名单",
) -> Path:
    """Write one sheet, its name and texts in an encoding, under the mark of a code page (null: no mark)."""
    body = _record(_BOF, struct.pack("<HHHH", _BIFF5, _SHEET, 0, 0))
    width = max(map(len, rows))
    body += _record(_DIMENSIONS, struct.pack("<HHHHH", 0, len(rows), 0, width, 0))
    for y, row in enumerate(rows):
        for x, cell in enumerate(row):
            if isinstance(cell, str):
                text = cell.encode(encoding)
                body += _record(_LABEL, struct.pack("<HHHH", y, x, 0, len(text)) + text)
            elif cell is not None:
                body += _record(_NUMBER, struct.pack("<HHHd", y, x, 0, cell))
    body += _record(_EOF, b"")
    head = _record(_BOF, struct.pack("<HHHH", _BIFF5, _GLOBALS, 0, 0))
    if codepage is not None:
        head += _record(_CODEPAGE, struct.pack("<H", codepage))
    head += _record(_DATEMODE, struct.pack("<H", 0)) + _record(_XF, bytes(16))
    label = name.encode(encoding)
    sheet = struct.pack("<HB", 0, len(label)) + label
    begins = len(head) + 4 + 4 + len(sheet) + 4
    stream = head + _record(_BOUNDSHEET, struct.pack("<I", begins) + sheet) + _record(_EOF, b"") + body
    # A stream of less than 4096 bytes would have to lie in the short ones.
    stream += bytes(max(0, 4096 - len(stream)))
    file = io.BytesIO()
    XlsDoc().save(file, stream)
    path.write_bytes(_renamed(file.getvalue()))
    return path


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("<HH", kind, len(content)) + content


def _renamed(content: bytes) -> bytes:
    """Call the stream Book, as these versions do; its length stands 64 bytes behind its name."""
    place = content.index(_NAME_IN_DIRECTORY)
    book = "Book".encode("utf-16-le")
    entry = book + bytes(64 - len(book)) + struct.pack("<H", len(book) + 2)
    return content[:place] + entry + content[place + len(entry) :]
