"""A sensor that starts a run when files have arrived that no delivery covers yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import dagster as dg

from ingestion.ingest import waiting_files
from orchestration.asset_keys import slices_name
from orchestration.jobs import CITY_JOB, slice_job_name, sliced_resources
from orchestration.platform import Platform

if TYPE_CHECKING:
    from dagster._core.definitions.unresolved_asset_job_definition import UnresolvedAssetJobDefinition

_INTERVAL_SECONDS = 60


def arrival_sensor(platform: Platform, jobs: Sequence[UnresolvedAssetJobDefinition]) -> dg.SensorDefinition:
    """Make the sensor: one run per sliced resource and new slice, one of the city for the rest."""

    @dg.sensor(
        name="arrivals",
        jobs=jobs,
        minimum_interval_seconds=_INTERVAL_SECONDS,
        description="收件箱中的新文件 / new files in the inbox",
    )
    def arrivals() -> dg.SensorResult | dg.SkipReason:
        waiting = waiting_files(platform.lake, platform.deployment, platform.release, platform.as_of)
        if not waiting:
            return dg.SkipReason("没有新文件 / nothing new has arrived")
        sliced = {resource.id: resource for resource in sliced_resources(platform)}
        requests, partitions = [], []
        for resource_id in sorted({w.resource_id for w in waiting} & set(sliced)):
            slices = sorted({w.slice for w in waiting if w.resource_id == resource_id})
            partitions.append(dg.AddDynamicPartitionsRequest(slices_name(resource_id), slices))
            requests += [
                dg.RunRequest(f"{w.identity}", job_name=slice_job_name(resource_id), partition_key=w.slice)
                for w in waiting
                if w.resource_id == resource_id
            ]
        # The city's run follows the slices: it is what brings bases, tasks and datasets up to them.
        requests.append(dg.RunRequest("+".join(w.identity for w in waiting), job_name=CITY_JOB))
        return dg.SensorResult(run_requests=requests, dynamic_partitions_requests=partitions)

    return arrivals
