"""What programs read beside the CKAN interface: graph of the catalogue, data packages, feed, site map.

Here: serving them, built anew only when the catalogue changed. Not here: the graph itself (``opening/dcat.py``).
"""

import json
import re
from functools import lru_cache
from typing import Any
from xml.sax.saxutils import escape

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from opening.catalogue_shape import PublicColumn, PublicDataset
from opening.dcat import (
    PAGE_SIZE,
    SERIALISATIONS,
    catalogue_pages,
    dataset_graph,
    serialise,
)
from opening.dcat import catalogue_graph as graph_of_catalogue
from serving.portal.holdings import Catalogue, file_of
from serving.portal.portal import portal_of

_TYPES = {"String": "string", "Date": "date", "Boolean": "boolean", "Int": "integer", "UInt": "integer"}
_FEED_LENGTH = 50


async def catalogue_graph(request: Request) -> Response:
    """Serve one page of the catalogue as DCAT-AP."""
    portal, suffix = portal_of(request), _suffix(request)
    asked = request.query_params.get("page", "1")
    catalogue = portal.catalogue()
    if not re.fullmatch(r"\d{1,6}", asked) or not 1 <= int(asked) <= catalogue_pages(catalogue.content):
        raise HTTPException(404, "no such page")
    content = await run_in_threadpool(_page, catalogue, portal.base_url(request), int(asked), suffix)
    return _marked(request, content, SERIALISATIONS[suffix][1], catalogue.mark)


@lru_cache(maxsize=16)
def _page(catalogue: Catalogue, base: str, page: int, suffix: str) -> bytes:
    return serialise(graph_of_catalogue(catalogue.content, base, page, PAGE_SIZE, suffix), suffix)


async def dataset_graph_answer(request: Request) -> Response:
    """Serve one dataset as DCAT-AP."""
    portal, suffix = portal_of(request), _suffix(request)
    dataset = portal.dataset(request.path_params["dataset"])
    catalogue = portal.catalogue()
    graph = dataset_graph(catalogue.content, dataset, portal.base_url(request))
    return _marked(request, serialise(graph, suffix), SERIALISATIONS[suffix][1], catalogue.mark)


def _suffix(request: Request) -> str:
    suffix: str = request.path_params["suffix"]
    if suffix not in SERIALISATIONS:
        raise HTTPException(404, "no such form")
    return suffix


def _marked(request: Request, content: bytes, media_type: str, mark: str) -> Response:
    """Answer with the mark of the catalogue, so that a harvester that has it fetches nothing."""
    headers = {"etag": f'W/"{mark}"', "cache-control": "no-cache", "access-control-allow-origin": "*"}
    if request.headers.get("if-none-match") == headers["etag"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


async def data_package(request: Request) -> Response:
    """Serve a dataset's description as a Data Package (frictionless), its CSV as resource."""
    portal = portal_of(request)
    dataset = portal.dataset(request.path_params["dataset"])
    portal.check_open(dataset)
    package = _package(dataset, portal.catalogue(), portal.base_url(request))
    content = json.dumps(package, ensure_ascii=False, indent=1).encode()
    return Response(content, media_type="application/json", headers={"access-control-allow-origin": "*"})


def _package(dataset: PublicDataset, catalogue: Catalogue, base: str) -> dict[str, Any]:
    file = file_of(dataset, "csv")
    if file is None:
        raise HTTPException(404, "no such file")
    resource = {
        "name": dataset["id"].replace("_", "-"),
        "title": dataset["title"]["zh"],
        "type": "table",
        "path": f"{base}/dataset/{dataset['id']}/download/{file['name']}",
        "scheme": base.partition(":")[0],
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": "utf-8",
        "bytes": file["bytes"],
        "hash": f"sha256:{file['sha256']}",
        "dialect": {"delimiter": ",", "quoteChar": '"', "lineTerminator": "\r\n"},
        "schema": {"fields": [_field(column) for column in dataset["columns"]], "missingValues": [""]},
    }
    return {
        "name": dataset["id"].replace("_", "-"),
        "id": f"{base}/dataset/{dataset['id']}",
        "title": dataset["title"]["zh"],
        "description": dataset["summary"]["zh"],
        "homepage": f"{base}/dataset/{dataset['id']}",
        "keywords": dataset["keywords"],
        "contributors": [{"title": catalogue.agencies[dataset["agency"]]["name"]["zh"], "role": "publisher"}],
        "resources": [resource],
    }


def _field(column: PublicColumn) -> dict[str, Any]:
    kind = next((name for start, name in _TYPES.items() if column["type"].startswith(start)), "number")
    kind = "datetime" if column["type"].startswith("Datetime") else kind
    return {"name": column["name"], "title": column["zh"], "description": column["en"], "type": kind}


async def feed(request: Request) -> Response:
    """Serve the latest publications as an Atom feed."""
    portal = portal_of(request)
    catalogue, base = portal.catalogue(), portal.base_url(request)
    told = [entry for entry in catalogue.content["datasets"] if entry["updated_at"]]
    latest = sorted(told, key=lambda entry: (entry["updated_at"] or "", entry["id"]), reverse=True)[
        :_FEED_LENGTH
    ]
    updated = catalogue.content["statistics"]["updated_at"] or portal.now().isoformat()
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="zh-CN">',
        f"<title>{escape(catalogue.content['platform']['zh'])}</title>",
        f"<id>{escape(base)}/</id>",
        f'<link rel="self" href="{escape(base)}/feed.atom"/>',
        f"<updated>{updated}</updated>",
        *(_entry(entry, catalogue, base) for entry in latest),
        "</feed>",
    ]
    return _marked(request, "\n".join(lines).encode(), "application/atom+xml; charset=utf-8", catalogue.mark)


def _entry(dataset: PublicDataset, catalogue: Catalogue, base: str) -> str:
    address = escape(f"{base}/dataset/{dataset['id']}")
    agency = catalogue.agencies[dataset["agency"]]["name"]["zh"]
    return (
        f"<entry><title>{escape(dataset['title']['zh'])}</title><id>{address}</id>"
        f'<link href="{address}"/><updated>{dataset["updated_at"]}</updated>'
        f"<author><name>{escape(agency)}</name></author>"
        f"<summary>{escape(dataset['summary']['zh'])}</summary></entry>"
    )


async def sitemap(request: Request) -> Response:
    """Serve the addresses of all pages, each in both languages."""
    portal = portal_of(request)
    catalogue, base = portal.catalogue(), portal.base_url(request)
    paths = ["/", "/search", "/agency", "/statistics", "/developers"]
    paths += [f"/agency/{key}" for key in catalogue.agencies]
    stated = [(path, "") for path in paths]
    stated += [(f"/dataset/{d['id']}", (d["updated_at"] or "")[:10]) for d in catalogue.content["datasets"]]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">',
    ]
    for path, changed in stated:
        changes = f"<lastmod>{changed}</lastmod>" if changed else ""
        lines += [f"<url><loc>{escape(base + start + path)}</loc>{changes}</url>" for start in ("", "/en")]
    content = "\n".join([*lines, "</urlset>"]).encode()
    return _marked(request, content, "application/xml; charset=utf-8", catalogue.mark)


async def robots(request: Request) -> Response:
    """Tell crawlers what to leave out: forms, receipts, and searches of every kind."""
    base = portal_of(request).base_url(request)
    lines = [
        "User-agent: *",
        *(
            f"Disallow: {start}/{name}"
            for name in ("receipt", "account", "login", "register")
            for start in ("", "/en")
        ),
        "Disallow: /search?",
        "Disallow: /en/search?",
    ]
    return PlainTextResponse("\n".join([*lines, "Allow: /", f"Sitemap: {base}/sitemap.xml", ""]))


async def health(request: Request) -> Response:
    """Tell whether the portal has a catalogue to show."""
    portal_of(request).catalogue()
    return PlainTextResponse("ok", headers={"cache-control": "no-store"})
