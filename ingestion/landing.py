"""Landing: the delivered bytes, untouched, with a receipt beside them.

A delivery's bytes appear under their name only when they are whole and on disk: a killed run leaves nothing half.
"""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from resource_catalogue.on_disk import to_disk

_BLOCK_BYTES = 4 * 1024 * 1024
_DRAFT = ".part"
"""Name of what is not whole yet; short, because the delivered name may be as long as a name can be."""


def content_hash(path: Path, algorithm: str = "sha256") -> str:
    """Return the SHA-256 of a file's bytes, or another hash of them."""
    digest = hashlib.new(algorithm, usedforsecurity=False)
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


def landed_copy(folder: Path, name: str) -> Path | None:
    """Return the copy in the folder of a delivery, under its name if it stands there; null where nothing landed."""
    copies = sorted(path for path in folder.glob("*") if path.name != _DRAFT)
    return next((path for path in copies if path.name == name), next(iter(copies), None))


def land(path: Path, folder: Path, content: str, name: str | None = None) -> Path | None:
    """Copy a file's bytes into the folder of its delivery and return the copy.

    Args:
        content: Hash of the bytes under which the delivery is known.
        name: Name of the copy; null keeps that of the file.

    Returns:
        The copy; null where the file has changed since it was hashed: it is still being written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    landed = folder / (name or path.name)
    if landed.exists() and content_hash(landed) == content:
        return landed
    draft = folder / _DRAFT
    shutil.copyfile(path, draft)
    if content_hash(draft) != content:
        draft.unlink()
        return None
    to_disk(draft)
    draft.replace(landed)
    return landed


def write_receipt(folder: Path, receipt: dict[str, Any]) -> None:
    """Write the receipt of a delivery beside the folder of its bytes, whose names are the agency's."""
    draft = folder.with_name(f"{folder.name}{_DRAFT}")
    draft.write_text(json.dumps(receipt, ensure_ascii=False, indent=1, default=str), encoding="utf-8")
    to_disk(draft)
    draft.replace(folder.with_name(f"{folder.name}.json"))


def rows_stated(folder: Path) -> int | None:
    """Return how many rows a manifest stated of a delivery, from the receipt beside its folder; null if none did."""
    try:
        receipt = json.loads(folder.with_name(f"{folder.name}.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    stated = receipt.get("rows_stated") if isinstance(receipt, dict) else None
    return stated if isinstance(stated, int) else None
