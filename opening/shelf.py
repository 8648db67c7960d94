"""The folders of the opened datasets: one per dataset, replaced as a whole or not at all.

Here: drafting beside the published folder and putting the draft in its place. A kill leaves either the old
folder, or the new one, or (for the moment between two renames) the old one under its spare name, which the
next look puts back. Not here: what lies in them.
"""

import hashlib
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
        self.draft, self.spare = root / f".draft-{dataset}", root / f".spare-{dataset}"
        root.mkdir(parents=True, exist_ok=True)
        self._recover()

    def _recover(self) -> None:
        """Put back what a killed run left aside."""
        if self.spare.exists() and not self.folder.exists():
            self.spare.rename(self.folder)
        shutil.rmtree(self.spare, ignore_errors=True)
        shutil.rmtree(self.draft, ignore_errors=True)

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

    def manifest(self) -> Json | None:
        """Return the published manifest, if every file it names lies there with its hash."""
        manifest = read_manifest(self.folder)
        if manifest is None or not manifest.get("files"):
            return None
        is_whole = all(
            (self.folder / file["name"]).is_file() and sha256(self.folder / file["name"]) == file["sha256"]
            for file in manifest["files"]
        )
        return manifest if is_whole else None

    def manifest_hash(self) -> str:
        """Return the SHA-256 of the published manifest's bytes."""
        return hashlib.sha256((self.folder / MANIFEST).read_bytes()).hexdigest()
