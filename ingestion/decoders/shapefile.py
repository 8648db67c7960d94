"""Decode shapefiles: a set of members of an archive; their table as DBF, their geometry as the text of GeoJSON."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import numpy as np
import pyarrow as pa

from ingestion.decoded import Block, Decoded
from ingestion.decoders import dbf
from ingestion.geometry_text import geojson_text
from ingestion.spatial import GEOMETRY, SHAPEFILE, batches, layer_facts, layers, reference_remark
from ingestion.unpacking import Member
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

_ENDS = (
    "shp",
    "shx",
    "dbf",
    "prj",
    "cpg",
    "sbn",
    "sbx",
    "qix",
    "qpj",
    "qmd",
    "fbn",
    "fbx",
    "ain",
    "aih",
    "atx",
    "shp.xml",
)
_LONGEST_NOTE = 10_000
_REFERENCE = re.compile(r'(?:PROJCS|GEOGCS|PROJCRS|GEOGCRS|COMPD_CS|COMPOUNDCRS)\["([^"]{1,100})"')


@dataclass(frozen=True, slots=True)
class ShapeSet:
    """Hold the members that make up a shapefile, by the end of their names."""

    ends: dict[str, Member]

    @property
    def members(self) -> list[Member]:
        """Return them."""
        return list(self.ends.values())

    def path(self, end: str) -> Path | None:
        """Return where a member lies; null where there is none."""
        return self.ends[end].path if end in self.ends else None


def sets_of(members: list[Member]) -> dict[Member, ShapeSet]:
    """Return the shapefiles among members, by their ``.shp``."""
    by_stem: dict[str, dict[str, Member]] = {}
    for member in members:
        stem, end = _split(member.name)
        if end:
            by_stem.setdefault(stem, {})[end] = member
    return {ends["shp"]: ShapeSet(ends) for ends in by_stem.values() if "shp" in ends}


def _split(name: str) -> tuple[str, str]:
    """Return a member's name without its end, and which of a shapefile's it is; empty for another."""
    lowered = name.lower()
    end = next((end for end in reversed(_ENDS) if lowered.endswith(f".{end}")), "")
    return lowered.removesuffix(f".{end}"), end


def decode(one: ShapeSet, resource: Resource) -> Decoded:
    """Read a shapefile: rows of its table, each with its geometry.

    Raises:
        DeliveryError: The table is missing, a file is broken, or there are not as many shapes as rows.
    """
    shp, table_path = one.path("shp"), one.path("dbf")
    assert shp is not None
    if table_path is None:
        raise DeliveryError(
            shp.name,
            "缺少 .dbf / the .dbf is missing",
            ".shp .shx .dbf .prj",
            "一并打包 / pack them together",
        )
    table = dbf.opened(table_path)
    encoding = dbf.encoding_of(table, resource.source.encoding or _encoding_noted(one.path("cpg")))
    shapes = _shapes(shp, one.path("shx"))
    decoded = Decoded("shapefile", encoding, [*dbf.names(table, encoding), GEOMETRY], 0, "", iter(()))
    decoded.remarks += reference_remark(_reference(one.path("prj")))
    decoded.blocks = _blocks(table, encoding, decoded, _Shapes(shapes, shp))
    return decoded


def _blocks(table: dbf.Table, encoding: str, decoded: Decoded, shapes: "_Shapes") -> Iterator[Block]:
    yield from dbf.blocks(table, encoding, decoded, shapes.of)
    shapes.check_count(table.records)


def _note(path: Path | None) -> str:
    if path is None:
        return ""
    with path.open("rb") as file:
        return file.read(_LONGEST_NOTE).decode("utf-8", "replace").strip().lstrip("\ufeff")


def _encoding_noted(path: Path | None) -> str | None:
    """Return the encoding of the ``.cpg``; null for one that is not known: the bytes tell then.

    >>> _encoding_noted(None)
    """
    word = _note(path).lower()
    if not word.isascii():
        return None
    return f"cp{word}" if word.isdigit() else word.replace("ansi ", "cp") or None


def _reference(path: Path | None) -> str:
    match = _REFERENCE.search(_note(path))
    return match[1] if match else ""


def _shapes(shp: Path, shx: Path | None) -> Iterator[pa.RecordBatch]:
    """Open the shapes without their table, under a name of our own."""
    folder = shp.with_name("shapes")
    folder.mkdir(exist_ok=True)
    place = folder / "shapes.shp"
    for path, end in ((shp, ".shp"), (shx, ".shx")):
        linked = place.with_suffix(end)
        if path is not None and not linked.exists():
            linked.hardlink_to(path)
    (layer,) = layers(place)
    layer_facts(place, layer, SHAPEFILE)
    return batches(place, layer, SHAPEFILE, [])


class _Shapes:
    """Give the geometries of records, which are asked for in their order."""

    def __init__(self, found: Iterator[pa.RecordBatch], path: Path) -> None:
        self._found, self._path = found, path
        self._held: list[bytes | None] = []
        self._first = 0

    def of(self, records: np.ndarray) -> list[pa.StringArray]:
        """Return the column of the geometry of some records, by their numbers from 0."""
        last = int(records[-1])
        while self._first + len(self._held) <= last:
            batch = next(self._found, None)
            if batch is None:
                raise self._other_count()
            self._held += batch.column(GEOMETRY).to_pylist()
        try:
            texts = [geojson_text(self._held[record - self._first]) for record in records.tolist()]
        except ValueError:
            raise self._other_count() from None
        self._held, self._first = self._held[last + 1 - self._first :], last + 1
        return [pa.array(texts, pa.string())]

    def check_count(self, records: int) -> None:
        """Refuse shapes beyond the rows.

        Raises:
            DeliveryError: There are some.
        """
        shapes = self._first + len(self._held) + sum(batch.num_rows for batch in self._found)
        if shapes != records:
            raise self._other_count()

    def _other_count(self) -> DeliveryError:
        return DeliveryError(
            PurePosixPath(self._path).name,
            "图形与属性的行数不符或图形损坏 / shapes and rows differ in number, or a shape is broken",
            "成套的 Shapefile / a shapefile whose parts belong together",
            "重新导出后报送 / export it again and send it",
        )
