"""Replay of a Delta log on local disk: the files of a version, and what one commit did, exactly as they were written.

Here: reading ``_delta_log`` (JSON commits, classic checkpoints). The log is replayed and not asked of ``deltalake``
because the servers hand out its raw statistics, change files and removed files, which that library does not give, and
because a replay of 300,000 files takes a sixth of the time. Not here: which tables may be read (``lake.shared``), and
writing, which ``lake.store`` alone does.
"""

import os
import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import orjson
import polars as pl

from lake.delta_files import (
    DataFile,
    DeletionVector,
    LogCommit,
    Snapshot,
    TableRefused,
    VersionMissing,
    file_id,
)

_CHECKPOINT = re.compile(r"^(\d{20})\.checkpoint(?:\.(\d{10})\.(\d{10}))?\.parquet\Z")
_COMMIT = re.compile(r"^(\d{20})\.json\Z")
_ABSOLUTE = re.compile(r"^(?:[A-Za-z][A-Za-z0-9+.-]*:|/|\\)")
_Z85 = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#"
_Action = Mapping[str, Any]
Mark = tuple[int, int]
"""Inode and instant of a commit's file: what tells it from one of the same name in a table that was made anew."""


@dataclass(slots=True)
class _State:
    live: dict[str, DataFile] = field(default_factory=dict)
    protocol: Mapping[str, Any] | None = None
    metadata: Mapping[str, Any] | None = None
    version: int = -1

    def take(self, action: _Action) -> None:
        """Take over what an action says of the table itself."""
        self.protocol = action.get("protocol") or self.protocol
        self.metadata = action.get("metaData") or self.metadata


def _key(file: DataFile) -> str:
    """Name a file within a version: the same data with another deletion vector is another file."""
    vector = file.deletion_vector
    return file.path if vector is None else f"{file.path}\0{vector.inline or vector.path}\0{vector.offset}"


class DeltaLog:
    """Read the log of one table.

    Args:
        folder: The table's folder.
        where: Name of the table for messages.

    Attributes:
        loading: Lock for whoever replays a version to keep it, so that two do not replay the same.
    """

    def __init__(self, folder: Path, where: str) -> None:
        self.folder, self.where = folder, where
        self._log = folder / "_delta_log"
        self._start_of_path = f"{self._log}{os.sep}"
        self._latest = -1
        self._times: dict[int, tuple[Mark, int]] = {}
        self.loading = threading.Lock()
        self._lock = threading.Lock()

    def latest(self) -> tuple[int, Mark] | None:
        """Return the newest version and its mark, or null where nothing has been committed."""
        version = self._latest
        mark = self._found_mark(version)
        if mark is None:
            version = max(self._versions(), default=-1)
            mark = self._found_mark(version)
        while mark is not None and (following := self._found_mark(version + 1)) is not None:
            version, mark = version + 1, following
        self._latest = version
        return None if mark is None else (version, mark)

    def mark(self, version: int) -> Mark:
        """Return the mark of a version.

        Raises:
            VersionMissing: There is no commit of that version.
        """
        found = self._found_mark(version)
        if found is None:
            raise self._missing()
        return found

    def _found_mark(self, version: int) -> Mark | None:
        if version < 0:
            return None
        try:
            # Asked on every request: a path object would cost more than the question.
            found = os.stat(self._commit_text(version))  # noqa: PTH116
        except (OSError, OverflowError, ValueError):
            return None
        return found.st_ino, found.st_mtime_ns

    def times(self) -> list[tuple[int, int]]:
        """Return each version whose commit is kept with its instant (ms), rising with the version."""
        with self._lock:
            found, last = [], -1
            for version in self._versions():
                last = max(self._time(version), last + 1)
                found.append((version, last))
            return found

    def snapshot(self, version: int, base: Snapshot | None = None) -> Snapshot:
        """Replay up to a version.

        Args:
            base: State of an earlier version to go on from; null starts from a checkpoint or the first commit.

        Raises:
            VersionMissing: The version is not there, or too much of the log is gone.
            TableRefused: A file lies outside the table's folder.
        """
        self.mark(version)
        with self._readable():
            return self._snapshot(version, base)

    def _snapshot(self, version: int, base: Snapshot | None) -> Snapshot:
        state = (
            _State(dict(base.live), base.protocol, base.metadata, base.version)
            if base
            else self._start(version)
        )
        for following in range(state.version + 1, version + 1):
            self._replay(state, following)
        if state.protocol is None or state.metadata is None:
            raise self._missing()
        return Snapshot(version, state.protocol, state.metadata, state.live)

    def commit(self, version: int) -> LogCommit:
        """Read what one commit did.

        Raises:
            VersionMissing: There is no commit of that version.
            TableRefused: A file lies outside the table's folder.
        """
        with self._readable():
            return self._commit(version, list(self._actions(version)))

    def place(self, file: DataFile) -> Path | None:
        """Return where a file lies, or null where it is gone or a link leads out of the table's folder."""
        home = self.folder.resolve()
        try:
            place = (home / file.path).resolve(strict=True)
        except (OSError, ValueError):
            return None
        return place if place.is_relative_to(home) and place.is_file() else None

    @contextmanager
    def _readable(self) -> Iterator[None]:
        """Turn what a broken log makes readers say, which may quote it, into a refusal of the table."""
        try:
            yield
        except (ValueError, KeyError, TypeError, AttributeError, pl.exceptions.PolarsError):
            raise TableRefused(self.where, "日志无法读取 / its log cannot be read") from None

    def _replay(self, state: _State, version: int) -> None:
        added = []
        for action in self._actions(version):
            if action.get("add") is not None:
                added.append(self._data_file(action["add"]))
            elif action.get("remove") is not None:
                state.live.pop(_key(self._data_file(action["remove"])), None)
            else:
                state.take(action)
        # After all that was removed: a commit may write a file again, with another deletion vector.
        state.live.update((_key(file), file) for file in added)
        state.version = version

    def _commit(self, version: int, actions: list[_Action]) -> LogCommit:
        def files(kind: str) -> tuple[DataFile, ...]:
            chosen = (a[kind] for a in actions if a.get(kind) is not None)
            return tuple(self._data_file(a) for a in chosen if kind == "cdc" or a.get("dataChange", True))

        return LogCommit(
            version,
            self._time(version, actions),
            files("add"),
            files("remove"),
            files("cdc"),
            next((a["metaData"] for a in actions if a.get("metaData")), None),
            next((a["protocol"] for a in actions if a.get("protocol")), None),
        )

    def _commit_text(self, version: int) -> str:
        return f"{self._start_of_path}{version:020d}.json"

    def _versions(self) -> list[int]:
        if not self._log.is_dir():
            return []
        return sorted(int(m[1]) for m in (_COMMIT.match(p.name) for p in self._log.iterdir()) if m)

    def _missing(self) -> VersionMissing:
        return VersionMissing(
            self.where, "这一版本没有或已不保留 / this version does not exist or is no longer kept"
        )

    def _actions(self, version: int) -> Iterator[_Action]:
        try:
            text = Path(self._commit_text(version)).read_bytes()
        except OSError:
            raise self._missing() from None
        for line in text.splitlines():
            if line.strip():
                yield orjson.loads(line)

    def _time(self, version: int, actions: Iterable[_Action] | None = None) -> int:
        """Return when a commit says it was made, else when its file was written."""
        mark = self.mark(version)
        known = self._times.get(version)
        if known is not None and known[0] == mark:
            return known[1]
        info: _Action = next(
            (a["commitInfo"] for a in actions or self._actions(version) if a.get("commitInfo")), {}
        )
        given = info.get("inCommitTimestamp") or info.get("timestamp")
        at = given if isinstance(given, int) else mark[1] // 1_000_000
        self._times[version] = (mark, at)
        return at

    def _start(self, version: int) -> _State:
        """Return the state of the newest usable checkpoint at or before a version, else the empty one."""
        for at, paths in sorted(self._checkpoints().items(), reverse=True):
            if at <= version:
                state = self._from_checkpoint(at, paths)
                if state is not None:
                    return state
        return _State()

    def _checkpoints(self) -> dict[int, list[Path]]:
        """Find the checkpoints that are there in all their parts."""
        found: dict[int, dict[tuple[int, int], Path]] = {}
        for path in self._log.iterdir():
            match = _CHECKPOINT.match(path.name)
            if match:
                part = (int(match[2] or 1), int(match[3] or 1))
                found.setdefault(int(match[1]), {})[part] = path
        complete: dict[int, list[Path]] = {}
        for at, parts in found.items():
            whole = next((n for _, n in parts if sum(total == n for _, total in parts) == n), None)
            if whole is not None:
                complete[at] = [path for (_, total), path in sorted(parts.items()) if total == whole]
        return complete

    def _from_checkpoint(self, at: int, paths: list[Path]) -> _State | None:
        """Read a checkpoint; null where its files are listed in sidecars, which the commits then make up for."""
        state = _State(version=at)
        for path in paths:
            schema = pl.read_parquet_schema(path)
            wanted = [c for c in ("add", "metaData", "protocol", "sidecar") if c in schema]
            for row in pl.read_parquet(path, columns=wanted).iter_rows(named=True):
                if row.get("sidecar") is not None:
                    return None
                if row.get("add") is not None:
                    file = self._data_file(row["add"])
                    state.live[_key(file)] = file
                state.protocol = _without_nulls(row.get("protocol")) or state.protocol
                state.metadata = _plain_metadata(row.get("metaData")) or state.metadata
        return state if state.protocol and state.metadata else None

    def _data_file(self, action: _Action) -> DataFile:
        path = self._confined(unquote(action["path"]))
        values = dict(action.get("partitionValues") or {})
        size = action.get("size")
        return DataFile(
            file_id(path),
            path,
            -1 if size is None else int(size),
            values,
            int(action.get("modificationTime") or action.get("deletionTimestamp") or 0),
            action.get("stats"),
            self._vector(action.get("deletionVector")),
        )

    def _vector(self, given: _Action | None) -> DeletionVector | None:
        if not given:
            return None
        kind, text = given["storageType"], given["pathOrInlineDv"]
        size, rows = int(given["sizeInBytes"]), int(given["cardinality"])
        if kind == "i":
            return DeletionVector(text, None, "", given.get("offset"), size, rows)
        if kind != "u":
            raise self._outside()
        path = self._confined(_vector_path(text))
        return DeletionVector(None, path, file_id(path), given.get("offset"), size, rows)

    def _confined(self, path: str) -> str:
        """Return a path that stays below the table's folder and out of its log.

        Raises:
            TableRefused: It is absolute, climbs, or names the log.
        """
        parts = PurePosixPath(path).parts
        if not parts or _ABSOLUTE.match(path) or "\0" in path or ".." in parts or parts[0] == "_delta_log":
            raise self._outside()
        return path

    def _outside(self) -> TableRefused:
        return TableRefused(
            self.where, "表的文件在表的目录之外 / a file of the table lies outside its folder"
        )


def _vector_path(text: str) -> str:
    """Return the file of a deletion vector that is named by its UUID in Z85, with a folder before it."""
    prefix, code = text[:-20], text[-20:]
    raw = b""
    for start in range(0, 20, 5):
        number = 0
        for character in code[start : start + 5]:
            number = number * 85 + _Z85.index(character)
        raw += number.to_bytes(4, "big")
    name = f"deletion_vector_{UUID(bytes=raw)}.bin"
    return f"{prefix}/{name}" if prefix else name


def _without_nulls(action: _Action | None) -> dict[str, Any] | None:
    return {k: v for k, v in action.items() if v is not None} if action else None


def _plain_metadata(action: _Action | None) -> dict[str, Any] | None:
    """Return a checkpoint's metadata in the form that a commit has: maps as objects."""
    if not action:
        return None
    plain = dict(action)
    plain["configuration"] = dict(plain.get("configuration") or {})
    if plain.get("format"):
        plain["format"] = {**plain["format"], "options": dict(plain["format"].get("options") or {})}
    return plain
