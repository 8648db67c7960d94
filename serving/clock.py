"""The clock of the servers: the platform's instant at their start, and the time they have run since.

Here: one callable that every face of the network is given. With a pinned ``as_of`` it starts there and still moves, so
that tokens and addresses expire (decision 10). Not here: where the first instant comes from (``as_of_now``).
"""

import datetime as dt
import time
from collections.abc import Callable


class ServingClock:
    """Tell the platform's time while a server runs.

    Args:
        start: Instant at which the server started, with time zone.
        elapsed: Seconds of a clock that only goes forward; tests pass their own.
    """

    def __init__(self, start: dt.datetime, elapsed: Callable[[], float] = time.monotonic) -> None:
        if start.tzinfo is None:
            raise ValueError("an instant needs a time zone")
        self._start, self._elapsed, self._origin = start, elapsed, elapsed()

    def __call__(self) -> dt.datetime:
        """Return the instant that it is now.

        >>> seconds = iter([100.0, 160.0])
        >>> ServingClock(dt.datetime(2026, 3, 1, tzinfo=dt.timezone.utc), lambda: next(seconds))()
        datetime.datetime(2026, 3, 1, 0, 1, tzinfo=datetime.timezone.utc)
        """
        return self._start + dt.timedelta(seconds=self._elapsed() - self._origin)
