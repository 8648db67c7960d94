"""Parts of the descriptions in OpenAPI 3 that the faces of the network give of themselves.

Here: parameters, answers, objects. Not here: any endpoint (each face's own ``openapi.py``).
"""

from collections.abc import Iterable, Mapping
from typing import Any

Json = dict[str, Any]
INTEGER: Json = {"type": "integer", "format": "int64", "minimum": 0}
TEXT: Json = {"type": "string"}
FLAG: Json = {"type": "boolean"}
REFUSALS: Mapping[str, str] = {
    "400": "a parameter, header or body is not right, or the table does not offer it",
    "401": "no credential that holds",
    "403": "suspended, from a foreign network, not for this purpose, or over the day's bytes",
    "404": "not there, or not granted",
    "405": "another method",
    "408": "the body came too slowly",
    "413": "the body is too large",
    "415": "the body is of another type",
    "429": "too many requests",
    "503": "the record of access cannot be kept, or grants cannot be read",
}
"""Statuses of refusals by the gate of recipients."""
_REFUSED: Json = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}


def operation(
    summary: str,
    parameters: list[Json],
    answer: Json,
    refusals: Mapping[str, str] = REFUSALS,
    security: Iterable[Mapping[str, list[str]]] = ({"bearer": []},),
) -> Json:
    """Describe an operation that answers 200 or refuses."""
    responses = {status: {"description": text, "content": _REFUSED} for status, text in refusals.items()}
    return {
        "summary": summary,
        "parameters": parameters,
        "security": list(security),
        "responses": {"200": answer, **responses},
    }


def path_parameters(*names: str) -> list[Json]:
    """Describe the parts of a path."""
    return [{"name": name, "in": "path", "required": True, "schema": TEXT} for name in names]


def query_parameter(name: str, schema: Json, *, required: bool = False) -> Json:
    """Describe a parameter of the address."""
    described: Json = {"name": name, "in": "query", "schema": schema}
    return {**described, "required": True} if required else described


def json_answer(schema: Json) -> Json:
    """Describe an answer in JSON."""
    return {"description": "answered", "content": {"application/json": {"schema": schema}}}


def json_body(schema: Json) -> Json:
    """Describe a body in JSON that must be there."""
    return {"required": True, "content": {"application/json": {"schema": schema}}}


def an_object(optional: Mapping[str, Json] | None = None, **properties: Json) -> Json:
    """Describe an object; what is not optional must be there."""
    return {"type": "object", "properties": {**properties, **(optional or {})}, "required": list(properties)}


def a_list(item: Json, **bounds: int) -> Json:
    """Describe a list."""
    return {"type": "array", "items": item, **bounds}


def document(title: str, description: str, paths: Json, schemas: Json) -> Json:
    """Describe a face whose operations want a bearer token."""
    return {
        "openapi": "3.0.3",
        "info": {"title": title, "version": "1", "description": description},
        "paths": paths,
        "components": {
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
            "schemas": schemas,
        },
    }
