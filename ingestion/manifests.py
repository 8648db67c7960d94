"""Read what an agency says of the files it sends: checksum files (校验文件) and manifests (清单文件).

Here: which files are such, and what they say: name, size, checksum, rows of each file. Not here: holding files
against it (``whole_files.py`` for the inbox, ``remote_files.py`` for what is fetched). A checksum file is as
``sha256sum`` or ``md5sum`` writes it, or the bare checksum of the one file that it is named after. A manifest is JSON
(a list of objects, or one below ``files``) or CSV with a header.
"""

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from ingestion.checksums import listed_files

MOST_BYTES = 16 * 1024 * 1024
_SUFFIXES = (".sha256", ".md5")
_SUMS = frozenset({"sha256sums", "md5sums", "sha256sums.txt", "md5sums.txt"})
_MANIFESTS = frozenset({"manifest.json", "manifest.csv"})
_TABLES = (".json", ".csv")
_ALGORITHMS = {32: "md5", 64: "sha256"}
_LONGEST_NAME = 250
_NO_NAME = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_DIGEST = re.compile(r"[0-9a-fA-F]{32}|[0-9a-fA-F]{64}")
_KEYS: Mapping[str, frozenset[str]] = {
    "name": frozenset({"name", "file", "filename", "path", "文件", "文件名", "文件名称"}),
    "size": frozenset({"size", "bytes", "sizebytes", "大小", "字节数", "文件大小"}),
    "digest": frozenset({"sha256", "md5", "checksum", "hash", "digest", "校验值", "校验和", "校验码"}),
    "rows": frozenset({"rows", "rowcount", "records", "recordcount", "行数", "记录数", "数据行数", "条数"}),
}


@dataclass(frozen=True, slots=True)
class StatedFile:
    """Hold what is said of a file; null is not said.

    Attributes:
        name: Path below the folder of the manifest.
        digest: Algorithm and checksum.
        rows: How many rows of data it has.
    """

    name: str
    size: int | None = None
    digest: tuple[str, str] | None = None
    rows: int | None = None


class NoManifestError(Exception):
    """A file is named like a manifest and says nothing that can be followed; the text says why, in both languages."""


def may_be_manifest(name: str) -> bool:
    """Tell from a file's name whether it may speak of other files.

    >>> [may_be_manifest(name) for name in ("SHA256SUMS", "feed.csv.md5", "Manifest.json", "feed.csv")]
    [True, True, True, False]
    """
    plain = name.lower()
    return plain in _SUMS | _MANIFESTS or (plain.endswith(_SUFFIXES) and plain not in _SUFFIXES)


def is_manifest(path: Path) -> bool:
    """Tell whether a file speaks of other files; what is only called ``manifest`` and is a table of something is none.

    A manifest that is broken counts as one: its files wait until it is whole.
    """
    name = path.name.lower()
    if name not in _MANIFESTS:
        return may_be_manifest(name)
    try:
        return _is_of_files(name, _text(_content(path)))
    except (NoManifestError, ValueError, OSError):
        return True


def stated_files(path: Path) -> list[StatedFile]:
    """Return what a manifest says, file by file.

    Raises:
        NoManifestError: It is broken, says nothing, or names files outside its folder.
        OSError: It cannot be read.
    """
    return stated_in(path.name, _content(path))


def stated_in(name: str, content: bytes) -> list[StatedFile]:
    """Return what the bytes of a manifest say; its name tells a table (``.json``, ``.csv``) from a checksum file.

    Raises:
        NoManifestError: It is broken, says nothing, or names files outside its folder.
    """
    plain, text = name.lower(), _text(content)
    if plain.endswith(_TABLES):
        try:
            found = _rows_of(plain, text)
        except ValueError:
            raise NoManifestError("清单文件不完整 / the manifest is broken") from None
        stated = [one for row in found if (one := _stated(row)) is not None]
    else:
        listed = listed_files(text) or _bare(name, text)
        stated = [StatedFile(file, digest=digest) for file, digest in listed.items()]
    if not stated:
        raise NoManifestError("清单文件没有列出文件 / no files are listed")
    return [replace(one, name=_below(one.name)) for one in stated]


def _content(path: Path) -> bytes:
    if path.stat().st_size > MOST_BYTES:
        raise NoManifestError("清单文件过大 / too large for a manifest")
    return path.read_bytes()


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise NoManifestError("清单文件编码不明 / neither UTF-8 nor GB 18030")


def _bare(name: str, text: str) -> dict[str, tuple[str, str]]:
    """Return the checksum of the one file that a checksum file is named after, where it says no more than that."""
    digest = text.strip()
    if name.lower() in _SUMS or not _DIGEST.fullmatch(digest):
        return {}
    return {name.rpartition(".")[0]: (_ALGORITHMS[len(digest)], digest.lower())}


def _is_of_files(name: str, text: str) -> bool:
    """Tell whether a manifest by name is one by content: its rows name files and say something of them."""
    rows = _rows_of(name, text)
    if name.endswith(".csv"):
        head = next(csv.reader(io.StringIO(text, newline="")), [])
        rows = [dict.fromkeys(head, "")]
    said = [{field for field, keys in _KEYS.items() if {_plain(key) for key in row} & keys} for row in rows]
    return not rows or any("name" in one and len(one) > 1 for one in said)


def _rows_of(name: str, text: str) -> list[Mapping[str, Any]]:
    """Return the rows of a manifest.

    Raises:
        ValueError: It is no JSON, or no CSV.
    """
    try:
        if name.endswith(".csv"):
            return [*csv.DictReader(io.StringIO(text, newline=""))]
        document = json.loads(text)
    except (csv.Error, RecursionError):
        raise ValueError("no table, or nested too deeply") from None
    listed = document.get("files") if isinstance(document, dict) else document
    return [row for row in listed if isinstance(row, dict)] if isinstance(listed, list) else [{}]


def _stated(row: Mapping[str, Any]) -> StatedFile | None:
    by_key = {_plain(key): value for key, value in row.items() if isinstance(key, str)}
    said = {field: _first(by_key, keys) for field, keys in _KEYS.items()}
    if not said["name"]:
        return None
    return StatedFile(said["name"], _whole(said["size"]), _digest(said["digest"]), _whole(said["rows"]))


def _plain(key: str) -> str:
    return re.sub(r"[\s_-]", "", key).lower()


def _first(row: Mapping[str, Any], keys: Iterable[str]) -> str:
    """Return the first of several fields that says something."""
    found = (str(row[key]).strip() for key in sorted(keys) if row.get(key) not in (None, ""))
    return next(found, "")


def _whole(text: str) -> int | None:
    if not text:
        return None
    plain = text.replace(",", "")
    if not re.fullmatch(r"\d{1,18}", plain):
        raise NoManifestError("清单中的大小或行数不是整数 / a size or row count that is no whole number")
    return int(plain)


def _digest(text: str) -> tuple[str, str] | None:
    if not text:
        return None
    digest = text.rpartition(":")[2].strip()
    if not _DIGEST.fullmatch(digest):
        raise NoManifestError(
            "清单中的校验值既非 SHA-256 也非 MD5 / a checksum that is neither SHA-256 nor MD5"
        )
    return _ALGORITHMS[len(digest)], digest.lower()


def _below(name: str) -> str:
    place = PurePosixPath(name.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or place == PurePosixPath():
        raise NoManifestError("清单所列文件不在其目录下 / a listed file lies outside the manifest's folder")
    if _NO_NAME.search(name) or len(name.encode("utf-8", "replace")) > _LONGEST_NAME:
        raise NoManifestError("清单所列文件名无效 / a listed name that no file can have")
    return place.as_posix()
