"""JSON Schemas of the catalogue's files, for editors that complete and check while one writes.

Here: schemas by file kind, with descriptions out of the shapes' docstrings. Not here: checks across files
(``catalogue_check.py``). An editor finds the schema by a first line such as
``# yaml-language-server: $schema=../../schemas/resource.json``; files need no such line.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from resource_catalogue.agency import Agency
from resource_catalogue.dataset import Dataset
from resource_catalogue.joint_collection import JointCollection
from resource_catalogue.profile import Profile
from resource_catalogue.resource import Resource
from resource_catalogue.source_register import SourceRegister

SHAPES: Mapping[str, type[BaseModel]] = {
    "agency": Agency,
    "resource": Resource,
    "source_register": SourceRegister,
    "dataset": Dataset,
    "joint_collection": JointCollection,
    "profile": Profile,
}
"""Kind of file -> its shape."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises):$", re.MULTILINE)
_ATTRIBUTE = re.compile(r"^    (\w+): (.*(?:\n {5,}.*)*)", re.MULTILINE)

_SHORT_FORMS: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("Column", "from"): {"type": "string"},
    ("Column", "share"): {"enum": ["open_to_all", "conditional", "none"]},
    ("Column", "open"): {"enum": ["open_to_all", "conditional", "none"]},
    ("Step", "by"): {"type": "string"},
    ("Procedure", "raised_by"): {"type": "string"},
}
"""Short forms that a shape reads beside its full one, which its own schema cannot know."""


def json_schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema of each kind of catalogue file, keys as written in the files."""
    return {kind: _schema(kind, shape) for kind, shape in SHAPES.items()}


def _schema(kind: str, shape: type[BaseModel]) -> dict[str, Any]:
    schema = shape.model_json_schema(by_alias=True)
    shapes = {found.__name__: found for found in _shapes(shape, set())}
    for name, part in {shape.__name__: schema, **schema.get("$defs", {})}.items():
        if name in shapes:
            _describe(part, shapes[name])
            _add_short_forms(name, part)
    return {"$schema": _DIALECT, "$id": f"civiclake:{kind}", **schema}


def _shapes(shape: type[BaseModel], seen: set[type[BaseModel]]) -> Iterator[type[BaseModel]]:
    """Yield a shape and every shape within its fields."""
    if shape in seen:
        return
    seen.add(shape)
    yield shape
    for field in shape.model_fields.values():
        for inner in _parts(field.annotation):
            yield from _shapes(inner, seen)


def _parts(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in getattr(annotation, "__args__", ()):
        yield from _parts(inner)


def _describe(part: dict[str, Any], shape: type[BaseModel]) -> None:
    """Give a schema the shape's own words: its docstring up to the sections, its attributes to its keys."""
    text = inspect.cleandoc(shape.__doc__ or "")
    part["description"] = " ".join(_SECTION.split(text)[0].split())
    aliases = {name: field.alias or name for name, field in shape.model_fields.items()}
    for name, words in _attributes(shape).items():
        described = part["properties"].get(aliases.get(name, name))
        if described is not None:
            described["description"] = words


def _attributes(shape: type[BaseModel]) -> dict[str, str]:
    found: dict[str, str] = {}
    for ancestor in reversed(shape.__mro__):
        _, heading, rest = inspect.cleandoc(ancestor.__doc__ or "").partition("Attributes:\n")
        section = _SECTION.split(rest)[0] if heading else ""
        found.update({name: " ".join(words.split()) for name, words in _ATTRIBUTE.findall(section)})
    return found


def _add_short_forms(name: str, part: dict[str, Any]) -> None:
    for (shape, key), short in _SHORT_FORMS.items():
        if shape == name and key in part["properties"]:
            full = part["properties"][key]
            kept = {word: full.pop(word) for word in ("description", "default", "title") if word in full}
            part["properties"][key] = {"anyOf": [dict(short), full], **kept}
