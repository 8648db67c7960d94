"""Check time and place at the source (K-08): each is a fitting column or a constant."""

import datetime as dt
import re
from collections.abc import Iterator

from resource_catalogue.inspection import CheckedFault, Inspection

_COLUMN_LIKE = re.compile(r"[a-z][a-z0-9_]*")


def check(inspection: Inspection) -> Iterator[CheckedFault]:
    """Yield a refusal per time or place that is neither a column nor a constant."""
    for resource, file in inspection.resources():
        types = {column.name: column.type for column in resource.columns}
        at, place = resource.collected.at, resource.collected.place
        if isinstance(at, str) and types.get(at) not in ("date", "datetime") and not _is_date(at):
            yield file.refuse(
                ("collected", "at"),
                at,
                "日期列或 YYYY-MM-DD / a date column or YYYY-MM-DD",
                "改正列名 / correct the column",
            )
        if place is not None and place not in types and _COLUMN_LIKE.fullmatch(place):
            yield file.refuse(
                ("collected", "place"),
                place,
                "列名、区划代码或地址 / a column, a division code or an address",
                "改正列名 / correct the column",
            )


def _is_date(text: str) -> bool:
    try:
        dt.date.fromisoformat(text)
    except ValueError:
        return False
    return True
