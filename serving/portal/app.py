"""The portal as an ASGI application: routes, ports, layers.

Here: putting it together. Not here: what any part does.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from serving.portal import account_page, accounts, ckan_api, downloads, forms, machine, pages
from serving.portal.account_ports import Accounts
from serving.portal.form_guard import FormGuard
from serving.portal.guard import Guard, Languages
from serving.portal.holdings import Holdings
from serving.portal.openapi import PORTAL_DESCRIPTION_PATH, described
from serving.portal.pace import Pace
from serving.portal.portal import Portal
from serving.portal.ports import Clock, Desk, PortalSettings, Recorder, Visitors
from serving.portal.refusals import failed, refused
from serving.portal.rendering import STATIC, static_mark

_STATIC = {"portal.css": "text/css", "portal.js": "text/javascript", "icon.svg": "image/svg+xml"}


def portal_app(
    catalogue_folder: Path,
    recorder: Recorder,
    desk: Desk,
    now: Clock,
    settings: PortalSettings | None = None,
    visitors: Visitors | None = None,
    users: Accounts | None = None,
) -> Starlette:
    """Make the portal.

    Args:
        catalogue_folder: ``var/open``: ``catalogue.json`` and one folder per dataset; all that is read.
        recorder: Record of access, written before rows leave.
        desk: Takes forms as cases.
        now: Clock, with time zone.
        settings: How it is run.
        visitors: Tells who a visitor is; where the profile demands a log-in and this is given, downloads demand
            one. Without it nobody is told apart, and the pages quote the demand.
        users: Keeps the accounts of registered users; without it there are no pages for them.
    """
    settings = settings or PortalSettings()
    holdings = Holdings(catalogue_folder)

    @asynccontextmanager
    async def ready(app: Starlette) -> AsyncIterator[None]:
        """Read the catalogue before the first request."""
        with suppress(FileNotFoundError):
            holdings.catalogue()
        yield

    app = Starlette(
        lifespan=ready,
        routes=[*_pages(), *_account(), *_machine(), *ckan_api.routes()],
        middleware=[
            Middleware(Languages),
            Middleware(Guard, body_bytes=settings.body_bytes, failed=failed),
            Middleware(Pace),
        ],
        exception_handlers={HTTPException: refused},
    )
    guard = FormGuard(settings)
    app.state.portal = Portal(holdings, recorder, desk, now, settings, guard, visitors, users)
    return app


def _pages() -> list[BaseRoute]:
    return [
        Route("/", pages.home),
        Route("/search", pages.search),
        Route("/agency", pages.agencies),
        Route("/agency/{agency}", pages.agency),
        Route("/statistics", pages.statistics),
        Route("/sanctions", pages.sanctions),
        Route("/developers", pages.developers),
        Route("/demand", forms.demand, methods=["GET", "POST"]),
        Route("/receipt", forms.receipts),
        Route("/receipt/{number}", forms.receipt),
        Route("/static/{name}", static),
    ]


def _account() -> list[BaseRoute]:
    return [
        Route("/register", accounts.register, methods=["GET", "POST"]),
        Route("/login", accounts.log_in, methods=["GET", "POST"]),
        Route("/logout", accounts.log_out, methods=["POST"]),
        Route("/account", account_page.account),
        Route("/account/keys", account_page.make_key, methods=["POST"]),
        Route("/account/keys/revoke", account_page.revoke_key, methods=["POST"]),
        Route("/account/password", account_page.change_password, methods=["POST"]),
        Route("/account/close", account_page.close, methods=["POST"]),
        Route("/account/{rest:path}", account_page.back),
    ]


def _machine() -> list[BaseRoute]:
    return [
        Route("/catalog.{suffix}", machine.catalogue_graph),
        Route("/dataset/{dataset}.{suffix}", machine.dataset_graph_answer),
        Route("/dataset/{dataset}/datapackage.json", machine.data_package),
        Route("/dataset/{dataset}/download/{file}", downloads.download),
        Route("/dataset/{dataset}/correct", forms.correction, methods=["GET", "POST"]),
        Route("/dataset/{dataset}", pages.dataset),
        Route("/feed.atom", machine.feed),
        Route("/sitemap.xml", machine.sitemap),
        Route("/robots.txt", machine.robots),
        Route("/health", machine.health),
        Route(PORTAL_DESCRIPTION_PATH, described),
    ]


async def static(request: Request) -> Response:
    """Hand out a file of the pages' own; its address changes with its content."""
    name = request.path_params["name"]
    if name not in _STATIC:
        raise HTTPException(404, "no such file")
    is_marked = request.query_params.get("v") == static_mark(name)
    kept = "public, max-age=31536000, immutable" if is_marked else "public, max-age=300"
    return FileResponse(STATIC / name, media_type=_STATIC[name], headers={"cache-control": kept})
