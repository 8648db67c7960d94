"""Assemble the definitions of one deployment; nothing else.

``defs`` is what ``civiclake ui`` and the daemon load: the deployment comes from ``CIVICLAKE_HOME``.
"""

import dagster as dg

from orchestration.access_assets import access_assets
from orchestration.base_assets import base_assets
from orchestration.casework_assets import casework_assets
from orchestration.ingestion_assets import standard_assets
from orchestration.jobs import city_job, report_job, schedules, slice_jobs
from orchestration.opening_assets import opening_assets
from orchestration.platform import Platform, open_platform
from orchestration.sensors import arrival_sensor
from orchestration.sharing_assets import sharing_assets


def build_definitions(platform: Platform | None = None) -> dg.Definitions:
    """Build the definitions of a deployment.

    Args:
        platform: An opened deployment; default the one that ``CIVICLAKE_HOME`` names.
    """
    platform = platform or open_platform()
    standard = standard_assets(platform)
    base = base_assets(platform)
    models = {key for asset in base for key in asset.keys}
    opened = opening_assets(platform, models)
    shared = sharing_assets(platform, models)
    keys = [asset.key for asset in opened]
    casework, access = casework_assets(platform, keys), access_assets(platform, keys)
    jobs = [city_job(platform), *slice_jobs(platform)]
    return dg.Definitions(
        assets=[*standard, *base, *opened, *shared, *casework, *access],
        jobs=[*jobs, report_job()],
        schedules=schedules(platform),
        sensors=[arrival_sensor(platform, jobs)],
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """Return the definitions of the deployment that ``CIVICLAKE_HOME`` names."""
    return build_definitions()
