"""Commands about feeds: files before they are sent (``validate``); how feeds stand (``feed_standing.py``)."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.feed_comparing import PURPOSE, FileComparer, as_json, print_comparison
from cli.feed_standing import add_to as add_standing
from cli.options import HERE, As, AsJson, Home, open_deployment
from cli.output import print_json, say
from resource_catalogue.errors import EXPECTED, REMEDY, CatalogueError, DeliveryError, NotFoundError

if TYPE_CHECKING:
    from ingestion.file_comparison import Comparison
    from ingestion.file_errors import CheckedFile, FileError
    from resource_catalogue.catalogue import Catalogue
    from resource_catalogue.deployment import Deployment
    from resource_catalogue.resource import Resource

app = typer.Typer(
    no_args_is_help=True,
    help="报送 / Feeds: check files before they are sent; promised against actual; replaced resources.",
)
add_standing(app)


@app.command()
def validate(
    file: Annotated[Path, typer.Argument(help="要报送的文件 / the file to be sent")],
    resource: Annotated[str, typer.Option("--resource", help="资源标识 / id of the resource")],
    xlsx: Annotated[
        Path | None,
        typer.Option("--xlsx", metavar="OUT", help="标出问题的工作簿 / a workbook, errors at their cells"),
    ] = None,
    show_values: Annotated[
        bool,
        typer.Option("--show-values", help="显示原值，仅供本机构 / show values, for the agency's own use"),
    ] = False,
    compare: Annotated[
        bool,
        typer.Option("--compare", help="与其他机构的数据比对 / say what differs from other agencies' data"),
    ] = False,
    purpose: Annotated[
        str, typer.Option("--purpose", help="比对目的，记入存取记录 / why it is compared, for the record")
    ] = PURPOSE,
    home: Home = HERE,
    actor: As = "",
    json_wanted: AsJson = False,
) -> None:
    """自查文件 / Report every error of every row: line, column, what was found and expected, what to do."""
    from ingestion.annotated_workbook import write_annotated
    from ingestion.file_errors import check_file
    from ingestion.zip_limits import archive_bounds

    deployment = open_deployment(home)
    comparer = _comparer(deployment, actor, purpose) if compare else None
    catalogue = comparer.release.catalogue if comparer else _catalogue(deployment)
    entry = _entry(catalogue, resource)
    if not file.is_file():
        raise DeliveryError(
            str(file), "没有此文件 / no such file", "一个文件 / a file", "改正路径 / correct the path"
        )
    names = comparer.agencies() if comparer else {}
    with archive_bounds(deployment.settings.ingestion):
        checked = check_file(file, entry, catalogue.code_lists)
        compared = comparer.compare(file, entry) if comparer else None
        if xlsx is not None:
            write_annotated(file, checked, entry, xlsx, compared, names)
    if json_wanted:
        print_json(_json(checked, entry, show_values, compared, names))
    else:
        _tell(checked, entry, show_values)
        if compared is not None:
            print_comparison(compared, entry, names)
    if checked.is_faulty:
        raise typer.Exit(1)


def _comparer(deployment: "Deployment", actor: str, purpose: str) -> FileComparer:
    from lake import Lake
    from lake.releases import current_release

    lake = Lake.of(deployment)
    return FileComparer.of(deployment, lake, current_release(lake), actor, purpose)


def _catalogue(deployment: "Deployment") -> "Catalogue":
    """Return the catalogue in force; the draft where none is published yet."""
    from lake import Lake
    from lake.releases import current_release
    from resource_catalogue.catalogue import load_draft

    try:
        return current_release(Lake.of(deployment)).catalogue
    except CatalogueError:
        return load_draft(deployment.catalogue).catalogue


def _entry(catalogue: "Catalogue", resource: str) -> "Resource":
    entry = catalogue.resources.get(resource)
    if entry is None:
        known = ", ".join(sorted(catalogue.resources))
        raise NotFoundError(
            f"--resource {resource}", "没有此资源 / no such resource", known, "选用其一 / choose one"
        )
    return entry


def _tell(checked: "CheckedFile", entry: "Resource", show_values: bool) -> None:
    decoded = checked.decoded
    read = " ".join(filter(None, (decoded.format, decoded.encoding, decoded.sheet)))
    say(f"{read}, 表头行 / header line {decoded.header_row}, {checked.row_count} 行 / rows")
    if checked.missing:
        say(f"[错误 error] 缺少必填列 / required columns are missing: {', '.join(checked.missing)}")
    if checked.undeclared:
        say(f"[提示 note] 目录中没有的列 / columns not in the catalogue: {', '.join(checked.undeclared)}")
    for remark in decoded.remarks:
        say(f"[提示 note] {remark}")
    for error in checked.errors:
        say(_line(error, entry, show_values))
    faults = sum(not error.is_note for error in checked.errors) + len(checked.missing)
    say(f"{faults} 个错误 / errors, {len(checked.errors) + len(checked.missing) - faults} 个提示 / notes")


def _line(error: "FileError", entry: "Resource", show_values: bool) -> str:
    told = _fields(error, entry, show_values)
    word = "提示 note" if error.is_note else "错误 error"
    sheet = f"{error.sheet} " if error.sheet else ""
    where = f"{sheet}第 {error.line} 行 / line {error.line}" + (f", {told['label']}" if error.column else "")
    value = f" [{told['value']}]" if show_values and error.value is not None else ""
    what = f"{told['found']}{value}; {EXPECTED}: {told['expected']}; {REMEDY}: {told['remedy']}"
    return f"[{word}] {where}: {what}"


def _json(
    checked: "CheckedFile",
    entry: "Resource",
    show_values: bool,
    compared: "Comparison | None",
    names: Mapping[str, str],
) -> dict[str, Any]:
    return {
        "format": checked.decoded.format,
        "encoding": checked.decoded.encoding,
        "header_line": checked.decoded.header_row,
        "rows": checked.row_count,
        "missing_columns": checked.missing,
        "undeclared_columns": checked.undeclared,
        "remarks": checked.decoded.remarks,
        "errors": [_fields(error, entry, show_values) for error in checked.errors],
        **({"comparison": as_json(compared, entry, names)} if compared is not None else {}),
    }


def _fields(error: "FileError", entry: "Resource", show_values: bool) -> dict[str, Any]:
    from ingestion.file_error_words import explained

    column = next((one for one in entry.columns if one.name == error.column), None)
    told = explained(error.code, column)
    return {
        "line": error.line,
        "sheet": error.sheet,
        "column": error.column,
        "label": column.zh if column else "",
        "severity": "note" if error.is_note else "error",
        "code": error.code,
        "found": f"{told.found_zh} / {told.found_en}",
        "expected": f"{told.expected_zh} / {told.expected_en}",
        "remedy": f"{told.remedy_zh} / {told.remedy_en}",
        **({"value": error.value} if show_values else {}),
    }
