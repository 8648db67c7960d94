"""Buckets of requests: so many per minute for each of those who ask, filled again as time goes by.

Here: counting in the memory of one process, by the clock that is passed in; bounded, whoever asks. Not here: who is
counted, and what a refusal looks like (``sharing/quota.py``, ``portal/pace.py``).
"""

import datetime as dt
import math
from collections.abc import Hashable
from dataclasses import dataclass

_MOST = 50_000


@dataclass(slots=True)
class _Bucket:
    left: float
    at: dt.datetime


class Buckets:
    """Count requests by whoever makes them.

    Args:
        most: Most buckets that are kept. Beyond that, those used longest ago are dropped: dropped ones begin full.
    """

    def __init__(self, most: int = _MOST) -> None:
        self._most = most
        self._buckets: dict[Hashable, _Bucket] = {}

    def __len__(self) -> int:
        return len(self._buckets)

    def spend(self, key: Hashable, per_minute: int, now: dt.datetime) -> int:
        """Count one request; return 0 where it is free, else the seconds after which one is.

        >>> buckets, now = Buckets(), dt.datetime(2026, 3, 1, tzinfo=dt.timezone.utc)
        >>> [buckets.spend("a", 2, now) for _ in range(3)]
        [0, 0, 30]
        """
        # Taken out and put in again: the order of the dictionary is that of the last use.
        bucket = self._buckets.pop(key, None) or _Bucket(per_minute, now)
        self._buckets[key] = bucket
        elapsed = max(0.0, (now - bucket.at).total_seconds())
        bucket.left, bucket.at = min(per_minute, bucket.left + elapsed * per_minute / 60), now
        if len(self._buckets) > self._most:
            self._buckets.pop(next(iter(self._buckets)))
        if bucket.left < 1:
            return math.ceil((1 - bucket.left) * 60 / per_minute)
        bucket.left -= 1
        return 0
