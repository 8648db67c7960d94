"""Landing: the delivered bytes, untouched, with a receipt beside them.

A delivery's bytes appear under their name only when they are whole and on disk, so a killed run leaves nothing half.
"""

import hashlib
import json
import os
import shutil
from pathlib import Path
from typing import Any

_BLOCK_BYTES = 4 * 1024 * 1024


def content_hash(path: Path) -> str:
    """Return the SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
    return digest.hexdigest()


def delivery_id(resource_id: str, slice_name: str, content: str) -> str:
    """Return the identity of a delivery: resource, slice and content; a resend has the same.

    >>> delivery_id("a.b", "all", "00")
    '78f8b3ca4b858434'
    """
    return hashlib.sha256(f"{resource_id}\n{slice_name}\n{content}".encode()).hexdigest()[:16]


def land(path: Path, folder: Path) -> Path:
    """Copy a file's bytes into the folder of its delivery and return the copy."""
    folder.mkdir(parents=True, exist_ok=True)
    landed = folder / path.name
    if landed.exists() and landed.stat().st_size == path.stat().st_size:
        return landed
    draft = folder / f".{path.name}.part"
    shutil.copyfile(path, draft)
    _to_disk(draft)
    draft.replace(landed)
    return landed


def write_receipt(folder: Path, receipt: dict[str, Any]) -> None:
    """Write the receipt of a delivery beside its bytes."""
    draft = folder / ".receipt.part"
    draft.write_text(json.dumps(receipt, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
    _to_disk(draft)
    draft.replace(folder / "receipt.json")


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
