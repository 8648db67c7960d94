"""The folders of the opened datasets: one per dataset, replaced as a whole or not at all.

Here: drafting beside the published folder and putting the draft in its place. A kill leaves either the old
folder, or the new one, or (for the moment between two renames) the old one under its spare name, which the
next look puts back. A folder that is cleared away is never put back. Not here: what lies in them.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opening.files import sha256
from opening.manifest import MANIFEST, Json, read_manifest


class Shelf:
    """Own ``var/open/<dataset>``.

    Args:
        root: Folder of all opened datasets.
        dataset: Id of the dataset.
    """

    def __init__(self, root: Path, dataset: str) -> None:
        self.folder = root / dataset
        self.dataset = dataset
        self.draft, self.spare = root / f".draft-{dataset}", root / f".spare-{dataset}"
        self.cleared = root / f".cleared-{dataset}"
        root.mkdir(parents=True, exist_ok=True)
        self._recover()

    def _recover(self) -> None:
        """Put back what a killed run left aside."""
        if self.spare.exists() and not self.folder.exists():
            self.spare.rename(self.folder)
        shutil.rmtree(self.spare, ignore_errors=True)
        shutil.rmtree(self.draft, ignore_errors=True)
        shutil.rmtree(self.cleared, ignore_errors=True)

    @contextmanager
    def drafting(self) -> Iterator[Path]:
        """Give an empty folder to write in; it is gone afterwards unless it was put in place."""
        self.draft.mkdir()
        try:
            yield self.draft
        finally:
            shutil.rmtree(self.draft, ignore_errors=True)

    def put_in_place(self) -> None:
        """Replace the published folder by the draft."""
        if self.folder.exists():
            self.folder.rename(self.spare)
        self.draft.rename(self.folder)
        shutil.rmtree(self.spare, ignore_errors=True)

    def clear(self) -> None:
        """Take the published folder away: all its files at once, by one rename, then for good."""
        if self.folder.exists():
            self.folder.rename(self.cleared)
        shutil.rmtree(self.cleared, ignore_errors=True)

    def manifest(self, recorded_hash: str = "") -> Json | None:
        """Return the published manifest, if it and the files beside it are those that were published.

        Args:
            recorded_hash: Hash of the manifest as it was recorded; empty where none is recorded.
        """
        manifest = read_manifest(self.folder)
        if manifest is None or not manifest.get("files"):
            return None
        if recorded_hash and recorded_hash != self.manifest_hash():
            return None
        named = {MANIFEST, *(file["name"] for file in manifest["files"])}
        if {path.name for path in self.folder.iterdir()} != named:
            return None
        is_whole = all(sha256(self.folder / file["name"]) == file["sha256"] for file in manifest["files"])
        return manifest if is_whole else None

    def manifest_hash(self) -> str:
        """Return the SHA-256 of the published manifest's bytes; empty where there is none."""
        path = self.folder / MANIFEST
        return sha256(path) if path.exists() else ""


def shelved(root: Path) -> list[str]:
    """List the datasets that have a published folder, or the remains of one that a killed run left aside."""
    found = {path.name.removeprefix(".spare-").removeprefix(".cleared-") for path in _folders(root)}
    return sorted(name for name in found if not name.startswith("."))


def _folders(root: Path) -> list[Path]:
    return [path for path in root.iterdir() if path.is_dir()] if root.exists() else []
