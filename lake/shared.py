"""What the network faces see of the lake: tables of ``share.*`` and ``open.*``, and no other.

Here: finding a table by name, its versions, and the files of a version, kept between requests. A servant of the public
holds this and never ``Lake``: no call leads to another schema. Not here: the log's format (``lake.delta_log``), and who
may see which table (``casework`` decides grants, the faces check them).
"""

import bisect
import re
import threading
from collections import OrderedDict
from pathlib import Path

from lake.delta_files import DataFile, LogCommit, Snapshot, TableRefused, VersionMissing
from lake.delta_log import DeltaLog
from resource_catalogue.errors import LakeError
from resource_catalogue.words import TableName

__all__ = [
    "DataFile",
    "LogCommit",
    "SharedLake",
    "SharedTable",
    "Snapshot",
    "TableRefused",
    "VersionMissing",
]

SHARED_SCHEMAS = frozenset({"share", "open"})
_NAME = re.compile(r"^[^\s./\\\x00-\x1f\x7f][^\s/\\\x00-\x1f\x7f]*\Z")
_CACHED_FILES = 1_000_000
_CACHED_VERSIONS = 256


class SnapshotCache:
    """Keep the newest used versions of all tables, bounded by the number of files that they list.

    Args:
        files: Most files kept in all; one version is kept however large.
    """

    def __init__(self, files: int = _CACHED_FILES) -> None:
        self._bound = files
        self._held: OrderedDict[tuple[TableName, int], tuple[tuple[int, int], Snapshot]] = OrderedDict()
        self._count = 0
        self._lock = threading.Lock()

    def get(self, table: TableName, version: int, mark: tuple[int, int]) -> Snapshot | None:
        """Return a version unless its commit is another one by now."""
        with self._lock:
            held = self._held.get((table, version))
            if held is None or held[0] != mark:
                return None
            self._held.move_to_end((table, version))
            return held[1]

    def put(self, table: TableName, mark: tuple[int, int], snapshot: Snapshot) -> None:
        """Keep a version and let go of those that were not used for longest."""
        with self._lock:
            former = self._held.pop((table, snapshot.version), None)
            self._count -= len(former[1].files) if former else 0
            self._held[(table, snapshot.version)] = (mark, snapshot)
            self._count += len(snapshot.files)
            while len(self._held) > 1 and (self._count > self._bound or len(self._held) > _CACHED_VERSIONS):
                _, (_, dropped) = self._held.popitem(last=False)
                self._count -= len(dropped.files)

    def nearest(self, table: TableName, version: int) -> list[tuple[tuple[int, int], Snapshot]]:
        """List the versions of a table that are kept and come before one, the nearest first."""
        with self._lock:
            found = [held for (name, at), held in self._held.items() if name == table and at < version]
        return sorted(found, key=lambda held: -held[1].version)


class SharedTable:
    """Read one table: its versions and their files.

    Attributes:
        name: The table; ``folder`` where it lies.
    """

    def __init__(self, name: TableName, folder: Path, cache: SnapshotCache) -> None:
        self.name, self.folder = name, folder
        self._log, self._cache = DeltaLog(folder, str(name)), cache
        self._loading = threading.Lock()

    def exists(self) -> bool:
        """Tell whether the table has been committed at least once."""
        return self._log.latest() is not None

    def version(self) -> int:
        """Return the newest version.

        Raises:
            VersionMissing: The table is gone.
        """
        latest = self._log.latest()
        if latest is None:
            raise VersionMissing(str(self.name), "没有此表 / there is no such table")
        return latest

    def snapshot(self, version: int | None = None) -> Snapshot:
        """Return the state at a version, the newest where none is named; kept between calls.

        Raises:
            VersionMissing: The version is not there, or is no longer kept.
            TableRefused: A file lies outside the table's folder.
        """
        chosen = self.version() if version is None else version
        mark = self._log.mark(chosen)
        held = self._cache.get(self.name, chosen, mark)
        if held is not None:
            return held
        with self._loading:
            held = self._cache.get(self.name, chosen, mark)
            if held is None:
                held = self._log.snapshot(chosen, self._base(chosen))
                self._cache.put(self.name, mark, held)
            return held

    def is_held(self, version: int) -> bool:
        """Tell whether a version is in memory, so that asking for it does not wait for the disk."""
        try:
            return self._cache.get(self.name, version, self._log.mark(version)) is not None
        except VersionMissing:
            return False

    def mark(self, version: int) -> tuple[int, int]:
        """Return what tells a version from one of the same number in a table that was made anew.

        Raises:
            VersionMissing: There is no such version.
        """
        return self._log.mark(version)

    def commit(self, version: int) -> LogCommit:
        """Return what one commit did, with the instant that rises with the version.

        Raises:
            VersionMissing: There is no commit of that version.
        """
        return self._log.commit(version)

    def times(self) -> dict[int, int]:
        """Return each version that is kept with its instant, in milliseconds since 1970."""
        return dict(self._log.times())

    def version_before(self, at_ms: int) -> int | None:
        """Return the newest version made at or before an instant; null before the first."""
        times = self._log.times()
        found = bisect.bisect_right([at for _, at in times], at_ms)
        return times[found - 1][0] if found else None

    def version_from(self, at_ms: int) -> int | None:
        """Return the first version made at or after an instant; null after the newest."""
        times = self._log.times()
        found = bisect.bisect_left([at for _, at in times], at_ms)
        return times[found][0] if found < len(times) else None

    def file(self, version: int, file_id: str) -> DataFile | None:
        """Find a file of a version by its id: of its data, or one that its commit removed or wrote changes to."""
        try:
            found = self.snapshot(version).file(file_id)
            if found is not None:
                return found
            commit = self.commit(version)
        except VersionMissing:
            return None
        return next((f for f in (*commit.cdcs, *commit.removes, *commit.adds) if f.id == file_id), None)

    def place(self, file: DataFile) -> Path | None:
        """Return where a file lies, or null where it is gone or a link leads out of the table's folder."""
        return self._log.place(file)

    def _base(self, version: int) -> Snapshot | None:
        for mark, snapshot in self._cache.nearest(self.name, version):
            try:
                if self._log.mark(snapshot.version) == mark:
                    return snapshot
            except VersionMissing:
                continue
        return None


class SharedLake:
    """Open the shared and the opened tables below a lake's root, and refuse every other schema.

    Args:
        root: Folder of the lake.
        schemas: Schemas that may be opened; a process of the portal passes ``open`` alone.
        cached_files: Most files that kept versions may list in all.
    """

    def __init__(
        self, root: Path, schemas: frozenset[str] = SHARED_SCHEMAS, cached_files: int = _CACHED_FILES
    ) -> None:
        if not schemas <= SHARED_SCHEMAS:
            raise LakeError("SharedLake", "a schema that is not for others", " ".join(sorted(SHARED_SCHEMAS)))
        self.root, self.schemas = Path(root).absolute(), schemas
        self._cache = SnapshotCache(cached_files)
        self._tables: dict[TableName, SharedTable] = {}

    def table(self, name: TableName) -> SharedTable | None:
        """Return a table, or null where nothing has been committed under that name.

        Raises:
            LakeError: The schema is not open here, or the name is no name of a table.
        """
        if name.schema not in self.schemas or not _NAME.match(name.name):
            raise LakeError(
                str(name)[:200], "这里不得打开 / may not be opened here", ", ".join(sorted(self.schemas))
            )
        held = self._tables.get(name)
        if held is None:
            held = SharedTable(name, self.root / name.schema / name.name, self._cache)
        if not held.exists():
            self._tables.pop(name, None)
            return None
        self._tables[name] = held
        return held

    def tables(self, schema: str) -> list[TableName]:
        """List the tables of a schema in order of name.

        Raises:
            LakeError: The schema is not open here.
        """
        if schema not in self.schemas:
            raise LakeError(schema, "这里不得打开 / may not be opened here", ", ".join(sorted(self.schemas)))
        found = (TableName(schema, log.parent.name) for log in (self.root / schema).glob("*/_delta_log"))
        return sorted(name for name in found if _NAME.match(name.name) and self.table(name) is not None)
