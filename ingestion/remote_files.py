"""Fetch the files of another machine: which are new, in groups that belong together, each resumed where it broke off.

Here: what is alike for every place that has files. Not here: how any one place is spoken to (``connectors/``).
"""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import takewhile
from pathlib import PurePosixPath
from typing import Protocol

from ingestion.asking import Asked
from ingestion.manifests import MOST_BYTES, NoManifestError, StatedFile, stated_in
from ingestion.patience import SourceError, TryAgain, patiently
from ingestion.spool import Draft, Spool
from resource_catalogue.sources.remote import RemoteFiles

_NO_NAMES = ("", ".", "..")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """Describe a file of another machine.

    Attributes:
        path: Where it is there; ``name`` the address that deliveries are named by.
        version: What changes when its bytes do: size and time of change, or the storage's own mark.
        place: By what it is asked for, where that is not its path as text.
    """

    path: str
    name: str
    size: int
    modified: dt.datetime
    version: str
    place: bytes = b""

    @property
    def remote_id(self) -> str:
        """Return what tells these bytes from all others of the source."""
        return f"{self.name}\n{self.version}"


class FilePlace(Protocol):
    """Speak to a place that has files; what fails for now raises TryAgain, what is refused SourceError."""

    def files(self, pattern: str, is_known: Callable[[RemoteFile], bool]) -> list[RemoteFile]:
        """List the files that match and are not being written any more."""

    def blocks(self, file: RemoteFile, offset: int) -> Iterator[bytes]:
        """Give the bytes of a file from an offset on, of the version that was listed."""

    def is_unchanged(self, file: RemoteFile) -> bool:
        """Tell whether a file is still the one that was listed."""


@dataclass(frozen=True, slots=True)
class _Group:
    """Hold files that are one delivery or several that count together, with what a manifest states of each by path."""

    files: tuple[RemoteFile, ...]
    stated: Mapping[str, StatedFile]


def fetch_files(
    source: RemoteFiles, spool: Spool, asked: Asked, opened: Callable[[], AbstractContextManager[FilePlace]]
) -> None:
    """Fetch every new file of a place; one that cannot be had is told of and keeps no other back.

    Args:
        opened: Opens the place anew; called again where a connection breaks off.

    Raises:
        SourceError: The place cannot be reached.
    """
    whole = patiently(source.retry, lambda: _take_all(source, spool, asked, opened))
    if whole:
        spool.forget_parts()


def _take_all(
    source: RemoteFiles, spool: Spool, asked: Asked, opened: Callable[[], AbstractContextManager[FilePlace]]
) -> bool:
    del asked.told[:]
    with opened() as place:
        for group in _groups(source, spool, asked, place):
            try:
                _take(group, source, spool, asked, place)
            except TryAgain:
                raise
            except SourceError as error:
                asked.tell(error)
    return not asked.told


def _groups(source: RemoteFiles, spool: Spool, asked: Asked, place: FilePlace) -> Iterator[_Group]:
    found = place.files(source.path, lambda file: spool.knows(file.remote_id))
    files = [file for file in found if PurePosixPath(file.path).name not in _NO_NAMES]
    if source.manifest is None:
        for file in sorted(files, key=lambda one: (one.modified, one.name)):
            if not spool.knows(file.remote_id):
                yield _Group((file,), {})
        return
    by_path = {file.path: file for file in files}
    for manifest in sorted(place.files(source.manifest, lambda _: True), key=lambda one: one.modified):
        try:
            group = _group_of(manifest, by_path, place)
        except TryAgain:
            raise
        except SourceError as error:
            asked.tell(error)
            continue
        if any(not spool.knows(file.remote_id) for file in group.files):
            yield group


def _group_of(manifest: RemoteFile, by_path: dict[str, RemoteFile], place: FilePlace) -> _Group:
    """Return the files that a manifest lists.

    Raises:
        SourceError: It is none, or lists a file that is not there.
    """
    if manifest.size > MOST_BYTES:
        raise _refused(manifest, "清单文件过大 / too large for a manifest", f"{MOST_BYTES} 字节 / bytes")
    path = PurePosixPath(manifest.path)
    try:
        listed = stated_in(path.name, b"".join(place.blocks(manifest, 0)))
    except NoManifestError as error:
        raise _refused(manifest, str(error), "sha256sum | md5sum | JSON | CSV") from None
    stated = {(path.parent / one.name).as_posix(): one for one in listed}
    missing = [name for name in stated if name not in by_path]
    if missing:
        raise _refused(
            manifest,
            f"所列文件未到齐，缺 {len(missing)} 个 / {len(missing)} of the listed files are not there: {missing[0]}",
            f"全部 {len(stated)} 个文件 / all {len(stated)} files",
        )
    return _Group(tuple(by_path[name] for name in stated), stated)


def _take(group: _Group, source: RemoteFiles, spool: Spool, asked: Asked, place: FilePlace) -> None:
    """Fetch the files of a group and keep them once all are whole."""
    new = [file for file in group.files if not spool.knows(file.remote_id)]
    for file in new:
        stated = group.stated.get(file.path)
        if stated is not None and stated.size not in (None, file.size):
            raise _refused(file, f"{file.size} 字节，与清单不符 / bytes, not as stated", f"{stated.size}")
    drafts = [(file, _fetched(file, source, spool, place)) for file in new]
    for file, draft in drafts:
        stated = group.stated.get(file.path)
        algorithm, digest = (stated and stated.digest) or ("", "")
        if algorithm and draft.digest(algorithm) != digest:
            draft.restart()
            raise _refused(file, f"{algorithm} 与清单不符 / differs from the one stated", digest)
    for file, draft in drafts:
        stated = group.stated.get(file.path)
        rows = stated.rows if stated else None
        spool.keep(draft, file.name, min(file.modified, asked.as_of), rows_stated=rows)


def _fetched(file: RemoteFile, source: RemoteFiles, spool: Spool, place: FilePlace) -> Draft:
    if file.size > source.max_bytes:
        raise _refused(file, f"{file.size} 字节 / bytes", f"max_bytes: {source.max_bytes}")
    draft = spool.draft(file.remote_id)
    if draft.size > file.size:
        draft.restart()
    with draft.append() as out:
        for block in place.blocks(file, draft.size) if draft.size < file.size else ():
            out.write(block)
            out.flush()
    if draft.size != file.size or not place.is_unchanged(file):
        is_cut = draft.size < file.size
        if not is_cut:
            draft.restart()
        raise TryAgain(
            file.name,
            "取数时文件有变化或不完整 / the file changed, or broke off, while it was fetched",
            f"{file.size} 字节 / bytes",
        )
    return draft


def _refused(file: RemoteFile, found: str, expected: str) -> SourceError:
    return SourceError(file.name, found, expected, "请提供机构重新放置 / have the agency lay it out again")


def fixed_folder(pattern: str) -> str:
    """Return the folder below which every match of a glob lies.

    >>> fixed_folder("out/2026/*/feed_*.csv"), fixed_folder("*.csv")
    ('out/2026', '')
    """
    parts = pattern.split("/")[:-1]
    return "/".join(takewhile(lambda part: not set(part) & set("*?["), parts))


def path_matches(path: str, pattern: str) -> bool:
    """Tell whether a path matches a glob, in which ``**`` stands for any folders.

    >>> [path_matches(path, "a/**/*.csv") for path in ("a/b/c/d.csv", "a/d.csv", "b/d.csv")]
    [True, True, False]
    >>> path_matches("a/b/d.csv", "a/*.csv")
    False
    """
    return _parts_match(path.split("/"), pattern.split("/"))


def _parts_match(parts: Sequence[str], patterns: Sequence[str]) -> bool:
    if not patterns:
        return not parts
    if patterns[0] == "**":
        return any(_parts_match(parts[start:], patterns[1:]) for start in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], patterns[0]) and _parts_match(parts[1:], patterns[1:])
