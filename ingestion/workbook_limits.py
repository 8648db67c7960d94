"""Look into a workbook before it is opened: what it unfolds to, how far its cells reach, what a reader would not see.

A reader of workbooks lays cells out in a grid and copies a text into each cell that names it, so that a small file may
take any amount of memory. Not here: values (``workbook_sheets.py``).
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np
from xlrd.biffh import XLRDError
from xlrd.compdoc import CompDoc, CompDocError

from ingestion.zip_limits import opened_zip, refused
from resource_catalogue.errors import DeliveryError

MOST_CELLS = 50_000_000
"""Of the grid that one sheet spans: a million rows of fifty columns."""
MOST_TEXT = 1024**3
_MOST_UNFOLDED = 1024**3
_BLOCK_BYTES = 1 << 22
_LONGEST_PART = 1 << 24
_P = rb"(?:[\w.-]+:)?"
_ATTRIBUTE = rb'\s+[\w:.-]+="[^"<>]*"'
_CELL = re.compile(
    rb"<" + _P + rb"c(?:(?:(?!\s+r=)" + _ATTRIBUTE + rb')*\s+r="([A-Z]{1,3})([0-9]{1,7})"'
    rb"(?:" + _ATTRIBUTE + rb")*\s*/?>|\b)"
)
"""A cell as all known programs write it; one written otherwise, or without a reference, leaves the groups empty."""
_REFERENCE, _ROW = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})", re.ASCII), re.compile(r"[0-9]{1,7}", re.ASCII)
_HIDDEN_ROW = re.compile(rb"<" + _P + rb"row\b[^>]*?\bhidden=[\"'](?:1|true)[\"']")
_EMPTY_FORMULA = re.compile(
    rb"<" + _P + rb"c\b([^>]*)>\s*<" + _P + rb"f\b[^>]*(?:/>|>[^<]*</" + _P + rb"f>)\s*"
    rb"(?:<" + _P + rb"v\s*/>|<" + _P + rb"v>\s*</" + _P + rb"v>)?\s*</" + _P + rb"c>"
)  # fmt: skip
_SHARED = re.compile(rb"\bt=[\"']s[\"'][^>]*>\s*<" + _P + rb"v>([0-9]{1,9})<")
_SHARED_BEGIN, _LONGEST_TAG = re.compile(rb"<" + _P + rb"si\b"), 64
_ROW_TAG_END = b"row>"
_RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_CELL_RECORDS = frozenset(
    (0x0006, 0x00BD, 0x00BE, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x0206, 0x0406, 0x027E)
)
_ROW_RECORD, _BOUND_SHEET, _BOF, _DIMENSIONS = 0x0208, 0x0085, 0x0809, 0x0200
_XLS_ROWS, _XLS_COLUMNS = 65_536, 256
_HIDDEN_BIT = 0x20


@dataclass
class Seen:
    """Say what was seen in a sheet.

    Attributes:
        hidden_rows: How many of its rows are hidden; ``empty_formulas`` how many formulas have no stored value.
    """

    hidden_rows: int = 0
    empty_formulas: int = 0
    last_row: int = 0
    last_column: int = 0
    cells: int = 0

    def remarks(self) -> list[str]:
        """Return what a reader of the delivery should know."""
        said = []
        if self.hidden_rows:
            said.append(f"隐藏的行（已读） / hidden rows, read like the others: {self.hidden_rows}")
        if self.empty_formulas:
            said.append(f"无缓存值的公式单元格 / formula cells without a stored value: {self.empty_formulas}")
        return said


def looked_into(path: Path, is_zip: bool) -> dict[str, Seen]:
    """Return what was seen in each sheet, by its name.

    Raises:
        DeliveryError: The workbook is broken, or would take too much memory.
    """
    return _xlsx(path) if is_zip else _xls(path)


def _xlsx(path: Path) -> dict[str, Seen]:
    with opened_zip(path) as file:
        parts = {one.filename: one for one in file.infolist()}
        if sum(one.file_size for one in parts.values()) > _MOST_UNFOLDED:
            raise refused(
                path, "工作簿解压后过大 / the workbook unfolds to too much", f"≤ {_MOST_UNFOLDED} bytes"
            )
        sheets = _sheet_parts(file, parts)
        lengths = np.zeros(0, dtype=np.int64)
        found: dict[str, Seen] = {}
        for name, one in parts.items():
            blocks = _unfolded(path, one)
            if name.lower().endswith("sharedstrings.xml"):
                lengths = _lengths(blocks)
            elif _is_of_sheets(name):
                found[name] = _looked_at(path, one, blocks)
            else:
                for _ in blocks:
                    pass
        for name, seen in found.items():
            _check_grid(path, seen)
            _check_texts(path, parts[name], seen, lengths)
    return {sheet: found[part] for sheet, part in sheets.items() if part in found}


def _is_of_sheets(name: str) -> bool:
    """Tell whether a part may be read as a sheet: readers pass over case, backslashes, folders between.

    >>> [_is_of_sheets(name) for name in ("xl/worksheets/sheet1.xml", "xl\\\\WorkSheets/a/1.xml", "xl/styles.xml")]
    [True, True, False]
    """
    folders = PurePosixPath(name.replace("\\", "/").lower()).parts[:-1]
    return any(folder.endswith("sheets") for folder in folders)


def _sheet_parts(file: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> dict[str, str]:
    """Return the part of each sheet by its name; none where the workbook does not say."""
    try:
        relations = {
            one.get("Id"): (one.get("Target") or "").removeprefix("/xl/").removeprefix("xl/")
            for one in _tree(file, parts["xl/_rels/workbook.xml.rels"])
        }
        sheets = [one for one in _tree(file, parts["xl/workbook.xml"]).iter() if one.tag.endswith("}sheet")]
    except (KeyError, ElementTree.ParseError, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        return {}
    return {str(one.get("name")): f"xl/{relations.get(one.get(_RELATION), '')}" for one in sheets}


def _tree(file: zipfile.ZipFile, part: zipfile.ZipInfo) -> ElementTree.Element:
    if part.file_size > _LONGEST_PART:
        raise KeyError(part.filename)
    content = file.read(part)
    if b"<!DOCTYPE" in content:
        raise KeyError(part.filename)
    return ElementTree.parse(io.BytesIO(content)).getroot()


def _unfolded(path: Path, one: zipfile.ZipInfo) -> Iterator[bytes]:
    """Give a part as it unfolds, and refuse one that does not unfold to what the directory says of it."""
    size = 0
    with path.open("rb") as file:
        file.seek(one.header_offset + 26)
        lengths = file.read(4)
        if len(lengths) < 4:
            raise _broken(path)
        file.seek(one.header_offset + 30 + sum(struct.unpack("<HH", lengths)))
        for block in _inflated(path, file, one):
            size += len(block)
            if size > one.file_size:
                raise _broken(path)
            yield block
    if size != one.file_size:
        raise _broken(path)


def _inflated(path: Path, file: io.BufferedReader, one: zipfile.ZipInfo) -> Iterator[bytes]:
    left = one.compress_size
    is_stored = one.compress_type == zipfile.ZIP_STORED
    if not is_stored and one.compress_type != zipfile.ZIP_DEFLATED:
        raise _broken(path)
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    while left and (data := file.read(min(left, _BLOCK_BYTES))):
        left -= len(data)
        try:
            while data and not is_stored:
                yield inflater.decompress(data, _BLOCK_BYTES)
                data = inflater.unconsumed_tail
            if data:
                yield data
        except zlib.error:
            raise _broken(path) from None
    if not is_stored:
        yield inflater.flush()


def _lengths(blocks: Iterator[bytes]) -> np.ndarray:
    """Return how many bytes each shared text takes at most."""
    begins: list[int] = []
    rest, size, last = b"", 0, -1
    for block in blocks:
        content, before = rest + block, size - len(rest)
        size += len(block)
        for match in _SHARED_BEGIN.finditer(content):
            if before + match.start() > last:
                last = before + match.start()
                begins.append(last)
        rest = content[-_LONGEST_TAG:]
    # One ends where the next begins.
    return np.diff(np.array([*begins, size], dtype=np.int64))


def _looked_at(path: Path, part: zipfile.ZipInfo, blocks: Iterator[bytes]) -> Seen:
    seen, is_plain = Seen(), True
    for piece in _whole_rows(blocks):
        cells = _CELL.findall(piece)
        if cells and is_plain:
            seen.cells += len(cells)
            letters, rows = map(set, zip(*cells, strict=True))
            is_plain = b"" not in letters
            seen.last_column = max(seen.last_column, *map(_column_number, letters))
            seen.last_row = max(seen.last_row, *map(int, rows - {b""}))
        # A text of two bytes a character has no tag that is seen here.
        is_plain = is_plain and b"\0" not in piece
        if b"hidden" in piece:
            seen.hidden_rows += len(_HIDDEN_ROW.findall(piece))
        if b"<f" in piece or b":f" in piece:
            seen.empty_formulas += sum(b"str" not in opening for opening in _EMPTY_FORMULA.findall(piece))
    if not is_plain:
        _Reach(path, seen).read(_unfolded(path, part))
    return seen


class _Reach:
    """Find by parsing how far the cells of a sheet reach, in whatever way they are written.

    A cell without a reference follows the one before it, a row without a number likewise.
    """

    def __init__(self, path: Path, seen: Seen) -> None:
        self._path, self._seen = path, seen
        self._row = self._column = 0

    def read(self, blocks: Iterator[bytes]) -> None:
        """Note in what was seen the last row and column.

        Raises:
            DeliveryError: The sheet is broken, or a reference is none.
        """
        self._seen.cells = 0
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._begin
        parser.StartDoctypeDeclHandler = self._refuse_doctype
        try:
            for block in blocks:
                parser.Parse(block, False)
            parser.Parse(b"", True)
        except (expat.ExpatError, ValueError):
            raise _broken(self._path) from None

    def _begin(self, tag: str, attributes: dict[str, str]) -> None:
        name, place = tag.rpartition(":")[2], attributes.get("r")
        if name == "row":
            self._row = self._row + 1 if place is None else int(self._whole(_ROW, place)[0])
            self._column = 0
        elif name == "c":
            self._column += 1
            if place is not None:
                found = self._whole(_REFERENCE, place)
                self._column, self._row = _column_number(found[1].upper().encode()), int(found[2])
            self._seen.cells += 1
            self._seen.last_row = max(self._seen.last_row, self._row)
            self._seen.last_column = max(self._seen.last_column, self._column)

    def _whole(self, pattern: re.Pattern[str], place: str) -> re.Match[str]:
        found = pattern.fullmatch(place)
        if found is None:
            raise _broken(self._path)
        return found

    def _refuse_doctype(self, *_: object) -> None:
        raise _broken(self._path)


def _whole_rows(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Give the content of a sheet in pieces that end where a row ends."""
    rest = b""
    for block in blocks:
        content = rest + block
        # The end of a row's last tag, or of a first one without attributes: neither parts a cell.
        place = content.rfind(_ROW_TAG_END)
        cut = (
            place + len(_ROW_TAG_END) if place >= 0 else (len(content) if len(content) > _LONGEST_PART else 0)
        )
        rest = content[cut:]
        if cut:
            yield content[:cut]
    if rest:
        yield rest


def _column_number(letters: bytes) -> int:
    """Return the number of a column.

    >>> _column_number(b"A"), _column_number(b"XFD")
    (1, 16384)
    """
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _check_grid(path: Path, seen: Seen) -> None:
    if seen.last_row * seen.last_column > MOST_CELLS:
        raise refused(
            path,
            f"工作表范围 {seen.last_row} 行 × {seen.last_column} 列过大 / a sheet spans too many cells",
            f"≤ {MOST_CELLS}",
        )


def _check_texts(path: Path, part: zipfile.ZipInfo, seen: Seen, lengths: np.ndarray) -> None:
    """Refuse shared texts that would be copied into too many cells; counted exactly only where it might be too much."""
    if not len(lengths) or int(lengths.max()) * seen.cells <= MOST_TEXT:
        return
    total = 0
    for piece in _whole_rows(_unfolded(path, part)):
        places = np.array([int(place) for place in _SHARED.findall(piece)], dtype=np.int64)
        total += int(lengths[places[places < len(lengths)]].sum())
    if total > MOST_TEXT:
        raise refused(
            path, "共享文本展开后过大 / its shared texts unfold to too much", f"≤ {MOST_TEXT} bytes"
        )


def is_old(path: Path) -> bool:
    """Tell whether a workbook is of Excel 5.0/95 or older: its texts are in the code page of a system."""
    document = _compound(path)
    return document is None or document.get_named_stream("Workbook") is None


def _compound(path: Path) -> CompDoc | None:
    """Open a compound file; null where it is none, as workbooks before Excel 5.0.

    Raises:
        DeliveryError: It is broken.
    """
    content = path.read_bytes()
    if not content.startswith(b"\xd0\xcf"):
        return None
    try:
        return CompDoc(content, logfile=io.StringIO())
    except (CompDocError, XLRDError, struct.error, IndexError, AssertionError, ValueError, TypeError):
        raise _broken(path) from None


def _xls(path: Path) -> dict[str, Seen]:
    document = _compound(path)
    stream = document.get_named_stream("Workbook") if document else None
    if stream is None:
        return {}
    found: dict[int, Seen] = {}
    names: dict[int, str] = {}
    seen = Seen()
    place = 0
    while place + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, place)
        if kind == _BOF:
            seen = found.setdefault(place, Seen())
        elif kind == _BOUND_SHEET and length >= 8:
            begins, name = _bound_sheet(stream[place + 4 : place + 4 + length])
            names[begins] = name
        elif kind == _DIMENSIONS:
            _check_dimensions(path, stream[place + 4 : place + 4 + length])
        elif length >= 4 and place + 8 <= len(stream):
            _look_at_record(seen, kind, stream, place, length)
        place += 4 + length
    if not names.keys() <= found.keys():
        # A sheet that begins within another record: what a reader would take for its records was not looked at.
        raise _broken(path)
    for one in found.values():
        _check_grid(path, one)
    return {name: found[begins] for begins, name in names.items() if begins in found}


def _look_at_record(seen: Seen, kind: int, stream: bytes, place: int, length: int) -> None:
    if kind in _CELL_RECORDS:
        row, column = struct.unpack_from("<HH", stream, place + 4)
        # Records of several cells take at least two bytes for each.
        seen.last_column = max(seen.last_column, column + 1 + (length // 2 if kind in (0xBD, 0xBE) else 0))
        seen.last_row = max(seen.last_row, row + 1)
    elif kind == _ROW_RECORD and length >= 16 and place + 20 <= len(stream):
        seen.hidden_rows += bool(stream[place + 4 + 12] & _HIDDEN_BIT)


def _check_dimensions(path: Path, content: bytes) -> None:
    """Refuse a range that no sheet has: the reader reserves memory for it before it has seen a cell."""
    form = {14: "<IIHH", 10: "<HHHH"}.get(len(content) // 2 * 2)
    if form is None or len(content) < struct.calcsize(form):
        return
    first_row, end_row, first_column, end_column = struct.unpack_from(form, content)
    is_possible = first_row <= end_row <= _XLS_ROWS and first_column <= end_column <= _XLS_COLUMNS
    if not is_possible:
        raise _broken(path)


def _bound_sheet(content: bytes) -> tuple[int, str]:
    """Return where a sheet begins in the stream, and its name."""
    (begins,) = struct.unpack_from("<I", content)
    count, is_wide = content[6], content[7] & 1
    text = content[8 : 8 + count * (2 if is_wide else 1)]
    return begins, text.decode("utf-16-le" if is_wide else "latin-1", "replace")


def _broken(path: Path) -> DeliveryError:
    return DeliveryError(
        path.name,
        "工作簿不完整 / the workbook is broken",
        "完整的 XLSX 或 XLS / a whole XLSX or XLS file",
        "用表格软件打开后另存并报送 / open it in a spreadsheet program, save it and send it again",
    )
