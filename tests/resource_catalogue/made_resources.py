"""Resources of every shape that the model admits, drawn from the model's own annotations.

A field that is added to the model is drawn too, so that a workbook without a column for it fails.
"""

import datetime as dt
import re
import types
from collections.abc import Callable
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, MinLen
from hypothesis import strategies as st
from pydantic import BaseModel, StringConstraints

from resource_catalogue.resource import Resource
from resource_catalogue.sources.folder import FolderSource

_TRICKY = st.sampled_from(
    [
        "无", "/", "-", "N/A", "none", " 前后空格 ", "a\nb", "一\n二", "\t", "|", ",", "、", "；", '"引号"', "'",
        "=1+1", "#N/A", "TRUE", "1", "007", "1e5", "2026-03-01", "2026年3月1日", "[]", "{}", "是", "null", "~",
        "_x0041_", "\x07", "０１", "\u3000", "\ufeff", "\u2028", "a: b", "# c", "- d", "\\d{4}", "a\r\nb", "\x85",
        "😀", "open_to_all", "police", "示例市公安局",
    ]
)  # fmt: skip
_TEXT = _TRICKY | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


IN_FILE_ONLY = ("rows", "objects")
"""Readings that are rarely declared: a workbook has no column for them, and an entry's file keeps them."""
Draw = Callable[[st.SearchStrategy[Any]], Any]


@st.composite
def resources(draw: Draw) -> Resource:
    """Draw a resource whose items have names of their own: two items of one name are no catalogue entry."""
    # A workbook has columns for the inbox; other sources, and rare readings, are declared in the entry's file.
    source = {name: value for name, value in _shape(draw, FolderSource).items() if name not in IN_FILE_ONLY}
    if isinstance(source.get("sheet"), list):
        del source["sheet"]
    body = _shape(draw, Resource) | {"source": source}
    columns = {column["name"]: column for column in body["columns"]}
    return Resource.model_validate({**body, "columns": list(columns.values())})


def _shape(draw: Draw, shape: type[BaseModel]) -> dict[str, Any]:
    """Draw every field that must be there, and each other one or its default."""
    return {
        field.alias or name: _value(draw, field.annotation, field.metadata)
        for name, field in shape.model_fields.items()
        if field.is_required() or draw(st.booleans())
    }


def _value(draw: Draw, annotation: Any, metadata: list[Any]) -> Any:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        # What ``Field`` bounds within a list is wrapped once more.
        bounds = (part for one in arguments[1:] for part in getattr(one, "metadata", (one,)))
        return _value(draw, arguments[0], [*metadata, *bounds])
    if origin is Literal:
        return draw(st.sampled_from(arguments))
    if origin in (Union, types.UnionType):
        return _value(draw, draw(st.sampled_from(arguments)), metadata)
    if origin is tuple:
        shortest = next((one.min_length for one in metadata if isinstance(one, MinLen)), 0)
        return [_value(draw, arguments[0], []) for _ in range(draw(st.integers(shortest, 2)))]
    if origin is dict:
        return {draw(_TEXT): _value(draw, arguments[1], []) for _ in range(draw(st.integers(0, 2)))}
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _shape(draw, annotation)
    return draw(_plain(annotation, metadata))


def _plain(annotation: Any, metadata: list[Any]) -> st.SearchStrategy[Any]:
    if annotation is str:
        return _text(metadata)
    lowest = next((b.ge if isinstance(b, Ge) else b.gt + 1 for b in metadata if isinstance(b, Ge | Gt)), None)
    highest = next((b.le for b in metadata if isinstance(b, Le)), None)
    kinds: dict[Any, st.SearchStrategy[Any]] = {
        type(None): st.none(),
        bool: st.booleans(),
        dt.date: st.dates(),
        int: st.integers(lowest, highest),
        # Files of the catalogue have no word for numbers that are not finite.
        float: st.floats(lowest, highest, allow_nan=False, allow_infinity=False),
    }
    return kinds[annotation]


def _text(metadata: list[Any]) -> st.SearchStrategy[str]:
    for one in metadata:
        if isinstance(one, StringConstraints) and one.pattern:
            return _named(str(one.pattern), one.max_length or 1_000)
    return _TEXT.filter(bool) if any(isinstance(one, MinLen) for one in metadata) else _TEXT


def _named(pattern: str, most: int) -> st.SearchStrategy[str]:
    short = pattern.replace("*", "{0,9}").replace("+", "{1,5}").strip("^$")
    drawn = st.from_regex(re.compile(short, re.ASCII), fullmatch=True)
    return drawn.filter(lambda text: len(text) <= most)
