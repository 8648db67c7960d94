"""Working calendars: ``<name>.csv`` with the days unlike Monday to Friday, ``<name>.yml`` with the version.

Here: reading the calendar that ships, or a deployment's own. Not here: counting days
(``norms.working_days``), nor which limit has how many.
"""

import csv
import datetime as dt
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import ValidationError

from norms.working_days import WorkingCalendar
from resource_catalogue.faults import CatalogueFault, FaultyCatalogue
from resource_catalogue.model import Strict
from resource_catalogue.yaml_source import faults_of, load_yaml

SHIPPED = Path(__file__).parent / "calendars"
_REMEDY = "按通知修改日历 / mend the calendar by the notice"


class CalendarHead(Strict):
    """Say which version of a calendar the days are, and how far they are announced.

    Attributes:
        announced_through: Last day whose holidays are announced; later days are provisional.
        covers_from: First day that the table knows.
    """

    version: str
    announced_through: dt.date
    covers_from: dt.date
    source: str


class _Day(Strict):
    date: dt.date
    is_working: Literal["true", "false"]
    note: str = ""


@cache
def load_calendar(name: str = "cn", folder: Path = SHIPPED) -> WorkingCalendar:
    """Load a working calendar.

    Args:
        name: File name without suffix.
        folder: Folder of both files; a deployment's own may replace the shipped one.

    Raises:
        FaultyCatalogue: A file is missing or has faults; each is given with its line.
    """
    source = load_yaml(folder / f"{name}.yml")
    try:
        head = CalendarHead.model_validate(source.data)
    except ValidationError as error:
        raise FaultyCatalogue(faults_of(error, source)) from None
    days = _days(folder / f"{name}.csv")
    late = [day for day in days if not head.covers_from <= day <= head.announced_through]
    if late:
        raise FaultyCatalogue(
            [
                source.fault(
                    ("announced_through",),
                    head.announced_through.isoformat(),
                    f"to cover {max(late)}",
                    _REMEDY,
                )
            ]
        )
    return WorkingCalendar(f"{name}@{head.version}", head.announced_through, days)


def _days(path: Path) -> dict[dt.date, bool]:
    days: dict[dt.date, bool] = {}
    faults: list[CatalogueFault] = []
    for line, row in enumerate(_read(path), start=2):
        try:
            day = _Day.model_validate(row)
        except ValidationError:
            faults.append(CatalogueFault(path, line, "", str(row)[:80], "date,is_working,note", _REMEDY))
            continue
        if day.date in days:
            faults.append(CatalogueFault(path, line, "date", day.date.isoformat(), "each day once", _REMEDY))
        days[day.date] = day.is_working == "true"
    if faults:
        raise FaultyCatalogue(faults)
    return days


def _read(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except (FileNotFoundError, UnicodeDecodeError):
        raise FaultyCatalogue(
            [CatalogueFault(path, 0, "", "not readable", "a CSV file in UTF-8", _REMEDY)]
        ) from None
