"""Post certificates at a steady rate from a process of its own; each answer counts from when its request was due.

Here: the load and what each acknowledgement took. Not here: what became of the records.

Agencies post from machines of their own; here they share the processors with what is measured. So requests are cut
from a template, and answers are not read beyond their first line.
"""

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import cast

import orjson
import uvloop

from benchmarks.push.push_city import RESOURCE, SECRET, certificate

_CONNECTIONS = 32
_PLACE = "#" * 9


@dataclass(frozen=True, slots=True)
class Load:
    """Say what is posted.

    Attributes:
        records: Records per second; ``batch`` of them in each request.
        name: Begins the numbers of the certificates and the keys of the requests.
    """

    port: int
    records: int
    batch: int
    seconds: int
    name: str


@dataclass(frozen=True, slots=True)
class Answers:
    """Hold what the answers took.

    Attributes:
        acknowledged: When each request was acknowledged (seconds of ``time.monotonic``), in that order.
        took: Seconds from when it was due.
        refused: Requests that were not answered with 202.
    """

    acknowledged: list[float]
    took: list[float]
    refused: int


class Posting:
    """Run a load beside the caller.

    Args:
        load: What is posted.
    """

    def __init__(self, load: Load) -> None:
        context = multiprocessing.get_context("spawn")
        self._told, telling = context.Pipe(duplex=False)
        self._process = context.Process(target=_post, args=(load, telling))
        self._process.start()
        telling.close()

    @property
    def is_over(self) -> bool:
        """Tell whether the answers are there."""
        return self._told.poll() or not self._process.is_alive()

    def answers(self) -> Answers:
        """Wait for the answers."""
        found: Answers = self._told.recv()
        self._process.join()
        return found


def _post(load: Load, telling: Connection) -> None:
    telling.send(uvloop.run(_steadily(load)))


async def _steadily(load: Load) -> Answers:
    loop = asyncio.get_running_loop()
    course = _Course(load, loop)
    for _ in range(_CONNECTIONS):
        await loop.create_connection(lambda: _Client(course), "127.0.0.1", load.port)
    course.begin()
    await course.over
    took = sorted(course.took)
    return Answers([at for at, _ in took], [seconds for _, seconds in took], course.refused)


class _Course:
    """Say which request is next and when it is due; keep what each took."""

    def __init__(self, load: Load, loop: asyncio.AbstractEventLoop) -> None:
        self.loop, self.over = loop, loop.create_future()
        self.clients: list[_Client] = []
        self.took: list[tuple[float, float]] = []
        self.refused = 0
        self._every, self._wanted = load.batch / load.records, load.records * load.seconds // load.batch
        self._template = _template(load)
        self._start = 0.0
        self._requests = iter(())  # type: Iterator[tuple[float, bytes]]

    def begin(self) -> None:
        """Send the first request of each connection when it is due."""
        self._start = time.monotonic() + 1
        self._requests = self._due()
        for client in self.clients:
            client.go_on()

    def next(self) -> tuple[float, bytes] | None:
        """Return when the next request is due, and its bytes; null after the last one."""
        return next(self._requests, None)

    def note(self, due: float, is_taken: bool) -> None:
        """Keep what a request took."""
        now = time.monotonic()
        self.took.append((now, now - due))
        self.refused += not is_taken
        if len(self.took) == self._wanted:
            self.over.set_result(None)

    def _due(self) -> Iterator[tuple[float, bytes]]:
        place = _PLACE.encode()
        for number in range(self._wanted):
            message = self._template.replace(place, b"%09d" % number)
            yield self._start + number * self._every, message


class _Client(asyncio.Protocol):
    """Send one request after the other on a connection."""

    def __init__(self, course: _Course) -> None:
        self._course = course
        self._due, self._is_done = 0.0, False
        self._answer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # Those of uvloop are such by what they can, not by their class.
        self._transport = cast(asyncio.Transport, transport)
        self._course.clients.append(self)

    def go_on(self) -> None:
        """Send the next request when it is due."""
        request = self._course.next()
        if request is None:
            self._is_done = True
            self._transport.close()
            return
        self._due, message = request
        self._course.loop.call_at(self._due, self._transport.write, message)

    def data_received(self, data: bytes) -> None:
        self._answer += data
        head, found, body = self._answer.partition(b"\r\n\r\n")
        if found and len(body) == int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0]):
            self._answer = b""
            self._course.note(self._due, b" 202 " in head)
            self.go_on()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._course.over.done() and not self._is_done:
            self._course.over.set_exception(exc or ConnectionError("the server closed a connection"))


def _template(load: Load) -> bytes:
    """Return a request with nine places for its number, in its key and in each certificate's."""
    records = [certificate(f"{load.name}-{_PLACE}-{place}") for place in range(load.batch)]
    body = orjson.dumps(records[0] if load.batch == 1 else records)
    head = (
        f"POST /push/{RESOURCE} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {SECRET}\r\n"
        f"Content-Type: application/json\r\nIdempotency-Key: {load.name}-{_PLACE}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
