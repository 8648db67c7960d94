"""The description of the portal's interfaces for programs in OpenAPI 3.

Here: the actions of the CKAN interface with their parameters, files, graphs. Not here: pages for people.
"""

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from opening.dcat import SERIALISATIONS
from serving import openapi_parts as parts

PORTAL_DESCRIPTION_PATH = "/api/openapi.json"
_ROWS = {"type": "integer", "minimum": 0, "maximum": 32_000}
_FILTERS = {"type": "object", "additionalProperties": True}
_PAGE = {"limit": parts.INTEGER, "offset": parts.INTEGER}
_SEARCH = {
    "q": parts.TEXT, "fq": parts.TEXT, "sort": parts.TEXT, "rows": parts.INTEGER, "start": parts.INTEGER,
    "facet.field": parts.a_list(parts.TEXT),
}  # fmt: skip
_ROWS_OF_A_FILE = {
    "resource_id": parts.TEXT, "q": parts.TEXT, "filters": _FILTERS, "fields": parts.TEXT, "sort": parts.TEXT,
    "limit": _ROWS, "offset": parts.INTEGER, "distinct": parts.FLAG,
}  # fmt: skip
_LISTED = {**_PAGE, "all_fields": parts.FLAG}
_SHOWN = {"id": parts.TEXT, "include_datasets": parts.FLAG}
ACTIONS: dict[str, tuple[str, dict[str, Any], tuple[str, ...]]] = {
    "site_read": ("Whether the site answers", {}, ()),
    "status_show": ("What the site is", {}, ()),
    "package_list": ("Names of all datasets", _PAGE, ()),
    "package_show": ("One dataset", {"id": parts.TEXT}, ("id",)),
    "package_search": ("Search of datasets", _SEARCH, ()),
    "organization_list": ("Agencies", _LISTED, ()),
    "organization_show": ("One agency", _SHOWN, ("id",)),
    "group_list": ("Domains", _LISTED, ()),
    "group_show": ("One domain", _SHOWN, ("id",)),
    "tag_list": ("Keywords", {"query": parts.TEXT, "all_fields": parts.FLAG}, ()),
    "license_list": ("Licences", {}, ()),
    "resource_show": ("One file", {"id": parts.TEXT}, ("id",)),
    "datastore_search": ("Rows of a dataset", _ROWS_OF_A_FILE, ("resource_id",)),
}
"""Each action: what it gives, its parameters, and which of them must be there."""
_REFUSALS = {
    "400": "the request cannot be read",
    "401": "the profile demands a log-in: send an access key",
    "403": "open on conditions only",
    "404": "not there",
    "405": "another method",
    "409": "a parameter is not right",
    "413": "the body is too large",
    "415": "the body is of another type",
    "429": "too many requests; Retry-After says when to come again",
    "503": "the data are being renewed",
}
_ANYBODY: tuple[dict[str, list[str]], ...] = ({}, {"key": []})


def portal_document() -> dict[str, Any]:
    """Return the document."""
    document = parts.document(
        "公共数据开放平台接口 / Interfaces of the open portal",
        "CKAN Action API for reading, files, DCAT-AP. An access key is needed only where the profile demands a log-in.",
        {**_action_paths(), **_file_paths(), PORTAL_DESCRIPTION_PATH: {"get": _plain("This document")}},
        {"Error": {"type": "object"}},
    )
    document["components"]["securitySchemes"] = {
        "key": {"type": "apiKey", "in": "header", "name": "Authorization"}
    }
    return document


async def described(request: Request) -> Response:
    """Serve the document."""
    return JSONResponse(portal_document(), headers={"access-control-allow-origin": "*"})


def _action_paths() -> dict[str, Any]:
    envelope = parts.json_answer(
        parts.an_object(help=parts.TEXT, success=parts.FLAG, optional={"result": {}})
    )
    paths: dict[str, Any] = {}
    for name, (summary, given, needed) in ACTIONS.items():
        in_address = [
            parts.query_parameter(one, _as_text(kind), required=one in needed) for one, kind in given.items()
        ]
        get = parts.operation(summary, in_address, envelope, _REFUSALS, _ANYBODY)
        post = parts.operation(summary, [], envelope, _REFUSALS, _ANYBODY)
        post["requestBody"] = parts.json_body(
            parts.an_object(
                {one: kind for one, kind in given.items() if one not in needed},
                **{one: given[one] for one in needed},
            )
        )
        paths[f"/api/3/action/{name}"] = {"get": get, "post": post}
    return paths


def _as_text(kind: dict[str, Any]) -> dict[str, Any]:
    """Return the type of a parameter in an address: objects and lists stand there as JSON in a text."""
    return parts.TEXT if kind["type"] in ("object", "array") else kind


def _file_paths() -> dict[str, Any]:
    dataset, suffix = parts.path_parameters("dataset"), _suffix()
    page = parts.query_parameter("page", {"type": "integer", "minimum": 1})
    return {
        "/dataset/{dataset}/download/{file}": {
            "get": _plain("One file; whole or a range", dataset + parts.path_parameters("file"))
        },
        "/dataset/{dataset}/datapackage.json": {"get": _plain("Data Package", dataset)},
        "/dataset/{dataset}.{suffix}": {"get": _plain("A dataset in DCAT-AP 3.0.1", [*dataset, suffix])},
        "/catalog.{suffix}": {"get": _plain("A page of the catalogue in DCAT-AP 3.0.1", [suffix, page])},
        "/feed.atom": {"get": _plain("What was opened or renewed last")},
        "/sitemap.xml": {"get": _plain("All pages")},
    }


def _suffix() -> dict[str, Any]:
    (described_suffix,) = parts.path_parameters("suffix")
    return {**described_suffix, "schema": {"type": "string", "enum": sorted(SERIALISATIONS)}}


def _plain(summary: str, parameters: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    """Describe an answer whose form is that of the file."""
    answer = {"description": "answered", "content": {"*/*": {"schema": {}}}}
    return parts.operation(summary, parameters or [], answer, _REFUSALS, _ANYBODY)
