"""Quotas of recipients: requests per minute, files per minute, bytes per day.

Here: counting in the memory of one process, by the clock that is passed in. Fetches of files are counted apart from
other requests and ten times as generously: official clients make about ten per file. Not here: the numbers, which the
recipient or the deployment sets.
"""

import datetime as dt

from resource_catalogue.access_words import Recipient
from serving.buckets import Buckets
from serving.sharing.refusals import Refusal, too_many

FILE_FACTOR = 10
"""Fetches of files per request that a recipient may make."""


class Quotas:
    """Count what recipients ask for.

    Args:
        requests_per_minute: Quota of a recipient that has none of its own.
    """

    def __init__(self, requests_per_minute: int) -> None:
        self._default = requests_per_minute
        self._buckets = Buckets()
        self._bytes: dict[str, tuple[dt.date, int]] = {}

    def spend_request(self, recipient: Recipient, now: dt.datetime) -> None:
        """Count one request.

        Raises:
            Refusal: 429, with the seconds after which one is free again.
        """
        self._spend("request", recipient, self._rate(recipient), now)

    def spend_file(self, recipient: Recipient, now: dt.datetime) -> None:
        """Count one fetch of a file.

        Raises:
            Refusal: 429, with the seconds after which one is free again.
        """
        self._spend("file", recipient, self._rate(recipient) * FILE_FACTOR, now)

    def spend_bytes(self, recipient: Recipient, size: int, now: dt.datetime) -> None:
        """Count bytes that are about to be handed out.

        Raises:
            Refusal: 403 and not 429, which official clients would repeat for minutes: the day's bytes are used up.
        """
        day = now.date()
        counted_on, used = self._bytes.get(recipient.id, (day, 0))
        used = used if counted_on == day else 0
        if recipient.bytes_per_day is not None and used + size > recipient.bytes_per_day:
            raise Refusal(403, "QUOTA_EXCEEDED", "当日数据量已用完 / the bytes of this day are used up")
        self._bytes[recipient.id] = (day, used + size)

    def _rate(self, recipient: Recipient) -> int:
        return recipient.requests_per_minute or self._default

    def _spend(self, kind: str, recipient: Recipient, rate: int, now: dt.datetime) -> None:
        seconds = self._buckets.spend((kind, recipient.id), rate, now)
        if seconds:
            raise too_many(seconds)
