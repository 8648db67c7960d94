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
from lake.delta_log import DeltaLog, Mark
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
        self._held: OrderedDict[tuple[TableName, int], tuple[Mark, Snapshot]] = OrderedDict()
        self._count = 0
        self._lock = threading.Lock()

    def get(self, table: TableName, version: int, mark: Mark) -> Snapshot | None:
        """Return a version unless its commit is another one by now."""
        with self._lock:
            held = self._held.get((table, version))
            if held is None or held[0] != mark:
                return None
            self._held.move_to_end((table, version))
            return held[1]

    def put(self, table: TableName, mark: Mark, snapshot: Snapshot) -> None:
        """Keep a version and let go of those that were not used for longest."""
        with self._lock:
            former = self._held.pop((table, snapshot.version), None)
            self._count -= len(former[1].files) if former else 0
            self._held[(table, snapshot.version)] = (mark, snapshot)
            self._count += len(snapshot.files)
            while len(self._held) > 1 and (self._count > self._bound or len(self._held) > _CACHED_VERSIONS):
                _, (_, dropped) = self._held.popitem(last=False)
                self._count -= len(dropped.files)

    def nearest(self, table: TableName, version: int) -> list[tuple[Mark, Snapshot]]:
        """List the versions of a table that are kept and come before one, the nearest first."""
        with self._lock:
            found = [held for (name, at), held in self._held.items() if name == table and at < version]
        return sorted(found, key=lambda held: -held[1].version)


class SharedTable:
    """Read one table as it was when it was opened: its newest version then, and all before it.

    Opened anew for each request, which thereby sees one newest version throughout and asks the disk for it once.

    Attributes:
        name: The table; ``folder`` where it lies.
    """

    def __init__(
        self, name: TableName, log: DeltaLog, cache: SnapshotCache, version: int, mark: Mark
    ) -> None:
        self.name, self.folder = name, log.folder
        self._log, self._cache = log, cache
        self._version, self._mark = version, mark

    def version(self) -> int:
        """Return the newest version."""
        return self._version

    def snapshot(self, version: int | None = None) -> Snapshot:
        """Return the state at a version, the newest where none is named; kept between calls.

        Raises:
            VersionMissing: The version is not there, or is no longer kept.
            TableRefused: A file lies outside the table's folder.
        """
        chosen = self._version if version is None else version
        mark = self.mark(chosen)
        held = self._cache.get(self.name, chosen, mark)
        if held is not None:
            return held
        with self._log.loading:
            held = self._cache.get(self.name, chosen, mark)
            if held is None:
                held = self._log.snapshot(chosen, self._base(chosen))
                self._cache.put(self.name, mark, held)
            return held

    def held(self) -> Snapshot | None:
        """Return the newest version if it is in memory, so that having it does not wait for the disk."""
        return self._cache.get(self.name, self._version, self._mark)

    def mark(self, version: int) -> Mark:
        """Return what tells a version from one of the same number in a table that was made anew.

        Raises:
            VersionMissing: There is no such version.
        """
        return self._mark if version == self._version else self._log.mark(version)

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
        self._logs: dict[TableName, DeltaLog] = {}

    def table(self, name: TableName) -> SharedTable | None:
        """Return a table as it is now, or null where nothing has been committed under that name.

        Raises:
            LakeError: The schema is not open here, or the name is no name of a table.
        """
        if name.schema not in self.schemas or not _NAME.match(name.name):
            raise LakeError(
                str(name)[:200], "这里不得打开 / may not be opened here", ", ".join(sorted(self.schemas))
            )
        log = self._logs.get(name) or DeltaLog(self.root / name.schema / name.name, str(name))
        latest = log.latest()
        if latest is None:
            self._logs.pop(name, None)
            return None
        log = self._logs.setdefault(name, log)
        return SharedTable(name, log, self._cache, *latest)

    def tables(self, schema: str) -> list[TableName]:
        """List the tables of a schema in order of name.

        Raises:
            LakeError: The schema is not open here.
        """
        if schema not in self.schemas:
            raise LakeError(schema, "这里不得打开 / may not be opened here", ", ".join(sorted(self.schemas)))
        found = (TableName(schema, log.parent.name) for log in (self.root / schema).glob("*/_delta_log"))
        return sorted(name for name in found if _NAME.match(name.name) and self.table(name) is not None)
