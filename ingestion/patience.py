"""Ask a source again when it fails for now: waits that double, drawn at random, bounded; never for ever.

Here: what failing for now is, and how often and when to ask again. Not here: what is asked.
"""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from resource_catalogue.errors import CivicError
from resource_catalogue.sources.remote import Retry

T = TypeVar("T")
_AGAIN = "下次运行时再取 / it is asked again in the next run"


class SourceError(CivicError):
    """A source does not give what is declared of it; the message never holds a secret or a value of a row."""


class TryAgain(SourceError):
    """A source fails for now.

    Args:
        where: Host and path.
        found: What it did.
        wait_seconds: How long it asks to be left alone.
    """

    def __init__(self, where: str, found: str, expected: str = "", wait_seconds: float = 0) -> None:
        self.wait_seconds = wait_seconds
        super().__init__(where, found, expected, _AGAIN)


def patiently(retry: Retry, ask: Callable[[], T]) -> T:
    """Return what is asked for, asking again while the source fails for now.

    Raises:
        SourceError: It failed for good, as often as is declared, or asks for a longer wait than is declared.
    """
    for attempt in range(retry.attempts):
        try:
            return ask()
        except TryAgain as error:
            is_last = attempt + 1 == retry.attempts or error.wait_seconds > retry.longest_wait_seconds
            if is_last:
                raise
            drawn = random.uniform(0, min(retry.longest_wait_seconds, retry.first_wait_seconds * 2**attempt))
            time.sleep(max(error.wait_seconds, drawn))
    raise AssertionError("attempts are at least one")


class Deadline:
    """Bound how long something may take in all.

    Args:
        seconds: From now on.
    """

    def __init__(self, seconds: float) -> None:
        self._end = time.monotonic() + seconds
        self._seconds = seconds

    @property
    def left(self) -> float:
        """Return the seconds that are left."""
        return self._end - time.monotonic()

    def check(self, where: str) -> None:
        """Raise TryAgain where the time is up."""
        if self.left <= 0:
            raise TryAgain(
                where, f"超过 {self._seconds:g} 秒仍未完成 / not done within {self._seconds:g} seconds"
            )
