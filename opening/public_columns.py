"""The data dictionary (数据项) of an opened dataset: names, types, lengths, units, masks, codes.

Here: gathering it from manifest, file and catalogue. Not here: values, except codes that a code list names; of a
conditional dataset not even which of them occur.
"""

from collections.abc import Iterable
from pathlib import Path

import polars as pl

from lake.engine import engine_errors
from opening.catalogue_shape import PublicCode, PublicColumn, Words
from opening.manifest import Json
from resource_catalogue.code_list import Code
from resource_catalogue.dataset import Dataset, DatasetColumn
from resource_catalogue.release import Release
from resource_catalogue.resource import Column

MOST_CODES = 200
"""Codes shown per column; longer lists are left to the list's own publication."""
_TYPES: dict[str, Words] = {
    "String": {"zh": "字符型", "en": "text"},
    "Date": {"zh": "日期型", "en": "date"},
    "Datetime": {"zh": "日期时间型", "en": "date and time"},
    "Boolean": {"zh": "布尔型", "en": "true or false"},
    "Float": {"zh": "浮点型", "en": "decimal"},
    "Decimal": {"zh": "数值型", "en": "decimal"},
    "Int": {"zh": "整型", "en": "integer"},
    "UInt": {"zh": "整型", "en": "integer"},
}


def published_columns(release: Release, dataset: Dataset, manifest: Json, folder: Path) -> list[PublicColumn]:
    """Describe the columns as published.

    Args:
        release: The release, for codes and units.
        dataset: The dataset.
        manifest: Its manifest.
        folder: Its files; read for lengths and codes in use where it is open to all.
    """
    is_open = dataset.open_type == "open_to_all"
    frame = _frame(folder, manifest) if is_open else None
    return [_column(release, column, frame) for column in manifest["columns"]]


def declared_columns(dataset: Dataset) -> list[PublicColumn]:
    """Describe the columns of a dataset of which nothing lies open yet."""
    return [_declared(column) for column in dataset.columns]


def _declared(column: DatasetColumn) -> PublicColumn:
    return {
        "name": column.name,
        "zh": column.zh,
        "en": column.en,
        "type": "",
        "type_name": {"zh": "", "en": ""},
        "length": None,
        "unit": None,
        "role": column.role,
        "mask": None,
        "codes": [],
    }


def _frame(folder: Path, manifest: Json) -> pl.DataFrame:
    name = next(file["name"] for file in manifest["files"] if file["format"] == "parquet")
    with engine_errors(name):
        return pl.read_parquet(folder / name)


def _column(release: Release, column: Json, frame: pl.DataFrame | None) -> PublicColumn:
    declared = list(_sources(release, column["sources"]))
    values = frame[column["name"]] if frame is not None else None
    mask = column.get("mask")
    return {
        "name": column["name"],
        "zh": column["zh"],
        "en": column["en"],
        "type": column["type"],
        "type_name": _type_name(column["type"]),
        "length": _length(values),
        "unit": next((one.unit for one in declared if one.unit), None),
        "role": column["role"],
        "mask": {"zh": mask["zh"], "en": mask["en"]} if mask else None,
        "codes": [] if mask else _codes(release, column["name"], declared, values),
    }


def _type_name(kind: str) -> Words:
    other: Words = {"zh": kind, "en": kind}
    return next((name for start, name in _TYPES.items() if kind.startswith(start)), other)


def _length(values: pl.Series | None) -> int | None:
    if values is None or values.dtype != pl.String:
        return None
    longest = values.str.len_chars().max()
    return longest if isinstance(longest, int) else None


def _sources(release: Release, names: Iterable[str]) -> Iterable[Column]:
    """Yield the catalogue's columns behind the names of traced ones, such as ``base.person.sex``."""
    for name in names:
        schema, table, column = name.split(".", 2)
        for resource in release.listed_resources():
            for one in resource.columns:
                is_base = schema == "base" and one.base == f"{table}.{column}"
                is_own = table == resource.id.replace(".", "__") and one.name == column
                if is_base or is_own:
                    yield one


def _codes(release: Release, name: str, declared: list[Column], values: pl.Series | None) -> list[PublicCode]:
    """Name the codes: those in use where the values are open to all, else the whole list if it is short."""
    # A base derives divisions of which no agency has a column; what holds one is named so in this project.
    derived = ["divisions"] if name.endswith("division_code") else []
    lists = dict.fromkeys([*derived, *(_code_list(one) for one in declared)])
    names = {c.code: c.name for key in lists if key for c in _current(release, key)}
    if values is not None:
        used = set(values.unique().drop_nulls().cast(pl.String)) if len(values) else set()
        names = {code: name for code, name in names.items() if code in used}
    if len(names) > MOST_CODES:
        return []
    return [{"code": code, "name": name} for code, name in sorted(names.items())]


def _code_list(column: Column) -> str | None:
    return "divisions" if column.type == "division" else column.codes


def _current(release: Release, name: str) -> list[Code]:
    """Return a list's codes, those that are still valid last, so that their names prevail."""
    found = release.catalogue.code_lists.get(name)
    return sorted(found.codes, key=lambda code: code.valid_to is None) if found else []
