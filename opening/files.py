"""The files of an opened dataset: CSV and Parquet, the same bytes for the same rows.

Here: writing and hashing. Not here: what may be in them (``masking``) and where they are put
(``publish.py``).

CSV is UTF-8 with a byte-order mark, because spreadsheets in China otherwise read it as GBK; text is quoted
and codes are text, so that leading zeros stay in the file (a spreadsheet may still drop them: use Parquet,
or import as text). Dates are ISO 8601, an empty field is null.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq

from lake.engine import engine_errors

MEDIA_TYPES = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


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
    """Write a dataset's rows as CSV and Parquet into a folder.

    Args:
        frame: The rows, in the order in which they are published.
        folder: An existing folder.
        dataset: Name of the files without their suffix.
    """
    with engine_errors(f"open.{dataset}"):
        csv, parquet = folder / f"{dataset}.csv", folder / f"{dataset}.parquet"
        frame.write_csv(csv, include_bom=True, quote_style="non_numeric", line_terminator="\r\n")
        pq.write_table(frame.to_arrow(compat_level=pl.CompatLevel.oldest()), parquet, compression="zstd")
    return [_described(csv, len(frame)), _described(parquet, len(frame))]


def _described(path: Path, rows: int) -> DataFile:
    kind = path.suffix.removeprefix(".")
    return DataFile(path.name, kind, MEDIA_TYPES[kind], sha256(path), path.stat().st_size, rows)


def sha256(path: Path) -> str:
    """Return the hash of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
