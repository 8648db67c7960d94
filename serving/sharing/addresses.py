"""Addresses of files: signed, expiring, good for one file of one grant.

Here: how an address is made and read back, and what is counted of files that are fetched elsewhere. It names the file
by its id, never by its path, so that there is no path to bend. Not here: whether the recipient is still active and the
grant still in force, which every fetch checks again.
"""

import datetime as dt
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import quote

from lake.shared import DataFile
from resource_catalogue.words import TableName
from serving.sharing.signing import Signer

FILES_PATH = "/delta-sharing/files"
_STEPS = 4


@dataclass(frozen=True, slots=True)
class AddressScope:
    """Say for whom and from what addresses are made.

    Attributes:
        base: Scheme and host, with a path where the platform lies below one.
        version: Version whose files, or whose commit's files, are meant.
        good_until: Last second of the address, in seconds since 1970.
        is_here: Whether this server answers each fetch, so that it checks the grant again and records the bytes.
    """

    base: str
    recipient_id: str
    grant_id: str
    table: TableName
    version: int
    good_until: int
    is_here: bool = True


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Count files whose fetch this server does not see: listing them counts as handing them out.

    Attributes:
        rows: Live rows in them, as far as their statistics tell; ``bytes`` their size.
    """

    files: int = 0
    rows: int = 0
    bytes: int = 0

    @classmethod
    def of(cls, files: Iterable[DataFile]) -> "Elsewhere":
        """Count files."""
        held = list(files)
        return cls(len(held), sum(file.rows or 0 for file in held), sum(max(file.size, 0) for file in held))


class FileAddresses(Protocol):
    """Make addresses under which a file can be fetched without a credential."""

    def good_until(self, now: dt.datetime) -> int:
        """Return when addresses that are made now end, in seconds since 1970."""

    def address(self, scope: AddressScope, file: DataFile) -> str:
        """Return the address of a file."""

    def is_answered_here(self, table: TableName, version: int) -> bool:
        """Tell whether the files of a version, and of its commit, can only be fetched from this server by now."""


class OwnAddresses:
    """Make addresses that this server answers itself.

    Args:
        minutes: Longest life. Addresses made within a quarter of it end at the same second, so that a listing can be
            used again: an address lives at least three quarters.
    """

    def __init__(self, signer: Signer, minutes: int) -> None:
        self._signer, self._seconds = signer, minutes * 60

    def good_until(self, now: dt.datetime) -> int:
        """Return when addresses that are made now end, in seconds since 1970."""
        step = self._seconds // _STEPS
        return math.floor(now.timestamp()) // step * step + self._seconds

    def address(self, scope: AddressScope, file: DataFile) -> str:
        """Return the address of a file.

        ``sp=r`` is for readers that take an address for a signed one only when it has a parameter of that kind.
        """
        mark = self._signer.mark("file", _text(scope, file.id))
        return f"{_start(scope)}/{file.id}.parquet?exp={scope.good_until}&sp=r&sig={mark}"

    def is_answered_here(self, table: TableName, version: int) -> bool:
        """Tell that each fetch is checked and recorded here."""
        return True

    def holds(self, scope: AddressScope, file_id: str, mark: str, now: dt.datetime) -> bool:
        """Tell whether an address was made here for exactly this, and has not ended."""
        return self._signer.holds("file", _text(scope, file_id), mark) and now.timestamp() < scope.good_until


def _text(scope: AddressScope, file_id: str) -> bytes:
    parts = (
        scope.recipient_id,
        scope.grant_id,
        str(scope.table),
        str(scope.version),
        file_id,
        str(scope.good_until),
    )
    return "\0".join(parts).encode(errors="surrogatepass")


def _start(scope: AddressScope) -> str:
    parts = (
        quote(scope.recipient_id, safe=""),
        quote(scope.grant_id, safe=""),
        quote(str(scope.table), safe=""),
    )
    return f"{scope.base}{FILES_PATH}/{'/'.join(parts)}/{scope.version}"
