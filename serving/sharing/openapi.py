"""The description of the sharing server in OpenAPI 3.

Here: every endpoint with its parameters and the answers it gives, refusals included. Not here: the protocol's own text.
"""

from collections.abc import Iterable
from typing import Any

from serving import openapi_parts as parts
from serving.sharing.addresses import FILES_PATH

_PREFIX = "/delta-sharing"
_SHARE = f"{_PREFIX}/shares/{{share}}"
_TABLE = f"{_SHARE}/schemas/{{schema}}/tables/{{table}}"
_INTEGER, _TEXT, _FLAG = parts.INTEGER, parts.TEXT, parts.FLAG
_path, _query, _json, _object = (
    parts.path_parameters,
    parts.query_parameter,
    parts.json_answer,
    parts.an_object,
)


def openapi_document() -> dict[str, Any]:
    """Return the document."""
    return parts.document(
        "共享数据表 / Shared tables (Delta Sharing)",
        "Delta Sharing protocol; a recipient sees one share, named after it.",
        {**_listing_paths(), **_table_paths(), **_other_paths()},
        {"Error": _object(errorCode=_TEXT, message=_TEXT)},
    )


def _listing_paths() -> dict[str, Any]:
    pages = [
        _query("maxResults", {"type": "integer", "minimum": 0, "maximum": 500}),
        _query("pageToken", _TEXT),
    ]
    named = _object(name=_TEXT)
    listed = {
        f"{_PREFIX}/shares": ("Shares", (), named),
        f"{_SHARE}/schemas": ("Schemas of a share", ("share",), _object(name=_TEXT, share=_TEXT)),
        f"{_SHARE}/schemas/{{schema}}/tables": ("Tables of a schema", ("share", "schema"), _table_item()),
        f"{_SHARE}/all-tables": ("Tables of a share", ("share",), _table_item()),
    }
    paths = {
        path: {"get": _operation(summary, _path(*names) + pages, _json(_page(item)))}
        for path, (summary, names, item) in listed.items()
    }
    share = _json({"type": "object", "properties": {"share": named}, "required": ["share"]})
    paths[_SHARE] = {"get": _operation("One share", _path("share"), share)}
    return paths


def _table_paths() -> dict[str, Any]:
    names, lines = _path("share", "schema", "table"), _lines()
    empty = {"description": "the version is in the header Delta-Table-Version"}
    instant = {"type": "string", "format": "date-time"}
    forms = {"name": "delta-sharing-capabilities", "in": "header", "schema": _TEXT}
    id_hash = {
        "name": "fileidhash",
        "in": "header",
        "schema": {"type": "string", "enum": ["parquet", "delta"]},
    }
    headers = [forms, id_hash]
    feed = [_query("startingVersion", _INTEGER), _query("endingVersion", _INTEGER)]
    feed += [_query("startingTimestamp", instant), _query("endingTimestamp", instant)]
    feed += [_query("includeHistoricalMetadata", _FLAG), _query("includeHistoricalProtocol", _FLAG)]
    feed += [_query("maxFiles", _INTEGER), _query("pageToken", _TEXT)]
    past = [_query("version", _INTEGER), _query("timestamp", instant)]
    since = [_query("startingTimestamp", instant)]
    query = _operation("Files of a version", names + headers, lines)
    query["requestBody"] = {"content": {"application/json": {"schema": _question()}}}
    no_answer = "never given: refused with 400 or 404"
    return {
        _TABLE: {"head": _operation("Version (older form)", names, empty)},
        f"{_TABLE}/version": {"get": _operation("Version", names + since, empty)},
        f"{_TABLE}/metadata": {"get": _operation("Metadata", names + headers + past, lines)},
        f"{_TABLE}/query": {"post": query},
        f"{_TABLE}/changes": {"get": _operation("Change feed", names + headers + feed, lines)},
        f"{_TABLE}/queries/{{query_id}}": {
            "post": _operation("Poll of a query", names + _path("query_id"), {"description": no_answer})
        },
        f"{_TABLE}/temporary-table-credentials": {
            "post": _operation("Credentials of the storage", names, {"description": no_answer})
        },
    }


def _other_paths() -> dict[str, Any]:
    names = ("recipient", "grant", "table", "version", "name")
    marks = [_query("exp", _INTEGER), _query("sp", _TEXT), _query("sig", _TEXT)]
    content = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    file = _operation(
        "One file", _path(*names) + marks, {"description": "the file", "content": content}, ("416",)
    )
    file["responses"]["206"] = {"description": "a part of the file", "content": content}
    head = {**file, "responses": {**file["responses"], "200": {"description": "the file's length"}}}
    for operation in (file, head):
        operation["security"] = []
    token = _operation("Access token", [], _json(_object(access_token=_TEXT, token_type=_TEXT)))
    token["security"] = [{}]
    token["requestBody"] = {"content": {"application/x-www-form-urlencoded": {"schema": _client()}}}
    document = {
        "description": "this document",
        "content": {"application/json": {"schema": {"type": "object"}}},
    }
    return {
        f"{FILES_PATH}/{'/'.join(f'{{{name}}}' for name in names)}": {"get": file, "head": head},
        f"{_PREFIX}/oauth/token": {"post": token},
        f"{_PREFIX}/openapi.json": {"get": {"summary": "This document", "responses": {"200": document}}},
    }


def _operation(
    summary: str, parameters: list[dict[str, Any]], answer: dict[str, Any], more: Iterable[str] = ()
) -> dict[str, Any]:
    described = parts.operation(summary, parameters, answer)
    described["responses"] |= {status: {"description": "refused"} for status in more}
    return described


def _lines() -> dict[str, Any]:
    content = {"application/x-ndjson": {"schema": _TEXT}}
    return {"description": "a JSON object per line: protocol, metaData, files", "content": content}


def _table_item() -> dict[str, Any]:
    return _object(name=_TEXT, schema=_TEXT, share=_TEXT, shareId=_TEXT, id=_TEXT)


def _page(item: dict[str, Any]) -> dict[str, Any]:
    properties = {"items": {"type": "array", "items": item}, "nextPageToken": _TEXT}
    return {"type": "object", "properties": properties, "required": ["items"]}


def _question() -> dict[str, Any]:
    names = ("version", "startingVersion", "endingVersion", "limitHint", "maxFiles")
    texts = ("jsonPredicateHints", "timestamp", "pageToken", "refreshToken")
    flags = ("includeHistoricalProtocol", "includeRefreshToken")
    properties: dict[str, Any] = dict.fromkeys(names, _INTEGER)
    properties |= dict.fromkeys(texts, _TEXT) | dict.fromkeys(flags, _FLAG)
    properties["predicateHints"] = {"type": "array", "items": _TEXT}
    return {"type": "object", "properties": properties}


def _client() -> dict[str, Any]:
    properties = {"grant_type": {"type": "string", "enum": ["client_credentials"]}, "scope": _TEXT}
    properties |= {"client_id": _TEXT, "client_secret": _TEXT}
    return {"type": "object", "properties": properties, "required": ["grant_type"]}
