"""Sources (数据来源): where a resource's deliveries come from, one module per connector, and how their bytes are read.

Here: finding the shapes and telling which one an entry declares. A new connector is a module here, whose shape has a
``connector`` of its own name, and a module of that name below ``ingestion/connectors/``; nothing is registered.
"""

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import Discriminator, Tag

from resource_catalogue.sources.reading import Reading

TAG = "connector:"
"""Begins the tags by which errors within a source tell its shape; they are no keys of the file."""
_DEFAULT = "folder"


def _connector_of(shape: Any) -> str | None:
    """Return the connector whose shape a class is; null where it is none."""
    if not (isinstance(shape, type) and issubclass(shape, Reading)):
        return None
    annotation = shape.model_fields["connector"].annotation
    return str(get_args(annotation)[0]) if get_origin(annotation) is Literal else None


def _shapes() -> dict[str, type[Reading]]:
    modules = (import_module(f"{__name__}.{found.name}") for found in iter_modules(__path__))
    shapes = (shape for module in modules for shape in vars(module).values())
    named = {connector: shape for shape in shapes if (connector := _connector_of(shape))}
    return {connector: named[connector] for connector in sorted(named)}


def _tag(declared: Any) -> str:
    if isinstance(declared, Reading):
        return f"{TAG}{declared.connector}"
    return f"{TAG}{declared.get('connector', _DEFAULT)}" if isinstance(declared, dict) else ""


SHAPES = _shapes()
"""Connector -> what may be declared of it."""

if TYPE_CHECKING:
    Source = Reading
else:
    Source = Annotated[
        Union[tuple(Annotated[shape, Tag(f"{TAG}{name}")] for name, shape in SHAPES.items())],  # noqa: UP007
        Discriminator(
            _tag,
            custom_error_type="connector",
            custom_error_message="unknown connector",
            custom_error_context={"expected": ", ".join(SHAPES)},
        ),
    ]

__all__ = ["SHAPES", "TAG", "Reading", "Source"]
