"""Appending from a server: all answers that wait share one lock, one write and one sync.

Here: the waiting, for one event loop. Not here: the record itself (``record.py``).
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from audit.journal import Line, RecordNotWritten
from audit.record import AccessRecord
from resource_catalogue.access_words import Access
from resource_catalogue.errors import CivicError

_LARGEST_GROUP = 2000


class GroupWriter:
    """Write accesses of one event loop in groups; while one group is synced, the next one gathers.

    Args:
        record: Where they go; other writers of the same record may append meanwhile.
    """

    def __init__(self, record: AccessRecord) -> None:
        self._record = record
        self._waiting: list[tuple[Line, asyncio.Future[None]]] = []
        self._writing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="record-of-access")

    async def write(self, access: Access) -> None:
        """Record an access; it is durable when this returns, and stays recorded if the waiter goes away.

        Raises:
            RecordNotWritten: The disk refused: answer nothing.
            TypeError: The instant has no time zone.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((self._record.line(access), done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        await done

    async def close(self) -> None:
        """Wait for what is being written and end the thread; no write may follow."""
        if self._writing is not None:
            await self._writing
        self._thread.shutdown()

    async def _write_all(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting[:_LARGEST_GROUP], self._waiting[_LARGEST_GROUP:]
            lines = [line for line, _ in group]
            try:
                await asyncio.get_running_loop().run_in_executor(
                    self._thread, self._record.append_lines, lines
                )
            except BaseException as error:
                for _, done in group:
                    if not done.done():
                        done.set_exception(_refusal(error))
                if not isinstance(error, Exception):
                    raise
            else:
                for _, done in group:
                    if not done.done():
                        done.set_result(None)


def _refusal(error: BaseException) -> CivicError:
    """Return an error of its own for each waiter: a shared one would gather all their tracebacks."""
    if isinstance(error, CivicError):
        return RecordNotWritten(error.where, error.found, error.expected, error.remedy)
    return RecordNotWritten(
        "存取记录 / record of access",
        f"未能写入 / not written ({type(error).__name__})",
        "",
        "查看服务日志 / see the server's log",
    )
