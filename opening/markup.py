"""Rows as XML: plain records, and the workbook format of spreadsheets (ECMA-376), which is XML in a ZIP.

Here: writing both with whole-column expressions, the same bytes for the same rows: the usual writers stamp the hour
into the file, and take minutes for what a sheet can hold. Every text is an inline string, so that no cell is ever a
formula and no code a number. Not here: which rows (``files.py``).
"""

import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

import polars as pl

SHEET_ROWS = 1_048_575
"""Rows below the heading that a sheet can hold."""
_STAMP = (1980, 1, 1, 0, 0, 0)
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_UNWRITABLE = "[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]"
"""Characters that XML 1.0 has no way to write."""
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument'
        '.spreadsheetml.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument'
        '.spreadsheetml.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}"><sheets>'
        '<sheet name="data" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}


def write_workbook(frame: pl.DataFrame, path: Path) -> None:
    """Write one sheet: a heading of column names, then the rows; numbers as numbers, everything else as text."""
    heading = "".join(f'<c t="inlineStr"><is><t>{escape(name)}</t></is></c>' for name in frame.columns)
    cells = [_cell(name, kind) for name, kind in frame.schema.items()]
    rows = frame.select(pl.concat_str([pl.lit("<row>"), *cells, pl.lit("</row>\n")]).alias("row"))["row"]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as workbook:
        for name, content in _PARTS.items():
            workbook.writestr(_stamped(name), _HEAD + content)
        with workbook.open(_stamped("xl/worksheets/sheet1.xml"), "w") as sheet:
            sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>\n<row>{heading}</row>\n'.encode())
            sheet.writelines(row.encode() for row in rows)
            sheet.write(b"</sheetData></worksheet>")


def _stamped(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _STAMP)
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


def _cell(name: str, kind: pl.DataType) -> pl.Expr:
    """Return the text of a column's cells; a null is an empty cell, which keeps its place in the row."""
    if kind.is_numeric():
        filled = pl.format("<c><v>{}</v></c>", pl.col(name).cast(pl.String))
    else:
        filled = pl.format('<c t="inlineStr"><is><t xml:space="preserve">{}</t></is></c>', _escaped(name))
    return pl.when(pl.col(name).is_null()).then(pl.lit("<c/>")).otherwise(filled)


def _escaped(name: str) -> pl.Expr:
    text = pl.col(name).cast(pl.String).str.replace_all(_UNWRITABLE, "\ufffd")
    return text.str.replace_many(["&", "<", ">", "\r"], ["&amp;", "&lt;", "&gt;", "&#13;"])


def write_xml(frame: pl.DataFrame, path: Path) -> None:
    """Write ``<records>`` of ``<record>``: one element per column, none where the value is null."""
    fields = [
        pl.when(pl.col(name).is_null())
        .then(pl.lit(""))
        .otherwise(pl.format(f"<field name={quoteattr(name)}>{{}}</field>", _escaped(name)))
        for name in frame.columns
    ]
    rows = frame.select(pl.concat_str([pl.lit("<record>"), *fields, pl.lit("</record>\n")]).alias("row"))[
        "row"
    ]
    with path.open("wb") as file:
        file.write(b'<?xml version="1.0" encoding="UTF-8"?>\n<records>\n')
        file.writelines(row.encode() for row in rows)
        file.write(b"</records>\n")
