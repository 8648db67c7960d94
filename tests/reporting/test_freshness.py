"""Promised against actual, resource by resource."""

import datetime as dt
from pathlib import Path

import pytest

from lake import Lake
from lake.tables import DELIVERIES
from reporting.freshness import FreshnessLine, freshness
from resource_catalogue.model import Label
from tests.expectations.conftest import a_delivery, a_release, a_resource, write_system

ZONE = dt.timezone(dt.timedelta(hours=8))
AS_OF = dt.datetime(2026, 4, 20, 9, tzinfo=ZONE)
COLUMNS = [{"name": "c", "type": "integer"}]
pytestmark = pytest.mark.requirement("G-11")


def delivery(identity: str, resource: str, day: str, state: str = "loaded") -> dict[str, object]:
    """Describe a delivery that arrived on a day at ten."""
    arrived = dt.datetime.fromisoformat(f"{day}T10:00").replace(tzinfo=ZONE)
    return a_delivery(delivery_id=identity, resource_id=resource, arrived_at=arrived, state=state)


def on(instant: dt.datetime | None) -> dt.date | None:
    """Return the day of an instant."""
    return instant.date() if instant else None


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Open a lake with deliveries in time, late, held, rejected and none at all."""
    made = Lake(tmp_path / "lake", threads=1)
    fridays = ("2026-03-06", "2026-03-13", "2026-03-27", "2026-04-03", "2026-04-10", "2026-04-17")
    rows = [delivery(f"w{day}", "market.weekly", day) for day in fridays]
    rows += [
        delivery("l1", "market.late", "2026-03-05"),
        delivery("l2", "market.late", "2026-03-20", "rejected"),
    ]
    rows += [delivery("h1", "labour.held", "2026-04-17", "held")]
    write_system(made, DELIVERIES, rows)
    return made


def lines(lake: Lake, agency: str | None = None) -> dict[str, FreshnessLine]:
    """Return the lines by resource; the release was published on the first of March."""
    weekly = {"frequency": "weekly", "due": "fri"}
    release = a_release(
        a_resource(COLUMNS, id="market.weekly", update=weekly),
        a_resource(COLUMNS, id="market.late", update=weekly),
        a_resource(COLUMNS, id="market.never", update={"frequency": "monthly"}),
        a_resource(COLUMNS, id="labour.held", update=weekly),
        a_resource(COLUMNS, id="labour.irregular", update={"frequency": "irregular"}),
        a_resource(COLUMNS, id="labour.upper", reported_by="upper"),
    )
    return {line.resource_id: line for line in freshness(lake, release, AS_OF, agency)}


def test_a_missed_week_is_remembered_after_the_delivery_came(lake: Lake) -> None:
    line = lines(lake)["market.weekly"]
    assert (line.on_time, line.periods, line.is_late) == (6, 7, False)
    late = line.late[0]
    assert (on(late.due_at), on(late.came_at), late.working_days) == (
        dt.date(2026, 3, 20), dt.date(2026, 3, 27), 5,
    )  # fmt: skip
    assert on(line.due_at) == dt.date(2026, 4, 24)


def test_a_missing_delivery_counts_its_working_days_and_a_rejected_one_does_not_help(lake: Lake) -> None:
    line = lines(lake)["market.late"]
    # Due on Friday 13 March; the sixth of April is a holiday (清明).
    assert (on(line.due_at), line.days_late, line.on_time, line.periods) == (
        dt.date(2026, 3, 13),
        25,
        1,
        7,
    )
    assert on(line.last_at) == dt.date(2026, 3, 5)


def test_one_that_never_came_is_late_after_its_first_due_day_since_listing(lake: Lake) -> None:
    line = lines(lake)["market.never"]
    assert (line.last_at, on(line.due_at), line.days_late) == (None, dt.date(2026, 4, 13), 5)


def test_a_held_delivery_came(lake: Lake) -> None:
    line = lines(lake)["labour.held"]
    assert (on(line.last_at), line.is_late, line.on_time) == (dt.date(2026, 4, 17), False, 1)


@pytest.mark.requirement("G-03")
def test_what_owes_nothing_says_why(lake: Lake) -> None:
    found = lines(lake, "labour")
    assert sorted(found) == ["labour.held", "labour.irregular", "labour.upper"]
    assert found["labour.irregular"].why_none == Label(zh="未承诺频率", en="no frequency promised")
    assert "上级统一系统" in str(found["labour.upper"].why_none)
    assert not any(found[name].is_late or found[name].due_at for name in ("labour.irregular", "labour.upper"))
