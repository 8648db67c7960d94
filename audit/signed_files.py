"""The signed files beside the journal: one per finished day, the newest of them, and what was pruned.

Here: their names, reading and writing them whole. Not here: what they attest (``sealing.py``, ``pruning.py``).
"""

import datetime as dt
import json
from pathlib import Path

from audit.durable import write_whole
from audit.verifier import ZERO, Document
from resource_catalogue.errors import LakeError


class SignedFiles:
    """Own the signed files below one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.public_key = folder / "public_key.pem"
        self._days = folder / "days"
        self._newest = folder / "newest_day.json"
        self._pruned = folder / "pruned.json"

    def days(self) -> list[Document]:
        """Return the signed days in order; they are kept when their records are pruned."""
        return [_read(path) for path in self.day_paths()]

    def day_paths(self) -> list[Path]:
        """Return the files of the signed days in order of their names."""
        return sorted(self._days.glob("*.json"))

    def newest(self) -> Document | None:
        """Return the document that names the newest signed day."""
        return _read(self._newest) if self._newest.exists() else None

    def pruned(self) -> Document | None:
        """Return the document on what was pruned."""
        return _read(self._pruned) if self._pruned.exists() else None

    def start(self) -> tuple[int, str]:
        """Return number and hash of the last pruned record, which the kept chain goes on from."""
        pruned = self.pruned()
        return (pruned["last"], pruned["last_hash"]) if pruned else (0, ZERO)

    def write_day(self, day: dt.date, document: Document) -> None:
        """Write a signed day."""
        self._days.mkdir(parents=True, exist_ok=True, mode=0o700)
        write_whole(self._days / f"{day.isoformat()}.json", _text(document))

    def write_newest(self, document: Document) -> None:
        """Name the newest signed day, so that its file cannot vanish unseen."""
        write_whole(self._newest, _text(document))

    def write_pruned(self, document: Document) -> None:
        """Attest what may be removed, before it is."""
        write_whole(self._pruned, _text(document))

    def write_public_key(self, pem: bytes) -> None:
        """Write the public key where it is not there yet; another one is left for the check to find."""
        if not self.public_key.exists():
            write_whole(self.public_key, pem)


def _text(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def _read(path: Path) -> Document:
    try:
        found = json.loads(path.read_bytes())
    except ValueError:
        found = None
    if isinstance(found, dict):
        return found
    raise LakeError(
        str(path),
        "不是签名文件 / not a signed file",
        "由平台写入的文件 / a file that the platform wrote",
        "保留现场，从备份恢复 / keep it as evidence, restore it from a backup",
    )
