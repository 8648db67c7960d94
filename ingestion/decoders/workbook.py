"""Decode workbooks: XLSX and XLS, whatever the file is called; one sheet, or all sheets that are one table.

Titles, merged cells, phantom rows and columns are dealt with by ``rows.py``, cells by ``workbook_sheets.py``. Hidden
sheets are read only where they are declared by name or hold all there is; hidden rows always. Both are told.
"""

from pathlib import Path

from ingestion.decoded import Decoded
from ingestion.form_of_bytes import OLE, ZIP, zip_names
from ingestion.joined import Part, joined
from ingestion.rows import is_blank, table_of
from ingestion.workbook_sheets import Sheet, open_sheets
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

_BEFORE_EXCEL_5 = (b"\x09\x00\x04\x00", b"\x09\x02\x06\x00", b"\x09\x04\x06\x00", b"\x09\x08\x08\x00\x00\x05")
_ALL = "*"
_NOT_READ = ("xl/workbook.bin", "content.xml")


def is_workbook(head: bytes) -> bool:
    """Tell from the first bytes whether a file is a workbook, archives left aside."""
    return head.startswith((ZIP, OLE[:4], *_BEFORE_EXCEL_5))


def decode(path: Path, resource: Resource) -> Decoded:
    """Read the declared sheets of a workbook, else the first that has rows.

    Raises:
        DeliveryError: The workbook is broken, would take too much memory, or lacks a declared sheet.
    """
    _check_form(path)
    form, sheets = open_sheets(path, resource.source.encoding)
    wanted = resource.source.sheet
    if wanted == _ALL:
        return _all(sheets, form, resource)
    if wanted is None:
        return _told(_table(_first(sheets, resource), form, resource), _hidden(sheets))
    if isinstance(wanted, str):
        return _table(_named(sheets, wanted, resource), form, resource)
    named = [_named(sheets, name, resource) for name in wanted]
    whole = joined((Part(sheet.name, _table(sheet, form, resource)) for sheet in named), resource)
    assert whole is not None
    return whole


def _check_form(path: Path) -> None:
    names = zip_names(path) & set(_NOT_READ)
    if names:
        raise DeliveryError(
            path.name,
            "XLSB 或 ODS 工作簿不读取 / workbooks in XLSB or ODS are not read",
            "XLSX 或 XLS / XLSX or XLS",
            "另存为 XLSX 后报送 / save it as XLSX and send it",
        )


def _table(sheet: Sheet, form: str, resource: Resource) -> Decoded:
    decoded = table_of(sheet.rows, resource, form, "", sheet.name)
    decoded.remarks += sheet.seen.remarks()
    return decoded


def _all(sheets: list[Sheet], form: str, resource: Resource) -> Decoded:
    """Join the sheets that carry the header; those without it, and hidden ones, are told by name."""
    parts: list[Part] = []
    others: list[str] = []
    for sheet in sheets:
        if sheet.is_hidden or not _has_rows(sheet):
            continue
        try:
            parts.append(Part(sheet.name, _table(sheet, form, resource)))
        except DeliveryError:
            others.append(sheet.name)
    whole = joined(parts, resource)
    if whole is None:
        raise _no_rows(resource)
    if others:
        whole.remarks.append(
            f"没有表头而略过的工作表 / sheets without the header, passed over: {', '.join(others)}"
        )
    return _told(whole, _hidden(sheets))


def _told(decoded: Decoded, remarks: list[str]) -> Decoded:
    decoded.remarks += remarks
    return decoded


def _hidden(sheets: list[Sheet]) -> list[str]:
    names = [sheet.name for sheet in sheets if sheet.is_hidden]
    return [f"隐藏的工作表 / hidden sheets: {', '.join(names)}"] if names else []


def _named(sheets: list[Sheet], wanted: str, resource: Resource) -> Sheet:
    for sheet in sheets:
        if sheet.name == wanted:
            return sheet
    raise DeliveryError(
        resource.id,
        f"缺少目录声明的工作表 / the declared sheet is missing: {wanted}",
        f"工作表 / a sheet {wanted}",
        "改正 sheet / correct `sheet`",
    )


def _first(sheets: list[Sheet], resource: Resource) -> Sheet:
    """Return the first sheet that has rows, a visible one if there is any."""
    for sheet in sorted(sheets, key=lambda one: one.is_hidden):
        if _has_rows(sheet):
            return sheet
    raise _no_rows(resource)


def _has_rows(sheet: Sheet) -> bool:
    return any(not is_blank(cells) for _, cells in sheet.rows())


def _no_rows(resource: Resource) -> DeliveryError:
    return DeliveryError(
        resource.id,
        "没有含数据的工作表 / no sheet of the workbook has rows",
        "含表的工作表 / a sheet with a table",
        "重新报送 / send it again",
    )
