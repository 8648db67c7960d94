"""Check how bytes are said to become rows: widths are of the columns, columns that are filled down exist."""

from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.resource import Resource


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per field of ``source`` that cannot hold beside the others or beside the columns."""
    for resource, file in inspection.resources():
        yield from _widths(resource, file)
        yield from _header_lines(resource, file)
        yield from _fill_down(resource, file)


def _widths(resource: Resource, file: EntryFile) -> Iterator[CheckedFault]:
    source = resource.source
    if source.widths is None:
        return
    if source.delimiter is not None:
        yield file.refuse(
            ("source", "delimiter"),
            "widths, delimiter",
            "定宽或分隔，二者取一 / fixed width or delimited, not both",
            "删去其一 / take one away",
        )
    read = sum(column.constant is None for column in resource.columns)
    if not source.widths or (source.header_row == 0 and len(source.widths) != read):
        yield file.refuse(
            ("source", "widths"),
            f"{len(source.widths)}",
            f"每列一个宽度 / one width per column that is read ({read})",
            "补全宽度 / complete the widths",
        )


def _header_lines(resource: Resource, file: EntryFile) -> Iterator[CheckedFault]:
    if resource.source.header_row == 0 and resource.source.header_lines > 1:
        yield file.refuse(
            ("source", "header_lines"),
            f"{resource.source.header_lines}, header_row: 0",
            "有表头 / a file with a header",
            "删去其一 / take one away",
        )


def _fill_down(resource: Resource, file: EntryFile) -> Iterator[CheckedFault]:
    names = [column.name for column in resource.columns if column.constant is None]
    for index, name in enumerate(resource.source.fill_down):
        if name not in names:
            yield file.refuse(
                ("source", "fill_down", index),
                name,
                " | ".join(names),
                "改为已有的列 / name a declared column",
            )
