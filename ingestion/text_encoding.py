"""Find out in which encoding a text file was written: mark, then UTF-8, then GB18030 (which contains GBK).

Strict decoding of the whole file decides, never a guess from letter frequencies: Chinese agencies send UTF-8 or a
GB encoding, and a GB text of any length is hardly ever valid UTF-8. The reverse does not hold, so UTF-8 is tried
before a GB encoding even where the catalogue declares the latter.
"""

import codecs
from pathlib import Path

from resource_catalogue.errors import DeliveryError

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_BLOCK_BYTES = 4 * 1024 * 1024
_GB, _UTF_8 = "gb18030", "utf-8"
_SPELLINGS = {"utf8": _UTF_8, "utf-8-sig": _UTF_8, "gbk": _GB, "gb2312": _GB, "cp936": _GB}


def detect_encoding(path: Path, declared: str | None = None) -> str:
    """Return the encoding a text file can be read in.

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
    raise DeliveryError(
        path.name,
        "the bytes are not valid " + " or ".join(candidates),
        "UTF-8 or GB18030",
        "save it as UTF-8",
    )


def _candidates(path: Path, declared: str) -> list[str]:
    with path.open("rb") as file:
        head = file.read(4)
    marked = [encoding for mark, encoding in _MARKS if head.startswith(mark)]
    wanted = _SPELLINGS.get(declared, declared)
    first = [wanted] if wanted not in ("", _GB) else []
    return marked or list(dict.fromkeys((*first, _UTF_8, _GB)))


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
