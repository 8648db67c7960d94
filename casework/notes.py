"""Notes that people write into cases: kept for ever in the ledger, hence without identifiers of persons.

Not here: what an answer means.
"""

import re
import unicodedata

from resource_catalogue.errors import CaseError

_MAX = 2000
_IDENTIFIER = re.compile(r"(?<!\d)(\d{17}[\dXx]|\d{15}|1[3-9]\d{9})(?!\d)")
_GAPS = re.compile(r"(?<=\d)[\s\-·.]+(?=[\dXx])")


def checked_note(where: str, text: str, required: bool = True) -> str:
    """Return a note without outer space.

    Raises:
        CaseError: It is empty, too long, or holds what looks like an ID number or mobile phone. The note is
        not
            repeated in the message.
    """
    note = text.strip()
    if required and not note:
        raise CaseError(where, "no reason is given", "a reason in words", "填写理由 / give the reason")
    if len(note) > _MAX:
        raise CaseError(where, f"a note of {len(note)} characters", f"at most {_MAX}", "精简 / shorten it")
    if _IDENTIFIER.search(_GAPS.sub("", unicodedata.normalize("NFKC", note))):
        raise CaseError(
            where,
            "the note holds what looks like an ID number or a phone number",
            "rows named by number or line",
            "删去号码，注明行号 / leave the number out, name the row",
        )
    return note
