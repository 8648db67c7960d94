"""Unpack an archive into a folder of its own: ZIP, TAR, and either of them or a single file compressed.

Here: members, their names and bounds. Not here: what they hold (``decoders/archive.py``). No member's name is ever a
place on disk: they lie in numbered folders under the last part of their name.
"""

import bz2
import gzip
import lzma
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Protocol

from ingestion.zip_limits import (
    check_size,
    checked_name,
    is_left_by_a_system,
    is_link,
    opened_zip,
    read_name,
    refused,
)
from resource_catalogue.errors import DeliveryError

_COPIED_BYTES = 1 << 20
_LONGEST_NAME = 60
_TAR_MARK, _TAR_MARK_PLACE = b"ustar", 257
_COMPRESSED = ((b"\x1f\x8b", gzip.open), (b"BZh", bz2.open), (b"\xfd7zXZ\x00", lzma.open))
_BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, gzip.BadGzipFile, EOFError, NotImplementedError,
)  # fmt: skip


class _Source(Protocol):
    def read(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Member:
    """Hold a member of an archive: its name in it, and where its bytes lie."""

    name: str
    path: Path


def packed_form(path: Path, head: bytes) -> str:
    """Return ``zip``, ``tar``, or ``compressed`` for a single file; empty where the file is none of them."""
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "zip"
    if head.startswith(_TAR_MARK, _TAR_MARK_PLACE):
        return "tar"
    for mark, opened in _COMPRESSED:
        if head.startswith(mark):
            try:
                with opened(path) as file:
                    inner = file.read(_TAR_MARK_PLACE + len(_TAR_MARK))
            except (*_BROKEN, OSError):
                return "compressed"
            return "tar" if inner[_TAR_MARK_PLACE:] == _TAR_MARK else "compressed"
    return ""


def unpacked(path: Path, form: str, folder: Path) -> list[Member]:
    """Unpack an archive and return its members in order of their names, without what systems leave in folders.

    Raises:
        DeliveryError: It is broken, too large, encrypted, or holds links or paths that lead out of it.
    """
    read = {"zip": _zip, "tar": _tar, "compressed": _single}[form]
    try:
        members = list(read(path, folder))
    except _BROKEN as error:
        found = f"压缩包不完整或压缩方式不支持 / the archive cannot be unpacked ({type(error).__name__})"
        raise refused(path, found, "完整的 ZIP 或 tar.gz / a whole ZIP or tar.gz") from None
    except OSError as error:
        if error.errno is not None:
            raise
        raise refused(
            path, "压缩包不完整 / the archive is broken", "完整的压缩包 / a whole archive"
        ) from None
    return sorted((one for one in members if not is_left_by_a_system(one.name)), key=lambda one: one.name)


def _zip(path: Path, folder: Path) -> Iterator[Member]:
    with opened_zip(path) as file:
        size = 0
        for number, one in enumerate(file.infolist()):
            name = checked_name(path, read_name(one))
            if is_link(one):
                raise _linked(path)
            if one.is_dir():
                continue
            with file.open(one) as source:
                member = Member(name, _place(folder, number, name))
                size += _copied(source, member.path, path, number + 1, size)
            yield member


def _tar(path: Path, folder: Path) -> Iterator[Member]:
    with tarfile.open(path, "r|*") as file:
        size = 0
        for number, one in enumerate(file):
            name = checked_name(path, _sayable(one.name))
            if one.isdir():
                continue
            source = file.extractfile(one) if one.isreg() else None
            if source is None:
                raise _linked(path)
            member = Member(name, _place(folder, number, name))
            size += _copied(source, member.path, path, number + 1, size)
            yield member


def _single(path: Path, folder: Path) -> Iterator[Member]:
    name = PurePosixPath(path.name).stem
    with path.open("rb") as file:
        head = file.read(8)
    opened = next(opened for mark, opened in _COMPRESSED if head.startswith(mark))
    member = Member(name, _place(folder, 0, name))
    with opened(path) as source:
        _copied(source, member.path, path, 1, 0)
    yield member


def _sayable(name: str) -> str:
    """Return a name of a TAR as text: what is no UTF-8 came from a GB system."""
    try:
        return name.encode("utf-8", "surrogateescape").decode("utf-8")
    except UnicodeDecodeError:
        return name.encode("utf-8", "surrogateescape").decode("gb18030", "replace")


def _place(folder: Path, number: int, name: str) -> Path:
    own = folder / str(number)
    own.mkdir()
    return own / ("".join(PurePosixPath(name).name.split("\0"))[-_LONGEST_NAME:] or "member")


def _copied(source: _Source, place: Path, archive: Path, members: int, before: int) -> int:
    """Copy a member's bytes and return how many there are, counted as they come: a directory may lie."""
    size = 0
    with place.open("wb") as copy:
        while data := source.read(_COPIED_BYTES):
            size += len(data)
            check_size(archive, members, before + size)
            copy.write(data)
    return size


def _linked(path: Path) -> DeliveryError:
    return refused(
        path,
        "压缩包含链接或特殊文件 / it holds a link or a special file",
        "普通文件 / plain files",
    )
