"""Decode GeoPackage: one layer, or several of the same columns, each geometry as the text of GeoJSON.

A layer that is a view is refused: it runs what its author wrote. Row ids that the program gave are no column, unless
the catalogue declares them.
"""

import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from ingestion.decoded import Block, Decoded
from ingestion.decoders.parquet import texts
from ingestion.geometry_text import geojson_text
from ingestion.header import declared_names, read_columns, tidy
from ingestion.joined import Part, joined
from ingestion.spatial import GEOMETRY, GEOPACKAGE, batches, layer_facts, reference_remark
from resource_catalogue.errors import DeliveryError
from resource_catalogue.resource import Resource

_MARK = b"SQLite format 3\0"
_TABLES = "select table_name from gpkg_contents where data_type in ('features', 'attributes') order by rowid"
_PLAIN = (
    "select name from sqlite_master where type = 'table' and lower(ltrim(sql)) not like 'create virtual%'"
    " and (sql not like '%generated always%' and sql not like '% as (%')"
)


def is_geopackage(head: bytes) -> bool:
    """Tell from the first bytes whether a file is a database of SQLite, as a GeoPackage is."""
    return head.startswith(_MARK)


def decode(path: Path, resource: Resource) -> Decoded:
    """Read the declared layers (``sheet``), else the first that has rows; the line of a row is its place.

    Raises:
        DeliveryError: It is broken, no GeoPackage, or lacks the layer.
    """
    linked = _Linked(path)
    wanted, found = resource.source.sheet, _layers(path)
    if wanted is None:
        first = (one for one in map(linked.part, found, [resource] * len(found)) if one.decoded.header)
        part = next(_filled(first), None)
        if part is None:
            raise _refused(path, "没有图层或图层为空 / no layer has rows", "有数据的图层 / a layer with rows")
        return part.decoded
    chosen = found if wanted == "*" else [wanted] if isinstance(wanted, str) else list(wanted)
    missing = [name for name in chosen if name not in found]
    whole = None if missing else joined((linked.part(name, resource) for name in chosen), resource)
    if whole is None:
        raise _refused(
            path, "缺少目录声明的图层 / the declared layer is missing", "改正 sheet / correct `sheet`"
        )
    return whole


def _filled(parts: Iterator[Part]) -> Iterator[Part]:
    """Give the parts that have rows; the first block of each is read for that."""
    for part in parts:
        block = next(part.decoded.blocks, None)
        if block is not None:
            part.decoded.blocks = _again(block, part.decoded.blocks)
            yield part


def _again(block: Block, rest: Iterator[Block]) -> Iterator[Block]:
    yield block
    yield from rest


def _layers(path: Path) -> list[str]:
    """List the tables of a GeoPackage that are tables; SQLite opens it as it lies, without writing beside it.

    Raises:
        DeliveryError: It is none.
    """
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            plain = {name for (name,) in connection.execute(_PLAIN)}
            named = [name for (name,) in connection.execute(_TABLES)]
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeError) as error:
        kind = type(error).__name__
        raise _refused(
            path, f"不是完整的 GeoPackage / no whole GeoPackage ({kind})", "GeoPackage (.gpkg)"
        ) from None
    if any(name not in plain for name in named):
        raise _refused(path, "图层是视图 / a layer is a view", "普通表 / plain tables")
    return [str(name) for name in named]


class _Linked:
    """Open layers under a name of our own, which is no address of anything else."""

    def __init__(self, path: Path) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="spatial-")
        self._place = Path(self._folder.name) / "layers.gpkg"
        self._place.symlink_to(path.absolute())

    def part(self, layer: str, resource: Resource) -> Part:
        """Open a layer as a part of a table."""
        facts = layer_facts(self._place, layer, GEOPACKAGE)
        fields = [str(name) for name in facts["fields"]]  # type: ignore[attr-defined]
        identity = _declared_identity(str(facts["fid_column"] or ""), resource)
        has_geometry = facts["geometry_type"] is not None
        header = [*([identity] if identity else []), *fields, *([GEOMETRY] if has_geometry else [])]
        decoded = Decoded("gpkg", "", header, 0, layer, iter(()))
        decoded.remarks += reference_remark(facts["crs"])
        decoded.blocks = self._blocks(layer, header)
        return Part(layer, decoded)

    def _blocks(self, layer: str, header: list[str]) -> Iterator[Block]:
        first = 1
        for batch in batches(self._place, layer, GEOPACKAGE):
            if not batch.num_rows:
                continue
            numbers = pa.array(range(first, first + batch.num_rows), pa.int64())
            first += batch.num_rows
            yield Block(numbers, numbers, [self._column(batch, name) for name in header])

    def _column(self, batch: pa.RecordBatch, name: str) -> pa.StringArray:
        column = batch.column(name)
        if name != GEOMETRY or not pa.types.is_binary(column.type):
            return texts(column)
        try:
            return pa.array([geojson_text(one) for one in column.to_pylist()], pa.string())
        except ValueError:
            raise _refused(
                self._place, "图形损坏 / a geometry is broken", "有效的图形 / valid geometries"
            ) from None


def _declared_identity(name: str, resource: Resource) -> str:
    known = {one for column in read_columns(resource) for one in declared_names(column)}
    return name if tidy(name) in known else ""


def _refused(path: Path, found: str, expected: str) -> DeliveryError:
    return DeliveryError(path.name, found, expected, "重新导出后报送 / export it again and send it")
