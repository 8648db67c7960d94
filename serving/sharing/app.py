"""The sharing server put together: routes to endpoints.

Here: what answers where. Plain Starlette without middleware: one that rewraps bodies can end a cut answer as if it were
whole. Not here: opening a port (``civiclake serve``).
"""

import datetime as dt
from collections.abc import Callable, Sequence

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from lake.shared import SharedLake
from resource_catalogue.settings import ServingSettings
from serving.asked_for import Entries, no_entries
from serving.sharing import shares, tables
from serving.sharing.addresses import FILES_PATH, FileAddresses, OwnAddresses
from serving.sharing.changes import table_changes
from serving.sharing.endpoint import Sharing, endpoint
from serving.sharing.files import Files
from serving.sharing.gate import Gate
from serving.sharing.openapi import openapi_document
from serving.sharing.ports import Doors, Recorder
from serving.sharing.quota import Quotas
from serving.sharing.refusals import Refusal
from serving.sharing.signing import Signer
from serving.sharing.snapshots import query_table
from serving.sharing.token_endpoint import TokenEndpoint

PREFIX = "/delta-sharing"
_BODY_SECONDS = 15.0


def sharing_app(
    lake: SharedLake,
    doors: Doors,
    recorder: Recorder,
    now: Callable[[], dt.datetime],
    signing_key: bytes,
    settings: ServingSettings,
    base_url: str | None = None,
    addresses: FileAddresses | None = None,
    body_seconds: float = _BODY_SECONDS,
    entries: Entries = no_entries,
) -> Starlette:
    """Return the sharing server.

    Args:
        signing_key: At least 32 bytes, the same in every process that answers for one deployment.
        base_url: Address under which clients reach it; null takes what each client itself used.
        addresses: Maker of addresses where the files lie elsewhere; null signs own ones.
        body_seconds: Longest time that a request's body may take.
        entries: Ids of the catalogue, by which the record names what a refused request asked for.
    """
    signer = Signer(signing_key)
    own = OwnAddresses(signer, settings.url_minutes)
    gate = Gate(doors, signer, Quotas(settings.requests_per_minute), settings.access_token_minutes)
    sharing = Sharing(
        lake,
        gate,
        recorder,
        now,
        signer,
        addresses or own,
        own,
        settings,
        base_url or settings.base_url,
        body_seconds,
        entries=entries,
    )
    app = Starlette(routes=sharing_routes(sharing), exception_handlers={HTTPException: _routing_refusal})
    app.router.redirect_slashes = False
    # Faces beside this one in the same process admit by the same gate, so that quotas are counted together.
    app.state.gate = gate
    return app


def sharing_routes(sharing: Sharing) -> Sequence[BaseRoute]:
    """Return the routes, for a server that has others besides."""
    share, table = (
        f"{PREFIX}/shares/{{share}}",
        f"{PREFIX}/shares/{{share}}/schemas/{{schema}}/tables/{{table}}",
    )
    return [
        # In the order in which clients ask: what is asked most is found first.
        Route(f"{table}/query", endpoint(sharing, "query", query_table), methods=["POST"]),
        Route(
            f"{FILES_PATH}/{{recipient}}/{{grant}}/{{table}}/{{version}}/{{name}}", Files(sharing).__call__
        ),
        Route(f"{PREFIX}/shares", endpoint(sharing, "list", shares.list_shares), methods=["GET"]),
        Route(share, endpoint(sharing, "list", shares.get_share), methods=["GET"]),
        Route(f"{share}/schemas", endpoint(sharing, "list", shares.list_schemas), methods=["GET"]),
        Route(f"{share}/all-tables", endpoint(sharing, "list", shares.list_all_tables), methods=["GET"]),
        Route(
            f"{share}/schemas/{{schema}}/tables",
            endpoint(sharing, "list", shares.list_tables),
            methods=["GET"],
        ),
        Route(table, endpoint(sharing, "query", tables.table_version), methods=["HEAD"]),
        Route(f"{table}/version", endpoint(sharing, "query", tables.table_version), methods=["GET"]),
        Route(f"{table}/metadata", endpoint(sharing, "query", tables.table_metadata), methods=["GET"]),
        Route(f"{table}/changes", endpoint(sharing, "changes", table_changes), methods=["GET"]),
        Route(
            f"{table}/queries/{{query_id}}", endpoint(sharing, "query", tables.poll_query), methods=["POST"]
        ),
        Route(
            f"{table}/temporary-table-credentials",
            endpoint(sharing, "query", tables.credentials_of_table),
            methods=["POST"],
        ),
        Route(f"{PREFIX}/oauth/token", TokenEndpoint(sharing).__call__, methods=["POST"]),
        Route(f"{PREFIX}/openapi.json", _openapi, methods=["GET"]),
    ]


async def _openapi(request: Request) -> Response:
    return Response(orjson.dumps(openapi_document()), media_type="application/json")


async def _routing_refusal(request: Request, error: Exception) -> Response:
    """Answer what no route takes in the protocol's form."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    codes = {404: "RESOURCE_DOES_NOT_EXIST", 405: "METHOD_NOT_ALLOWED", 400: "MALFORMED_REQUEST"}
    words = {
        404: "没有此地址 / there is nothing at this address",
        405: "不支持此方法 / this method is not supported",
    }
    return Refusal(status, codes.get(status, "INTERNAL_ERROR"), words.get(status, ""), headers).response()
