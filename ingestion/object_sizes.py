"""Read from the head of an object how many pages or pixels it has, where its form says so plainly.

Here: numbers that stand at fixed places. Not here: anything that would need the content unpacked or drawn: the pages
of most PDF, OFD and Word documents are not counted. Whatever does not stand there as it should is unknown.
"""

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from io import SEEK_CUR
from pathlib import Path
from typing import BinaryIO

_MOST_SEGMENTS = 2_000
_MOST_PAGES = 20_000
_MOST_TAGS = 1_000
_JPEG_FRAMES = frozenset((0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF))
_JPEG_BARE = frozenset((0x01, *range(0xD0, 0xD9)))
_LINEARISED = re.compile(rb"/Linearized\b.{0,400}?/N\s+(\d{1,6})\b", re.S)
_TIFF_WIDTH, _TIFF_HEIGHT = 256, 257
_TIFF_SHORT = 3


@dataclass(frozen=True, slots=True)
class Measures:
    """Hold how large an object is to the eye; null where that is not known."""

    pages: int | None = None
    width: int | None = None
    height: int | None = None


def measures(path: Path, form: str) -> Measures:
    """Return the measures of an object.

    Args:
        form: Short name of its form.
    """
    read = _READERS.get(form)
    if read is None:
        return Measures()
    with path.open("rb") as file:
        try:
            return read(file)
        except (struct.error, ValueError, OverflowError):
            return Measures()


def _png(file: BinaryIO) -> Measures:
    mark, width, height = struct.unpack(">12x4sII", file.read(24))
    return _picture(width, height) if mark == b"IHDR" else Measures()


def _gif(file: BinaryIO) -> Measures:
    return _picture(*struct.unpack("<6xHH", file.read(10)))


def _bmp(file: BinaryIO) -> Measures:
    width, height = struct.unpack("<18xii", file.read(26))
    return _picture(width, abs(height))


def _webp(file: BinaryIO) -> Measures:
    head = file.read(30)
    kind = head[12:16]
    if kind == b"VP8X":
        return _picture(*(int.from_bytes(head[at : at + 3], "little") + 1 for at in (24, 27)))
    if kind == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return _picture((bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1)
    return _picture(*(size & 0x3FFF for size in struct.unpack("<26xHH", head)))


def _jpeg(file: BinaryIO) -> Measures:
    """Go from segment to segment until the one that says how large the frame is."""
    file.seek(2)
    for _ in range(_MOST_SEGMENTS):
        start, kind = struct.unpack(">BB", file.read(2))
        if start != 0xFF:
            return Measures()
        if kind == 0xFF:
            file.seek(-1, SEEK_CUR)
        elif kind in _JPEG_FRAMES:
            height, width = struct.unpack(">3xHH", file.read(7))
            return _picture(width, height)
        elif kind not in _JPEG_BARE:
            (length,) = struct.unpack(">H", file.read(2))
            file.seek(max(0, length - 2), SEEK_CUR)
    return Measures()


def _tiff(file: BinaryIO) -> Measures:
    """Count the directories, each a page; the first one's pixels are told."""
    order = "<" if file.read(4).startswith(b"II") else ">"
    (place,) = struct.unpack(f"{order}I", file.read(4))
    seen: set[int] = set()
    first: dict[int, int] = {}
    while place and place not in seen and len(seen) < _MOST_PAGES:
        seen.add(place)
        file.seek(place)
        (tags,) = struct.unpack(f"{order}H", file.read(2))
        if len(seen) == 1:
            first = _tiff_tags(file.read(12 * min(tags, _MOST_TAGS)), order)
        file.seek(place + 2 + 12 * tags)
        (place,) = struct.unpack(f"{order}I", file.read(4))
    return Measures(len(seen), first.get(_TIFF_WIDTH), first.get(_TIFF_HEIGHT))


def _tiff_tags(held: bytes, order: str) -> dict[int, int]:
    found: dict[int, int] = {}
    for at in range(0, len(held) - 11, 12):
        tag, kind = struct.unpack_from(f"{order}HH", held, at)
        if tag in (_TIFF_WIDTH, _TIFF_HEIGHT):
            (found[tag],) = struct.unpack_from(f"{order}{'H' if kind == _TIFF_SHORT else 'I'}", held, at + 8)
    return found


def _pdf(file: BinaryIO) -> Measures:
    """Return the pages of a PDF made for the web, which says them in its head; others say them deep inside."""
    found = _LINEARISED.search(file.read(1024))
    return Measures(pages=int(found[1])) if found and int(found[1]) else Measures()


def _picture(width: int, height: int) -> Measures:
    return Measures(width=width, height=height) if width > 0 and height > 0 else Measures()


_READERS: dict[str, Callable[[BinaryIO], Measures]] = {
    "png": _png,
    "gif": _gif,
    "bmp": _bmp,
    "webp": _webp,
    "jpeg": _jpeg,
    "tiff": _tiff,
    "pdf": _pdf,
}
