"""The doors of push: which resources take records, with which tokens, as the release in force says.

Another release counts within seconds, without a restart: the doors are looked up anew in a thread, while requests are
answered by the old ones. Tokens are compared as hashes, in constant time. Not here: the records.
"""

import hashlib
import hmac
import logging
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from lake import Lake
from lake.releases import current_release, release_numbers
from resource_catalogue.deployment import Deployment
from resource_catalogue.release import Release
from resource_catalogue.sources.push import PushSource
from serving.push.bodies import Limits

_LOG = logging.getLogger("civiclake.push")
_FRESH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Door:
    """Say what one resource takes.

    Attributes:
        tokens: Hashes of the tokens that open it.
    """

    resource_id: str
    tokens: tuple[bytes, ...]
    limits: Limits

    def opens_to(self, token: bytes) -> bool:
        """Tell whether the hash of a token is one of its own; every one is compared."""
        return sum(hmac.compare_digest(token, own) for own in self.tokens) > 0


def token_hash(token: str) -> bytes:
    """Return what tokens are compared by: neither their length nor their beginning shows in the time it takes."""
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()


class Doors:
    """Give the doors as they are now.

    Args:
        deployment: Whose release, and whose secrets.
        elapsed: Seconds of a clock that only goes forward; tests pass their own.

    Raises:
        CatalogueError: No release is published.
        SettingError: A token referred to is not there.
    """

    def __init__(self, deployment: Deployment, elapsed: Callable[[], float] = time.monotonic) -> None:
        self._deployment, self._elapsed, self._looked = deployment, elapsed, elapsed()
        self._lake = Lake.of(deployment)
        self._release = current_release(self._lake)
        self._doors = open_doors(deployment, self._release)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="doors")
        self._looking: Future[None] | None = None

    def current(self) -> Mapping[str, Door]:
        """Return the doors by resource; they are looked up anew beside, when they are some seconds old."""
        is_looking = self._looking is not None and not self._looking.done()
        if not is_looking and self._elapsed() - self._looked > _FRESH_SECONDS:
            self._looked = self._elapsed()
            self._looking = self._thread.submit(self._look)
        return self._doors

    def close(self) -> None:
        """End the looking."""
        self._thread.shutdown()

    def _look(self) -> None:
        try:
            if release_numbers(self._lake)[-1] != self._release.number:
                self._release = current_release(self._lake)
            # Tokens in files may be exchanged without another release.
            self._doors = open_doors(self._deployment, self._release)
        except Exception as error:
            _LOG.error("doors of push are as they were: %s", type(error).__name__)


def open_doors(deployment: Deployment, release: Release) -> Mapping[str, Door]:
    """Return the door of each resource whose records are pushed.

    Raises:
        SettingError: A token referred to is not there.
    """
    return {
        one.id: _door(deployment, one.id, one.source)
        for one in release.listed_resources()
        if isinstance(one.source, PushSource)
    }


def _door(deployment: Deployment, resource_id: str, source: PushSource) -> Door:
    setting = f"{resource_id} source.token"
    tokens = tuple(token_hash(deployment.secret(setting, reference)) for reference in source.token)
    return Door(resource_id, tokens, Limits(source.max_records, source.max_request_bytes))
