"""Check entries of objects: their form, the columns that every object has, and what fills the others."""

import re
from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, EntryFile, Inspection
from resource_catalogue.resource import Column, Resource
from resource_catalogue.sources.objects import ADMITTED, MEMBER, NAME, NEEDED, OBJECT_COLUMNS, Objects

_PREFIX = "object_"
_BRING_FILES = ("folder", "s3", "sftp")
_NAME_REMEDY = "改正正则表达式 / correct the regular expression"


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per declaration of objects that cannot hold, and a note where names of files would be opened."""
    for resource, file in inspection.resources():
        if resource.source.rows == "objects":
            yield from _form(resource, file)
            yield from _own_columns(resource, file)
            yield from _name(resource, file)
            yield from _list(resource, file)
            yield from _unfilled(resource, file)
            yield from _opened_names(resource, file)
        elif resource.source.objects != Objects():
            yield file.refuse(
                ("source", "objects"),
                "rows: table",
                "rows: objects",
                "登记 rows，或删去 / declare rows, or take it away",
            )


def _form(resource: Resource, file: EntryFile) -> Iterator[CheckedFault]:
    if resource.form not in ADMITTED and resource.is_digital:
        yield file.refuse(
            ("form",),
            f"{resource.form}, rows: objects",
            " | ".join(ADMITTED),
            "改正 form 或 source.rows / correct form or source.rows",
        )
    if resource.source.connector not in _BRING_FILES:
        yield file.refuse(
            ("source", "rows"),
            f"rows: objects, connector: {resource.source.connector}",
            "按原样取得文件的来源 / a source that brings files as they are: " + ", ".join(_BRING_FILES),
            "改正来源或 rows / correct the source or rows",
        )


def _own_columns(resource: Resource, file: EntryFile) -> Iterator[CheckedFault]:
    declared = {column.name: column for column in resource.columns}
    missing = [name for name in NEEDED if name not in declared]
    if missing:
        yield file.refuse(
            ("columns",),
            "缺少 / missing: " + ", ".join(missing),
            "每个对象都有的信息项 / the columns that every object has",
            "补充这些列 / declare them",
        )
    for index, column in enumerate(resource.columns):
        kind = OBJECT_COLUMNS.get(column.name)
        if kind is None and column.name.startswith(_PREFIX):
            yield file.refuse(
                ("columns", index, "name"),
                column.name,
                " | ".join(OBJECT_COLUMNS),
                "改名 / choose another name",
            )
        elif kind is not None and column.type != kind:
            yield file.refuse(("columns", index, "type"), column.type, kind, "改正类型 / correct the type")


def _name(resource: Resource, file: EntryFile) -> Iterator[CheckedFault]:
    pattern = resource.source.objects.name
    if pattern is None:
        return
    groups = _groups(pattern)
    fillable = [column.name for column in _other_columns(resource)]
    if not groups or not groups <= set(fillable):
        yield file.refuse(
            ("source", "objects", "name"),
            pattern,
            f"命名组为信息项名的正则 / a regular expression whose groups are columns: {', '.join(fillable)}",
            _NAME_REMEDY,
        )


def _list(resource: Resource, file: EntryFile) -> Iterator[CheckedFault]:
    objects = resource.source.objects
    if (objects.index is None) != (objects.file is None):
        yield file.refuse(
            ("source", "objects"),
            f"index: {objects.index}, file: {objects.file}",
            "清单及其中写明文件名的列，二者同时登记 / a list and its column that names the file, both or neither",
            "补齐另一项，或删去 / declare the other too, or take it away",
        )
    if objects.index is not None and ("/" in objects.index or objects.index.strip("*?") == ""):
        yield file.refuse(
            ("source", "objects", "index"),
            objects.index,
            "清单.xlsx | 清单.*",
            "写文件名 / write the name of the file",
        )


def _unfilled(resource: Resource, file: EntryFile) -> Iterator[CheckedFault]:
    objects = resource.source.objects
    if objects.index is not None:
        return
    named = _groups(objects.name or "")
    for index, column in enumerate(resource.columns):
        if column in _other_columns(resource) and column.name not in named:
            yield file.refuse(
                ("columns", index),
                f"{column.name}: 没有取值的来源 / nothing fills it",
                "objects.name 的组、清单的列或固定值 / a group of objects.name, a column of a list, or a constant",
                "登记其一，或删去此列 / declare one of them, or take the column away",
            )


def _opened_names(resource: Resource, file: EntryFile) -> Iterator[CheckedFault]:
    for index, column in enumerate(resource.columns):
        if column.name in (NAME, MEMBER) and resource.open_type(column) != "none":
            yield file.note(
                ("columns", index),
                f"open: {resource.open_type(column)}",
                "文件名称常含姓名、证件号码 / names of files often hold names and numbers of persons",
                "登记 open: none，或确认其中没有个人信息 / declare open: none, or make sure that they hold none",
            )


def _other_columns(resource: Resource) -> list[Column]:
    """Return the columns that an object does not fill by itself."""
    return [one for one in resource.columns if one.name not in OBJECT_COLUMNS and one.constant is None]


def _groups(pattern: str) -> set[str]:
    try:
        return set(re.compile(pattern).groupindex)
    except re.error:
        return set()
