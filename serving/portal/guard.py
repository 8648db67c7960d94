"""What holds for every request and answer: size of bodies, headers of security, language of the address.

Here: pure ASGI layers, since a layer that wraps the answer's body would hide that it was cut short. Not here: anything
that knows a route.
"""

import re
from collections.abc import Awaitable, Callable

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

ENGLISH = "/en"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "strict-origin-when-cross-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "cross-origin-opener-policy": "same-origin",
}
_HOST = re.compile(r"[A-Za-z0-9.\-_]+(:\d+)?|\[[0-9A-Fa-f:.]+\](:\d+)?")


class TooLarge(Exception):
    """Say that a body grew beyond the limit while it was read."""


class CutShort(Exception):
    """Say that an answer failed after it had begun; the connection is cut, so that it cannot look whole."""


class Guard:
    """Refuse oversized bodies and odd hosts, set the headers of security, and answer failures without their text.

    Args:
        body_bytes: Largest request body.
        failed: Answers a failure. The failure itself goes no further: a server would print its text, in which there
            may be what a person wrote.
    """

    def __init__(
        self, app: ASGIApp, body_bytes: int, failed: Callable[[Request, Exception], Awaitable[Response]]
    ) -> None:
        self.app, self.body_bytes, self.failed = app, body_bytes, failed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, guarded."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def secured(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(Headers(scope=scope))
        if refusal is not None:
            await refusal(scope, receive, secured)
            return
        try:
            await self.app(scope, self._bounded(receive), secured)
        except Exception as error:
            if started:
                raise CutShort(type(error).__name__) from None
            answer = _too_large() if isinstance(error, TooLarge) else await self.failed(Request(scope), error)
            await answer(scope, receive, secured)

    def _refusal(self, headers: Headers) -> PlainTextResponse | None:
        length = headers.get("content-length", "0")
        if not length.isdigit():
            return PlainTextResponse("bad Content-Length", 400)
        if int(length) > self.body_bytes:
            return _too_large()
        if not _HOST.fullmatch(headers.get("host", "localhost")):
            return PlainTextResponse("bad Host", 400)
        return None

    def _bounded(self, receive: Receive) -> Receive:
        """Count the bytes of a body that does not state its length, or states a wrong one."""
        read = 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            if message["type"] == "http.request":
                read += len(message.get("body", b""))
                if read > self.body_bytes:
                    raise TooLarge
            return message

        return bounded


def _too_large() -> PlainTextResponse:
    return PlainTextResponse("提交的内容过大 / the body is too large", 413, {"connection": "close"})


class Languages:
    """Serve every page under ``/en`` too: the same routes, ``scope["language"]`` says which words."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take the language off the path and pass the request on."""
        if scope["type"] == "http":
            path: str = scope["path"]
            is_english = path == ENGLISH or path.startswith(f"{ENGLISH}/")
            scope = {**scope, "language": "en" if is_english else "zh"}
            if is_english:
                scope["path"] = path.removeprefix(ENGLISH) or "/"
        await self.app(scope, receive, send)
