"""Read the list (清单) that comes beside objects in their archive, and find which row speaks of which object.

Here: what a row names, and that list and objects agree one to one. Not here: the objects themselves
(``decoders/objects.py``), nor how the bytes of a list become rows, which is as for any table.
"""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from ingestion.decoded import Cell, Decoded, RejectedRow
from ingestion.header import raw_names
from ingestion.unpacking import Member
from ingestion.zip_limits import most_members, refused
from resource_catalogue.resource import Column, Resource
from resource_catalogue.sources.objects import OBJECT_COLUMNS

DecodeTable = Callable[[Path, Resource], Decoded]
_NAMES_OBJECT = "object_file"
"""Column that stands for the list's heading ``objects.file`` while it is read; it is not kept."""


@dataclass(frozen=True, slots=True)
class ListRow:
    """Hold a row of the list: its line, the name it gives, its other cells."""

    line: int
    named: str
    cells: list[Cell]

    @property
    def text(self) -> str:
        """Return the row as it was sent, roughly."""
        return ",".join(cell or "" for cell in (self.named, *self.cells))


@dataclass
class ObjectList:
    """Hold what a list says.

    Attributes:
        name: Pattern by which the list is declared; it stands in the place of a sheet where a row is rejected.
        header: Names of its columns but the one that names the object.
        found: Row by place of the object that it names.
        unfit: Rows that name none, or one that another row has, with the reason.
        rejected: Rows that could not be split.
        remarks: What a reader should know of the list besides.
    """

    name: str
    header: list[str] = field(default_factory=list)
    found: dict[int, ListRow] = field(default_factory=dict)
    unfit: list[tuple[str, ListRow]] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def rejected_rows(self, before: int) -> Iterator[RejectedRow]:
        """Give the rows that no object belongs to.

        Args:
            before: How many rows the delivery has before them.
        """
        unfit = [(row.line, reason, row.text) for reason, row in self.unfit]
        unsplit = [(row.line, row.reason, row.text) for row in self.rejected]
        for number, (line, reason, text) in enumerate(sorted([*unfit, *unsplit]), start=before + 1):
            yield RejectedRow(number, line, reason, text, self.name)


def apart(path: Path, members: Sequence[Member], pattern: str) -> tuple[Member, list[Member]]:
    """Tell the list from the objects.

    Raises:
        DeliveryError: There is no such member, or there are several.
    """
    lists = [one for one in members if PurePosixPath(one.name).match(pattern)]
    if len(lists) != 1:
        raise refused(
            path,
            f"压缩包中有 {len(lists)} 份清单 {pattern} / there are {len(lists)} lists {pattern} in the archive",
            "一份清单及其所列文件，打成一个压缩包 / one list and the files it names, in one archive",
        )
    return lists[0], [one for one in members if one is not lists[0]]


def read_list(
    path: Path, member: Member, objects: Sequence[str], resource: Resource, decode_table: DecodeTable
) -> ObjectList:
    """Read a list and find the objects that its rows name.

    Args:
        path: The archive.
        member: The list.
        objects: Paths of the objects in the archive.
        decode_table: Reads a table.

    Raises:
        DeliveryError: It is no table, has too many rows, or no column that names the objects.
    """
    declared = resource.source.objects
    read_as = _as_table(resource)
    decoded = decode_table(member.path, read_as)
    names = raw_names(decoded.header, read_as)
    if _NAMES_OBJECT not in names:
        raise refused(
            path,
            f"清单没有列 {declared.file} / the list has no column {declared.file}",
            "列出每个文件名称的列 / a column that names each file",
        )
    place = names.index(_NAMES_OBJECT)
    listed = ObjectList(declared.index or "", [name for name in names if name != _NAMES_OBJECT])
    lookup = _Lookup(objects, PurePosixPath(member.name).parent)
    for row in _rows(path, decoded, place):
        _settle(listed, row, lookup.places(row.named))
    listed.rejected = decoded.rejected
    odd = f"{listed.name}: lines in other encodings: {len(decoded.odd_lines)}"
    listed.remarks = [*decoded.remarks, *([odd] if decoded.odd_lines else [])]
    return listed


def _settle(listed: ObjectList, row: ListRow, places: list[int]) -> None:
    """Lay a row to the object that it names, or to the rows that fit none."""
    if len(places) != 1:
        listed.unfit.append(("list_names_several" if places else "list_row_without_object", row))
    elif places[0] in listed.found:
        listed.unfit.append(("list_names_it_again", row))
    else:
        listed.found[places[0]] = row


def _as_table(resource: Resource) -> Resource:
    """Return the entry as its list is read: a table whose columns are those that no object gives by itself."""
    own = [column for column in resource.columns if column.name not in OBJECT_COLUMNS]
    naming = Column(name=_NAMES_OBJECT, zh=resource.source.objects.file or "", type="text")
    source = resource.source.model_copy(update={"rows": "table"})
    return resource.model_copy(update={"columns": (naming, *own), "source": source})


def _rows(path: Path, decoded: Decoded, place: int) -> Iterator[ListRow]:
    count = 0
    for block in decoded.blocks:
        count += len(block.row_numbers)
        most = 2 * most_members()
        if count + len(decoded.rejected) > most:
            raise refused(
                path, f"清单超过 {most} 行 / the list has over {most} rows", "分批打包 / several archives"
            )
        for line, cells in zip(block.lines.to_pylist(), block.rows(), strict=True):
            yield ListRow(line, (cells[place] or "").strip(), [*cells[:place], *cells[place + 1 :]])


class _Lookup:
    """Find objects by what a list calls them: path from the list or the archive, name, name without its end."""

    def __init__(self, objects: Sequence[str], folder: PurePosixPath) -> None:
        self._by_path: dict[str, list[int]] = {}
        self._by_name: dict[str, list[int]] = {}
        self._by_stem: dict[str, list[int]] = {}
        self._below = "" if folder == PurePosixPath() else f"{_plain(folder.as_posix())}/"
        for place, name in enumerate(objects):
            path = PurePosixPath(_plain(name))
            for known, key in (
                (self._by_path, str(path)),
                (self._by_name, path.name),
                (self._by_stem, path.stem),
            ):
                known.setdefault(key, []).append(place)

    def places(self, named: str) -> list[int]:
        """Return the places of the objects that a name may stand for."""
        name = _plain(named)
        if not name:
            return []
        tried = (
            self._by_path.get(self._below + name),
            self._by_path.get(name),
            self._by_name.get(name),
            self._by_stem.get(name),
        )
        return next(filter(None, tried), [])


def _plain(name: str) -> str:
    """Return a name as it is compared: systems write the same one in several ways."""
    return unicodedata.normalize("NFC", name).strip().replace("\\", "/").removeprefix("./").casefold()
