"""Promised against actual: how each resource keeps to its frequency of update (更新频率; G-11, Putuo a11¶2).

Here: one line per listed resource, out of the release and the register of deliveries, under the promise that stands
now. Not here: what is due when (``resource_catalogue/promise.py``), findings and tasks (a rule of the expectations),
how it is printed (``cli``, ``page.py``).
"""

import datetime as dt
from dataclasses import dataclass

import polars as pl

from ingestion.deliveries import EFFECTIVE, deliveries_of
from lake import Lake
from lake.listing import listed_since
from resource_catalogue.model import Label
from resource_catalogue.promise import Owed, Promise, promise_of
from resource_catalogue.release import Release
from resource_catalogue.resource import FREQUENCIES, Resource
from resource_catalogue.words import DeliveryState

PERIODS = 12
"""How many deliveries that were owed the share on time is taken over."""
_CAME = tuple(str(state) for state in (*EFFECTIVE, DeliveryState.HELD))
"""States of deliveries that came; one held for a person did."""
_BY_UPPER = Label(
    zh="上级统一系统已报送，无需另行报送", en="reported by the upper tier's system: no report of its own"
)
_ON_PAPER = Label(zh="尚未数字化，按数字化计划跟踪", en="on paper still: tracked until it is digitised")
_NO_PROMISE = Label(zh="未承诺频率", en="no frequency promised")


@dataclass(frozen=True, slots=True)
class LateDelivery:
    """Remember a delivery that came late in the end.

    Attributes:
        working_days: Working days from the due day to its own; 0 where it came later on that day.
    """

    due_at: dt.datetime
    came_at: dt.datetime
    working_days: int


@dataclass(frozen=True, slots=True)
class FreshnessLine:
    """Say how one resource keeps to its promise. One per listed resource.

    Attributes:
        why_none: Why nothing is due; null where something is.
        last_at: Its newest delivery; null where it never delivered.
        due_at: When the first delivery that has not come was due, or is; null where nothing is promised.
        days_late: Working days since then; null where it is not late.
        on_time: Of the last deliveries that were owed (``periods``, at most 12), how many came in time.
        late: Deliveries among them that came late in the end, oldest first.
    """

    resource_id: str
    name: Label
    agency_id: str
    promised: Label
    why_none: Label | None
    last_at: dt.datetime | None
    due_at: dt.datetime | None = None
    days_late: int | None = None
    on_time: int = 0
    periods: int = 0
    late: tuple[LateDelivery, ...] = ()

    @property
    def is_late(self) -> bool:
        """Tell whether a delivery is missing after it was due."""
        return self.days_late is not None

    @property
    def share_on_time(self) -> float | None:
        """Return the share that came in time; null where nothing was owed yet."""
        return self.on_time / self.periods if self.periods else None


def freshness(
    lake: Lake, release: Release, as_of: dt.datetime, agency: str | None = None
) -> list[FreshnessLine]:
    """Compare what each listed resource promised with what came by an instant.

    Args:
        lake: Its deliveries and releases.
        release: Whose promises are in force; deliveries of former times are measured by them too.
        as_of: The instant, in the deployment's zone.
        agency: Resources of this agency only.

    Returns:
        In order of resource id.
    """
    came = deliveries_of(lake).filter(pl.col("state").is_in(_CAME))
    instants = {
        str(key[0]): rows["arrived_at"].to_list()
        for key, rows in came.partition_by("resource_id", as_dict=True).items()
    }
    since = listed_since(lake, release)
    return [
        _line(resource, since[resource.id], instants.get(resource.id, []), as_of)
        for resource in release.listed_resources()
        if agency in (None, resource.agency)
    ]


def _line(
    resource: Resource, since: dt.datetime, came: list[dt.datetime], as_of: dt.datetime
) -> FreshnessLine:
    promise = promise_of(resource)
    last = max((one for one in came if one <= as_of), default=None)
    last = last.astimezone(as_of.tzinfo) if last else None
    said = (resource.id, resource.name, resource.agency)
    if promise is None:
        return FreshnessLine(*said, FREQUENCIES[resource.update.frequency], _why_none(resource), last)
    owed = promise.owed(since, came, as_of)
    missing = next(one for one in owed if one.came_at is None)
    closed = [one for one in owed if one.came_at is not None or one.is_late(as_of)][-PERIODS:]
    return FreshnessLine(
        *said,
        promise.label,
        None,
        last,
        missing.due_at,
        promise.days_late(missing, as_of) if missing.is_late(as_of) else None,
        sum(one.is_on_time for one in closed),
        len(closed),
        tuple(_remembered(promise, one, as_of) for one in closed if one.came_at and not one.is_on_time),
    )


def _why_none(resource: Resource) -> Label:
    if resource.reported_by == "upper":
        return _BY_UPPER
    return _NO_PROMISE if resource.is_digital else _ON_PAPER


def _remembered(promise: Promise, owed: Owed, as_of: dt.datetime) -> LateDelivery:
    assert owed.came_at is not None
    return LateDelivery(owed.due_at, owed.came_at, promise.days_late(owed, as_of))
