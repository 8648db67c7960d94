"""What there is of a table on the local disk, as its copy in a bucket needs it: versions, files, checkpoints.

Here: reading only. Not here: copying (``lake.bucket_copy``).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from lake.bucket_marks import BucketMark, commit_mark
from lake.delta_files import DataFile
from lake.delta_log import DeltaLog
from lake.store import Lake
from resource_catalogue.words import TableName

LOG, LAST_CHECKPOINT = "_delta_log/", "_delta_log/_last_checkpoint"
_COMMIT = re.compile(r"^_delta_log/(\d{20})\.json\Z")
_CHECKPOINT = re.compile(r"^(\d{20})\.checkpoint\..*parquet\Z")


def commit_name(version: int) -> str:
    """Return the name of a version's commit below the table's folder."""
    return f"{LOG}{version:020d}.json"


def commits_of(names: Iterable[str]) -> dict[int, str]:
    """Return the commits among names of files, by version, in order.

    >>> commits_of(["_delta_log/00000000000000000003.json", "_delta_log/_last_checkpoint", "x.json"])
    {3: '_delta_log/00000000000000000003.json'}
    """
    return dict(sorted((int(match[1]), match[0]) for match in map(_COMMIT.match, names) if match))


class _TableLog(DeltaLog):
    """Read which files commits wrote, and which ones its versions need."""

    def versions(self) -> list[int]:
        """List the versions whose commits are kept."""
        return self._versions()

    def written(self, version: int) -> Iterator[str]:
        """Name the files that a commit wrote: of data, rewritten ones too, of changes and of deletion vectors."""
        with self._readable():
            for action in self._actions(version):
                for kind in ("add", "cdc"):
                    if action.get(kind) is not None:
                        yield from _names(self._data_file(action[kind]))


@dataclass(frozen=True, slots=True)
class BucketSource:
    """Hold what there is of a table.

    Attributes:
        id: The table's own id.
        versions: Those whose commits are kept, in order; at least one.
    """

    table: TableName
    folder: Path
    id: str
    versions: Sequence[int]
    _log: _TableLog

    @classmethod
    def of(cls, lake: Lake, table: TableName) -> "BucketSource":
        """Return what there is of a table now."""
        log = _TableLog(lake.path(table), str(table))
        return cls(table, lake.path(table), lake.identity(table) or "", log.versions(), log)

    def written(self, versions: Iterable[int]) -> set[str]:
        """Name the files that commits wrote."""
        return {name for version in versions for name in self._log.written(version)}

    def needed(self) -> set[str]:
        """Name the files of the first version, and those that the commits after it wrote.

        Changes are kept from the version after the first on, as the lake itself does (``lake.old_versions``).
        """
        files = self._log.snapshot(self.versions[0]).files
        return self.written(self.versions[1:]) | {name for file in files for name in _names(file)}

    def checkpoints(self) -> dict[str, int]:
        """Name the checkpoints with their versions, in order."""
        found = (_CHECKPOINT.match(path.name) for path in (self.folder / LOG).iterdir())
        return {LOG + match[0]: int(match[1]) for match in sorted(filter(None, found), key=lambda m: m[0])}

    def mark(self, place: str) -> BucketMark:
        """Return the mark of a table that is copied whole."""
        commit = commit_mark(self.folder, self.versions[-1]) or (0, 0)
        checkpoint = max(self.checkpoints().values(), default=-1)
        return BucketMark(place, self.id, self.versions[0], self.versions[-1], checkpoint, commit)


def _names(file: DataFile) -> Iterator[str]:
    yield file.path
    if file.deletion_vector is not None and file.deletion_vector.path is not None:
        yield file.deletion_vector.path
