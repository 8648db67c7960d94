"""Read a text file as pieces of whole lines, in its encoding; lines in another one are read in that, and remembered.

Here: decoding, and cutting where a line ends. Not here: which encoding it is (``text_encoding.py``), cells and rows.
"""

import codecs
import io
from collections.abc import Iterator
from pathlib import Path

from ingestion.text_encoding import TextEncoding, decoded_line
from resource_catalogue.errors import DeliveryError

BLOCK_BYTES = 1 << 21
LONGEST_LINE = 64 * 1024 * 1024
"""Longest line, and longest cell, in characters."""


class TextPieces:
    """Give the text of a file, as often as it is wanted.

    Attributes:
        odd_lines: Lines that were read in another encoding than the file's, with its name; empty for one that fits
            none and holds destroyed characters. Fills while the text is read.
    """

    def __init__(self, path: Path, encoding: TextEncoding) -> None:
        self._path, self._encoding = path, encoding
        self.odd_lines: dict[int, str] = {}

    def __iter__(self) -> Iterator[str]:
        rest = ""
        for text in self._decoded():
            text = rest + text
            # A carriage return at the very end may be half of a line's end.
            cut = max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1
            whole, rest = text[:cut], text[cut:]
            if whole:
                yield whole
            if len(rest) > LONGEST_LINE:
                raise _endless(self._path)
        if rest:
            yield rest

    def _decoded(self) -> Iterator[str]:
        if self._encoding.is_mixed:
            yield from self._decoded_by_lines()
            return
        decoder = codecs.getincrementaldecoder(self._encoding.name)("strict")
        with self._path.open("rb") as file:
            while data := file.read(BLOCK_BYTES):
                yield decoder.decode(data)
        yield decoder.decode(b"", final=True)

    def _decoded_by_lines(self) -> Iterator[str]:
        number = 1
        with self._path.open("rb") as file:
            while lines := file.readlines(BLOCK_BYTES):
                texts = []
                for line in lines:
                    text, name = decoded_line(line, self._encoding)
                    if name != self._encoding.name and not line.isascii():
                        self.odd_lines[number] = name
                    number += len(lines_of(text))
                    texts.append(text)
                yield "".join(texts)


def lines_of(text: str) -> list[str]:
    """Split a text into lines with their ends: LF, CR LF or CR."""
    return list(io.StringIO(text, newline=""))


def _endless(path: Path) -> DeliveryError:
    return DeliveryError(
        path.name,
        f"a line of more than {LONGEST_LINE} characters",
        "a table of text, row by row",
        "check that the file is what its name says, and send it again",
    )
