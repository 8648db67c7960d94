"""Maps of an opened dataset: its places as points, or its divisions shaded by what is counted in them.

Here: drawing from the dataset's own published rows, and from the outlines that lie beside the catalogue. No tiles, no
script, nothing from elsewhere. Not here: which outlines may be shown (``opening/boundaries.py``), and the page, which
gives the same as a table. A point is not personal here: what may not be seen is not in the files.
"""

from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import polars as pl

from opening.catalogue_shape import DivisionShapes, PublicColumn, PublicDataset
from opening.map_frame import WIDTH, Frame, Place, frame_of, is_place
from serving.portal.holdings import Holdings, file_of
from serving.portal.rows import reading

SHADES = 5
_GRID = 4
"""Units of the sheet within which points fall together: a page of a million places stays small."""
_LISTED = 50
_SYSTEM = "coordinate_system"
_COUNTED: PublicColumn = {
    "name": "", "zh": "条数", "en": "Rows", "type": "Int64", "type_name": {"zh": "整型", "en": "integer"},
    "length": None, "unit": None, "role": "count", "mask": None, "codes": [],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PointMap:
    """Show places as points.

    Attributes:
        dots: The points in the words of SVG.
        shown: Places that are drawn; ``left_out`` those of another coordinate system than the most.
        bounds: West, south, east, north of what is drawn.
        listed: The first places, for the table.
    """

    dots: str
    height: int
    scale_km: int
    scale_length: float
    system: str
    shown: int
    left_out: int
    bounds: tuple[float, float, float, float]
    listed: tuple[Place, ...]
    width: int = WIDTH


@dataclass(frozen=True, slots=True)
class Shaded:
    """Show one division: its name, the count in it (null where none was published) and its shade, 0 for none."""

    code: str
    name: str
    path: str
    count: int | None
    shade: int


@dataclass(frozen=True, slots=True)
class DivisionMap:
    """Show divisions shaded by a count.

    Attributes:
        legend: Shade with the least and greatest count in it.
        off_map: Counts of divisions of which there is no outline.
    """

    column: PublicColumn
    counted: PublicColumn
    divisions: tuple[Shaded, ...]
    legend: tuple[tuple[int, int, int], ...]
    off_map: int
    height: int
    scale_km: int
    scale_length: float
    system: str
    approval: str
    width: int = WIDTH


def point_map(holdings: Holdings, dataset: PublicDataset) -> PointMap | None:
    """Draw a dataset's places; null where it has no longitude and latitude, or its files may not be fetched."""
    names = {column["name"] for column in dataset["columns"]}
    file = file_of(dataset, "parquet") if dataset["downloadable"] else None
    if file is None or not {"longitude", "latitude"} <= names:
        return None
    return _points(holdings.path(dataset, file), file["sha256"], _SYSTEM in names)


@lru_cache(maxsize=64)
def _points(path: Path, mark: str, names_system: bool) -> PointMap | None:
    system = pl.col(_SYSTEM).cast(pl.String).fill_null("") if names_system else pl.lit("")
    chosen = [
        pl.col("longitude").cast(pl.Float64, strict=False),
        pl.col("latitude").cast(pl.Float64, strict=False),
        system.alias(_SYSTEM),
    ]
    with reading(path):
        rows = pl.scan_parquet(path).select(chosen).collect().rows()
    found = [(x, y, of) for x, y, of in rows if is_place(x, y)]
    if not found:
        return None
    most = Counter(of for _, _, of in found).most_common(1)[0][0]
    places = [(x, y) for x, y, of in found if of == most]
    frame, (km, length) = frame_of(places), frame_of(places).scale_bar()
    longitudes, latitudes = zip(*places, strict=True)
    bounds = (min(longitudes), min(latitudes), max(longitudes), max(latitudes))
    listed, left_out = tuple(dict.fromkeys(places))[:_LISTED], len(found) - len(places)
    return PointMap(
        _dots(frame, places), frame.height, km, length, most, len(places), left_out, bounds, listed
    )


def _dots(frame: Frame, places: list[Place]) -> str:
    """Draw each place as a line of no length, whose round ends are the point."""
    cells = {(round(x / _GRID) * _GRID, round(y / _GRID) * _GRID) for x, y in map(frame.at, places)}
    return "".join(f"M{x} {y}h0" for x, y in sorted(cells))


def division_map(holdings: Holdings, dataset: PublicDataset) -> DivisionMap | None:
    """Shade the divisions that a dataset counts by; null where it names none, or there are no outlines of them."""
    column = next((one for one in dataset["columns"] if one["name"].endswith("division_code")), None)
    file = file_of(dataset, "parquet") if dataset["downloadable"] else None
    shapes = holdings.boundaries() if column is not None and file is not None else None
    if column is None or file is None or shapes is None:
        return None
    counted = next((one for one in dataset["columns"] if one["role"] == "count"), _COUNTED)
    counts = _counts(holdings.path(dataset, file), file["sha256"], column["name"], counted["name"])
    return _shaded(shapes, counts, column, counted)


@lru_cache(maxsize=64)
def _counts(path: Path, mark: str, column: str, counted: str) -> dict[str, int]:
    total = pl.col(counted).sum().cast(pl.Int64) if counted else pl.len().cast(pl.Int64)
    with reading(path):
        frame = pl.scan_parquet(path).group_by(pl.col(column).cast(pl.String)).agg(total.alias("total"))
        return dict(frame.drop_nulls().collect().iter_rows())


def _shaded(
    shapes: DivisionShapes, counts: dict[str, int], column: PublicColumn, counted: PublicColumn
) -> DivisionMap | None:
    """Shade the outlines of the tier that the counts are of; null where fewer than two of them have one."""
    tiers = Counter(_tier(shape["code"]) for shape in shapes["shapes"] if shape["code"] in counts)
    tier, outlined = next(iter(tiers.most_common(1)), ("", 0))
    if outlined < 2:
        return None
    drawn = [shape for shape in shapes["shapes"] if _tier(shape["code"]) == tier]
    values = sorted(counts[shape["code"]] for shape in drawn if shape["code"] in counts)
    tops = sorted({values[-(-len(values) * n // SHADES) - 1] for n in range(1, SHADES + 1)})
    # Few values take the darker shades too, so that the greatest is always the darkest.
    first = SHADES - len(tops) + 1
    divisions = tuple(
        Shaded(
            s["code"], s["name"], s["path"], count, 0 if count is None else first + bisect_left(tops, count)
        )
        for s, count in ((shape, counts.get(shape["code"])) for shape in drawn)
    )
    bounds = [(first + n, [v for v in values if bisect_left(tops, v) == n]) for n in range(len(tops))]
    return DivisionMap(
        column=column,
        counted=counted,
        divisions=divisions,
        legend=tuple((shade, of[0], of[-1]) for shade, of in bounds),
        off_map=len(counts) - len(values),
        height=shapes["height"],
        scale_km=shapes["scale_km"],
        scale_length=shapes["scale_length"],
        system=shapes["system"],
        approval=shapes["approval"],
    )


def _tier(code: str) -> str:
    """Tell the tier of a division by its code.

    >>> [_tier(code) for code in ("320000", "329900", "329901", "329901001")]
    ['province', 'city', 'county', '9']
    """
    if len(code) != 6:
        return str(len(code))
    return "province" if code.endswith("0000") else "city" if code.endswith("00") else "county"
