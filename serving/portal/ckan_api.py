"""The CKAN Action API, reading part: ``/api/action`` and ``/api/3/action``, GET and POST.

Here: the actions and CKAN's envelopes. Not here: the shapes (``ckan_shapes.py``), the reading of parameters
(``ckan_query.py``), the search (``ckan_search.py``). What clients of CKAN ask for was found by running them (ckanapi,
harvesters, frictionless).
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from opening.catalogue_shape import PublicDataset
from serving.portal import ckan_query as read
from serving.portal import ckan_shapes as shapes
from serving.portal.ckan_search import facet_counts, facet_shown, packages_found
from serving.portal.holdings import Catalogue
from serving.portal.portal import Portal, portal_of
from serving.portal.rows import Selection, select

MOST_PACKAGES, MOST_ROWS = 1000, 32_000
Json = dict[str, Any]
_HEADERS = {"access-control-allow-origin": "*", "cache-control": "no-cache"}


@dataclass(frozen=True)
class Call:
    """Hold one call of an action."""

    portal: Portal
    request: Request
    catalogue: Catalogue
    base: str
    given: read.Parameters

    def dataset(self, name: str = "id") -> PublicDataset:
        """Return the dataset that a parameter names.

        Raises:
            HTTPException: 404: there is none.
            Invalid: The parameter is missing.
        """
        asked = read.text(self.given, name) or read.required(
            self.given, "name_or_id" if name == "id" else name
        )
        if asked not in self.catalogue.datasets:
            raise HTTPException(404, "Not found")
        return self.portal.dataset(asked)

    def package(self, dataset: PublicDataset) -> Json:
        """Return a dataset as a package, with the files that lie open at this moment."""
        return shapes.package(self.catalogue, self.portal.holdings.current(dataset), self.base)


Action = Callable[[Call], Awaitable[Any]]


def routes() -> list[BaseRoute]:
    """Return the routes of the interface."""
    methods = ["GET", "POST", "OPTIONS"]
    paths = ("/api/action/{action}", "/api/3/action/{action}")
    return [Route(path, answer, methods=methods) for path in paths]


async def answer(request: Request) -> Response:
    """Answer a call in CKAN's envelope."""
    if request.method == "OPTIONS":
        allowed = {
            "access-control-allow-methods": "GET, POST",
            "access-control-allow-headers": "authorization, content-type",
        }
        return Response(status_code=204, headers=_HEADERS | allowed)
    name = request.path_params["action"]
    try:
        result = await _called(request, name)
    except HTTPException as error:
        return refusal(error, name)
    except read.Invalid as error:
        return _refused(409, name, "Validation Error", {error.name: [error.text], "message": error.text})
    except read.Unsearchable as error:
        return _refused(400, name, "Search Query Error", {"message": str(error)})
    return JSONResponse({"help": _help(request, name), "success": True, "result": result}, headers=_HEADERS)


async def _called(request: Request, name: str) -> Any:
    if name not in ACTIONS:
        raise HTTPException(404, "Action name not known")
    portal = portal_of(request)
    given = await _parameters(request)
    return await ACTIONS[name](Call(portal, request, portal.catalogue(), portal.base_url(request), given))


async def _parameters(request: Request) -> read.Parameters:
    """Read what is asked: of the address, or a JSON object as body, which form encoding may wrap or spread."""
    if request.method == "GET":
        return dict(request.query_params)
    body = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind in ("application/x-www-form-urlencoded", "multipart/form-data") and not body.lstrip().startswith(
        b"{"
    ):
        async with request.form(max_files=0, max_fields=50) as fields:
            return {key: value for key, value in fields.items() if isinstance(value, str)}
    try:
        given = json.loads(body or b"{}")
    except (ValueError, RecursionError):
        raise HTTPException(400, "Bad request - JSON Error") from None
    if not isinstance(given, dict):
        raise HTTPException(400, "Bad request - JSON Error: an object is wanted")
    return given


_KINDS = {
    404: "Not Found Error",
    403: "Authorization Error",
    401: "Authorization Error",
    429: "Rate Limit Error",
}


def refusal(error: HTTPException, action: str) -> Response:
    """Answer an HTTP error in CKAN's envelope."""
    kind = _KINDS.get(error.status_code, "Validation Error")
    answered = _refused(error.status_code, action, kind, {"message": str(error.detail)})
    answered.headers.update(error.headers or {})
    return answered


def _refused(status: int, action: str, kind: str, told: Json) -> Response:
    error = {"__type": kind, **told}
    return JSONResponse({"help": action[:60], "success": False, "error": error}, status, _HEADERS)


def _help(request: Request, name: str) -> str:
    return f"{portal_of(request).base_url(request)}/developers#{name}"


async def _site_read(call: Call) -> bool:
    return True


async def _status_show(call: Call) -> Json:
    title = call.catalogue.content["platform"]["zh"]
    return {
        "ckan_version": "2.10.0",
        "site_title": title,
        "site_description": title,
        "site_url": call.base,
        "locale_default": "zh_Hans_CN",
        "error_emails_to": None,
        "extensions": ["datastore"],
    }


async def _package_list(call: Call) -> list[str]:
    offset = read.number(call.given, "offset", 0, 10**9)
    limit = read.number(call.given, "limit", 10**9, 10**9)
    return list(call.catalogue.datasets)[offset : offset + limit]


async def _package_show(call: Call) -> Json:
    return call.package(call.dataset())


async def _package_search(call: Call) -> Json:
    rows = read.number(call.given, "rows", 10, MOST_PACKAGES)
    start = read.number(call.given, "start", 0, 10**9)
    found = await run_in_threadpool(packages_found, call.catalogue, call.given)
    facets = facet_counts(found, read.words(call.given, "facet.field"))
    return {
        "count": len(found),
        "sort": read.text(call.given, "sort") or "score desc, metadata_modified desc",
        "facets": {name: dict(counts) for name, counts in facets.items()},
        "search_facets": {name: facet_shown(call.catalogue, name, counts) for name, counts in facets.items()},
        "results": [call.package(dataset) for dataset in found[start : start + rows]],
    }


async def _organization_list(call: Call) -> list[Any]:
    return _listed(call, [shapes.organization(agency) for agency in call.catalogue.agencies.values()])


async def _group_list(call: Call) -> list[Any]:
    return _listed(call, [shapes.group(domain) for domain in call.catalogue.domains.values()])


def _listed(call: Call, whole: list[Json]) -> list[Any]:
    offset = read.number(call.given, "offset", 0, 10**9)
    limit = read.number(call.given, "limit", 10**9, 10**9)
    part = whole[offset : offset + limit]
    return part if read.flag(call.given, "all_fields") else [one["name"] for one in part]


async def _organization_show(call: Call) -> Json:
    agency = call.catalogue.agencies.get(read.required(call.given, "id"))
    if agency is None:
        raise HTTPException(404, "Not found")
    return _with_packages(call, shapes.organization(agency), lambda d: d["agency"] == agency["id"])


async def _group_show(call: Call) -> Json:
    domain = call.catalogue.domains.get(read.required(call.given, "id"))
    if domain is None:
        raise HTTPException(404, "Not found")
    return _with_packages(call, shapes.group(domain), lambda d: domain["id"] in d["categories"])


def _with_packages(call: Call, shown: Json, belongs: Callable[[PublicDataset], bool]) -> Json:
    if read.flag(call.given, "include_datasets"):
        datasets = filter(belongs, call.catalogue.content["datasets"])
        shown["packages"] = [call.package(dataset) for dataset in datasets]
    return {**shown, "users": [], "extras": [], "tags": []}


async def _tag_list(call: Call) -> list[Any]:
    known = sorted({word for dataset in call.catalogue.content["datasets"] for word in dataset["keywords"]})
    asked = read.text(call.given, "query")
    found = [word for word in known if asked in word]
    return [shapes.tag(word) for word in found] if read.flag(call.given, "all_fields") else found


async def _license_list(call: Call) -> list[Json]:
    return []


def _owner(call: Call, resource_id: str) -> PublicDataset:
    """Return the dataset whose file a resource is; its id is the file's name, which begins with the dataset's."""
    dataset_id = resource_id.partition(".")[0]
    if dataset_id not in call.catalogue.datasets:
        raise HTTPException(404, "Not found")
    return call.portal.dataset(dataset_id)


async def _resource_show(call: Call) -> Json:
    asked = read.required(call.given, "id")
    for one in call.package(_owner(call, asked))["resources"]:
        if one["id"] == asked:
            shown: Json = one
            return shown
    raise HTTPException(404, "Not found")


async def _datastore_search(call: Call) -> Json:
    """Return rows of a dataset; what leaves is recorded first."""
    asked = read.required(call.given, "resource_id")
    dataset = _owner(call, asked)
    if asked not in (dataset["id"], *(file["name"] for file in dataset["files"])):
        raise HTTPException(404, "Not found")
    selection = _selection(call)
    visitor = await _admitted(call, dataset, selection)
    try:
        rows, total = await run_in_threadpool(select, call.portal.holdings, dataset, selection)
    except KeyError as error:
        raise read.Invalid("fields", f"unknown column {str(error.args[0])[:60]!r}") from None
    except FileNotFoundError:
        raise HTTPException(404, "Not found") from None
    if rows:
        await call.portal.record(
            "query", dataset, visitor, len(rows), len(json.dumps(rows)), interface="ckan"
        )
    shown = [c for c in dataset["columns"] if not selection.columns or c["name"] in selection.columns]
    return {
        "resource_id": asked,
        "fields": [{"id": "_id", "type": "int"}, *map(shapes.datastore_field, shown)],
        "records": [{"_id": selection.offset + n, **row} for n, row in enumerate(rows, 1)],
        "limit": selection.limit,
        "offset": selection.offset,
        "total": total,
        "total_was_estimated": False,
        "include_total": True,
        "records_format": "objects",
    }


async def _admitted(call: Call, dataset: PublicDataset, selection: Selection) -> str:
    """Return the visitor that may take rows; who asks for none of them, by no condition, learns what the page shows."""
    is_description = not (selection.limit or selection.filters or selection.words or selection.distinct)
    if is_description:
        call.portal.check_open(dataset)
        return ""
    return await call.portal.admit(call.request, dataset)


def _selection(call: Call) -> Selection:
    given = call.given
    words = given.get("q") or ""
    if not isinstance(words, str):
        raise read.Invalid("q", "Must be a string")
    sort = tuple(pair for pair in read.row_sort(given) if pair[0] != "_id")
    return Selection(
        filters={name: values for name, values in read.row_filters(given).items() if name != "_id"},
        words=words[:200],
        columns=tuple(name for name in read.words(given, "fields") if name != "_id"),
        sort=sort,
        limit=read.number(given, "limit", 100, MOST_ROWS),
        offset=read.number(given, "offset", 0, 10**9),
        distinct=read.flag(given, "distinct"),
    )


ACTIONS: dict[str, Action] = {
    "site_read": _site_read,
    "status_show": _status_show,
    "package_list": _package_list,
    "package_show": _package_show,
    "package_search": _package_search,
    "organization_list": _organization_list,
    "organization_show": _organization_show,
    "group_list": _group_list,
    "group_show": _group_show,
    "tag_list": _tag_list,
    "license_list": _license_list,
    "resource_show": _resource_show,
    "datastore_search": _datastore_search,
}
"""Actions by name."""
