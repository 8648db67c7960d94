"""Runs an app on a real granian server at 127.0.0.1, in a thread of the test's own process."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import httpx
from granian.constants import Interfaces
from granian.http import HTTP1Settings
from granian.server.embed import Server
from starlette.applications import Starlette


@contextlib.contextmanager
def running(app: Starlette, header_seconds: int = 30) -> Iterator[str]:
    """Serve until the block ends; the address is given."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    loop = asyncio.new_event_loop()
    server = Server(
        app,
        port=port,
        interface=Interfaces.ASGI,
        log_enabled=False,
        websockets=False,
        http1_settings=HTTP1Settings(header_read_timeout=header_seconds * 1000),
    )
    thread = threading.Thread(target=lambda: loop.run_until_complete(server.serve()), daemon=True)
    thread.start()
    try:
        _wait(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        loop.call_soon_threadsafe(server.stop)
        thread.join(20)


def _wait(port: int) -> None:
    for _ in range(200):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    raise TimeoutError("the server did not start")


def on_the_wire(server: str, sent: bytes, seconds: float = 10) -> bytes:
    url = httpx.URL(server)
    with socket.create_connection((url.host, url.port or 80), seconds) as connection:
        connection.settimeout(seconds)
        connection.sendall(sent)
        answer = b""
        while part := connection.recv(65536):
            answer += part
        return answer


# Credentials
