"""Write geometries as the text they have in GeoJSON (RFC 7946), from the well-known binary that engines give.

Coordinates are those of the file, in its reference system: nothing is transformed here. Measures (M) have no place in
GeoJSON and are left out.
"""

import struct
from typing import Any

import numpy as np
import orjson

_KINDS = {
    1: "Point",
    2: "LineString",
    3: "Polygon",
    4: "MultiPoint",
    5: "MultiLineString",
    6: "MultiPolygon",
    7: "GeometryCollection",
    15: "MultiPolygon",
    16: "MultiPolygon",
    17: "Polygon",
}
_PER_THOUSAND = 1000
_DEEPEST = 16


def geojson_text(binary: bytes | None) -> str | None:
    """Return the GeoJSON text of a geometry in ISO well-known binary; null for none.

    >>> geojson_text(struct.pack("<BIdd", 1, 1, 118.79, 32.05))
    '{"type":"Point","coordinates":[118.79,32.05]}'

    Raises:
        ValueError: It is no such binary.
    """
    if binary is None:
        return None
    try:
        body, _ = _geometry(binary, 0, 0)
    except (struct.error, KeyError, RecursionError):
        raise ValueError("no well-known binary") from None
    return orjson.dumps(body, option=orjson.OPT_SERIALIZE_NUMPY).decode()


def _geometry(binary: bytes, place: int, depth: int) -> tuple[dict[str, Any], int]:
    """Return a geometry and the place behind it."""
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    order = "<" if binary[place : place + 1] == b"\x01" else ">"
    (code,) = struct.unpack_from(f"{order}I", binary, place + 1)
    dimensions, kind = (
        2 + (1, 1, 2)[code // _PER_THOUSAND - 1] * (code >= _PER_THOUSAND),
        code % _PER_THOUSAND,
    )
    name = _KINDS[kind]
    has_height = code // _PER_THOUSAND in (1, 3)
    reader = _Reader(binary, place + 5, order, dimensions, 3 if has_height else 2)
    if name == "Point":
        point = reader.points(1)[0]
        return {"type": name, "coordinates": [] if np.isnan(point).all() else point}, reader.place
    if name == "LineString":
        return {"type": name, "coordinates": reader.points(reader.count())}, reader.place
    if name == "Polygon":
        rings = [reader.points(reader.count()) for _ in range(reader.count())]
        return {"type": name, "coordinates": rings}, reader.place
    parts = []
    for _ in range(reader.count()):
        part, reader.place = _geometry(binary, reader.place, depth + 1)
        parts.append(part)
    if name == "GeometryCollection":
        return {"type": name, "geometries": parts}, reader.place
    return {"type": name, "coordinates": [part["coordinates"] for part in parts]}, reader.place


class _Reader:
    """Read counts and points of one geometry."""

    def __init__(self, binary: bytes, place: int, order: str, dimensions: int, kept: int) -> None:
        self.place = place
        self._binary, self._order, self._dimensions, self._kept = binary, order, dimensions, kept

    def count(self) -> int:
        """Return how many parts or points follow; each takes bytes, so no more than are left."""
        (count,) = struct.unpack_from(f"{self._order}I", self._binary, self.place)
        self.place += 4
        if count > len(self._binary):
            raise ValueError("more parts than bytes")
        return int(count)

    def points(self, count: int) -> np.ndarray:
        """Return the next points, one row each."""
        end = self.place + count * self._dimensions * 8
        if end > len(self._binary):
            raise ValueError("more points than bytes")
        numbers = np.frombuffer(self._binary[self.place : end], dtype=f"{self._order}f8")
        self.place = end
        shaped = numbers.reshape(count, self._dimensions)[:, : self._kept]
        return np.ascontiguousarray(shaped, dtype=np.float64)
