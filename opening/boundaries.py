"""Outlines of divisions for the portal's maps: ``var/open/boundaries.json``, drawn once and read as they are.

Here: which outlines may be shown, and drawing them. Not here: what is shown on them (``serving``).

A map with boundaries of divisions may be shown to the public with the number of its review only (审图号;
地图审核管理规定 a5, a6(三)): without the setting ``portal.map_approval`` nothing is drawn. Outlines come from the base
of places, and there from resources alone whose geometry is open to all. Those of another coordinate system than the
most are left out: systems are never mixed on one sheet.
"""

import datetime as dt
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from lake import Lake
from lake.tables import DELIVERIES
from opening.catalogue_shape import BOUNDARIES, DivisionShape, DivisionShapes
from opening.map_frame import Frame, Place, frame_of, is_place
from resource_catalogue.deployment import Deployment
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.words import TableName

_PLACE = TableName("base", "place")
_GEOMETRY = "geometry_geojson"
_Ring = list[Place]


def write_boundaries(lake: Lake, release: Release, deployment: Deployment, as_of: dt.datetime) -> Path | None:
    """Write the outlines, or take them away where none may be shown; the same content leaves the file untouched.

    Returns:
        The file; null where there is none.
    """
    path = deployment.var / "open" / BOUNDARIES
    approval = deployment.settings.portal.map_approval
    day = as_of.astimezone(deployment.settings.zone()).date()
    drawn = _drawn(_outlines(lake, release, day), approval) if approval else None
    if drawn is None:
        path.unlink(missing_ok=True)
        return None
    content = json.dumps(drawn, ensure_ascii=False, indent=1).encode()
    if not (path.exists() and path.read_bytes() == content):
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_name(f".{BOUNDARIES}.{os.getpid()}")
        draft.write_bytes(content)
        draft.replace(path)
    return path


def _outlines(lake: Lake, release: Release, day: dt.date) -> list[dict[str, Any]]:
    """Return the divisions of today with their outlines, code by code."""
    if not (lake.exists(_PLACE) and lake.exists(DELIVERIES)):
        return []
    admitted = [resource.id for resource in release.listed_resources() if _is_open(resource)]
    sql = (
        f"select place_id as code, name, coordinate_system as system, {_GEOMETRY} as geometry from {_PLACE} "
        f"where regexp_full_match(place_id, '[0-9]{{6,12}}') and {_GEOMETRY} like '%Polygon%' "
        "and (valid_from is null or valid_from <= ?) and (valid_to is null or valid_to > ?) "
        f"and {_GEOMETRY}__delivery_id in "
        f"(select delivery_id from {DELIVERIES} where list_contains(?, resource_id)) order by code"
    )
    return lake.query(sql, _PLACE, DELIVERIES, parameters=[day, day, admitted]).to_dicts()


def _is_open(resource: Resource) -> bool:
    """Tell whether a resource may show its outlines to everybody."""
    columns = [column for column in resource.columns if column.base == f"place.{_GEOMETRY}"]
    return resource.open.type == "open_to_all" and all(
        column.open is None or column.open.type == "open_to_all" for column in columns
    )


def _drawn(rows: list[dict[str, Any]], approval: str) -> DivisionShapes | None:
    if not rows:
        return None
    system = Counter(row["system"] or "" for row in rows).most_common(1)[0][0]
    rings = {
        (row["code"], row["name"] or ""): list(_rings(row["geometry"]))
        for row in rows
        if (row["system"] or "") == system
    }
    places = [place for found in rings.values() for ring in found for place in ring]
    if not places:
        return None
    frame = frame_of(places)
    shapes: list[DivisionShape] = [
        {"code": code, "name": name, "path": "".join(_path(frame, ring) for ring in found)}
        for (code, name), found in rings.items()
    ]
    km, length = frame.scale_bar()
    return {
        "approval": approval,
        "system": system,
        "height": frame.height,
        "scale_km": km,
        "scale_length": length,
        "shapes": [shape for shape in shapes if shape["path"]],
    }


def _rings(geometry: str) -> Iterator[_Ring]:
    """Yield the rings of a GeoJSON polygon or polygons; none where it cannot be read."""
    try:
        read = json.loads(geometry)
        polygons = [read["coordinates"]] if read["type"] == "Polygon" else read["coordinates"]
        for polygon in polygons:
            for ring in polygon:
                yield [(float(x), float(y)) for x, y, *_ in ring if is_place(float(x), float(y))]
    except (ValueError, KeyError, TypeError):
        return


def _path(frame: Frame, ring: _Ring) -> str:
    """Draw a ring in steps of half a unit, points that fall together left out; one too small to see is not drawn."""
    points = [(round(x * 2), round(y * 2)) for x, y in map(frame.at, ring)]
    kept = [point for before, point in zip([None, *points], points, strict=False) if point != before]
    if len(set(kept)) < 3:
        return ""
    return "M" + " ".join(f"{x / 2:g},{y / 2:g}" for x, y in kept) + "Z"
