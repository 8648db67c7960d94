r"""What one cell says: text of a cell to a value of the catalogue's files, and back without loss.

Here: one class per kind of cell that says one thing. Not here: cells that say several or name something
(``cell_lists.py``), nor which cell is of which kind (``layout.py``). A value that its plain text
would not give back (outer spaces, a line break in a name, the word 无) is written as a JSON string in straight
quotation marks, and read as one:

>>> PHRASE.write("市场主体"), PHRASE.write(" 市场主体"), PHRASE.read('" 市场主体"')
('市场主体', '" 市场主体"', ' 市场主体')
"""

import datetime as dt
import json
import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from norms.text import SPACES, bare, is_absent
from resource_catalogue.guide_workbook.choices import Choices

_BETWEEN_HAN = re.compile(r"(?<=[\u3400-\u9fff，。、；：（）])[ \t]*\n\s*(?=[\u3400-\u9fff，。、；：（）])")
_LINE_BREAK = re.compile(r"[ \t]*\n\s*")
_ESCAPE = re.compile(r"_x[0-9A-Fa-f]{4}_")
_UNSAFE = re.compile("[\\r\\x7f-\\x9f\u2028\u2029\ufeff\ufffe\uffff]")
_DATE = re.compile(r"(\d{4})(?:[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{2})(\d{2}))")


class CellError(ValueError):
    """Say that a cell's text is not of its kind, and what was expected, in Chinese and English."""

    def __init__(self, expected: str) -> None:
        self.expected = expected
        super().__init__(expected)


class Kind(Protocol):
    """Read and write cells of one kind. Values are those of the catalogue's files: text, numbers, lists."""

    def read(self, text: str) -> Any:
        """Return the value, null for a cell that says nothing; raise CellError for another text."""

    def write(self, value: Any) -> str:
        """Return a text that reads as the value."""


def phrase(text: str) -> str:
    """Bring text to one line: line breaks between Chinese characters go, others become a space."""
    return _LINE_BREAK.sub(" ", _BETWEEN_HAN.sub("", paragraph(text)))


def paragraph(text: str) -> str:
    """Strip outer spaces of any kind; line breaks stay."""
    return text.replace("\r\n", "\n").replace("\r", "\n").strip(SPACES)


def mark(text: str) -> str:
    """Bring an identifier or code to narrow characters without spaces.

    >>> mark(" ３０７３２９/ ０１ ")
    '307329/01'
    """
    return bare(text)


def says_nothing(text: str) -> bool:
    """Tell whether a cell is empty or holds one of the usual words for nothing: 无, /, -, N/A."""
    plain = mark(text)
    return not plain or is_absent(plain)


def quoted(value: str) -> str:
    """Write text as a JSON string that a workbook keeps as it is."""
    text = json.dumps(value, ensure_ascii=bool(ILLEGAL_CHARACTERS_RE.search(value) or _UNSAFE.search(value)))
    return text.replace("_x", "\\u005fx")


def unquoted(text: str) -> str | None:
    """Return what a JSON string says, null where the text is none."""
    plain = paragraph(text)
    if len(plain) < 2 or not plain.startswith('"') or not plain.endswith('"'):
        return None
    with suppress(ValueError):
        value = json.loads(plain, strict=False)
        return value if isinstance(value, str) else None
    return None


@dataclass(frozen=True, slots=True)
class Text:
    """Read text, tidied by one of the functions above."""

    tidy: Callable[[str], str]

    def read(self, text: str) -> str | None:
        """Return the tidied text, null where the cell says nothing."""
        exact = unquoted(text)
        if exact is not None:
            return exact
        return None if says_nothing(text) else self.tidy(text)

    def write(self, value: str) -> str:
        """Return the text itself, or its JSON string where the cell would not keep it."""
        is_kept = not _ESCAPE.search(value) and not ILLEGAL_CHARACTERS_RE.search(value)
        is_kept = is_kept and not _UNSAFE.search(value) and self.read(value) == value
        return value if is_kept else quoted(value)


PHRASE, PARAGRAPH, MARK = Text(phrase), Text(paragraph), Text(mark)


class Day:
    """Read a date in the usual spellings; write YYYY-MM-DD.

    >>> Day().read("２０２６年３月１日"), Day().read("20260301")
    ('2026-03-01', '2026-03-01')
    """

    def read(self, text: str) -> str | None:
        """Return the date in ISO form."""
        if says_nothing(text):
            return None
        found = _DATE.fullmatch(mark(text).removesuffix("00:00:00"))
        with suppress(ValueError):
            if found:
                year, month, day = (int(part) for part in found.groups() if part)
                return dt.date(year, month, day).isoformat()
        raise CellError("日期，如 2026-03-01 / a date such as 2026-03-01")

    def write(self, value: str) -> str:
        """Return the date as it is."""
        return value


class DayOrName:
    """Read a date or the name of a column (``collected.at``)."""

    def read(self, text: str) -> str | None:
        """Return the ISO date, else the name."""
        with suppress(CellError):
            return MARK.read(text) if unquoted(text) is not None else Day().read(text)
        return MARK.read(text)

    def write(self, value: str) -> str:
        """Return the text, quoted where it would be read otherwise."""
        return value if self.read(value) == value and MARK.write(value) == value else quoted(value)


class Whole:
    """Read a whole number; thousands' commas and full-width digits are usual."""

    def read(self, text: str) -> int | None:
        """Return the number."""
        if says_nothing(text):
            return None
        plain = mark(text).replace(",", "")
        if not re.fullmatch(r"[-+]?\d+(\.0+)?", plain):
            raise CellError("整数 / a whole number")
        return int(plain.partition(".")[0])

    def write(self, value: int) -> str:
        """Return its digits."""
        return str(value)


class Number:
    """Read a number; a percent sign may stand behind it."""

    def read(self, text: str) -> float | None:
        """Return the number."""
        if says_nothing(text):
            return None
        with suppress(ValueError):
            return float(mark(text).replace(",", "").removesuffix("%"))
        raise CellError("数 / a number")

    def write(self, value: float) -> str:
        """Return its shortest digits."""
        return repr(value).removesuffix(".0")


class Flag:
    """Read yes or no."""

    _YES = frozenset(["是", "true", "yes", "y", "1", "√", "✓", "必填", "required"])
    _NO = frozenset(["否", "false", "no", "n", "0", "×", "✗", "x", "非必填", "选填", "optional"])

    def read(self, text: str) -> bool | None:
        """Return whether the cell says yes."""
        plain = mark(text).lower()
        if plain in self._YES or plain in self._NO:
            return plain in self._YES
        if says_nothing(text):
            return None
        raise CellError("是 或 否 / 是 (yes) or 否 (no)")

    def write(self, value: bool) -> str:
        """Return 是 or 否."""
        return "是" if value else "否"


@dataclass(frozen=True, slots=True)
class Chosen:
    """Read one word of a list, by code, Chinese, English or the files' own word."""

    choices: Choices

    def read(self, text: str) -> str | None:
        """Return the word; lists that have a word for nothing come before the usual words for nothing."""
        found = self.choices.find(text)
        if found is None and not says_nothing(text):
            raise CellError(self.choices.expected())
        return found

    def write(self, value: str) -> str:
        """Return code and Chinese."""
        return self.choices.shown(value)


class Padded:
    """Read a code of four digits whose leading zeros a spreadsheet may have taken (``301`` for ``0301``)."""

    def read(self, text: str) -> str | None:
        """Return the code with its zeros."""
        value = MARK.read(text)
        return value.zfill(4) if value and value.isascii() and value.isdigit() else value

    def write(self, value: str) -> str:
        """Return the code as text."""
        return MARK.write(value)
