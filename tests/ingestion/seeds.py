"""The same small table in every form that is read, as seeds of broken files and for the comparison of forms."""

import io
import json
import struct
import tarfile
import tempfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np
import old_workbook
import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import xlwt

from ingestion import spatial

Table = Sequence[Sequence[str]]
HEADER = ("代码", "名称", "数量")
ROWS: Table = [("001", "甲县", "1"), ("002", '乙,"县"', "2"), ("003", "丙\n县", "3")]
WIDTHS = (8, 24, 8)


def delimited(
    rows: Table,
    encoding: str = "utf-8",
    delimiter: str = ",",
    end: str = "\r\n",
    is_all_quoted: bool = False,
    header: Sequence[str] = HEADER,
) -> bytes:
    """Write delimited text; quoted where it must be, or throughout."""

    def cell(text: str) -> str:
        is_special = any(mark in text for mark in (delimiter, '"', "\n", "\r"))
        return '"' + text.replace('"', '""') + '"' if is_all_quoted or is_special else text

    return "".join(
        delimiter.join(map(cell, row)) + end for row in ([header] if header else []) + [*rows]
    ).encode(encoding)


def xlsx(rows: Table) -> bytes:
    """Write a workbook whose cells are texts."""
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    for y, row in enumerate((HEADER, *rows), start=1):
        for x, text in enumerate(row, start=1):
            cell = page.cell(y, x)
            cell.value, cell.data_type = text, "s"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def xls(rows: Table) -> bytes:
    """Write a BIFF8 workbook."""
    book = xlwt.Workbook(encoding="utf-8")
    page = book.add_sheet("名单")
    for y, row in enumerate((HEADER, *rows)):
        for x, text in enumerate(row):
            page.write(y, x, text)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def xls_95(rows: Table) -> bytes:
    """Write a workbook of Excel 95."""
    with tempfile.TemporaryDirectory() as folder:
        return old_workbook.write(Path(folder) / "a.xls", [HEADER, *rows]).read_bytes()


def json_list(rows: Table) -> bytes:
    """Write a JSON document."""
    return json.dumps([dict(zip(HEADER, row, strict=True)) for row in rows], ensure_ascii=False).encode()


def json_lines(rows: Table) -> bytes:
    """Write JSON lines."""
    lines = (json.dumps(dict(zip(HEADER, row, strict=True)), ensure_ascii=False) for row in rows)
    return "\n".join(lines).encode()


def xml(rows: Table, encoding: str = "utf-8") -> bytes:
    """Write XML, line breaks as references: a parser makes one kind of them."""

    def element(name: str, text: str) -> str:
        return f"<{name}>{escape(text, {chr(13): '&#13;'})}</{name}>"

    body = "".join("<行>" + "".join(map(element, HEADER, row)) + "</行>" for row in rows)
    return f'<?xml version="1.0" encoding="{encoding}"?><表>{body}</表>'.encode(encoding)


def parquet(rows: Table) -> bytes:
    """Write Parquet."""
    file = io.BytesIO()
    columns = [[row[place] for row in rows] for place in range(len(HEADER))]
    pq.write_table(
        pa.table({name: pa.array(column, pa.string()) for name, column in zip(HEADER, columns, strict=True)}),
        file,
    )
    return file.getvalue()


def fixed_width(rows: Table, encoding: str = "gbk") -> bytes:
    """Write fixed-width text."""

    def padded(text: str, width: int) -> bytes:
        written = text.encode(encoding)
        assert len(written) <= width
        return written + b" " * (width - len(written))

    return b"".join(b"".join(map(padded, row, WIDTHS)) + b"\n" for row in (HEADER, *rows))


def _spatial(rows: Table, driver: str, name: str, folder: Path) -> Path:
    shapes = np.array([struct.pack("<BIdd", 1, 1, 118.5 + n, 32) for n in range(len(rows))], dtype=object)
    data = [np.array([row[place] for row in rows], dtype=object) for place in range(len(HEADER))]
    spatial.engine().raw.write(
        folder / name, shapes, data, list(HEADER), driver=driver, geometry_type="Point", crs="EPSG:4490"
    )
    return folder / name


def geopackage(rows: Table) -> bytes:
    """Write a GeoPackage."""
    with tempfile.TemporaryDirectory() as folder:
        return _spatial(rows, "GPKG", "a.gpkg", Path(folder)).read_bytes()


def shapefile(rows: Table) -> bytes:
    """Write a zipped shapefile."""
    with tempfile.TemporaryDirectory() as folder:
        _spatial(rows, "ESRI Shapefile", "a.shp", Path(folder))
        return packed({part.name: part.read_bytes() for part in sorted(Path(folder).iterdir())})


def dbf(rows: Table) -> bytes:
    """Write a DBF."""
    with tempfile.TemporaryDirectory() as folder:
        _spatial(rows, "ESRI Shapefile", "a.shp", Path(folder))
        return (Path(folder) / "a.dbf").read_bytes()


def geojson(rows: Table) -> bytes:
    """Write GeoJSON."""
    features = [
        {
            "type": "Feature",
            "properties": dict(zip(HEADER, row, strict=True)),
            "geometry": {"type": "Point", "coordinates": [1, 2]},
        }
        for row in rows
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False).encode()


def packed(members: dict[str, bytes]) -> bytes:
    """Write a ZIP."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def tarred(members: dict[str, bytes]) -> bytes:
    """Write a tar.gz."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as archive:
        for name, content in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return file.getvalue()


ONE_LINE_ROWS: Table = [tuple(cell.replace("\n", "") for cell in row) for row in ROWS]
SEEDS: dict[str, Callable[[], bytes]] = {
    "csv": lambda: delimited(ROWS),
    "csv_gb": lambda: delimited(ROWS, "gb18030", is_all_quoted=True),
    "tsv_utf_16": lambda: delimited(ROWS, "utf-16", "\t"),
    "xlsx": lambda: xlsx(ROWS),
    "xls": lambda: xls(ROWS),
    "xls_95": lambda: xls_95(ONE_LINE_ROWS),
    "json": lambda: json_list(ROWS),
    "json_lines": lambda: json_lines(ROWS),
    "geojson": lambda: geojson(ROWS),
    "xml": lambda: xml(ROWS, "gb18030"),
    "parquet": lambda: parquet(ROWS),
    "fixed_width": lambda: fixed_width(ONE_LINE_ROWS),
    "geopackage": lambda: geopackage(ROWS),
    "shapefile": lambda: shapefile(ONE_LINE_ROWS),
    "dbf": lambda: dbf(ONE_LINE_ROWS),
    "zip": lambda: packed({"a.csv": delimited(ROWS), "b.csv": delimited(ROWS, "gbk")}),
    "tar": lambda: tarred({"a.csv": delimited(ROWS), "b.xml": xml(ROWS)}),
}
"""Each form by name, made when it is wanted."""
