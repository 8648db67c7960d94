"""Turn an access into the fields that the record keeps, without anything that looks personal.

Here: the fields, their order of types, what is withheld. Not here: numbers and hashes (``journal.py``).
"""

import datetime as dt
import re
import unicodedata
from functools import lru_cache
from typing import Any

from resource_catalogue.access_words import Access

WITHHELD = "（疑似个人信息，未记录 / looked personal, not kept）"
"""Stands in the place of a text that looked like an ID or telephone number."""
_LONGEST = 1000
_MOST_DETAILS = 20
_SHORTEST_NUMBER = 11
_NUMBER = re.compile(r"(?<!\d)(\d{17}[\dXx]|\d{15}|(?:(?:00)?86)?1[3-9]\d{9})(?!\d)")
_GAPS = re.compile(r"(?<=\d)[\s\-·.]+(?=[\dXx])")
_FREE = ("purpose", "entry", "result", "post")
"""Texts that a reader may write anything into: a number anywhere in them counts."""
_NAMES = ("recipient_id", "agency_id", "grant_id", "table", "request_id", "subject_key")
"""Short names: they are withheld only if they are a number as a whole, since hashes hold digits by chance."""


def fields_of(access: Access) -> dict[str, Any]:
    """Return what the record keeps of an access, before its number and hashes; instants in UTC.

    Texts that look like an ID or mobile number are replaced by a marker, and ``detail.withheld`` names their fields.

    Raises:
        TypeError: The instant has no time zone.
    """
    if access.at.tzinfo is None:
        raise TypeError("an access at an instant without time zone")
    withheld: list[str] = []
    fields: dict[str, Any] = {
        "at": access.at.astimezone(dt.UTC).isoformat(timespec="microseconds"),
        "action": access.action,
        "version": access.version,
        "rows": access.rows,
        "bytes": access.bytes,
    }
    for name in (*_FREE, *_NAMES):
        fields[name] = _screened(name, getattr(access, name), withheld, whole=name in _NAMES)
    for name in ("columns", "divisions"):
        fields[name] = [_screened(name, text, withheld, whole=True) for text in getattr(access, name)]
    fields["detail"] = _detail(access, withheld)
    return fields


def _detail(access: Access, withheld: list[str]) -> dict[str, str]:
    kept = {
        _screened("detail", name, withheld): _screened("detail", value, withheld)
        for name, value in list(access.detail.items())[:_MOST_DETAILS]
    }
    return {**kept, "withheld": ",".join(dict.fromkeys(withheld))} if withheld else kept


def looks_personal(text: str, whole: bool = False) -> bool:
    """Tell whether a text holds what looks like an ID or mobile number.

    Args:
        whole: The number must be all of the text.

    >>> looks_personal("for 138 0013 8000"), looks_personal("G-2026-0001"), looks_personal("a13800138000", whole=True)
    (True, False, False)
    """
    if len(text) < _SHORTEST_NUMBER:
        return False
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    plain = _GAPS.sub("", plain).strip()
    return bool(_NUMBER.fullmatch(plain) if whole else _NUMBER.search(plain))


def _screened(name: str, text: str, withheld: list[str], whole: bool = False) -> str:
    kept = _kept_name(text) if whole else _kept_text(text, whole)
    if kept is WITHHELD:
        withheld.append(name)
    return kept


@lru_cache(4096)
def _kept_name(text: str) -> str:
    """Return what is kept of a name; the same ones come with every access."""
    return _kept_text(text, whole=True)


def _kept_text(text: str, whole: bool) -> str:
    """Return what is kept of a text."""
    if looks_personal(text, whole):
        return WITHHELD
    clean = text if text.isascii() else text.encode("utf-8", "replace").decode()
    return clean if len(clean) <= _LONGEST else clean[:_LONGEST] + "…"
