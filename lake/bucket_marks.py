"""Marks of what was copied to a bucket: one small file per table below ``var/bucket``.

Here: reading and writing them, and whether a version of a table is in the bucket. The sharing server reads them on each
listing; only ``lake.bucket_copy`` writes them. A lost mark costs a comparison and nothing else.
"""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from lake.bucket_place import BucketPlace
from resource_catalogue.deployment import Deployment
from resource_catalogue.words import TableName

Commit = tuple[int, int]
"""Inode and instant of a commit's local file: a table that was made anew has others."""


@dataclass(frozen=True, slots=True)
class BucketMark:
    """Say how far a table was copied.

    Attributes:
        place: Where to: origin and address of the bucket.
        table_id: The table's own id.
        first: First version that is there; ``version`` the last.
        checkpoint: Newest checkpoint that is there, -1 where there is none.
        commit: What tells the local commit of that last version from one of another table.
    """

    place: str
    table_id: str
    first: int
    version: int
    checkpoint: int
    commit: Commit


class BucketMarks:
    """Keep the marks.

    Args:
        folder: Where they lie.
        lake_root: Folder of the lake, to look whether a table is still the one that was copied.
        place: Bucket that they are about, as its place is told from others.
    """

    def __init__(self, folder: Path, lake_root: Path, place: str) -> None:
        self._folder, self._root, self._place = folder, lake_root, place
        self._read: dict[TableName, tuple[tuple[int, int], BucketMark]] = {}

    @classmethod
    def of(cls, deployment: Deployment, place: BucketPlace) -> "BucketMarks":
        """Return the marks of a deployment for one bucket."""
        return cls(deployment.var / "bucket", deployment.lake_root, place.text)

    def read(self, table: TableName) -> BucketMark | None:
        """Return the mark of a table; null where there is none that can be read, or of another bucket."""
        path = self._path(table)
        try:
            stat = path.stat()
            stamp = (stat.st_ino, stat.st_mtime_ns)
            held = self._read.get(table)
            if held is None or held[0] != stamp:
                values = json.loads(path.read_text(encoding="utf-8"))
                mark = BucketMark(**{**values, "commit": tuple(values["commit"])})
                held = self._read[table] = (stamp, mark)
        except (OSError, ValueError, TypeError, KeyError):
            return None
        return held[1] if held[1].place == self._place else None

    def has(self, table: TableName, version: int) -> bool:
        """Tell whether all files of a version, and of its commit, are in the bucket."""
        mark = self.read(table)
        if mark is None or not mark.first <= version <= mark.version:
            return False
        return commit_mark(self._root / table.schema / table.name, mark.version) == mark.commit

    def write(self, table: TableName, mark: BucketMark) -> None:
        """Set the mark of a table, in one step."""
        path = self._path(table)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(asdict(mark)), encoding="utf-8")
        draft.replace(path)

    def forget(self, table: TableName) -> None:
        """Remove the mark of a table."""
        self._path(table).unlink(missing_ok=True)

    def _path(self, table: TableName) -> Path:
        return self._folder / f"{table}.json"


def commit_mark(folder: Path, version: int) -> Commit | None:
    """Return inode and instant of a commit's file, or null where there is none."""
    try:
        stat = (folder / "_delta_log" / f"{version:020d}.json").stat()
    except OSError:
        return None
    return stat.st_ino, stat.st_mtime_ns
