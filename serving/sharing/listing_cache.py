"""Listings of whole tables that were signed a short while ago, kept by the bytes that they take.

Here: the lines of a listing without hints, for one recipient, grant, version, kind of address and form, until its
addresses would be made anew. Permit, quota and record come before each use. Not here: files of versions
(``lake.shared`` keeps those).
"""

import threading
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from serving.sharing.addresses import Elsewhere

_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Listing:
    """Hold the lines of some files.

    Attributes:
        parts: The lines, in parts; ``files`` how many they are.
        elsewhere: Those of the files that are fetched from elsewhere.
    """

    parts: Sequence[bytes]
    files: int
    elsewhere: Elsewhere


class ListingCache:
    """Keep the newest used listings.

    Args:
        most_bytes: Most bytes kept in all; a larger listing is not kept.
    """

    def __init__(self, most_bytes: int = _BYTES) -> None:
        self._bound, self._count = most_bytes, 0
        self._held: OrderedDict[Hashable, tuple[Listing, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Listing | None:
        """Return a listing, or null."""
        with self._lock:
            held = self._held.get(key)
            if held is None:
                return None
            self._held.move_to_end(key)
            return held[0]

    def put(self, key: Hashable, listing: Listing) -> None:
        """Keep a listing, and let go of those that were not used for longest."""
        size = sum(map(len, listing.parts))
        if size > self._bound:
            return
        with self._lock:
            former = self._held.pop(key, None)
            self._held[key] = (listing, size)
            self._count += size - (former[1] if former else 0)
            while self._count > self._bound:
                _, (_, dropped) = self._held.popitem(last=False)
                self._count -= dropped
