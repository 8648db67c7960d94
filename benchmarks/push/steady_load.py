"""Post certificates at a steady rate from a process of its own; each answer counts from when its request was due.

Here: the load and what each acknowledgement took. Not here: what became of the records.
"""

import asyncio
import multiprocessing
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection

import orjson

from benchmarks.push.push_city import RESOURCE, SECRET, certificate

_CONNECTIONS = 32


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
        late: Requests that were not answered with 202.
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
    telling.send(asyncio.run(_steadily(load)))


async def _steadily(load: Load) -> Answers:
    acknowledged: list[tuple[float, float]] = []
    refused = 0
    numbers = iter(range(load.records * load.seconds // load.batch))
    start = time.monotonic() + 1

    async def connection() -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection("127.0.0.1", load.port)
        for number in numbers:
            due, message = start + number * load.batch / load.records, _message(load, number)
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            writer.write(message)
            head = await reader.readuntil(b"\r\n\r\n")
            await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0]))
            now = time.monotonic()
            acknowledged.append((now, now - due))
            refused += b" 202 " not in head
        writer.close()

    await asyncio.gather(*(connection() for _ in range(_CONNECTIONS)))
    acknowledged.sort()
    return Answers([one for one, _ in acknowledged], [took for _, took in acknowledged], refused)


def _message(load: Load, number: int) -> bytes:
    records = [certificate(f"{load.name}-{number}-{place}") for place in range(load.batch)]
    body = orjson.dumps(records[0] if load.batch == 1 else records)
    head = (
        f"POST /push/{RESOURCE} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {SECRET}\r\n"
        f"Content-Type: application/json\r\nIdempotency-Key: {load.name}-{number}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
