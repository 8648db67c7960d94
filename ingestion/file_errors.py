"""Find every error of every row of a file before it is sent: what a run would find, and what it would reject.

Here: reading the file as its entry declares it, and judging each cell as ``standard`` will. Not here: declared rules
between columns (``expectations``), what the codes mean (``file_error_words.py``), showing them.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from ingestion.conform import conform
from ingestion.decode import decode_file
from ingestion.decoded import Block, Decoded, not_decodable
from ingestion.header import missing_columns, raw_names, undeclared_columns
from ingestion.tombstones import is_deletion
from resource_catalogue.code_list import CodeList
from resource_catalogue.resource import Column, Resource

REQUIRED, DUPLICATE, NOT_LISTED, TOO_LONG = "required", "duplicate_key", "not_in_list", "too_long"
_KEY = bytes(32)
"""Rows are only compared with each other here; no key that is kept is needed."""


@dataclass(frozen=True, slots=True, repr=False)
class FileError:
    """Hold one error of one cell or row.

    Attributes:
        line: Line of the file, or row of the sheet.
        column: Name of the column; empty for an error of the whole row.
        place: 1-based place of the column in the file; 0 where it has none.
        code: What is wrong.
        is_note: Whether the value is taken all the same.
        value: The cell as sent. Only for the agency's own eyes; never in logs.
    """

    row_number: int
    line: int
    sheet: str
    column: str
    place: int
    code: str
    is_note: bool
    value: str | None


@dataclass
class CheckedFile:
    """Hold what a file came to; ``errors`` is complete once ``rows`` has been gone through.

    Attributes:
        header: Its columns' labels in order.
        missing: Labels of required columns that it lacks: the delivery would be held.
        undeclared: Names of its columns that the entry does not declare.
    """

    decoded: Decoded
    header: list[str]
    missing: list[str]
    undeclared: list[str]
    row_count: int = 0
    errors: list[FileError] = field(default_factory=list)

    @property
    def is_faulty(self) -> bool:
        """Tell whether anything but notes was found."""
        return bool(self.missing) or any(not error.is_note for error in self.errors)


def check_file(path: Path, resource: Resource, lists: Mapping[str, CodeList]) -> CheckedFile:
    """Find every error of a file.

    Args:
        lists: Code lists by name.

    Raises:
        DeliveryError: The file cannot be read as its entry declares it.
    """
    decoded = decode_file(path, resource)
    names = raw_names(decoded.header, resource)
    checked = CheckedFile(
        decoded, decoded.header, missing_columns(names, resource), undeclared_columns(names, resource)
    )
    every, key = {column.name for column in resource.columns}, set(resource.key)
    # Of several changes of one row the last counts.
    seen: dict[str, int] | None = {} if resource.update.mode != "changes" else None
    gone = 0
    try:
        for block in decoded.blocks:
            raw = as_raw(block, decoded, names)
            is_gone = is_deletion(raw, resource)
            checked.errors += _of_block(raw.filter(~is_gone), resource, lists, names, every, seen)
            # Of a row that is to go, only its key is read.
            checked.errors += _of_block(raw.filter(is_gone), resource, lists, names, key, None)
            checked.row_count, gone = checked.row_count + raw.height, gone + int(is_gone.sum())
    except BaseException as error:
        raise not_decodable(path.name, error) from None
    if gone and gone == checked.row_count and key <= set(names):
        checked.missing = []
    checked.row_count += len(decoded.rejected)
    checked.errors += [
        FileError(row.row_number, row.line, row.sheet or decoded.sheet, "", 0, row.reason, False, row.text)
        for row in decoded.rejected
    ]
    checked.errors.sort(key=lambda error: (error.row_number, error.place))
    return checked


def as_raw(block: Block, decoded: Decoded, names: list[str]) -> pl.DataFrame:
    """Return a block as ``raw`` would hold it."""
    sheet = decoded.sheet if block.sheet is None else block.sheet
    columns = [pl.Series(name, column) for name, column in zip(names, block.columns, strict=True)]
    lead = [pl.Series("_row_number", block.row_numbers), pl.Series("_line", block.lines)]
    return pl.DataFrame([*lead, *columns]).with_columns(
        _sheet=pl.lit(sheet), _delivery_id=pl.lit(""), _slice=pl.lit(""), _order_key=pl.lit(""),
        _received_at=pl.lit(None, pl.Datetime("us", "UTC")),
    )  # fmt: skip


def _of_block(
    raw: pl.DataFrame,
    resource: Resource,
    lists: Mapping[str, CodeList],
    names: list[str],
    wanted: AbstractSet[str],
    seen: dict[str, int] | None,
) -> Iterator[FileError]:
    """Give the errors of the wanted columns of some rows, and of keys that were seen before where that is wanted."""
    if raw.is_empty():
        return
    standard = pl.from_arrow(conform(raw, resource, _KEY))
    assert isinstance(standard, pl.DataFrame)
    for column in resource.columns:
        if column.name in wanted:
            place = names.index(column.name) + 1 if column.name in names else 0
            sent = raw[column.name] if place else pl.Series(column.name, [None] * raw.height, dtype=pl.String)
            yield from _of_column(standard, sent, column, place, lists)
    if resource.key and seen is not None:
        yield from _duplicates(standard, seen)


def _of_column(
    standard: pl.DataFrame, sent: pl.Series, column: Column, place: int, lists: Mapping[str, CodeList]
) -> Iterator[FileError]:
    value, fault = pl.col(column.name), pl.col(f"{column.name}__fault")
    tests = [(fault.is_not_null(), fault)]
    if column.required and place:
        tests.append((value.is_null(), pl.lit(REQUIRED)))
    if column.max and standard[column.name].dtype == pl.String:
        tests.append((value.str.len_chars() > column.max, pl.lit(TOO_LONG)))
    known = _codes(column, lists)
    if known is not None:
        tests.append((value.is_not_null() & ~value.is_in(known), pl.lit(NOT_LISTED)))
    code = pl.coalesce(pl.when(fails).then(what) for fails, what in tests)
    found = standard.select(
        "_row_number", "_line", "_sheet", code=code, note=fault.is_not_null() & value.is_not_null(), sent=sent
    ).filter(pl.col("code").is_not_null())
    for number, line, sheet, what, is_note, cell in found.iter_rows():
        yield FileError(number, line, sheet, column.name, place, what, is_note, cell)


def _codes(column: Column, lists: Mapping[str, CodeList]) -> list[str] | None:
    name = "divisions" if column.type == "division" else column.codes
    return [one.code for one in lists[name].codes] if name and name in lists else None


def _duplicates(standard: pl.DataFrame, seen: dict[str, int]) -> Iterable[FileError]:
    """Give an error for each row whose key an earlier row has."""
    keyed = standard.filter(pl.col("_has_key")).select("_row_key", "_row_number", "_line", "_sheet")
    for key, number, line, sheet in keyed.iter_rows():
        if key in seen:
            yield FileError(number, line, sheet, "", 0, DUPLICATE, False, None)
        else:
            seen[key] = line
