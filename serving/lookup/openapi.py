"""The description of keyed lookup and verification in OpenAPI 3.

Here: both addresses with their parameters and the answers they give, refusals included. Not here: what is granted.
"""

from typing import Any

from serving import openapi_parts as parts

LOOKUP_DESCRIPTION_PATH = "/lookup/openapi.json"
_PURPOSE = {**parts.TEXT, "description": "使用用途 / the purpose of the grant, word for word"}
_KEY = {**parts.TEXT, "minLength": 1, "maxLength": 200, "description": "主体标识 / identifier of the subject"}
_REFUSALS = {
    **parts.REFUSALS,
    "409": "已授权，共享表将在下次运行后可用 / granted; its table is there after the next run",
}


def lookup_document(most_keys: int) -> dict[str, Any]:
    """Return the document.

    Args:
        most_keys: Most subjects in one request.
    """
    return parts.document(
        "按键查询与接口核验 / Keyed lookup and verification",
        "One subject at a time or a batch; every subject that is asked for is recorded with the purpose.",
        {
            "/lookup/{entry}": {"get": _one(), "post": _many(most_keys)},
            "/verify/{entry}": {"post": _verified(most_keys)},
            LOOKUP_DESCRIPTION_PATH: {
                "get": {
                    "summary": "This document",
                    "responses": {"200": parts.json_answer({"type": "object"})},
                }
            },
        },
        {"Error": parts.an_object(errorCode=parts.TEXT, message=parts.TEXT)},
    )


def _one() -> dict[str, Any]:
    asked = [
        parts.query_parameter("key", _KEY, required=True),
        parts.query_parameter("purpose", _PURPOSE, required=True),
    ]
    return _described(
        "One subject; its key stands in the address, so prefer POST for persons", asked, _found()
    )


def _many(most_keys: int) -> dict[str, Any]:
    described = _described("Subjects by key, in the order asked for", [], _found())
    keys = parts.a_list(_KEY, minItems=1, maxItems=most_keys)
    described["requestBody"] = parts.json_body(parts.an_object(keys=keys, purpose=_PURPOSE))
    return described


def _verified(most_keys: int) -> dict[str, Any]:
    values = {"type": "object", "additionalProperties": parts.TEXT, "minProperties": 1}
    checks = parts.a_list(parts.an_object(key=_KEY, values=values), minItems=1, maxItems=most_keys)
    matches = {"type": "object", "additionalProperties": parts.FLAG}
    answered = _headed(parts.a_list(parts.an_object(matches=matches)))
    described = _described("Which of the given values are right, by yes or no", [], answered)
    described["requestBody"] = parts.json_body(parts.an_object(checks=checks, purpose=_PURPOSE))
    return described


def _described(summary: str, parameters: list[dict[str, Any]], answer: dict[str, Any]) -> dict[str, Any]:
    entry = parts.path_parameters("entry")
    return parts.operation(summary, entry + parameters, parts.json_answer(answer), _REFUSALS)


def _found() -> dict[str, Any]:
    row = parts.an_object(
        values={"type": "object"},
        source_agencies={"type": "object"},
        under_verification=parts.FLAG,
        verification_cases=parts.a_list(parts.TEXT),
    )
    state = {"type": "string", "enum": ["found", "not_found", "invalid_key"]}
    return _headed(parts.a_list(parts.an_object(state=state, rows=parts.a_list(row))))


def _headed(answers: dict[str, Any]) -> dict[str, Any]:
    said = dict.fromkeys(("entry", "grant", "purpose", "as_of", "request_id"), parts.TEXT)
    return parts.an_object({"notice": parts.TEXT}, **said, version=parts.INTEGER, answers=answers)
