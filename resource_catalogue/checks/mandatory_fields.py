"""Check that every resource has the fields that the profile's text demands (C-02), by word and article.

Time and place at the source (K-08) are demanded of data that agencies collect themselves.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from resource_catalogue.inspection import CheckedFault, Inspection
from resource_catalogue.profile_parts import RequiredField
from resource_catalogue.resource import Resource


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per demanded field that an entry leaves out."""
    profile = inspection.profile
    for resource, file in inspection.resources():
        body = resource.model_dump(mode="json", by_alias=True)
        for field in _demanded(resource, profile.required_fields, profile.spatiotemporal_fields):
            if _applies(field, body) and _is_empty(_at(body, field.field)):
                yield file.refuse(
                    tuple(field.field.split(".")),
                    f"没有 / no {field.field}",
                    f"「{field.zh}」 {field.en} ({profile.citation(field)})",
                    f"补填 {field.field} / fill in {field.field}",
                )


def _demanded(
    resource: Resource, fields: tuple[RequiredField, ...], of_collected: tuple[RequiredField, ...]
) -> tuple[RequiredField, ...]:
    return fields + of_collected if resource.obtained_by == "collected" else fields


def _applies(field: RequiredField, body: Mapping[str, Any]) -> bool:
    return field.when is None or _at(body, field.when.field) in field.when.one_of


def _at(body: Mapping[str, Any], path: str) -> Any:
    value: Any = body
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _is_empty(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_empty(inner) for inner in value.values())
    return value is None or value in ("", [])
