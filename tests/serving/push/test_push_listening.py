"""Connections whose heads do not come hold nothing; all others are left alone."""

import socket
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send

from serving.push import listening

pytestmark = pytest.mark.enable_socket
HEAD_SECONDS = 0.4
WHOLE = b"POST /push/a.b HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"


async def _taking(scope: Scope, receive: Receive, send: Send) -> None:
    assert scope["type"] == "http"
    while (await receive()).get("more_body"):
        pass
    await PlainTextResponse("taken", 202)(scope, receive, send)


@pytest.fixture
def connection(monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Return a connection to a server that waits little for heads."""
    monkeypatch.setattr(listening, "_HEAD_SECONDS", HEAD_SECONDS)
    listener = socket.create_server(("127.0.0.1", 0))
    config = listening.configured(_taking, "127.0.0.1", 0)
    config.lifespan = "off"
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        with socket.create_connection(listener.getsockname(), timeout=10) as made:
            yield made
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()


def answered(connection: socket.socket) -> bytes:
    """Return what the server sends until it ends the connection."""
    found = b""
    try:
        while part := connection.recv(65536):
            found += part
    except ConnectionResetError:
        pass
    return found


def taken(connection: socket.socket) -> bool:
    """Send a whole request and tell whether it was taken."""
    connection.sendall(WHOLE)
    found = b""
    while not found.endswith(b"taken"):
        found += connection.recv(65536)
    return found.startswith(b"HTTP/1.1 202")


@pytest.mark.parametrize("sent", [b"", b"POST /push/a.b HTTP/1.1\r\nHost:"], ids=["nothing", "half a head"])
def test_a_connection_without_a_whole_head_is_ended_in_time(connection: socket.socket, sent: bytes) -> None:
    connection.sendall(sent)
    begun = time.monotonic()
    assert answered(connection) == b""
    assert HEAD_SECONDS / 2 < time.monotonic() - begun < 5


def test_the_head_of_a_later_request_is_not_waited_for_either(connection: socket.socket) -> None:
    assert taken(connection)
    connection.sendall(b"POST /push/a.b HTTP/1.1\r\nX: ")
    begun = time.monotonic()
    assert answered(connection) == b""
    assert time.monotonic() - begun < 5


def test_a_head_without_end_is_cut(connection: socket.socket, monkeypatch: pytest.MonkeyPatch) -> None:
    # By its size: there is time enough for it.
    assert taken(connection)
    monkeypatch.setattr(listening, "_HEAD_SECONDS", 60.0)
    with pytest.raises((ConnectionResetError, BrokenPipeError)):
        connection.sendall(b"POST /push/a.b HTTP/1.1\r\nX: " + b"x" * 100_000_000)


def test_a_connection_that_rests_between_requests_is_kept(connection: socket.socket) -> None:
    assert taken(connection)
    time.sleep(3 * HEAD_SECONDS)
    assert taken(connection)


def test_a_body_may_take_longer_than_a_head_and_be_larger(connection: socket.socket) -> None:
    body = b"x" * 300_000
    connection.sendall(
        b"POST /push/a.b HTTP/1.1\r\nHost: x\r\nContent-Length: 300000\r\n\r\n" + body[:150_000]
    )
    time.sleep(2 * HEAD_SECONDS)
    connection.sendall(body[150_000:])
    assert connection.recv(65536).startswith(b"HTTP/1.1 202")
