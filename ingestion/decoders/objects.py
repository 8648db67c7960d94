"""Decode objects (文档、图像、证照等): each file, or each member of an archive, is one row of what is known about it.

The bytes stay in landing as they were delivered and are never opened: marks at their beginning tell what they are.
Names of members may be names and numbers of persons; they stand in the rows only, never in a reason or remark.
Not here: the list beside the objects (``object_list.py``), getting an object out again (``ingestion/objects.py``).
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from ingestion.decoded import BLOCK_ROWS, Block, Cell, Decoded, RejectedRow
from ingestion.decoders.archive import archive_form
from ingestion.form_of_bytes import head_of, no_table
from ingestion.landing import content_hash
from ingestion.object_forms import PROGRAM, admits, is_archive, object_form
from ingestion.object_list import ListRow, ObjectList, apart, read_list
from ingestion.object_sizes import measures
from ingestion.unpacking import Member, unpacked
from ingestion.zip_limits import refused
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource
from resource_catalogue.sources.objects import (
    ADMITTED,
    HASH,
    HEIGHT,
    MEDIA_TYPE,
    MEMBER,
    NAME,
    OBJECT_COLUMNS,
    PAGES,
    SIZE,
    WIDTH,
)

_ALONE = "objects"
_Row = tuple[int, int, list[Cell]]


@dataclass(frozen=True, slots=True)
class _Object:
    """Hold what is known of one object.

    Attributes:
        line: Its number among the objects of the delivery, in order of their names.
        name: Path in the archive, or name of the file.
        known: Cell by name of the column.
    """

    line: int
    name: str
    known: dict[str, Cell]


def decode(path: Path, resource: Resource, decode_table: Callable[[Path, Resource], Decoded]) -> Decoded:
    """Read what is known of the objects in a delivery.

    Args:
        path: One object, or an archive of them.
        resource: Its entry, whose ``source.objects`` says more of them.
        decode_table: Reads the list beside them.

    Raises:
        DeliveryError: An archive is broken, exceeds a bound or leads elsewhere; a program or an archive is among the
            objects; the list is missing or no table; there are no objects.
    """
    with TemporaryDirectory(prefix="objects-") as folder:
        members, packed = delivered(path, Path(folder))
        listed, place_of_list = None, None
        if resource.source.objects.index:
            place_of_list, _ = apart(path, members, resource.source.objects.index)
        objects = [
            _object(path, resource, member, line, bool(packed))
            for line, member in enumerate(members, start=1)
            if member is not place_of_list
        ]
        if not objects:
            raise refused(
                path, "压缩包中没有文件 / the archive is empty", "要收存的文件 / the files to be kept"
            )
        if place_of_list is not None:
            listed = read_list(path, place_of_list, [one.name for one in objects], resource, decode_table)
    return _decoded(objects, listed, resource, f"{packed}/{_ALONE}" if packed else _ALONE)


def delivered(path: Path, folder: Path) -> tuple[list[Member], str]:
    """Return what a delivery holds, in order of the names, and what kind of archive it is; empty for a single file.

    Args:
        folder: Where an archive is unpacked to.

    Raises:
        DeliveryError: The archive is broken, exceeds a bound or leads elsewhere.
    """
    packed = _packed(path, head_of(path))
    return (unpacked(path, packed, folder), packed) if packed else ([Member(path.name, path)], "")


def _packed(path: Path, head: bytes) -> str:
    """Return the kind of archive; documents that are ZIP files by their make are none."""
    return "" if no_table(path, head) else archive_form(path, head)


def _object(path: Path, resource: Resource, member: Member, line: int, is_member: bool) -> _Object:
    """Look at an object from outside.

    Raises:
        DeliveryError: It is a program or an archive.
    """
    head = head_of(member.path)
    form = object_form(member.path, head, member.name)
    if form is PROGRAM:
        raise _refused(
            path, line, "是程序 / is a program", "只含要收存的文件 / nothing but the files to be kept"
        )
    if is_archive(form) or _packed(member.path, head):
        raise _refused(
            path, line, "是压缩包 / is an archive", "ZIP 或 tar.gz，只打包一层 / ZIP or tar.gz, packed once"
        )
    size = measures(member.path, form.name)
    known: dict[str, Cell] = {
        HASH: content_hash(member.path),
        NAME: PurePosixPath(member.name).name,
        MEMBER: member.name if is_member else None,
        MEDIA_TYPE: form.media_type,
        SIZE: str(member.path.stat().st_size),
        PAGES: _text(size.pages),
        WIDTH: _text(size.width),
        HEIGHT: _text(size.height),
    }
    return _Object(line, member.name, known | _named(resource.source.objects.name, member.name))


def _refused(path: Path, line: int, found: str, expected: str) -> DeliveryError:
    """Return the refusal over one object; it is named by its number, for its name may be personal."""
    zh, en = found.split(" / ")
    return refused(
        path, f"按名称排序的第 {line} 个文件{zh} / file {line} in order of the names {en}", expected
    )


def _named(pattern: str | None, name: str) -> dict[str, Cell]:
    """Return what the name of an object says by the declared pattern."""
    compiled = re.compile(pattern) if pattern else None
    if compiled is None:
        return {}
    found = compiled.search(name)
    return dict(found.groupdict()) if found else dict.fromkeys(compiled.groupindex)


def _decoded(objects: list[_Object], listed: ObjectList | None, resource: Resource, form: str) -> Decoded:
    own = [column.name for column in resource.columns if column.name in OBJECT_COLUMNS]
    of_list = listed.header if listed else []
    of_name = [name for name in objects[0].known if name not in OBJECT_COLUMNS and name not in of_list]
    header = [*own, *of_name, *of_list]
    decoded = Decoded(form, "", header, 0, "", iter(()))
    kept: list[_Row] = []
    for number, one in enumerate(objects, start=1):
        row = listed.found.get(number - 1) if listed else None
        reason = _reason(one, resource, listed is not None and row is None)
        if reason:
            decoded.rejected.append(RejectedRow(number, one.line, reason, one.name))
        else:
            kept.append((number, one.line, _cells(one, [*own, *of_name], row)))
    if listed:
        decoded.rejected += listed.rejected_rows(len(objects))
        decoded.remarks += listed.remarks
    decoded.blocks = _blocks(kept)
    return decoded


def _reason(one: _Object, resource: Resource, is_unlisted: bool) -> str:
    """Say why an object is none of the entry's; empty where it is."""
    if one.known[SIZE] == "0":
        return "object_empty"
    admitted = resource.source.objects.media_types or ADMITTED.get(resource.form, ())
    if not admits(admitted, one.known[MEDIA_TYPE] or ""):
        return "object_of_another_form"
    return "object_not_in_list" if is_unlisted else ""


def _cells(one: _Object, names: list[str], row: ListRow | None) -> list[Cell]:
    return [*(one.known[name] for name in names), *(row.cells if row else ())]


def _blocks(rows: list[_Row]) -> Iterator[Block]:
    rest = iter(rows)
    while part := list(islice(rest, BLOCK_ROWS)):
        yield Block.of_rows(*(list(column) for column in zip(*part, strict=True)))


def _text(number: int | None) -> Cell:
    return None if number is None else str(number)
