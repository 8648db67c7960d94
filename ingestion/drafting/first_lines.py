"""Look at a file before anything is declared for it: its form, its encoding, and its first lines as cells.

Here: what must be known to find the header. Not here: the header (``header_line.py``), all rows (``sample.py``).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from ingestion.decoded import not_decodable
from ingestion.decoders import archive, geopackage, json_document, parquet, workbook, xml_document
from ingestion.form_of_bytes import head_of, is_dbf, no_table
from ingestion.rows import LinedRow, is_blank
from ingestion.text_blocks import parsed_rows
from ingestion.text_encoding import line_encoding
from ingestion.text_pieces import TextPieces
from ingestion.workbook_sheets import open_sheets
from resource_catalogue.errors import DeliveryError

LOOKED_AT = 60
"""Lines that are not blank and from which a table is recognised."""
_MARKS = ",\t;|"


@dataclass(frozen=True)
class FirstLines:
    """Hold what a look at a file, or at a sheet of it, shows.

    Attributes:
        rows: First lines that are not blank; null for forms whose rows carry the names of their columns.
        encoding: As found; ``others`` names those in which single lines are written.
        delimiter: Of delimited text; empty for all else.
        sheet: Name of the sheet; empty where the file has none.
    """

    rows: list[LinedRow] | None
    encoding: str = ""
    others: tuple[str, ...] = ()
    delimiter: str = ""
    sheet: str = ""


def first_lines(path: Path) -> list[FirstLines]:
    """Look at a file: once, or once for each sheet that has rows.

    Raises:
        DeliveryError: It is empty, an archive, or no encoding or program fits.
    """
    head = head_of(path)
    try:
        return _looked_at(path, head)
    except DeliveryError:
        raise
    except BaseException as error:
        raise not_decodable(path.name, error) from None


def _looked_at(path: Path, head: bytes) -> list[FirstLines]:
    if not head.strip():
        raise DeliveryError(path.name, "the file is empty", "a file with rows", "ask for the file again")
    if no_table(path, head) is None and archive.archive_form(path, head):
        raise DeliveryError(
            path.name,
            "文件是压缩包 / the file is an archive",
            "数据表文件 / a file with a table",
            "解压后用其中一个文件起草 / unpack it and draft from a file in it",
        )
    if workbook.is_workbook(head):
        return _of_workbook(path)
    # What is no table at all is refused by the decoder, in its own words.
    return [FirstLines(None)] if no_table(path, head) or _names_its_columns(head) else [_of_text(path)]


def _names_its_columns(head: bytes) -> bool:
    forms = (
        parquet.is_parquet,
        geopackage.is_geopackage,
        is_dbf,
        xml_document.is_xml,
        json_document.is_json,
    )
    return any(is_form(head) for is_form in forms)


def _of_workbook(path: Path) -> list[FirstLines]:
    _, sheets = open_sheets(path, None)
    shown = [sheet for sheet in sheets if not sheet.is_hidden] or sheets
    looks = [FirstLines(rows, sheet=sheet.name) for sheet in shown if (rows := _filled(sheet.rows()))]
    if not looks:
        raise DeliveryError(path.name, "no sheet has rows", "a sheet with a table", "ask for the file again")
    return looks


def _of_text(path: Path) -> FirstLines:
    encoding = line_encoding(path)
    pieces = TextPieces(path, encoding)
    by_mark = {mark: _filled(parsed_rows(pieces, mark)) for mark in _MARKS}
    if not by_mark[","] or any("\0" in (cell or "") for _, cells in by_mark[","] for cell in cells):
        raise DeliveryError(
            path.name, "the file has no lines of text", "a file with a table", "ask for the file again"
        )
    mark = max(_MARKS, key=lambda one: _fitness(by_mark[one]))
    return FirstLines(by_mark[mark], encoding.name, encoding.others, mark)


def _filled(rows: Iterable[LinedRow]) -> list[LinedRow]:
    return list(islice((row for row in rows if not is_blank(row[1])), LOOKED_AT))


def _fitness(rows: list[LinedRow]) -> tuple[float, int]:
    """Tell how evenly a delimiter splits lines into several cells; the comma wins where none does."""
    if not rows:
        return 0.0, 0
    width, times = Counter(len(cells) for _, cells in rows).most_common(1)[0]
    return (times / len(rows), width) if width > 1 else (0.0, 0)
