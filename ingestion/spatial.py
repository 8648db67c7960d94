"""Open shapefiles and GeoPackages through GDAL, and nothing else through it.

GDAL reads some eighty forms, several of which lead to other files and to the network. Here it is loaded with the
two drivers that are wanted; files reach it under names of our own, so that no name is read as an address.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import ModuleType

import pyarrow as pa

from resource_catalogue.errors import DeliveryError

SHAPEFILE, GEOPACKAGE = "ESRI Shapefile", "GPKG"
GEOMETRY = "geometry"
"""Column of the geometry, as in GeoJSON."""
_BATCH_ROWS = 10_000
_DRIVERS_LEFT_OUT = (
    "MEM PCIDSK PDS4 VICAR PDF MBTiles EEDA OGCAPI GDALG LVBAG S57 DGN OGR_VRT CSV GML GPX LIBKML KML "
    "GeoJSON GeoJSONSeq ESRIJSON TopoJSON OGR_GMT SQLite WAsP OpenFileGDB DXF FlatGeobuf GeoRSS VFK "
    "PGDUMP OSM GPSBabel OGR_PDS WFS OAPIF EDIGEO Idrisi ODS XLSX Elasticsearch Carto AmigoCloud SXF "
    "Selafin JML PLSCENES CSW VDV MVT NGW MapML GTFS PMTiles JSONFG MiraMonVector ADBC AVCBin AVCE00 "
    "AIVector HTTP"
)
_DRIVER_OF_TWO_WORDS = "MapInfo File"
_OPENED_AS = {GEOPACKAGE: {"IMMUTABLE": "YES"}}
"""A database is read as it lies: nothing is written beside it."""
_CONFIG = {
    # Neither looks for files beside the one that is opened, nor asks the network for grids of projections.
    "GDAL_DISABLE_READDIR_ON_OPEN": "TRUE",
    "PROJ_NETWORK": "OFF",
    "GDAL_HTTP_TIMEOUT": "1",
    "SHAPE_RESTORE_SHX": "TRUE",
    "CPL_LOG_ERRORS": "OFF",
}


@cache
def engine() -> ModuleType:
    """Load the reader with two drivers; once per process.

    Raises:
        RuntimeError: Another driver is there: something else has loaded GDAL before.
    """
    before = os.environ.get("GDAL_SKIP")
    # Commas divide where a name has a blank.
    os.environ["GDAL_SKIP"] = ",".join((*_DRIVERS_LEFT_OUT.split(), _DRIVER_OF_TWO_WORDS))
    try:
        import pyogrio.raw
    finally:
        if before is None:
            del os.environ["GDAL_SKIP"]
        else:
            os.environ["GDAL_SKIP"] = before
    others = set(pyogrio.list_drivers()) - {SHAPEFILE, GEOPACKAGE}
    if others:
        raise RuntimeError(f"GDAL was loaded with drivers that are not wanted: {len(others)}")
    pyogrio.set_gdal_config_options(_CONFIG)
    loaded: ModuleType = pyogrio
    return loaded


def layers(path: Path) -> list[str]:
    """List the layers of a file.

    Raises:
        DeliveryError: It cannot be read.
    """
    with _wrapped(path):
        return [str(name) for name, _ in engine().list_layers(path)]


def layer_facts(path: Path, layer: str, driver: str) -> dict[str, object]:
    """Return what is said of a layer: its reference system (``crs``), the name of its row ids (``fid_column``).

    Raises:
        DeliveryError: It cannot be read, or not as what it should be.
    """
    with _wrapped(path):
        facts = engine().read_info(path, layer=layer, **_OPENED_AS.get(driver, {}))
    if facts["driver"] != driver:
        raise _broken(path, "another form")
    return dict(facts)


def batches(
    path: Path, layer: str, driver: str, columns: list[str] | None = None
) -> Iterator[pa.RecordBatch]:
    """Give a layer's rows, its geometry in well-known binary under ``GEOMETRY``; none where it has none.

    Args:
        columns: Those to read; null for all.

    Raises:
        DeliveryError: It cannot be read.
    """
    raw = engine().raw
    asked = {"columns": columns, "return_fids": True, "use_pyarrow": True, "batch_size": _BATCH_ROWS}
    opened = raw.open_arrow(path, layer=layer, **asked, **_OPENED_AS.get(driver, {}))
    with _wrapped(path), opened as (facts, reader):
        found = facts["geometry_name"] or "wkb_geometry"
        for batch in reader:
            # A database may hold bytes as text that are none.
            batch.validate(full=True)
            names = [GEOMETRY if name == found else name for name in batch.schema.names]
            yield batch.rename_columns(names)


def reference_remark(system: object) -> list[str]:
    """Say in which reference system coordinates are; nothing where the file does not."""
    return [f"坐标参照系 / coordinate reference system: {system}"] if system else []


@contextmanager
def _wrapped(path: Path) -> Iterator[None]:
    """Turn what GDAL says into an error without its text, which may hold values."""
    try:
        yield
    except DeliveryError:
        raise
    except Exception as error:
        raise _broken(path, type(error).__name__) from None


def _broken(path: Path, kind: str) -> DeliveryError:
    return DeliveryError(
        path.name,
        f"空间数据文件不能读取 / the spatial file cannot be read ({kind})",
        "完整的 Shapefile（zip）或 GeoPackage / a whole shapefile in a ZIP, or GeoPackage",
        "重新导出后报送 / export it again and send it",
    )
