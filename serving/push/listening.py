"""Listening for what is pushed: one process, one thread for all connections, bounds on the heads of requests.

One by one, a certificate is a request: here uvicorn takes half the processor time of the server that the other faces
have, which is made for sending files and hands each request from one thread to another and back. What it lacks is
added: a head that comes slowly, or never ends, holds no connection. Not here: what answers (``app.py``).
"""

import asyncio
import sys

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEAD_SECONDS, _HEAD_BYTES = 10.0, 65_536
_KEPT_ALIVE_SECONDS = 75
"""Longer than reverse proxies keep a connection that nobody uses: they let go first, and no request is lost."""
_ENDING_SECONDS = 10
_SWITCH_SECONDS = 0.0005
"""How long the thread of connections may keep the interpreter from that which keeps a group: it asks some ten times."""


class BoundedHeads(HttpToolsProtocol):
    """Close a connection whose next request does not have its head in time, or has one without end."""

    _timer: asyncio.TimerHandle | None = None
    _received: int = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first head."""
        super().connection_made(transport)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._end_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what comes as long as a head is not whole."""
        super().data_received(data)
        if self._timer is not None:
            self._received += len(data)
            if self._received > _HEAD_BYTES:
                self._cut()

    def on_message_begin(self) -> None:
        """Begin to wait for the head of a later request with its first byte."""
        if self._timer is None:
            self._await_head()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Wait no longer: how long a body may take is the application's to say."""
        self._end_waiting()
        super().on_headers_complete()

    def _await_head(self) -> None:
        self._received = 0
        self._timer = self.loop.call_later(_HEAD_SECONDS, self._cut)

    def _end_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _cut(self) -> None:
        self._end_waiting()
        self.transport.close()


def listen(app: ASGIApp, host: str, port: int) -> None:
    """Answer on a port until a signal asks to end; requests in hand are answered first."""
    sys.setswitchinterval(_SWITCH_SECONDS)
    uvicorn.Server(configured(app, host, port)).run()


def configured(app: ASGIApp, host: str, port: int) -> uvicorn.Config:
    """Return how the server runs; it logs no request."""
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        http=BoundedHeads,
        ws="none",
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_KEPT_ALIVE_SECONDS,
        timeout_graceful_shutdown=_ENDING_SECONDS,
    )
