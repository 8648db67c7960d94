"""Find out in which encoding a text file was written: mark, then UTF-8, then GB18030 (which contains GBK).

Strict decoding of the whole file decides, never a guess from letter frequencies: Chinese agencies send UTF-8 or a
GB encoding, and a GB text of any length is hardly ever valid UTF-8. The reverse does not hold, so UTF-8 is tried
before a GB encoding even where the catalogue declares the latter.
"""

import codecs
from dataclasses import dataclass
from pathlib import Path

from resource_catalogue.errors import DeliveryError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    # Before that of UTF-16, which is the first half of it.
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_BLOCK_BYTES = 4 * 1024 * 1024
_GB, _UTF_8 = "gb18030", "utf-8"
_BIG5 = ("big5", "cp950", "big5hkscs")
"""Big5 and its extensions; none contains the others."""
_LINE_BY_LINE = ("utf-8-sig", _UTF_8, _GB, *_BIG5)
"""Encodings in which no byte of a character is that of a line's end."""
_MOST_BROKEN = 0.1
_SPELLINGS = {"utf8": _UTF_8, "utf-8-sig": _UTF_8, "gbk": _GB, "gb2312": _GB, "cp936": _GB}


@dataclass(frozen=True, slots=True)
class TextEncoding:
    """Say in which encoding a file is read, line by line where it is not the same in all of them.

    Attributes:
        others: Encodings that a line is read in where the first does not fit; empty where it fits all lines.
    """

    name: str
    others: tuple[str, ...] = ()

    @property
    def is_mixed(self) -> bool:
        """Tell whether there are lines that the encoding does not fit."""
        return bool(self.others)


def detect_encoding(path: Path, declared: str | None = None) -> str:
    """Return the encoding that all of a text file can be read in.

    Args:
        declared: Encoding of the catalogue; kept where the bytes agree with it.

    Returns:
        ``utf-8-sig``, ``utf-16``, ``utf-8``, ``gb18030`` or the declared one.

    Raises:
        DeliveryError: The bytes are valid in none of them.
    """
    candidates = _candidates(path, (declared or "").lower())
    for encoding in candidates:
        if is_valid(path, encoding):
            return encoding
    raise _invalid(path, candidates)


def line_encoding(path: Path, declared: str | None = None) -> TextEncoding:
    """Return the encoding of a text file, which a few of its lines may be broken in or may not have been written in.

    Tools that join files of several programs leave such lines. A row that can be read is worth more than a file
    that is refused; the lines are reported.

    Raises:
        DeliveryError: More than a tenth of the lines is broken in every encoding.
    """
    candidates = _candidates(path, (declared or "").lower())
    for encoding in candidates:
        if is_valid(path, encoding):
            return TextEncoding(encoding)
    by_line = [encoding for encoding in candidates if encoding in _LINE_BY_LINE]
    broken = {encoding: _broken_share(path, encoding) for encoding in by_line}
    if not broken or min(broken.values()) > _MOST_BROKEN:
        raise _invalid(path, candidates)
    best = min(by_line, key=broken.__getitem__)
    # UTF-8 first: a line in a GB encoding is hardly ever valid in it, the reverse is common.
    others = (name for name in dict.fromkeys((_UTF_8, *by_line, _GB)) if name != best)
    return TextEncoding(best, (*others,))


def decoded_line(line: bytes, encoding: TextEncoding) -> tuple[str, str]:
    """Return a line's text and in which encoding it was read; what fits none shows as destroyed characters.

    >>> decoded_line("甲".encode(), TextEncoding("gb18030", ("utf-8",)))
    ('甲', 'utf-8')
    """
    first = (_UTF_8,) if encoding.is_mixed and not line.isascii() else ()
    for name in dict.fromkeys((*first, encoding.name, *encoding.others)):
        try:
            return line.decode(name), name
        except UnicodeDecodeError:
            continue
    return line.decode(encoding.name, "replace"), ""


def _invalid(path: Path, candidates: list[str]) -> DeliveryError:
    return DeliveryError(
        path.name,
        "the bytes are not valid " + " or ".join(candidates),
        "UTF-8 or GB18030",
        "save it as UTF-8",
    )


def _broken_share(path: Path, encoding: str) -> float:
    broken = lines = 0
    with path.open("rb") as file:
        for line in file:
            lines += 1
            try:
                line.decode(encoding)
            except UnicodeDecodeError:
                broken += 1
    return broken / max(1, lines)


def _candidates(path: Path, declared: str) -> list[str]:
    with path.open("rb") as file:
        head = file.read(4)
    marked = [encoding for mark, encoding in _MARKS if head.startswith(mark)]
    return marked or encoding_candidates(declared)


def encoding_candidates(declared: str | None) -> list[str]:
    """Return the encodings that a text without a mark may be in, the likeliest first.

    >>> encoding_candidates("Big5")
    ['utf-8', 'big5', 'cp950', 'big5hkscs', 'gb18030']
    """
    spelled = (declared or "").lower()
    wanted = _SPELLINGS.get(spelled, spelled)
    if wanted in _BIG5:
        return [_UTF_8, *dict.fromkeys((wanted, *_BIG5)), _GB]
    try:
        # What turns bytes into no text, and what does not exist, is none.
        b"".decode(wanted or _UTF_8)
    except LookupError:
        wanted = ""
    return list(dict.fromkeys((*filter(None, (wanted,)), _UTF_8, _GB)) if wanted != _GB else (_UTF_8, _GB))


def is_valid(path: Path, encoding: str) -> bool:
    """Tell whether every byte of the file can be decoded."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True
