"""Access keys that were just made, from the form that made them to the page that shows them, once.

Here: handing over within one process, which is what the portal runs in (as its limits are counted in one). Not here:
making keys (behind the port ``Accounts``). Keys wait in memory only, for minutes, and stand in no address or cookie.
"""

import datetime as dt
import hashlib

from serving.portal.account_ports import FreshKey

_WAITS = dt.timedelta(minutes=5)
"""How long a key waits for a browser that follows no redirect; it can be revoked and made anew."""


class FreshKeys:
    """Keep the newest key of each session until its page is shown."""

    def __init__(self) -> None:
        self._waiting: dict[bytes, tuple[dt.datetime, FreshKey]] = {}

    def keep(self, session: str, key: FreshKey, now: dt.datetime) -> None:
        """Keep a key for the page of a session; those that waited too long are dropped."""
        self._waiting = {mark: one for mark, one in self._waiting.items() if now - one[0] <= _WAITS}
        self._waiting[_mark(session)] = (now, key)

    def take(self, session: str, now: dt.datetime) -> FreshKey | None:
        """Return the key that waits for a session's page, this once; null where none does."""
        made_at, key = self._waiting.pop(_mark(session), (now, None))
        return key if now - made_at <= _WAITS else None


def _mark(session: str) -> bytes:
    return hashlib.sha256(session.encode()).digest()
