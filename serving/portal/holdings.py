"""What the portal holds: the public catalogue in memory with its index, and the files beside it.

Here: loading, noticing that a run has replaced the catalogue, and the one way from a name in an address to a file. Not
here: pages. A name leads to a file only through the catalogue, so that an address can reach nothing else.
"""

import json
import threading
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from opening.catalogue_shape import (
    BOUNDARIES,
    CATALOGUE,
    CATALOGUE_FORMAT,
    DivisionShapes,
    PublicAgency,
    PublicCatalogue,
    PublicDataset,
    PublicDomain,
    PublicFile,
)
from serving.portal.search import SearchIndex

_READ_AT_ONCE = 2_000_000
"""Bytes of a catalogue up to which a request waits for a new one: some hundred datasets."""
_Stamp = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Hold one reading of the public catalogue."""

    content: PublicCatalogue
    mark: str

    @cached_property
    def datasets(self) -> dict[str, PublicDataset]:
        """Return the datasets by id."""
        return {dataset["id"]: dataset for dataset in self.content["datasets"]}

    @cached_property
    def agencies(self) -> dict[str, PublicAgency]:
        """Return the agencies by id."""
        return {agency["id"]: agency for agency in self.content["agencies"]}

    @cached_property
    def domains(self) -> dict[str, PublicDomain]:
        """Return the domains by id."""
        return {domain["id"]: domain for domain in self.content["domains"]}

    @cached_property
    def index(self) -> SearchIndex:
        """Return the index for search."""
        names = {key: f"{one['name']['zh']} {one['name']['en']}" for key, one in self.agencies.items()}
        return SearchIndex(self.content["datasets"], names)


class Holdings:
    """Give the newest catalogue and the files that it names.

    Args:
        folder: The folder of the catalogue file and of one folder per dataset.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = Path(folder)
        self._lock = threading.Lock()
        self._reading: tuple[_Stamp, Catalogue] | None = None
        self._outlines: tuple[_Stamp, DivisionShapes] | None = None

    def catalogue(self) -> Catalogue:
        """Return the catalogue, read anew where its file was replaced.

        A large one is read beside the requests, which are answered from the former one until it is there: indexing
        10,000 datasets takes seconds.

        Raises:
            FileNotFoundError: No run has written one yet.
        """
        state = (self.folder / CATALOGUE).stat()
        stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
        reading = self._reading
        if reading is not None and reading[0] == stamp:
            return reading[1]
        if reading is None or state.st_size <= _READ_AT_ONCE:
            return self._renewed(stamp)
        if self._lock.acquire(blocking=False):
            # The thread gives the lock back when it has read.
            threading.Thread(target=self._renew, args=(stamp,), daemon=True).start()
        return reading[1]

    def _renewed(self, stamp: _Stamp) -> Catalogue:
        with self._lock:
            if self._reading is None or self._reading[0] != stamp:
                self._reading = (stamp, self._read(f"{stamp[0]:x}-{stamp[1]:x}"))
            return self._reading[1]

    def _renew(self, stamp: _Stamp) -> None:
        try:
            self._reading = (stamp, self._read(f"{stamp[0]:x}-{stamp[1]:x}"))
        finally:
            self._lock.release()

    def _read(self, mark: str) -> Catalogue:
        content: PublicCatalogue = json.loads((self.folder / CATALOGUE).read_text(encoding="utf-8"))
        if content["format"] != CATALOGUE_FORMAT:
            raise ValueError(f"{CATALOGUE}: format {content['format']}, expected {CATALOGUE_FORMAT}")
        catalogue = Catalogue(content, mark)
        # Built here, so that no request of a person waits for it alone and none sees it half made.
        assert catalogue.index
        return catalogue

    def current(self, dataset: PublicDataset) -> PublicDataset:
        """Return a dataset with the files that lie open at this moment.

        A run replaces a folder before it writes the catalogue: the folder's own manifest says what is in it. Where it
        is gone, the dataset was withdrawn, which acts at once.
        """
        try:
            manifest = json.loads((self.folder / dataset["id"] / "manifest.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {**dataset, "files": [], "downloadable": False}
        is_open = dataset["downloadable"] and manifest["open_type"]["type"] == "open_to_all"
        return {**dataset, "files": manifest["files"], "rows": manifest["rows"], "downloadable": is_open}

    def boundaries(self) -> DivisionShapes | None:
        """Return the outlines of divisions, read anew where their file was replaced; null where there are none."""
        path = self.folder / BOUNDARIES
        try:
            state = path.stat()
            stamp = (state.st_mtime_ns, state.st_size, state.st_ino)
            if self._outlines is None or self._outlines[0] != stamp:
                self._outlines = (stamp, json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        return self._outlines[1]

    def path(self, dataset: PublicDataset, file: PublicFile) -> Path:
        """Return where a file of the catalogue lies."""
        return self.folder / dataset["id"] / file["name"]


def file_of(dataset: PublicDataset, kind: str) -> PublicFile | None:
    """Return the file of a format, or null where there is none."""
    return next((file for file in dataset["files"] if file["format"] == kind), None)
