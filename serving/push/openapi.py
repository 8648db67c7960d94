"""The description of the push server in OpenAPI 3.

Here: its addresses with the answers they give, refusals included. Not here: the columns of a resource (catalogue).
"""

from typing import Any

from serving import openapi_parts as parts
from serving.push.bodies import MOST_FIELDS

DESCRIPTION_PATH = "/push/openapi.json"
HEALTH_PATH = "/health"
_REFUSALS = {
    "400": "no Idempotency-Key, not JSON, or a record that is none; nothing was kept",
    "401": "no token that holds",
    "403": "the token is of another resource",
    "404": "no resource of this name takes pushed records",
    "405": "another method",
    "408": "the body came too slowly",
    "413": "too many bytes or records",
    "415": "the body is of another type",
    "422": "the Idempotency-Key came before with another body",
    "503": "it could not be kept; try again with the same Idempotency-Key",
}


def openapi_document() -> dict[str, Any]:
    """Return the document."""
    return parts.document(
        "实时报送 / Push in real time",
        "What is answered with 202 is on disk. A request that is sent again with its Idempotency-Key counts once.",
        {
            "/push/{resource_id}": {"post": _push()},
            HEALTH_PATH: {"get": _open("Whether the server answers", parts.an_object(status=parts.TEXT))},
            DESCRIPTION_PATH: {"get": _open("This document", {"type": "object"})},
        },
        {"Error": parts.an_object(errorCode=parts.TEXT, message=parts.TEXT)},
    )


def _push() -> dict[str, Any]:
    key = {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "schema": {**parts.TEXT, "pattern": "^[!-~]{1,200}$"},
        "description": "同一请求重发时不变 / the same when a request is sent again",
    }
    described = parts.operation(
        "推送记录 / Push records", [*parts.path_parameters("resource_id"), key], {}, _REFUSALS
    )
    receipt = parts.json_answer(parts.an_object(receipt=parts.TEXT, records=parts.INTEGER))
    replayed = {"description": "true: the same request was kept before", "schema": parts.TEXT}
    receipt |= {"description": "kept on disk", "headers": {"Idempotent-Replayed": replayed}}
    described["responses"] = {"202": receipt, **described["responses"]}
    del described["responses"]["200"]
    record = {
        "type": "object",
        "minProperties": 1,
        "maxProperties": MOST_FIELDS,
        "additionalProperties": {
            "anyOf": [parts.TEXT, {"type": "number"}, {"type": "boolean"}],
            "nullable": True,
        },
    }
    document = {"anyOf": [record, parts.a_list(record, minItems=1)]}
    lines = {"schema": {**parts.TEXT, "description": "每行一个对象 / one object per line"}}
    content = {"application/json": {"schema": document}, "application/x-ndjson": lines}
    described["requestBody"] = {"required": True, "content": content}
    return described


def _open(summary: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"summary": summary, "responses": {"200": parts.json_answer(schema)}}
