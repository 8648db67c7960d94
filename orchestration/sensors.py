"""A sensor that starts a run when files have arrived that no delivery covers yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from ingestion.ingest import WaitingFile, waiting_files
from lake.tables import DELIVERIES
from orchestration.asset_keys import slices_name
from orchestration.jobs import CITY_JOB, slice_job_name, sliced_resources
from orchestration.platform import Platform

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

_INTERVAL_SECONDS = 60


def arrival_sensor(platform: Platform, jobs: Sequence[UnresolvedAssetJobDefinition]) -> dg.SensorDefinition:
    """Make the sensor: one run per new slice; when none is left, one of the city."""

    @dg.sensor(
        name="arrivals",
        jobs=jobs,
        minimum_interval_seconds=_INTERVAL_SECONDS,
        description="收件箱中的新文件 / new files in the inbox",
    )
    def arrivals(context: dg.SensorEvaluationContext) -> dg.SensorResult | dg.SkipReason:
        waiting = waiting_files(platform.lake, platform.deployment, platform.release, platform.as_of)
        sliced = {resource.id for resource in sliced_resources(platform)}
        slices = [file for file in waiting if file.resource_id in sliced]
        if slices:
            return _slice_runs(slices)
        # The city's run follows the slices: it is what brings bases, tasks and datasets up to them.
        version = str(platform.lake.version(DELIVERIES) or 0)
        if not waiting and version == context.cursor:
            return dg.SkipReason("没有新文件 / nothing new has arrived")
        key = "+".join([version, *(file.identity for file in waiting)])
        return dg.SensorResult(run_requests=[dg.RunRequest(key, job_name=CITY_JOB)], cursor=version)

    return arrivals


def _slice_runs(waiting: Sequence[WaitingFile]) -> dg.SensorResult:
    """Ask for one run per waiting slice, its partition added first."""
    partitions = [
        dg.AddDynamicPartitionsRequest(
            slices_name(resource_id),
            sorted({file.slice for file in waiting if file.resource_id == resource_id}),
        )
        for resource_id in sorted({file.resource_id for file in waiting})
    ]
    requests = [
        dg.RunRequest(file.identity, job_name=slice_job_name(file.resource_id), partition_key=file.slice)
        for file in waiting
    ]
    return dg.SensorResult(run_requests=requests, dynamic_partitions_requests=partitions)
