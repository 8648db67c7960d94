"""A real HTTP server in a thread whose answers the test writes, faults and all."""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit


@dataclass
class Ask:
    """One request as it came."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str = ""


@dataclass
class Reply:
    """One answer; ``length`` is announced instead of the true one, ``drip`` waits between bytes."""

    body: bytes = b""
    status: int = 200
    kind: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    length: int | None = None
    drip: float = 0


Answers = Callable[[Ask], Reply]


def rows_reply(document: Any, **others: Any) -> Reply:
    return Reply(json.dumps(document, ensure_ascii=False).encode(), **others)


@dataclass
class Far:
    """The server: its address, what it was asked, and how it answers."""

    url: str = ""
    asks: list[Ask] = field(default_factory=list)
    answers: Answers = lambda _: Reply(status=404)
    faults: list[Reply] = field(default_factory=list)

    def answer(self, ask: Ask) -> Reply:
        """Answer with the next fault as long as there are any."""
        self.asks.append(ask)
        return self.faults.pop(0) if self.faults else self.answers(ask)


@contextlib.contextmanager
def far_server() -> Iterator[Far]:
    far = Far()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _do(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            sent = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = far.answer(Ask(parts.path, query, headers, sent))
            self.send_response(reply.status)
            self.send_header("Content-Type", reply.kind)
            self.send_header("Content-Length", str(len(reply.body) if reply.length is None else reply.length))
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.end_headers()
            with contextlib.suppress(OSError):
                for start in range(0, len(reply.body), 1 if reply.drip else max(1, len(reply.body))):
                    self.wfile.write(reply.body[start : start + 1] if reply.drip else reply.body)
                    time.sleep(reply.drip)
            if reply.length is not None:
                self.close_connection = True

        do_GET = do_POST = _do  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    far.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield far
    finally:
        server.shutdown()
        server.server_close()
