"""Jobs and schedules: the whole city, the slices of one resource, and what is due at each update frequency."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dagster as dg

from orchestration.asset_keys import PORTAL_CATALOGUE, REPORT, slices_of, standard_key
from orchestration.platform import Platform
from resource_catalogue.resource import Resource
from resource_catalogue.words import resource_table_name

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

CITY_JOB = "city"
REPORT_JOB = "report"
_CRON = {
    "real_time": "*/15 * * * *",
    "daily": "30 8 * * *",
    "weekly": "0 9 * * 1",
    "monthly": "0 9 1 * *",
    "quarterly": "0 9 1 1,4,7,10 *",
    "half_yearly": "0 9 1 1,7 *",
    "yearly": "0 9 1 1 *",
}
"""When a run looks for deliveries of a frequency; irregular ones are found by the sensor."""


def sliced_resources(platform: Platform) -> list[Resource]:
    """List the listed resources that come in slices."""
    return [r for r in platform.release.listed_resources() if r.source.slice is not None]


def slice_job_name(resource_id: str) -> str:
    """Return the name of the job that takes in slices of a resource."""
    return f"slices_{resource_table_name(resource_id)}"


def city_job(platform: Platform) -> UnresolvedAssetJobDefinition:
    """Make the job over everything but sliced resources, whose slices have jobs of their own."""
    return dg.define_asset_job(CITY_JOB, selection=_unsliced(platform))


def report_job() -> UnresolvedAssetJobDefinition:
    """Make the job of what tells of a run: Dagster skips it where a dataset it lists was stopped."""
    return dg.define_asset_job(REPORT_JOB, selection=dg.AssetSelection.assets(REPORT, PORTAL_CATALOGUE))


def slice_jobs(platform: Platform) -> list[UnresolvedAssetJobDefinition]:
    """Make one job per sliced resource, partitioned by its slices."""
    return [
        dg.define_asset_job(
            slice_job_name(resource.id),
            selection=dg.AssetSelection.assets(standard_key(resource.id)),
            partitions_def=slices_of(resource),
        )
        for resource in sliced_resources(platform)
    ]


def schedules(platform: Platform) -> list[dg.ScheduleDefinition]:
    """Make one schedule per update frequency that the release promises: those resources and what follows."""
    zone = platform.deployment.settings.deployment.time_zone
    made = []
    for frequency, cron in _CRON.items():
        due = [r for r in platform.release.listed_resources() if r.update.frequency == frequency]
        keys = [standard_key(r.id) for r in due if r.source.slice is None]
        if keys:
            selection = dg.AssetSelection.assets(*keys).downstream() & _unsliced(platform)
            job = dg.define_asset_job(f"due_{frequency}", selection=selection)
            made.append(dg.ScheduleDefinition(job=job, cron_schedule=cron, execution_timezone=zone))
    return made


def _unsliced(platform: Platform) -> dg.AssetSelection:
    sliced = [standard_key(resource.id) for resource in sliced_resources(platform)]
    return dg.AssetSelection.all() - dg.AssetSelection.assets(*sliced) if sliced else dg.AssetSelection.all()
