"""Keep what is pushed before it is acknowledged: all requests that wait share one transaction and one sync.

Here: the waiting, for one event loop, and how much may wait. Not here: the database (``ingestion/pushed_records.py``).
"""

import asyncio
import datetime as dt
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ingestion.pushed_records import Acknowledgement, NotKept, PushedRecords, PushedRequest
from resource_catalogue.deployment import Deployment

_LARGEST_GROUP = 500
_MOST_WAITING_BYTES = 64_000_000
_TIDY_SECONDS = 1.0
_GROUP_SECONDS = 0.005
"""Groups begin no closer than this: a sync costs the same for one request as for ten. A request alone never waits."""


class Acknowledging:
    """Keep the requests of one resource in groups; while one group is synced, the next one gathers.

    The database is opened with the first request, and anew where a group could not be kept.

    Args:
        deployment: Where they are kept.
        now: When they are accepted.
    """

    def __init__(self, deployment: Deployment, resource_id: str, now: Callable[[], dt.datetime]) -> None:
        self._deployment, self._resource_id, self._now = deployment, resource_id, now
        self._records: PushedRecords | None = None
        self._waiting: list[tuple[PushedRequest, asyncio.Future[Acknowledgement]]] = []
        self._bytes, self._next_group_at = 0, 0.0
        self._writing: asyncio.Task[None] | None = None
        self._tidying: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pushed-records")

    async def keep(self, request: PushedRequest) -> Acknowledgement:
        """Keep a request; it is durable when this returns, and stays kept if the waiter goes away.

        Raises:
            NotKept: It is not kept, or too much waits already.
        """
        if self._bytes > _MOST_WAITING_BYTES:
            raise NotKept(self._resource_id, "等待过多 / too much waits", "", "稍后重试 / try again later")
        done: asyncio.Future[Acknowledgement] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, done))
        self._bytes += len(request.body)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        if self._tidying is None:
            self._tidying = asyncio.create_task(self._tidy_for_ever())
        return await done

    async def close(self) -> None:
        """Wait for what is being kept and end the thread; nothing may follow."""
        if self._tidying is not None:
            self._tidying.cancel()
        if self._writing is not None:
            await self._writing
        self._thread.shutdown()
        if self._records is not None:
            self._records.close()

    async def _write_all(self) -> None:
        while self._waiting:
            await self._paced()
            group, self._waiting = self._waiting[:_LARGEST_GROUP], self._waiting[_LARGEST_GROUP:]
            requests = [request for request, _ in group]
            try:
                told = await asyncio.get_running_loop().run_in_executor(self._thread, self._kept, requests)
            except Exception as error:
                for _, done in group:
                    if not done.done():
                        done.set_exception(_refusal(error, self._resource_id))
            else:
                for (_, done), one in zip(group, told, strict=True):
                    if not done.done():
                        done.set_result(one)
            self._bytes -= sum(len(request.body) for request in requests)

    async def _paced(self) -> None:
        """Let requests gather where the last group began only just now."""
        loop = asyncio.get_running_loop()
        if (early := self._next_group_at - loop.time()) > 0:
            await asyncio.sleep(early)
        self._next_group_at = loop.time() + _GROUP_SECONDS

    async def _tidy_for_ever(self) -> None:
        """Take away what deliveries have, while nobody waits."""
        while True:
            await asyncio.sleep(_TIDY_SECONDS)
            while not self._waiting and await asyncio.get_running_loop().run_in_executor(
                self._thread, self._tidied
            ):
                pass

    def _tidied(self) -> bool:
        try:
            return self._records is not None and self._records.tidy()
        except NotKept:
            # The next request is told.
            return False

    def _kept(self, requests: list[PushedRequest]) -> list[Acknowledgement]:
        if self._records is None:
            self._records = PushedRecords(self._deployment, self._resource_id)
        try:
            return self._records.accept(requests, self._now())
        except NotKept:
            self._records.close()
            self._records = None
            raise


def _refusal(error: Exception, where: str) -> NotKept:
    """Return an error of its own for each waiter: a shared one would gather all their tracebacks."""
    if isinstance(error, NotKept):
        return NotKept(error.where, error.found, error.expected, error.remedy)
    return NotKept(where, f"推送的记录未能保存 / pushed records cannot be kept ({type(error).__name__})")
