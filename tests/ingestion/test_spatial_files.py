"""Shapefiles, their tables alone and GeoPackages give the table that GeoJSON gives."""

import json
import sqlite3
import struct
import zipfile
from pathlib import Path

import numpy as np
import pytest
from made_inbox import RAW, Inbox, a_resource

from ingestion import spatial
from ingestion.decode import decode_file
from ingestion.geometry_text import geojson_text

CODES, TITLES, AMOUNTS = ["001", "002", "003"], ["甲县", "乙县", None], [1, 2, 3]
PLACES = [(118.79, 32.05), (119.5, 33.25), (120.1, 34.0)]
COLUMNS = [
    {"name": "code", "zh": "代码", "type": "text", "required": True},
    {"name": "title", "zh": "名称", "type": "text"},
    {"name": "amount", "zh": "数量", "type": "integer"},
    {"name": "geometry", "zh": "图形", "type": "geometry"},
]
ROWS = [
    (code, title, amount, f'{{"type":"Point","coordinates":[{x},{y}]}}')
    for code, title, amount, (x, y) in zip(CODES, TITLES, AMOUNTS, PLACES, strict=True)
]


def write(path: Path, driver: str, encoding: str | None = None, **options: str) -> Path:
    """Write the rows with a driver of GDAL."""
    shapes = np.array([struct.pack("<BIdd", 1, 1, *place) for place in PLACES], dtype=object)
    data = [np.array(CODES, dtype=object), np.array(TITLES, dtype=object), np.array(AMOUNTS, dtype="i4")]
    spatial.engine().raw.write(
        path, shapes, data, ["代码", "名称", "数量"], driver=driver, geometry_type="Point", crs="EPSG:4490",
        encoding=encoding, **options,
    )  # fmt: skip
    return path


def shapefile(folder: Path, encoding: str = "GBK", left_out: tuple[str, ...] = ()) -> Path:
    """Write a zipped shapefile."""
    write(folder / "县界.shp", "ESRI Shapefile", encoding)
    packed = folder / "set.zip"
    with zipfile.ZipFile(packed, "w") as file:
        for part in sorted(folder.glob("县界.*")):
            if part.suffix not in left_out:
                file.write(part, f"数据/{part.name}")
    return packed


@pytest.mark.parametrize("form", ["GBK", "UTF-8", "gpkg", "geojson"])
def test_every_spatial_form_gives_the_same_table(inbox: Inbox, tmp_path: Path, form: str) -> None:
    inbox.declare(columns=COLUMNS)
    if form == "gpkg":
        inbox.send(write(tmp_path / "x.gpkg", "GPKG"), "feed.gpkg")
    elif form == "geojson":
        features = [
            {
                "type": "Feature",
                "properties": {"代码": code, "名称": title, "数量": amount},
                "geometry": json.loads(text),
            }
            for code, title, amount, text in ROWS
        ]
        inbox.send(json.dumps({"type": "FeatureCollection", "features": features}), "feed.geojson")
    else:
        inbox.send(shapefile(tmp_path, form), "feed.zip")
    inbox.ingest()
    assert inbox.rows("code", "title", "amount", "geometry") == ROWS


def test_the_reference_system_is_told(inbox: Inbox, tmp_path: Path) -> None:
    inbox.send(shapefile(tmp_path), "a.zip")
    inbox.ingest()
    assert "China_Geodetic_Coordinate_System_2000" in inbox.delivery()["reason"]
    assert (inbox.delivery()["format"], inbox.delivery()["encoding"]) == ("zip/shapefile", "gb18030")
    assert {sheet for (sheet,) in inbox.rows("_sheet")} == {"数据/县界.shp"}


def test_a_shapefile_without_its_index_is_read_and_one_without_its_table_is_refused(
    inbox: Inbox, tmp_path: Path
) -> None:
    inbox.send(shapefile(tmp_path, left_out=(".shx", ".cpg")), "a.zip", day=1)
    inbox.ingest()
    assert [code for (code,) in inbox.rows("code")] == CODES
    inbox.send(shapefile(tmp_path, left_out=(".dbf",)), "a.zip", day=2)
    inbox.ingest()
    assert inbox.deliveries()[1]["state"] == "unreadable"
    assert ".dbf" in inbox.deliveries()[1]["reason"]


def test_shapes_that_are_not_of_their_table_are_refused(inbox: Inbox, tmp_path: Path) -> None:
    packed = shapefile(tmp_path)
    table = (tmp_path / "县界.dbf").read_bytes()
    (begin, width) = struct.unpack_from("<HH", table, 8)
    shorter = table[:4] + struct.pack("<I", 2) + table[8 : begin + 2 * width] + b"\x1a"
    with zipfile.ZipFile(packed, "w") as file:
        file.write(tmp_path / "县界.shp", "a.shp")
        file.writestr("a.dbf", shorter)
    inbox.send(packed, "a.zip")
    inbox.ingest()
    assert inbox.delivery()["state"] == "unreadable"
    assert not inbox.lake.exists(RAW)


def dbf(records: list[bytes], fields: list[tuple[str, str, int]], encoding: str = "gbk") -> bytes:
    """Write a DBF from records as they lie in the file."""
    width = 1 + sum(size for _, _, size in fields)
    head = struct.pack("<BBBBIHH20x", 3, 126, 3, 1, len(records), 33 + 32 * len(fields), width)
    for name, kind, size in fields:
        head += name.encode(encoding)[:10].ljust(11, b"\0") + kind.encode() + struct.pack("<4xBB14x", size, 0)
    return head + b"\r" + b"".join(records) + b"\x1a"


FIELDS = [("代码", "C", 6), ("名称", "C", 8), ("数量", "N", 20), ("日期", "D", 8), ("是否", "L", 1)]


def test_a_table_alone_keeps_digits_and_says_what_was_deleted(inbox: Inbox, tmp_path: Path) -> None:
    def record(mark: str, code: str, title: str, amount: str, day: str, flag: str) -> bytes:
        cells = (code.ljust(6), title, amount.rjust(20), day.ljust(8), flag)
        return mark.encode() + cells[0].encode() + title.encode("gbk").ljust(8) + "".join(cells[2:]).encode()

    records = [
        record(" ", "0012", "北京市", "12345678901234567890", "20170301", "T"),
        record("*", "0013", "删", "1", "20170302", "F"),
        record(" ", "0014", "", "1.50", "", "?"),
    ]
    inbox.send(dbf(records, FIELDS), "feed.dbf")
    inbox.ingest()
    assert inbox.delivery()["format"] == "dbf"
    assert inbox.rows("code", "title", "amount", "日期", "是否", table=RAW) == [
        ("0012", "北京市", "12345678901234567890", "2017-03-01", "true"),
        ("0014", None, "1.50", None, None),
    ]
    assert [line for (line,) in inbox.rows("_line")] == [1, 3]
    assert "deleted records passed over: 1" in inbox.delivery()["reason"]


def test_half_a_character_at_the_end_of_a_field_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.dbf"
    path.write_bytes(dbf([b" " + "甲乙丙".encode()[:8]], [("名称", "C", 8)], "utf-8"))
    decoded = decode_file(path, a_resource())
    assert [block.rows() for block in decoded.blocks] == [[["甲乙"]]]
    assert decoded.encoding == "utf-8"


def test_a_table_in_big5_is_read_where_it_is_declared(tmp_path: Path) -> None:
    path = tmp_path / "a.dbf"
    path.write_bytes(dbf([b" " + "臺北縣".encode("big5").ljust(8)], [("名稱", "C", 8)], "big5"))
    decoded = decode_file(path, a_resource(source={"encoding": "big5"}))
    assert (decoded.header, [block.rows() for block in decoded.blocks]) == (["名稱"], [[["臺北縣"]]])


def test_a_table_that_is_cut_off_is_refused(inbox: Inbox) -> None:
    inbox.send(dbf([b" " + b"x" * 8] * 9, [("代码", "C", 8)])[:-20], "feed.dbf")
    inbox.ingest()
    assert inbox.delivery()["state"] == "unreadable"
    assert "cut off" in inbox.delivery()["reason"]


def test_the_declared_layer_is_read_and_a_view_is_refused(inbox: Inbox, tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", "GPKG", layer="一")
    write(path, "GPKG", layer="二", append="YES")
    inbox.declare(source={"sheet": "二"})
    inbox.send(path, "a.gpkg", day=1)
    inbox.ingest()
    assert {sheet for (sheet,) in inbox.rows("_sheet")} == {"二"}
    with sqlite3.connect(path) as database:
        database.execute('create view 三 as select * from "一"')
        database.execute(
            "insert into gpkg_contents (table_name, data_type, identifier, srs_id) values ('三', 'attributes', '三', 0)"
        )
    inbox.send(path, "a.gpkg", day=2)
    inbox.ingest()
    assert "view" in inbox.deliveries()[1]["reason"]


def test_bytes_that_are_no_text_are_refused(inbox: Inbox, tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", "GPKG")
    content = path.read_bytes()
    assert "甲县".encode() in content
    inbox.send(content.replace("甲县".encode(), b"\xe4\xbd" * 3), "x.gpkg")
    inbox.ingest()
    assert inbox.delivery()["state"] == "unreadable"
    assert "spatial file cannot be read" in inbox.delivery()["reason"]


def test_a_database_is_read_without_a_file_beside_it(tmp_path: Path) -> None:
    path = write(tmp_path / "x.gpkg", "GPKG")
    with sqlite3.connect(path) as database:
        database.execute("pragma journal_mode=wal")
    database.close()
    before = sorted(one.name for one in tmp_path.iterdir())
    decoded = decode_file(path, a_resource())
    assert sum(len(block.row_numbers) for block in decoded.blocks) == 3
    assert sorted(one.name for one in tmp_path.iterdir()) == before


def test_gdal_has_the_two_drivers_that_are_wanted_and_no_way_to_the_network() -> None:
    assert set(spatial.engine().list_drivers()) == {"ESRI Shapefile", "GPKG"}


def ring(*points: tuple[float, ...]) -> bytes:
    return struct.pack("<I", len(points)) + b"".join(struct.pack(f"<{len(p)}d", *p) for p in points)


@pytest.mark.parametrize(
    ("binary", "text"),
    [
        (struct.pack("<BIddd", 1, 1001, 1, 2, 3), '{"type":"Point","coordinates":[1.0,2.0,3.0]}'),
        (struct.pack(">BIddd", 0, 2001, 1, 2, 9), '{"type":"Point","coordinates":[1.0,2.0]}'),
        (struct.pack("<BIdd", 1, 1, float("nan"), float("nan")), '{"type":"Point","coordinates":[]}'),
        (
            struct.pack("<BI", 1, 2) + ring((0, 0), (1, 1)),
            '{"type":"LineString","coordinates":[[0.0,0.0],[1.0,1.0]]}',
        ),
        (
            struct.pack("<BIIBII", 1, 6, 1, 1, 3, 1) + ring((0, 0), (1, 0), (1, 1), (0, 0)),
            '{"type":"MultiPolygon","coordinates":[[[[0.0,0.0],[1.0,0.0],[1.0,1.0],[0.0,0.0]]]]}',
        ),
        (
            struct.pack("<BIIBIdd", 1, 7, 1, 1, 1, 5, 6),
            '{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[5.0,6.0]}]}',
        ),
    ],
)
def test_geometries_are_written_as_geojson(binary: bytes, text: str) -> None:
    assert geojson_text(binary) == text


@pytest.mark.parametrize(
    "binary", [b"", b"\x01", struct.pack("<BII", 1, 2, 1 << 30), struct.pack("<BI", 1, 99)]
)
def test_what_is_no_geometry_is_an_error_of_its_own(binary: bytes) -> None:
    with pytest.raises(ValueError, match=r"binary|points|parts"):
        geojson_text(binary)
