"""The lake's clock: the latest ``as_of`` that a run has used. Time may stand still, it may not run back."""

import datetime as dt

import pyarrow as pa

from lake.store import Lake
from lake.tables import CLOCK, SCHEMAS
from resource_catalogue.errors import SettingError


def latest_as_of(lake: Lake) -> dt.datetime | None:
    """Return the latest instant that a run has used, or null before the first."""
    known = lake.read(CLOCK)
    return None if known.is_empty() else known["as_of"].max()  # type: ignore[return-value]


def advance_clock(lake: Lake, as_of: dt.datetime) -> None:
    """Record the instant of a run.

    Raises:
        SettingError: The instant lies before that of an earlier run: limits and freshness would be judged twice.
    """
    latest = latest_as_of(lake)
    if latest is not None and as_of < latest:
        raise SettingError(
            "as_of",
            f"{as_of.isoformat()} 早于上次运行 / lies before the last run",
            f"不早于 / not before {latest.isoformat()}",
            "改正 as_of 或 --as-of / correct as_of or --as-of",
        )
    if latest != as_of:
        lake.overwrite(CLOCK, pa.table({"as_of": [as_of.astimezone(dt.UTC)]}, schema=SCHEMAS[CLOCK]))
