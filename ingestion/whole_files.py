"""Hold the files of the inbox against the manifests beside them: what does not fit, or is not all there, waits.

A manifest lies in the folder of its files or in one above it. Of the files that it lists, those of one resource count
together: as long as one of them is missing or is not as stated, all of them wait, and what they wait for is told. A
file that no manifest lists is taken as it comes. Not here: reading manifests (``manifests.py``); rows, which are
counted once the file is decoded (``rows_reason``).
"""

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from ingestion.arrival import Arrival, sayable
from ingestion.connectors import folder
from ingestion.deliveries import deliveries_of
from ingestion.manifests import NoManifestError, StatedFile, is_manifest, may_be_manifest, stated_files
from ingestion.remote_files import path_matches
from ingestion.seen_files import SeenFiles
from lake import Lake
from resource_catalogue.deployment import Deployment
from resource_catalogue.resource import Resource
from resource_catalogue.sources.folder import FolderSource


@dataclass(frozen=True, slots=True)
class _Manifest:
    """Hold a manifest: what it states of each file by its name, or why nothing can be followed."""

    path: Path
    stated: Mapping[str, StatedFile] = field(default_factory=dict)
    fault: str = ""

    def states(self, file: Path) -> StatedFile | None:
        """Return what is stated of a file, if anything is."""
        if not file.is_relative_to(self.path.parent):
            return None
        return self.stated.get(sayable(file.relative_to(self.path.parent).as_posix()))

    def may_state(self, file: Path) -> bool:
        """Tell whether a broken manifest may be about a file: by its own name, or by lying above it."""
        if self.path.suffix.lower() in (".sha256", ".md5"):
            return file == self.path.with_suffix("")
        return file.is_relative_to(self.path.parent)


@dataclass
class WholeFiles:
    """Judge the arrivals of one resource.

    Attributes:
        on_record: Names of the files that were taken in before: they may have left the inbox since.
        told: What waits and why; it fills while arrivals are judged.
    """

    resource: Resource
    deployment: Deployment
    seen: SeenFiles
    on_record: frozenset[str]
    told: list[str] = field(default_factory=list)

    def only_whole(self, arrived: list[Arrival], manifests: Iterable[Path] | None = None) -> list[Arrival]:
        """Return the arrivals that need not wait, each with the rows that are stated of it.

        Args:
            manifests: Those to follow; null means those in the folders of the arrivals and above.
        """
        waiting: set[Path] = set()
        rows: dict[Path, int] = {}
        for path in _manifests_above(arrived, self.deployment.inbox) if manifests is None else manifests:
            waiting |= self._waiting(_read(path), arrived, rows)
        return [
            replace(one, rows_stated=rows[one.path]) if one.path in rows else one
            for one in arrived
            if one.path not in waiting
        ]

    def _waiting(self, manifest: _Manifest, arrived: list[Arrival], rows: dict[Path, int]) -> set[Path]:
        """Return the arrivals that wait for a manifest's files; note the rows that it states."""
        if manifest.fault:
            held = {one.path for one in arrived if manifest.may_state(one.path)}
            if held:
                self._tell(manifest.path, manifest.fault, len(held))
            return held
        own = {one.path: stated for one in arrived if (stated := manifest.states(one.path)) is not None}
        faults = [*self._missing(manifest, own.values()), *self._unfit(own)]
        for path, fault in faults:
            self._tell(path, fault, len(own))
        rows.update((path, stated.rows) for path, stated in own.items() if stated.rows is not None)
        return {*own} if faults else set()

    def _missing(self, manifest: _Manifest, own: Iterable[StatedFile]) -> Iterator[tuple[Path, str]]:
        """Give the listed files that are the resource's by their paths and are not there."""
        there = {stated.name for stated in own}
        for name in manifest.stated:
            path = manifest.path.parent / name
            if name in there or not self._is_own(path) or path.exists():
                continue
            if self._name(path) not in self.on_record:
                listed = sayable(manifest.path.name)
                yield path, f"{listed} 所列文件未到 / listed in {listed} and not here"

    def _unfit(self, own: Mapping[Path, StatedFile]) -> Iterator[tuple[Path, str]]:
        for path, stated in own.items():
            try:
                fault = _difference(path, stated, self.seen)
            except FileNotFoundError:
                fault = "所列文件未到 / listed and not here"
            except OSError:
                continue  # Whoever opens it next says that it cannot be opened.
            if fault:
                yield path, fault

    def _is_own(self, path: Path) -> bool:
        source = self.resource.source
        if not isinstance(source, FolderSource):
            return False
        below = path.relative_to(self.deployment.inbox).as_posix()
        if self.deployment.settings.ingestion.arrival == "folder":
            below = below.partition("/")[2]
        return path_matches(below, source.path)

    def _name(self, path: Path) -> str:
        return sayable(path.relative_to(self.deployment.inbox).as_posix())

    def _tell(self, path: Path, fault: str, waiting: int) -> None:
        self.told.append(
            f"{self.resource.id}: {self._name(path)}: {fault}; {waiting} 个文件等待 / files wait; "
            "补齐或重新报送 / send what is missing, or send it again"
        )


def whole_arrivals(
    resource: Resource, deployment: Deployment, as_of: dt.datetime, seen: SeenFiles, known: pl.DataFrame
) -> list[Arrival]:
    """List the files of the inbox that have arrived for a resource and are whole as far as anything is stated.

    Args:
        known: Its deliveries on record.
    """
    judged = WholeFiles(resource, deployment, seen, _names(known))
    return judged.only_whole(folder.arrivals(resource, deployment, as_of))


def files_held_back(
    deployment: Deployment, lake: Lake, resources: Iterable[Resource], as_of: dt.datetime
) -> list[str]:
    """List what files of the inbox wait for, so that nobody takes them for received."""
    manifests = [
        path
        for place in folder.arrival_folders(deployment, as_of)
        for path in sorted(place.rglob("*"))
        if _is_there(path)
    ]
    told: list[str] = []
    for resource in resources if manifests else ():
        seen = SeenFiles.of(deployment, resource.id)
        judged = WholeFiles(resource, deployment, seen, _names(deliveries_of(lake, resource.id)))
        judged.only_whole(folder.arrivals(resource, deployment, as_of), manifests)
        seen.save()
        told += judged.told
    return told


def _names(known: pl.DataFrame) -> frozenset[str]:
    return frozenset(known["file_name"]) if known.height else frozenset()


def rows_reason(stated: int | None, received: int) -> str:
    """Say how the rows received differ from those stated; empty where they do not, or nothing was stated.

    >>> rows_reason(5, 4)
    '4 rows received, 5 stated in the manifest'
    """
    if stated is None or stated == received:
        return ""
    return f"{received} rows received, {stated} stated in the manifest"


def _manifests_above(arrived: Iterable[Arrival], inbox: Path) -> list[Path]:
    """Return the manifests in the folders of the arrivals and above them, up to the inbox."""
    folders: dict[Path, None] = {}
    for parent in dict.fromkeys(one.path.parent for one in arrived):
        while parent.is_relative_to(inbox) and parent not in folders:
            folders[parent] = None
            parent = parent.parent
    return [path for place in sorted(folders) for path in sorted(place.iterdir()) if _is_there(path)]


def _is_there(path: Path) -> bool:
    try:
        return may_be_manifest(path.name) and path.is_file() and is_manifest(path)
    except OSError:
        return False


def _read(path: Path) -> _Manifest:
    try:
        return _Manifest(path, {one.name: one for one in stated_files(path)})
    except NoManifestError as error:
        return _Manifest(path, fault=str(error))
    except OSError as error:
        return _Manifest(
            path, fault=f"清单文件打不开 / the manifest cannot be opened ({type(error).__name__})"
        )


def _difference(path: Path, stated: StatedFile, seen: SeenFiles) -> str:
    """Say how a file's bytes differ from what is stated; empty where they do not."""
    size = path.stat().st_size
    if stated.size is not None and size != stated.size:
        return f"{size} 字节，清单为 {stated.size} / bytes, {stated.size} stated"
    if stated.digest is not None:
        algorithm, digest = stated.digest
        if seen.hash_of(path, algorithm) != digest:
            return f"{algorithm} 与清单不符 / differs from the one stated"
    return ""
