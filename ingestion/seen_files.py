"""Remember the hash of files already read, so that an unchanged inbox is not read again.

A cache only: it may be deleted at any time. A file counts as unchanged while its size and time of change are.
"""

import contextlib
import json
import os
from pathlib import Path

from ingestion.landing import content_hash
from resource_catalogue.deployment import Deployment


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

    @classmethod
    def of(cls, deployment: Deployment, resource_id: str) -> "SeenFiles":
        """Return the hashes of a resource's files."""
        return cls(deployment.landing / "seen" / f"{resource_id}.json")

    def hash_of(self, path: Path, algorithm: str = "sha256") -> str:
        """Return the SHA-256 of the file's bytes, or another hash of them."""
        state, name = path.stat(), str(path) if algorithm == "sha256" else f"{algorithm} {path}"
        known = self._known.get(name)
        if known and known[:2] == [state.st_size, state.st_mtime_ns]:
            return str(known[2])
        found = content_hash(path, algorithm)
        self._known[name] = [state.st_size, state.st_mtime_ns, found]
        self._changed = True
        return found

    def forget(self, path: Path) -> None:
        """Forget a file that was let go."""
        self._changed = self._known.pop(str(path), None) is not None or self._changed

    def save(self) -> None:
        """Write the cache if anything was read."""
        if not self._changed:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        draft = self._path.with_suffix(f".{os.getpid()}")
        draft.write_text(json.dumps(self._known), encoding="utf-8")
        draft.replace(self._path)
