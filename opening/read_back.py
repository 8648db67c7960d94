"""Reading an opened dataset's files back into columns, whatever their format, as somebody who fetched them would.

Here: one reader per format, for the scan before they are put in place. Not here: what is looked for in them
(``final_scan.py``).
"""

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import polars as pl
from python_calamine import CalamineWorkbook


def read_back(path: Path) -> tuple[pl.DataFrame, list[str]]:
    """Read a file.

    Args:
        path: A file with a suffix of ``READERS``.

    Returns:
        Its rows, and the words around them: name of the file, of its columns, of its parts.
    """
    frame, around = READERS[path.suffix](path)
    return frame, [path.name, *frame.columns, *around]


def _csv(path: Path) -> tuple[pl.DataFrame, list[str]]:
    """Read a CSV as text only; a numeric column keeps the reading that its own values allow."""
    return pl.read_csv(io.BytesIO(path.read_bytes()), infer_schema=False, encoding="utf8"), []


def _json(path: Path) -> tuple[pl.DataFrame, list[str]]:
    return pl.read_json(path, infer_schema_length=None), []


def _jsonl(path: Path) -> tuple[pl.DataFrame, list[str]]:
    # A file without lines is a dataset without rows, which the reader refuses.
    return (pl.read_ndjson(path, infer_schema_length=None) if path.stat().st_size else pl.DataFrame()), []


def _xml(path: Path) -> tuple[pl.DataFrame, list[str]]:
    rows = [
        {field.get("name", ""): field.text or "" for field in record}
        for _, record in ElementTree.iterparse(path)
        if record.tag == "record"
    ]
    return pl.DataFrame(rows, infer_schema_length=None), []


def _workbook(path: Path) -> tuple[pl.DataFrame, list[str]]:
    heading, *rows = CalamineWorkbook.from_path(path).get_sheet_by_index(0).to_python(skip_empty_area=False)
    columns = {str(name): list(_texts(row[place] for row in rows)) for place, name in enumerate(heading)}
    with zipfile.ZipFile(path) as parts:
        return pl.DataFrame(columns), parts.namelist()


def _texts(values: Iterator[Any]) -> Iterator[str | None]:
    for value in values:
        yield (
            None
            if value == ""
            else str(int(value))
            if isinstance(value, float) and value % 1 == 0
            else str(value)
        )


READERS: Mapping[str, Callable[[Path], tuple[pl.DataFrame, list[str]]]] = {
    ".csv": _csv,
    ".json": _json,
    ".jsonl": _jsonl,
    ".xml": _xml,
    ".xlsx": _workbook,
}
"""Readers by suffix; Parquet is read by the scan itself, which also looks at its footer."""
