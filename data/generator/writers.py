"""Write rows in the formats that agencies send.

Here: one writer per format, all with the same arguments. Not here: what the rows say. Workbooks get fixed
time stamps, so that the same seed gives the same bytes.
"""

import csv
import functools
import json
import re
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from openpyxl import Workbook

from data.generator.feed import Row, Writer

_ZIP_TIME = (2026, 1, 1, 0, 0, 0)
_XLS_ROWS = 65_536
GEOMETRY = "geometry"
"""Header of the cell that becomes a feature's geometry."""


def delimited(encoding: str, delimiter: str = ",") -> Writer:
    """Return a writer of delimited text in an encoding, with CRLF as spreadsheet programs write it."""
    return functools.partial(_write_delimited, encoding=encoding, delimiter=delimiter)


def workbook(sheet: str, titles: Sequence[str] = ()) -> Writer:
    """Return a writer of one XLSX sheet, with title lines above the header."""
    return functools.partial(_write_workbook, sheet=sheet, titles=titles)


def broken_workbook(sheet: str) -> Writer:
    """Return a writer of a workbook whose second half got lost on the way."""
    return functools.partial(_write_broken_workbook, sheet=sheet)


def legacy_workbook(sheet: str) -> Writer:
    """Return a writer of an XLS sheet.

    Without xlwt the same name gets XLSX content, which is read by its content.
    """
    return functools.partial(_write_legacy_workbook, sheet=sheet)


def write_json_rows(path: Path, header: Sequence[str], rows: Iterator[Row]) -> None:
    """Write a JSON document with its rows at ``data.rows``."""
    records = [dict(zip(header, row, strict=True)) for row in rows]
    document = {"code": 0, "message": "成功", "data": {"total": len(records), "rows": records}}
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8")


def write_json_lines(path: Path, header: Sequence[str], rows: Iterator[Row]) -> None:
    """Write one JSON object per line."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(dict(zip(header, row, strict=True)), ensure_ascii=False) + "\n")


def write_features(path: Path, header: Sequence[str], rows: Iterator[Row]) -> None:
    """Write a GeoJSON feature collection; the cell under ``geometry`` is the feature's geometry."""
    features = []
    for row in rows:
        properties = dict(zip(header, row, strict=True))
        geometry = properties.pop(GEOMETRY)
        features.append({"type": "Feature", "geometry": geometry, "properties": properties})
    document = {"type": "FeatureCollection", "features": features}
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def _write_delimited(
    path: Path, header: Sequence[str], rows: Iterator[Row], encoding: str, delimiter: str
) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(header)
        writer.writerows(rows)


def _write_workbook(
    path: Path, header: Sequence[str], rows: Iterator[Row], sheet: str, titles: Sequence[str] = ()
) -> None:
    book = Workbook(write_only=True)
    page = book.create_sheet(sheet)
    for title in titles:
        page.append([title])
    page.append(list(header))
    for row in rows:
        page.append([None if cell == "" else cell for cell in row])
    book.save(path)
    _fix_times(path)


def _fix_times(path: Path) -> None:
    """Pack a workbook again with fixed times, in the archive and in its properties."""
    with zipfile.ZipFile(path) as archive:
        parts = [(name, archive.read(name)) for name in archive.namelist()]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts:
            if name == "docProps/core.xml":
                content = re.sub(rb">\d{4}-\d\d-\d\dT[\d:]+Z<", b">2026-01-01T00:00:00Z<", content)
            entry = zipfile.ZipInfo(name, _ZIP_TIME)
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)


def _write_broken_workbook(path: Path, header: Sequence[str], rows: Iterator[Row], sheet: str) -> None:
    _write_workbook(path, header, rows, sheet)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def _write_legacy_workbook(path: Path, header: Sequence[str], rows: Iterator[Row], sheet: str) -> None:
    try:
        import xlwt  # a development tool: the committed feed was written with it
    except ModuleNotFoundError:
        _write_workbook(path, header, rows, sheet)
        return
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet(sheet)
    for number, row in enumerate((header, *rows)):
        if number >= _XLS_ROWS:
            raise ValueError(f"{path.name}: an XLS sheet holds {_XLS_ROWS} rows at most")
        for column, cell in enumerate(row):
            if cell != "":
                page.write(number, column, cell)
    book.save(str(path))
