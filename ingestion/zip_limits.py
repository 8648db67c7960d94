"""Bound what a ZIP may unfold to, and refuse what leads out of it: checked before anything is unfolded.

Workbooks are such files too. Sizes in a ZIP's directory are claims, so what unfolds is counted once more. The bounds
are settings of the deployment (``[ingestion]``). They hold for all that is read within ``archive_bounds``: archives and
workbooks are opened deep within decoders, some only when their rows are asked for.
"""

import stat
import struct
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path, PurePosixPath

from resource_catalogue.errors import DeliveryError
from resource_catalogue.settings import IngestionSettings

_BOUNDS: ContextVar[IngestionSettings] = ContextVar("archive_bounds")
_DEFAULTS = IngestionSettings()
_SMALL = 64 * 1024**2
"""Below it the ratio does not matter."""
_END, _END_BYTES = b"PK\x05\x06", 22
_LONGEST_COMMENT = 65_535
_MOST_DIRECTORY = 32 * 1024**2
_ENCRYPTED, _UTF_8 = 0x1, 0x800


@contextmanager
def archive_bounds(settings: IngestionSettings) -> Iterator[None]:
    """Hold what is read meanwhile, in this thread, to a deployment's bounds; without it the defaults apply."""
    token = _BOUNDS.set(settings)
    try:
        yield
    finally:
        _BOUNDS.reset(token)


def opened_zip(path: Path) -> zipfile.ZipFile:
    """Open a ZIP whose directory keeps within bounds.

    Raises:
        DeliveryError: It is broken, too large, has too many members or encrypted ones.
    """
    _check_directory(path)
    try:
        file = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, struct.error, EOFError):
        raise refused(path, "压缩文件不完整 / the ZIP is broken", "完整的文件 / a whole file") from None
    try:
        _check_members(path, file.infolist())
    except DeliveryError:
        file.close()
        raise
    return file


def _check_directory(path: Path) -> None:
    """Refuse a directory that would take memory by itself."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - _END_BYTES - _LONGEST_COMMENT))
        tail = file.read()
    place = tail.rfind(_END)
    if place < 0 or len(tail) - place < _END_BYTES:
        raise refused(path, "压缩文件不完整 / the ZIP is broken", "完整的文件 / a whole file")
    (length,) = struct.unpack_from("<I", tail, place + 12)
    if min(length, size) > _MOST_DIRECTORY:
        raise refused(path, "压缩包成员过多 / the ZIP has too many members", _members_bound())


def _check_members(path: Path, members: list[zipfile.ZipInfo]) -> None:
    check_size(path, len(members), sum(one.file_size for one in members))
    held = path.stat().st_size
    if any(not 0 <= one.header_offset < held or one.compress_size > held for one in members):
        raise refused(path, "压缩文件不完整 / the ZIP is broken", "完整的文件 / a whole file")
    if any(one.flag_bits & _ENCRYPTED for one in members):
        raise refused(path, "压缩包已加密 / it is encrypted", "未加密的文件 / a file without a password")


def check_size(path: Path, members: int, size: int) -> None:
    """Refuse what is too much.

    Args:
        members: How many there are so far.
        size: Bytes they unfold to.

    Raises:
        DeliveryError: One of the bounds is exceeded.
    """
    bounds = _BOUNDS.get(_DEFAULTS)
    if members > most_members():
        raise refused(path, f"压缩包有 {members} 个成员 / it has {members} members", _members_bound())
    is_steep = size > _SMALL and size > bounds.archive_ratio * max(1, path.stat().st_size)
    if size > bounds.archive_bytes or is_steep:
        raise refused(
            path,
            f"解压后 {size} 字节，疑为压缩炸弹 / it unfolds to {size} bytes, as a zip bomb does",
            f"≤ {bounds.archive_bytes} bytes (ingestion.archive_bytes), "
            f"≤ {bounds.archive_ratio} × (ingestion.archive_ratio)",
        )


def most_members() -> int:
    """Return how many members an archive may have here."""
    return _BOUNDS.get(_DEFAULTS).archive_members


def _members_bound() -> str:
    return f"≤ {most_members()} (ingestion.archive_members)"


def checked_name(path: Path, name: str) -> str:
    """Return the name of a member as a path below the archive.

    Raises:
        DeliveryError: It leads out of it.
    """
    place = PurePosixPath(name.replace("\\", "/"))
    has_drive = len(name) > 1 and name[1] == ":"
    if place.is_absolute() or ".." in place.parts or has_drive:
        raise refused(
            path,
            "成员路径为绝对路径或含 .. / a member's path is absolute or holds ..",
            "相对路径 / paths below the archive",
        )
    return place.as_posix()


def read_name(one: zipfile.ZipInfo) -> str:
    """Return the name of a ZIP's member; programs on Chinese systems write it in GBK without saying so."""
    if one.flag_bits & _UTF_8:
        return one.filename
    try:
        written = one.filename.encode("cp437")
    except UnicodeEncodeError:
        return one.filename
    for encoding in ("utf-8", "gb18030"):
        try:
            return written.decode(encoding)
        except UnicodeDecodeError:
            continue
    return one.filename


def is_link(one: zipfile.ZipInfo) -> bool:
    """Tell whether a ZIP's member is a symbolic link."""
    return stat.S_ISLNK(one.external_attr >> 16)


def is_left_by_a_system(name: str) -> bool:
    """Tell whether a member is what an operating system leaves in folders.

    >>> is_left_by_a_system("__MACOSX/a/._b.csv"), is_left_by_a_system("a/b.csv")
    (True, False)
    """
    parts: Iterable[str] = PurePosixPath(name).parts
    last = PurePosixPath(name).name.lower()
    return "__MACOSX" in parts or last.startswith("._") or last in (".ds_store", "thumbs.db", "desktop.ini")


def refused(path: Path, found: str, expected: str) -> DeliveryError:
    """Return the refusal of an archive."""
    return DeliveryError(path.name, found, expected, "重新打包报送 / pack it again and send it")
