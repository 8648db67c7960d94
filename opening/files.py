"""The files of an opened dataset, the same bytes for the same rows, in the formats that people and programs ask for.

Here: which formats there are, writing and hashing them. Not here: what may be in them (``masking``), where they are
put (``publish.py``), and the XML forms (``markup.py``).

- ``csv``: UTF-8 for programs. ``csv_bom``: the same with a byte-order mark, because spreadsheets in China otherwise
  read it as GBK. In both, text is quoted, dates are ISO 8601, an empty field is null; and text that a spreadsheet
  would run as a formula has an apostrophe before it, so that opening a file can start nothing.
- ``xlsx``: every code is a text cell, so that leading zeros and long numbers stay; left out where a sheet cannot hold
  the rows. ``json``, ``jsonl``, ``xml``, ``parquet``: the values exactly as published.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from lake.engine import engine_errors
from opening.markup import SHEET_ROWS, write_workbook, write_xml

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "csv_bom": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "json": "application/json",
    "jsonl": "application/x-ndjson",
    "xml": "application/xml",
    "parquet": "application/vnd.apache.parquet",
}
SUFFIXES = {kind: f".{kind}" for kind in MEDIA_TYPES} | {"csv_bom": ".excel.csv"}
_FORMULA = r"^[=+\-@\t\r]"
"""Beginnings that spreadsheets take for a formula."""


@dataclass(frozen=True, slots=True)
class DataFile:
    """Describe one file: name, format, media type, SHA-256, size in bytes, rows."""

    name: str
    format: str
    media_type: str
    sha256: str
    bytes: int
    rows: int


def in_order(frame: pl.DataFrame) -> pl.DataFrame:
    """Sort by all columns from the left, nulls last, so that the order tells nothing of the source's."""
    return frame.sort(frame.columns, nulls_last=True) if frame.width else frame


def write_files(frame: pl.DataFrame, folder: Path, dataset: str) -> list[DataFile]:
    """Write a dataset's rows in every format into a folder.

    Args:
        frame: The rows, in the order in which they are published.
        folder: An existing folder.
        dataset: Name of the files without their suffix.
    """
    written = []
    with engine_errors(f"open.{dataset}"):
        for kind, write in _WRITERS.items():
            if kind == "xlsx" and len(frame) > SHEET_ROWS:
                continue
            path = folder / f"{dataset}{SUFFIXES[kind]}"
            write(frame, path)
            written.append(
                DataFile(path.name, kind, MEDIA_TYPES[kind], sha256(path), path.stat().st_size, len(frame))
            )
    return written


def harmless(frame: pl.DataFrame) -> pl.DataFrame:
    """Put an apostrophe before text that a spreadsheet would take for a formula.

    >>> harmless(pl.DataFrame({"name": ["=1+1", "示例"]}))["name"].to_list()
    ["'=1+1", '示例']
    """
    text = pl.col(pl.String)
    return frame.with_columns(
        pl.when(text.str.contains(_FORMULA)).then(pl.lit("'") + text).otherwise(text).name.keep()
    )


def _write_csv(frame: pl.DataFrame, path: Path) -> None:
    harmless(frame).write_csv(path, quote_style="non_numeric", line_terminator="\r\n")


def _write_csv_bom(frame: pl.DataFrame, path: Path) -> None:
    harmless(frame).write_csv(path, include_bom=True, quote_style="non_numeric", line_terminator="\r\n")


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows in types that JSON knows: dates and instants as ISO 8601 text, decimals as numbers."""
    other = [name for name, kind in frame.schema.items() if kind.is_temporal() or kind == pl.Binary]
    decimals = [name for name, kind in frame.schema.items() if kind.is_decimal()]
    return frame.with_columns(pl.col(other).cast(pl.String), pl.col(decimals).cast(pl.Float64))


def _write_json(frame: pl.DataFrame, path: Path) -> None:
    plain(frame).write_json(path)


def _write_jsonl(frame: pl.DataFrame, path: Path) -> None:
    plain(frame).write_ndjson(path)


def _write_parquet(frame: pl.DataFrame, path: Path) -> None:
    pq.write_table(frame.to_arrow(compat_level=pl.CompatLevel.oldest()), path, compression="zstd")


_WRITERS: dict[str, Callable[[pl.DataFrame, Path], None]] = {
    "csv": _write_csv,
    "csv_bom": _write_csv_bom,
    "xlsx": write_workbook,
    "json": _write_json,
    "jsonl": _write_jsonl,
    "xml": write_xml,
    "parquet": _write_parquet,
}


def sha256(path: Path) -> str:
    """Return the hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
