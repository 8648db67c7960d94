"""The frame of a map: where a longitude and latitude come to lie on the sheet, and how long a kilometre is there.

Here: one plain projection, true to scale in the middle of the sheet, for areas of the size of a province and below.
Not here: which coordinate system the numbers are of. They are drawn as they are given: GCJ-02 and CGCS2000 differ by
hundreds of metres, so that only coordinates of one system may stand on one sheet.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass

WIDTH = 640
_LARGEST, _SMALLEST = 900.0, 240.0
"""Bounds of a sheet's height."""
_MARGIN = 0.04
_LEAST_DEGREES = 0.01
_KM_PER_DEGREE = 111.32
_STEPS = (1, 2, 5)
Place = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Frame:
    """Hold the part of the world that a sheet shows, and its height; its width is ``WIDTH``."""

    west: float
    north: float
    degree: float
    squeeze: float
    height: int

    def at(self, place: Place) -> Place:
        """Return where a longitude and latitude lie on the sheet, from its upper left corner."""
        longitude, latitude = place
        return (longitude - self.west) * self.squeeze * self.degree, (self.north - latitude) * self.degree

    def scale_bar(self) -> tuple[int, float]:
        """Return a round number of kilometres and how long it is on the sheet: about a quarter of its width."""
        per_km = self.degree / _KM_PER_DEGREE
        most = WIDTH / 4 / per_km
        power = 10 ** math.floor(math.log10(most)) if most >= 1 else 1
        km = max((step * power for step in _STEPS if step * power <= most), default=1)
        return int(km), round(km * per_km, 1)


def frame_of(places: Iterable[Place]) -> Frame:
    """Return the frame that shows all places with a margin.

    Raises:
        ValueError: There are none.
    """
    longitudes, latitudes = zip(*places, strict=True)
    west, east = min(longitudes), max(longitudes)
    south, north = min(latitudes), max(latitudes)
    squeeze = math.cos(math.radians((south + north) / 2)) or 1.0
    across = max((east - west) * squeeze, _LEAST_DEGREES)
    down = max(north - south, _LEAST_DEGREES)
    degree = min(WIDTH / across, _LARGEST / down) / (1 + 2 * _MARGIN)
    height = min(_LARGEST, max(_SMALLEST, down * degree * (1 + 2 * _MARGIN)))
    return Frame(
        west=(west + east) / 2 - WIDTH / degree / squeeze / 2,
        north=(south + north) / 2 + height / degree / 2,
        degree=degree,
        squeeze=squeeze,
        height=round(height),
    )


def is_place(longitude: float | None, latitude: float | None) -> bool:
    """Tell whether two numbers can be a longitude and a latitude; 0, 0 is what stands where nobody measured."""
    if longitude is None or latitude is None:
        return False
    return abs(longitude) <= 180 and abs(latitude) < 89 and (longitude, latitude) != (0, 0)
