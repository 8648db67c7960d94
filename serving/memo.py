"""Answers that are given again as long as nobody has written to the operational state, and never past their second.

Here: asking off the event loop, and remembering where the database can tell of writes (SQLite). Not here: questions.
"""

import datetime as dt
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import anyio.to_thread

from casework.state import State

_Answer = TypeVar("_Answer")


class Memo:
    """Ask the operational state, and give an answer again within its second while nobody has committed.

    Args:
        state: The operational state.
    """

    def __init__(self, state: State) -> None:
        self._state = state
        self._stamp: tuple[int | None, int] = (None, 0)
        self._answers: dict[Hashable, Any] = {}

    async def asked(self, key: Hashable, now: dt.datetime, question: Callable[[], _Answer]) -> _Answer:
        """Return the answer to a question; ``key`` names the question."""
        stamp = (self._state.stamp(), int(now.timestamp()))
        if stamp[0] is None:
            return await in_thread(question)
        if stamp != self._stamp:
            self._stamp, self._answers = stamp, {}
        answers = self._answers
        if key in answers:
            held: _Answer = answers[key]
            return held
        answer = await in_thread(question)
        if answer is not None:
            # Into the dictionary of this stamp: what was read before a commit is not kept for after it. What nobody
            # is behind is not kept at all, or strangers could fill the memory.
            answers[key] = answer
        return answer


async def in_thread(question: Callable[[], _Answer]) -> _Answer:
    """Ask off the event loop."""
    return await anyio.to_thread.run_sync(question)
