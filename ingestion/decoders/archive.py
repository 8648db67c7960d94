"""Decode an archive: the tables in it, members of one shape, are one delivery; each row names its member.

A shapefile is a set of members of one name. Documents and pictures that lie beside the tables are passed over and
told; an archive within an archive is refused.
"""

import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path, PurePosixPath

from ingestion.decoded import Block, Decoded
from ingestion.decoders import shapefile
from ingestion.form_of_bytes import ZIP, head_of, is_workbook_zip, no_table, zip_names
from ingestion.joined import Part, joined
from ingestion.unpacking import Member, packed_form, unpacked
from ingestion.zip_limits import refused
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

_OTHER_ARCHIVES = ("7z", "rar")
DecodeTable = Callable[[Path, Resource], Decoded]


def archive_form(path: Path, head: bytes) -> str:
    """Return what kind of archive a file is; empty for a workbook and for what is none."""
    form = packed_form(path, head)
    return "" if form == "zip" and head.startswith(ZIP) and is_workbook_zip(zip_names(path)) else form


def decode(path: Path, resource: Resource, form: str, decode_table: DecodeTable) -> Decoded:
    """Read the tables of an archive one after the other, in order of their names.

    Args:
        form: As ``archive_form`` gives it.
        decode_table: Reads one table.

    Raises:
        DeliveryError: It is broken, exceeds a bound, leads elsewhere, holds an archive, or holds no table.
    """
    unfolded = tempfile.TemporaryDirectory(prefix="unpacked-")
    opened = _Opened(path, resource, decode_table)
    whole = joined(opened.parts(unpacked(path, form, Path(unfolded.name))), resource, form)
    if whole is None:
        unfolded.cleanup()
        raise refused(
            path,
            "压缩包中没有表 / there is no table in it",
            "一张或多张同样的表 / one table or several alike",
        )
    whole.blocks = _kept(whole.blocks, whole, unfolded, opened)
    return whole


def _kept(
    blocks: Iterator[Block], whole: Decoded, unfolded: "tempfile.TemporaryDirectory[str]", opened: "_Opened"
) -> Iterator[Block]:
    """Give the blocks, and let go of the unpacked members after the last."""
    with unfolded:
        yield from blocks
    if opened.passed_over:
        names = ", ".join(opened.passed_over)
        whole.remarks.append(f"压缩包中略过 / passed over in the archive: {names}")


class _Opened:
    """Open the members of an archive as parts of a table."""

    def __init__(self, path: Path, resource: Resource, decode_table: DecodeTable) -> None:
        self._path, self._resource, self._decode = path, resource, decode_table
        self.passed_over: list[str] = []

    def parts(self, members: list[Member]) -> Iterator[Part]:
        """Give the tables among the members."""
        sets = shapefile.sets_of(members)
        of_a_set = {member for one in sets.values() for member in one.members}
        for member in members:
            if member in sets:
                yield self._part(member.name, partial(shapefile.decode, sets[member], self._resource))
            elif member not in of_a_set and self._is_table(member):
                yield self._part(member.name, partial(self._decode, member.path, self._resource))

    def _is_table(self, member: Member) -> bool:
        """Tell whether a member may be a table; what is none is noted.

        Raises:
            DeliveryError: It is an archive.
        """
        head = head_of(member.path)
        form = no_table(member.path, head)
        if form.name in _OTHER_ARCHIVES if form else archive_form(member.path, head):
            raise refused(
                self._path,
                "压缩包中还有压缩包 / there is an archive within the archive",
                "只打包一层 / tables packed once",
            )
        is_nothing = not head.strip()
        if form is not None or is_nothing:
            self.passed_over.append(PurePosixPath(member.name).name)
        return form is None and not is_nothing

    def _part(self, name: str, open_part: Callable[[], Decoded]) -> Part:
        """Open a part; what is wrong with it is told under its name."""
        try:
            decoded = open_part()
        except DeliveryError as error:
            raise _named(error, name) from None
        decoded.blocks = _blocks(decoded.blocks, name)
        return Part(name, decoded)


def _blocks(blocks: Iterator[Block], name: str) -> Iterator[Block]:
    try:
        yield from blocks
    except DeliveryError as error:
        raise _named(error, name) from None


def _named(error: DeliveryError, name: str) -> DeliveryError:
    return DeliveryError(error.where, f"{name}: {error.found}", error.expected, error.remedy)
