"""What a Delta log says of a table: its files, one commit, the state at a version; and how a table is refused.

Here: shapes without a way to the disk. Not here: reading them (``lake.delta_log``).
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from resource_catalogue.errors import LakeError


class VersionMissing(LakeError):
    """A version was never written, or its log is no longer kept."""


class TableRefused(LakeError):
    """A table names files outside its folder, or is written in a way that cannot be handed out."""


@dataclass(frozen=True, slots=True)
class DeletionVector:
    """Say which rows of a data file are deleted: inline, or in a file of the same table.

    Attributes:
        inline: The vector itself as the log has it; null where it lies in a file.
        path: File below the table's folder; null where it is inline.
        id: Name of that file in addresses, empty where inline.
    """

    inline: str | None
    path: str | None
    id: str
    offset: int | None
    size: int
    rows: int


@dataclass(frozen=True, slots=True)
class DataFile:
    """Describe one file of a table, of data or of changes.

    Attributes:
        id: Hash of the path: the same file has the same id in every version.
        path: Below the table's folder, as the file system spells it (the log's spelling unquoted once).
        size: Bytes, as the log says; readers find the footer by it.
        partition_values: Text per partition column; null where the value is null.
        modified_ms: When it was written, milliseconds since 1970.
        stats: JSON text of its statistics, null where there are none.

    Paths, partition values and statistics hold values of rows: they are not in its ``repr``.
    """

    id: str
    path: str = field(repr=False)
    size: int
    partition_values: Mapping[str, str | None] = field(repr=False)
    modified_ms: int = 0
    stats: str | None = field(default=None, repr=False)
    deletion_vector: DeletionVector | None = None

    @property
    def rows(self) -> int | None:
        """Return the number of live rows where the statistics tell it."""
        try:
            held = orjson.loads(self.stats)["numRecords"] if self.stats else None
        except (orjson.JSONDecodeError, KeyError, TypeError):
            return None
        if not isinstance(held, int):
            return None
        return held - (self.deletion_vector.rows if self.deletion_vector else 0)


@dataclass(frozen=True, slots=True)
class LogCommit:
    """Say what one commit did, in so far as it changed data.

    Attributes:
        at_ms: When it was made, milliseconds since 1970.
        adds: Files it added, ``removes`` took away, ``cdcs`` wrote with the changed rows.
        metadata: New metadata, null where unchanged; ``protocol`` likewise.
    """

    version: int
    at_ms: int
    adds: tuple[DataFile, ...]
    removes: tuple[DataFile, ...]
    cdcs: tuple[DataFile, ...]
    metadata: Mapping[str, Any] | None
    protocol: Mapping[str, Any] | None


class Snapshot:
    """Hold the state of a table at one version.

    Attributes:
        version: Version that was read.
        protocol: The log's protocol action; ``metadata`` its metaData action.
        files: Data files in the order in which they came.
    """

    def __init__(
        self,
        version: int,
        protocol: Mapping[str, Any],
        metadata: Mapping[str, Any],
        live: dict[str, DataFile],
    ) -> None:
        self.version, self.protocol, self.metadata = version, protocol, metadata
        self.live = live
        self.files: tuple[DataFile, ...] = tuple(live.values())
        self.size = sum(file.size for file in self.files)
        self._by_id: dict[str, DataFile] | None = None

    @property
    def schema_string(self) -> str:
        """Return the schema as the log's JSON text."""
        return str(self.metadata["schemaString"])

    @property
    def partition_columns(self) -> tuple[str, ...]:
        """Name the partition columns."""
        return tuple(self.metadata.get("partitionColumns") or ())

    @property
    def configuration(self) -> dict[str, str]:
        """Return the table's properties."""
        return dict(self.metadata.get("configuration") or {})

    def file(self, file_id: str) -> DataFile | None:
        """Find a data file, or the file of a deletion vector, by its id."""
        if self._by_id is None:
            found = {file.id: file for file in self.files}
            found.update(_vector_files(self.files))
            self._by_id = found
        return self._by_id.get(file_id)


def _vector_files(files: Iterable[DataFile]) -> Iterator[tuple[str, DataFile]]:
    for file in files:
        vector = file.deletion_vector
        if vector is not None and vector.path is not None:
            yield vector.id, DataFile(vector.id, vector.path, -1, {})


def file_id(path: str) -> str:
    """Return the id of a file: a hash of its path below the table's folder.

    >>> file_id("part-0.parquet")
    '7f7df20909e2cb6a3d900f841cf041ce'
    """
    return hashlib.sha256(path.encode(errors="surrogatepass")).hexdigest()[:32]
