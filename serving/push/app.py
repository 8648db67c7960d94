"""The push server: what is posted to ``/push/{resource_id}`` is checked, kept durably, and only then acknowledged.

Here: the addresses and the order of admitting, reading, keeping, answering. Bodies never reach a log or a message.
Not here: opening a port (``civiclake push``).
"""

import asyncio
import datetime as dt
import logging
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from ingestion.pushed_records import NotKept, PushedRequest
from resource_catalogue.deployment import Deployment
from serving.push.acknowledging import Acknowledging
from serving.push.bodies import Bodies, form_of
from serving.push.doors import Door, Doors, token_hash
from serving.push.openapi import DESCRIPTION_PATH, HEALTH_PATH, openapi_document
from serving.request_ids import new_request_id
from serving.sharing.asking import read_body
from serving.sharing.refusals import Refusal, malformed

_LOG = logging.getLogger("civiclake.push")
_BODY_SECONDS = 15.0
_KEY = re.compile(r"[!-~]{1,200}")
_RETRY_SECONDS = "2"
_PUSH_PATH = "/push/"
_PASSED_OVER, _PASSING_SECONDS = 16_777_216, 2.0


class PushServer:
    """Answer pushed requests.

    Args:
        deployment: Where they are kept.
        doors: Which resources take them, with which tokens.
        now: When they are accepted.
        body_seconds: Longest time that a request's body may take.
    """

    def __init__(
        self,
        deployment: Deployment,
        doors: Doors,
        now: Callable[[], dt.datetime],
        body_seconds: float = _BODY_SECONDS,
    ) -> None:
        self._deployment, self._doors, self._now = deployment, doors, now
        self._body_seconds = body_seconds
        self._bodies = Bodies()
        self._keeping: dict[str, Acknowledging] = {}

    async def push(self, request: Request) -> Response:
        """Keep the records of a request and give a receipt."""
        request_id = new_request_id()
        try:
            response = await self._pushed(request)
        except Refusal as refusal:
            response = refusal.response()
        except NotKept as error:
            _LOG.error("%s (request %s)", error.found, request_id)
            response = _unavailable().response()
        except Exception as error:
            # Its text may hold what was sent.
            _LOG.error("%s (request %s)", type(error).__name__, request_id)
            response = Refusal(500, "INTERNAL_ERROR", "").response()
        response.headers["X-Request-Id"] = request_id
        return response

    async def close(self) -> None:
        """Wait for what is being kept."""
        for keeping in self._keeping.values():
            await keeping.close()
        self._doors.close()

    async def _pushed(self, request: Request) -> Response:
        door = self._admitted(request)
        form = form_of(request.headers.get("content-type", ""))
        key = request.headers.get("idempotency-key", "")
        if not _KEY.fullmatch(key):
            raise malformed(
                "Idempotency-Key: 须有，1 - 200 个可见 ASCII 字符 / required, 1 - 200 visible ASCII characters"
            )
        body = await self._read(request, door.limits.bytes)
        records = self._bodies.records(body, form, door.limits)
        kept = await self._keeper(door.resource_id).keep(PushedRequest(key, body, form, records))
        if kept.receipt is None:
            raise Refusal(
                422,
                "IDEMPOTENCY_KEY_REUSED",
                "此 Idempotency-Key 已用于另一正文 / this Idempotency-Key came before with another body",
            )
        headers = {"Cache-Control": "no-store"}
        if kept.is_replayed:
            headers["Idempotent-Replayed"] = "true"
        content = orjson.dumps({"receipt": kept.receipt, "records": kept.records})
        return Response(content, 202, headers, "application/json")

    async def _read(self, request: Request, limit: int) -> bytes:
        """Read a body; of one that is too large a little more, so that who is still sending hears why."""
        try:
            return await read_body(request, limit, self._body_seconds)
        except Refusal as refusal:
            if refusal.status == 413:
                await _passed_over(request)
            raise

    def _admitted(self, request: Request) -> Door:
        """Return the door that a request may pass.

        Raises:
            Refusal: No token of any door (401), of another one (403), or no such door (404).
        """
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        hashed, doors = token_hash(token.strip()), self._doors.current()
        opened = [name for name, door in doors.items() if door.opens_to(hashed)]
        if kind.casefold() != "bearer" or not opened:
            raise _unauthenticated()
        name = request.path_params["resource_id"]
        if name not in doors:
            raise Refusal(
                404,
                "RESOURCE_DOES_NOT_EXIST",
                "没有此推送资源 / no resource of this name takes pushed records",
            )
        if name not in opened:
            raise Refusal(403, "PERMISSION_DENIED", "凭证不属于此资源 / the token is of another resource")
        return doors[name]

    def _keeper(self, resource_id: str) -> Acknowledging:
        keeping = self._keeping.get(resource_id)
        if keeping is None:
            keeping = self._keeping[resource_id] = Acknowledging(self._deployment, resource_id, self._now)
        return keeping


class PushApp:
    """Answer what is pushed straight away, and everything else by routes.

    One request can hold one record, so that thousands come in a second: the layers of a framework would cost as much
    as keeping it does.

    Args:
        server: Takes what is pushed.
    """

    def __init__(self, server: PushServer) -> None:
        self._server = server
        document = orjson.dumps(openapi_document())

        async def described(request: Request) -> Response:
            return Response(document, media_type="application/json")

        async def healthy(request: Request) -> Response:
            return Response(b'{"status":"ok"}', media_type="application/json")

        @asynccontextmanager
        async def lifespan(app: Starlette) -> AsyncIterator[None]:
            yield
            await server.close()

        routes = [
            # Other methods than POST are refused by it.
            Route(_PUSH_PATH + "{resource_id}", server.push, methods=["POST"]),
            Route(HEALTH_PATH, healthy, methods=["GET"]),
            Route(DESCRIPTION_PATH, described, methods=["GET"]),
        ]
        self._routes = Starlette(
            routes=routes, exception_handlers={HTTPException: _routing_refusal}, lifespan=lifespan
        )
        self._routes.router.redirect_slashes = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or live as long as the server does (ASGI 3)."""
        resource_id = _pushed_to(scope)
        if not resource_id:
            await self._routes(scope, receive, send)
            return
        scope["path_params"] = {"resource_id": resource_id}
        response = await self._server.push(Request(scope, receive))
        await response(scope, receive, send)


def _pushed_to(scope: Scope) -> str:
    """Return the resource that a request pushes to; empty where it does not, and where routes say what is wrong."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return ""
    path = str(scope["path"])
    name = path.removeprefix(_PUSH_PATH)
    return name if name != path and "/" not in name else ""


async def _passed_over(request: Request) -> None:
    """Read on a little, without keeping it."""
    left = _PASSED_OVER
    # Where the last part was the one too many, the stream is at its end and says so as a RuntimeError.
    with suppress(TimeoutError, ClientDisconnect, RuntimeError):
        async with asyncio.timeout(_PASSING_SECONDS):
            async for part in request.stream():
                left -= len(part)
                if left < 0:
                    return


async def _routing_refusal(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    words = {
        404: ("RESOURCE_DOES_NOT_EXIST", "没有此地址 / no such address"),
        405: ("METHOD_NOT_ALLOWED", "方法不对 / another method is expected"),
    }
    code, message = words.get(status, ("INTERNAL_ERROR", ""))
    headers = dict(getattr(error, "headers", None) or {})
    return Refusal(status, code, message, {**headers, "X-Request-Id": new_request_id()}).response()


def _unauthenticated() -> Refusal:
    return Refusal(
        401,
        "UNAUTHENTICATED",
        "凭证缺失或无效 / the token is missing or not valid",
        {"WWW-Authenticate": 'Bearer realm="push"'},
    )


def _unavailable() -> Refusal:
    return Refusal(
        503,
        "TEMPORARILY_UNAVAILABLE",
        "未能保存，未收下任何记录，请以同一 Idempotency-Key 重试 / "
        "it could not be kept and nothing was taken; try again with the same Idempotency-Key",
        {"Retry-After": _RETRY_SECONDS},
    )
