"""How fast one visitor may ask: so many requests per minute for an address, or for the holder of an access key.

Here: a pure ASGI layer in front of the routes. Not here: the counting (``serving/buckets.py``), nor the limits of forms
and log-ins (``form_guard.py``). Style sheets and the question whether the portal is alive are free.
"""

from collections.abc import Hashable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from serving.buckets import Buckets
from serving.portal import ckan_api
from serving.portal.portal import portal_of
from serving.portal.refusals import refused

_FREE = ("/static/", "/health")


class Pace:
    """Refuse a visitor that asks too fast, with the time after which it may ask again."""

    def __init__(self, app: ASGIApp) -> None:
        self.app, self._buckets = app, Buckets()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer 429."""
        if scope["type"] != "http" or scope["path"].startswith(_FREE):
            await self.app(scope, receive, send)
            return
        request = Request(scope)
        portal = portal_of(request)
        seconds = self._buckets.spend(
            await _visitor(request), portal.settings.requests_per_minute, portal.now()
        )
        answer = await _too_fast(request, seconds) if seconds else self.app
        await answer(scope, receive, send)


async def _visitor(request: Request) -> Hashable:
    """Return who is counted: the holder of a good access key, else the caller's address."""
    portal, header = portal_of(request), request.headers.get("authorization")
    if header and portal.visitors is not None:
        holder = await portal.visitors.identify(header, None, portal.now())
        if holder is not None:
            return holder
    return portal.forms.address(request)


async def _too_fast(request: Request, seconds: int) -> Response:
    error = HTTPException(429, "too many requests", {"Retry-After": str(seconds)})
    path: str = request.scope["path"]
    if path.startswith("/api/"):
        return ckan_api.refusal(error, path.rpartition("/")[2])
    return await refused(request, error)
