"""Earlier versions of a table, forgotten: their files, their commits and the statistics in them leave the disk.

Here: what goes and in which order, so that a killed call leaves a whole table and the next one finishes it. Not here:
the lock under which it must run (``Lake.forget``), and which versions are to stay (the caller's rule).

A Delta table keeps a file that no version names any more, and its log keeps the least and greatest value of each
column of every file there ever was. Where data must be gone, both must go: a checkpoint of the oldest kept version
takes the place of the commits before it.

A reader that is at a version that goes gets an error, never fewer rows.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from deltalake import DeltaTable

from lake.delta_files import Snapshot
from lake.delta_log import DeltaLog
from resource_catalogue.on_disk import to_disk

_VERSIONED = re.compile(r"^(\d{20})\.")
_CHECKPOINT = re.compile(r"^(\d{20})\.checkpoint\.parquet\Z")
_LAST_CHECKPOINT = "_last_checkpoint"


def forget_before(folder: Path, oldest: int) -> int:
    """Remove every file of a table that only versions before ``oldest`` need; return how many went.

    Must run under the table's lock: a file of a commit that is being written is named by no version yet. ``oldest``
    itself can be read afterwards, changes from the version after it on.

    Args:
        folder: The table's folder.
        oldest: Oldest version that stays.
    """
    log = folder / "_delta_log"
    stale = stale_files(folder, oldest)
    if not stale:
        return 0
    if any(_version(path) is not None for path in stale) and not _has_checkpoint(log, oldest):
        DeltaTable(str(folder), version=oldest).create_checkpoint()
    # Whatever stays must be on the disk before what it takes the place of goes.
    for path in _files(folder):
        if path not in stale:
            to_disk(path)
    to_disk(log)
    # Commits first, the oldest before the others: what is left is at any moment an unbroken row of whole versions.
    for path in sorted(stale, key=lambda path: (path.parent != log, path.name)):
        path.unlink(missing_ok=True)
    to_disk(log)
    to_disk(folder)
    return len(stale)


def stale_files(folder: Path, oldest: int) -> set[Path]:
    """Return the files of a table that no version from ``oldest`` on needs, what killed writers left among them."""
    log = folder / "_delta_log"
    since = sorted(int(path.stem) for path in log.glob("*.json") if _is_since(path, oldest))
    needed = {folder / name for name in _needed(DeltaLog(folder, folder.name), since)}
    kept = {path for path in log.iterdir() if path.name == _LAST_CHECKPOINT or _is_since(path, oldest)}
    return {path for path in _files(folder) if path not in needed and path not in kept}


def oldest_read_since(folder: Path, since_ms: int) -> int:
    """Return the version that was the newest at an instant (ms since 1970), the first one where none was there yet."""
    times = DeltaLog(folder, folder.name).times()
    before = [version for version, at in times if at <= since_ms]
    return before[-1] if before else times[0][0]


def _needed(log: DeltaLog, versions: list[int]) -> Iterator[str]:
    """Name the files that a reader of any of the versions, or of the changes after the first, may ask for."""
    snapshot: Snapshot | None = None
    for version in versions:
        snapshot = log.snapshot(version, snapshot)
        yield from _named(snapshot)
        if version > versions[0]:
            yield from (file.path for file in log.commit(version).cdcs)


def _named(snapshot: Snapshot) -> Iterator[str]:
    for file in snapshot.files:
        yield file.path
        if file.deletion_vector is not None and file.deletion_vector.path is not None:
            yield file.deletion_vector.path


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _version(path: Path) -> int | None:
    """Return the version of a file of the log; null for any other file."""
    found = _VERSIONED.match(path.name) if path.parent.name == "_delta_log" else None
    return int(found[1]) if found else None


def _is_since(path: Path, oldest: int) -> bool:
    version = _version(path)
    return version is not None and version >= oldest


def _has_checkpoint(log: Path, version: int) -> bool:
    found = (_CHECKPOINT.match(path.name) for path in log.iterdir())
    return any(match is not None and int(match[1]) == version for match in found)
