"""Notes that people write into cases: kept for ever in the ledger, hence without identifiers of persons.

Not here: what an answer means.
"""

import re
import unicodedata

from resource_catalogue.errors import CaseError

_MAX = 2000
_IDENTIFIER = re.compile(r"(?<!\d)(\d{17}[\dXx]|\d{15}|(?:(?:00)?86)?1[3-9]\d{9})(?!\d)")
_GAPS = re.compile(r"(?<=\d)[\s\-·.]+(?=[\dXx])")


def checked_note(where: str, text: str, required: bool = True) -> str:
    """Return a note without outer space.

    Raises:
        CaseError: It is empty, too long, or holds what looks like an ID number or mobile phone; the message does not
            repeat it.
    """
    note = text.strip()
    if required and not note:
        raise CaseError(
            where,
            "未写理由 / no reason is given",
            "文字理由 / a reason in words",
            "填写理由 / give the reason",
        )
    if len(note) > _MAX:
        raise CaseError(
            where,
            f"说明有 {len(note)} 字 / a note of {len(note)} characters",
            f"至多 {_MAX} 字 / at most {_MAX} characters",
            "精简 / shorten it",
        )
    if holds_identifier(note):
        raise CaseError(
            where,
            "疑似含身份号码或电话号码 / the note holds what looks like an ID number or a phone number",
            "不含号码的说明 / a note without such numbers",
            "删去号码，以编号或行号指明 / leave the number out, name the case or row instead",
        )
    return note


def holds_identifier(text: str) -> bool:
    """Tell whether a text holds what looks like an ID number or mobile phone.

    >>> [holds_identifier(text) for text in ("138 0013 8000", "+86 13800138000", "reader-2026")]
    [True, True, False]
    """
    return _IDENTIFIER.search(_GAPS.sub("", unicodedata.normalize("NFKC", text))) is not None
