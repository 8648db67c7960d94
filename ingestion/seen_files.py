"""Remember the hash of files already read, so that an unchanged inbox is not read again.

A cache only: it may be deleted at any time. A file counts as unchanged while its size and time of change are.
"""

import contextlib
import json
import os
from pathlib import Path

from ingestion.landing import content_hash


class SeenFiles:
    """Give the content hash of a file, reading it only when it is new or changed.

    Args:
        path: JSON file that keeps the hashes of one resource.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._changed = False
        self._known: dict[str, list[str | int]] = {}
        with contextlib.suppress(FileNotFoundError, ValueError):
            known = json.loads(path.read_text(encoding="utf-8"))
            self._known = known if isinstance(known, dict) else {}

    def hash_of(self, path: Path) -> str:
        """Return the SHA-256 of the file's bytes."""
        state = path.stat()
        known = self._known.get(str(path))
        if known and known[:2] == [state.st_size, state.st_mtime_ns]:
            return str(known[2])
        found = content_hash(path)
        self._known[str(path)] = [state.st_size, state.st_mtime_ns, found]
        self._changed = True
        return found

    def save(self) -> None:
        """Write the cache if anything was read."""
        if not self._changed:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(self._known), encoding="utf-8")
        draft.replace(self._path)
