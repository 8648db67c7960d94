"""A whole Delta copy of every table that is shared by copying, in a bucket: recipients fetch their files from there.

Here: what is copied, in which order, and what is removed. The lake stays on its disk with its one writer; the copy
follows it and can be made again at any time. Not here: requests (``lake.bucket``), whose bucket it is
(``lake.bucket_claim``) and addresses (``lake.bucket_place``). Tables for keyed lookup are not copied: nobody may fetch
them.

**Order.** Data first, then checkpoints, then commits in order: whoever opens the copy finds no commit that names a file
which is not there. What is removed goes the other way round: checkpoints and commits from the newest to the oldest, so
that a reader meanwhile sees an earlier version whole, then data. Every step may be repeated, so that a killed copy is
finished by the next.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import orjson

from lake.bucket import Bucket
from lake.bucket_claim import OTHER_WRITER, BucketClaim
from lake.bucket_marks import BucketMark, BucketMarks
from lake.bucket_place import SHARED, BucketPlace, table_key
from lake.bucket_source import LAST_CHECKPOINT, LOG, BucketSource, commit_name, commits_of
from lake.store import Lake
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import LakeError
from resource_catalogue.words import TableName

_COPIED = re.compile(r"__copy__[0-9a-f]{16}\Z")
_AT_ONCE = 4


@dataclass(frozen=True, slots=True)
class Copied:
    """Count what one copying did: tables that changed, objects sent, their bytes, tables removed."""

    tables: int = 0
    objects: int = 0
    bytes: int = 0
    removed: int = 0


class BucketCopy:
    """Bring the copy in a bucket up to the lake.

    Args:
        owner: Name of the deployment in the bucket.
    """

    def __init__(self, lake: Lake, bucket: Bucket, marks: BucketMarks, owner: str) -> None:
        self._lake, self._bucket, self._marks = lake, bucket, marks
        self._claim = BucketClaim(bucket, owner)
        self._sent: list[int] = []

    @classmethod
    def of(cls, lake: Lake, deployment: Deployment) -> "BucketCopy | None":
        """Return the copying of a deployment; null where it names no bucket."""
        place = BucketPlace.of(deployment)
        if place is None:
            return None
        owner = hashlib.sha256(b"civiclake.bucket." + deployment.key("bucket")).hexdigest()
        return cls(lake, Bucket(place), BucketMarks.of(deployment, place), owner)

    def bring(self) -> Copied:
        """Copy what is new, and remove what is no longer in the lake; a call without a change sends nothing.

        Raises:
            LakeError: The storage fails or does not do what is needed of it, or another deployment writes there.
        """
        self._sent = []
        self._claim.take()
        tables = [table for table in self._lake.tables(SHARED) if is_copied(table)]
        names = {table.name for table in tables}
        unneeded = [name for name in self._bucket.folders(f"{SHARED}/") if name not in names]
        for name in unneeded:
            self._remove(TableName(SHARED, name))
        changed = sum(map(self._bring, tables))
        return Copied(changed, len(self._sent), sum(self._sent), len(unneeded))

    def _bring(self, table: TableName) -> bool:
        """Copy what is new of a table; tell whether there was anything."""
        source, mark = BucketSource.of(self._lake, table), self._marks.read(table)
        done = source.mark(self._bucket.place.text)
        if mark == done:
            return False
        self._claim.probe()
        if mark is not None and mark.table_id != source.id:
            self._remove(table)
            mark = None
        if mark is not None and mark.first == done.first and mark.version <= done.version:
            later = [version for version in source.versions if version > mark.version]
            newer = [name for name, version in source.checkpoints().items() if version > mark.checkpoint]
            self._send(source, source.written(later), None, newer, later)
        else:
            self._compare(source, mark)
        self._marks.write(table, done)
        return True

    def _compare(self, source: BucketSource, mark: BucketMark | None) -> None:
        """Copy by comparing with what is there: the mark is lost, or the lake forgot earlier versions.

        Raises:
            LakeError: There is something that this deployment did not write.
        """
        held = self._bucket.objects(table_key(source.table))
        commits = commits_of(held)
        if mark is None and commits and self._id_there(source.table, min(commits)) not in ("", source.id):
            self._remove(source.table)
            held, commits = {}, {}
        if commits and max(commits) > source.versions[-1]:
            raise self._other(source.table, max(commits))
        needed, checkpoints = source.needed(), source.checkpoints()
        self._send(source, needed, held, [n for n in checkpoints if n not in held], source.versions)
        kept = {*needed, *checkpoints, LAST_CHECKPOINT, *map(commit_name, source.versions)}
        # A checkpoint has taken the place of the commits; data of forgotten versions goes after them.
        gone = [name for name in held if name not in kept]
        self._delete(source.table, [name for name in gone if name.startswith(LOG)])
        self._delete(source.table, [name for name in gone if not name.startswith(LOG)])

    def _id_there(self, table: TableName, version: int) -> str:
        """Return the id of the table in the bucket as its oldest commit has it, empty where that has none."""
        entry = self._bucket.get(table_key(table, commit_name(version))) or b""
        actions = (orjson.loads(line) for line in entry.splitlines() if line.strip())
        return next((str(a["metaData"]["id"]) for a in actions if a.get("metaData")), "")

    def _send(
        self,
        source: BucketSource,
        files: Collection[str],
        held: Mapping[str, int] | None,
        checkpoints: Collection[str],
        versions: Iterable[int],
    ) -> None:
        """Send data files, some at once; then checkpoints and what says which is the newest; then commits in order.

        Args:
            held: What is there by name, with bytes; null asks for each file.

        Raises:
            LakeError: There is another file of the same name, or another commit of the same version.
        """
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            sent = threads.map(lambda name: self._send_file(source, name, held), sorted(files))
            self._sent += [size for size in sent if size is not None]
        for name in checkpoints:
            self._create(source, name)
        if checkpoints and (pointer := source.folder / LAST_CHECKPOINT).exists():
            self._bucket.put(table_key(source.table, LAST_CHECKPOINT), pointer)
        for version in versions:
            name = commit_name(version)
            if self._create(source, name):
                continue
            if self._bucket.get(table_key(source.table, name)) != (source.folder / name).read_bytes():
                raise self._other(source.table, version)

    def _send_file(self, source: BucketSource, name: str, held: Mapping[str, int] | None) -> int | None:
        """Send a file unless it is there; return its bytes if it was sent.

        Raises:
            LakeError: There is another one of its name.
        """
        path, key = source.folder / name, table_key(source.table, name)
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            # A version that no longer reads on the disk need not in the bucket.
            return None
        there = self._bucket.size(key) if held is None else held.get(name)
        if there is None:
            self._bucket.put(key, path)
            return size
        if there != size:
            raise self._other(source.table)
        return None

    def _create(self, source: BucketSource, name: str) -> bool:
        """Send a file of the log unless there is one of its name; tell whether it was sent."""
        content = (source.folder / name).read_bytes()
        if not self._bucket.create(table_key(source.table, name), content):
            return False
        self._sent.append(len(content))
        return True

    def _remove(self, table: TableName) -> None:
        """Remove a table from the bucket: its log from the newest commit to the oldest, then data, then the mark.

        The mark is made void first, so that nobody is given an address any more; it is forgotten last.
        """
        self._marks.write(table, BucketMark(self._bucket.place.text, "", 0, -1, -1, (0, 0)))
        names = self._bucket.objects(table_key(table))
        commits = list(commits_of(names).values())
        other = sorted(name for name in names if name.startswith(LOG) and name not in commits)
        for name in [*reversed(other), *reversed(commits)]:
            self._delete(table, [name])
        self._delete(table, [name for name in names if not name.startswith(LOG)])
        self._marks.forget(table)

    def _delete(self, table: TableName, names: Iterable[str]) -> None:
        self._bucket.remove([table_key(table, name) for name in names])

    def _other(self, table: TableName, version: int | None = None) -> LakeError:
        which = "" if version is None else f" {version}"
        return LakeError(
            f"{self._bucket.place.url} {table}",
            f"桶中的版本{which}不是本部署写入的 / version{which} there was not written from this lake",
            "与本地相同 / the same as on the disk",
            OTHER_WRITER,
        )


def is_copied(table: TableName) -> bool:
    """Tell whether a table is shared by copying.

    >>> is_copied(TableName("share", "base__person__copy__3c5a86da75a041e7"))
    True
    >>> is_copied(TableName("share", "base__person__service__3c5a86da75a041e7"))
    False
    """
    return table.schema == SHARED and _COPIED.search(table.name) is not None
