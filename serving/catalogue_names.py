"""The ids of the catalogue's entries, for the record of refused requests.

Here: reading them from the newest release, once for each release. Not here: what they are used for (``asked_for.py``),
nor anything else of the catalogue: no face may open it.
"""

import anyio.to_thread

from lake import Lake
from lake.release_rows import RELEASES
from lake.releases import current_release
from resource_catalogue.entities import ENTITIES
from resource_catalogue.errors import CivicError

_BASES = frozenset(f"base.{name}" for name in ENTITIES)


class CatalogueNames:
    """Give the ids of all entries, base tables among them.

    Args:
        lake: The lake that holds the releases.
    """

    def __init__(self, lake: Lake) -> None:
        self._lake, self._names, self._version = lake, _BASES, -1

    async def __call__(self) -> frozenset[str]:
        """Return the ids of the newest release; where it cannot be read, those of the last one that could."""
        try:
            return await anyio.to_thread.run_sync(self._newest)
        except CivicError:
            return self._names

    def _newest(self) -> frozenset[str]:
        version = self._lake.version(RELEASES)
        if version is not None and version != self._version:
            catalogue = current_release(self._lake).catalogue
            self._names = _BASES | catalogue.resources.keys() | catalogue.datasets.keys()
            self._version = version
        return self._names
