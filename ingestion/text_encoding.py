"""Find out in which encoding a text file was written: mark, then UTF-8, then GB18030 (which contains GBK).

Strict decoding of the whole file decides, never a guess from letter frequencies: Chinese agencies send UTF-8 or a
GB encoding, and a GB text of any length is hardly ever valid UTF-8.
"""

import codecs
from pathlib import Path

from resource_catalogue.errors import DeliveryError

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BLOCK_BYTES = 4 * 1024 * 1024
_SPELLINGS = {"utf8": "utf-8", "gbk": "gb18030", "gb2312": "gb18030", "cp936": "gb18030"}


def detect_encoding(path: Path, declared: str | None = None) -> str:
    """Return the encoding a text file can be read in.

    Args:
        declared: Encoding of the catalogue; kept where the bytes agree with it.

    Returns:
        ``utf-8-sig``, ``utf-16``, ``utf-8`` or ``gb18030``.

    Raises:
        DeliveryError: The bytes are valid in none of them.
    """
    with path.open("rb") as file:
        head = file.read(4)
    for mark, encoding in _MARKS:
        if head.startswith(mark):
            return encoding
    wanted = _SPELLINGS.get((declared or "").lower(), (declared or "").lower())
    candidates = dict.fromkeys(filter(None, (wanted, "utf-8", "gb18030")))
    for encoding in candidates:
        if is_valid(path, encoding):
            return encoding
    raise DeliveryError(
        path.name, "the bytes are valid in none of " + ", ".join(candidates), "UTF-8 or GB18030", "save it as UTF-8"
    )


def is_valid(path: Path, encoding: str) -> bool:
    """Tell whether every byte of the file can be decoded."""
    decoder = codecs.getincrementaldecoder(encoding)("strict")
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                decoder.decode(block)
        decoder.decode(b"", final=True)
    except (UnicodeDecodeError, UnicodeError):
        return False
    return True
