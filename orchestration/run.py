"""Run a deployment in this process: the same definitions and instance that the web pages show.

A run takes at most one delivery per slice at a time, so that each is checked before the next replaces it; waves
follow until nothing is waiting.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import dagster as dg
from filelock import FileLock, Timeout

from casework.delivery_decision import flush_decisions
from ingestion.ingest import waiting_files
from lake.clock import advance_clock
from orchestration.asset_keys import slices_name
from orchestration.definitions import build_definitions
from orchestration.instance import open_instance
from orchestration.jobs import CITY_JOB, slice_job_name, sliced_resources
from orchestration.platform import Platform
from resource_catalogue.errors import LakeError

_RANGE_START, _RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
_IN_PROCESS = {"civiclake/in_process": "true"}
"""Tag of runs that ``civiclake run`` executes itself, under the lock of the deployment."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """Say what a run did.

    Attributes:
        waves: How often the whole graph ran.
        failed: Names of steps that failed; everything that does not depend on them went on.
    """

    waves: int
    failed: tuple[str, ...]


def run_city(platform: Platform, progress: Progress = lambda _: None) -> RunOutcome:
    """Bring everything up to what has arrived by ``as_of``.

    Raises:
        LakeError: Another run of this deployment is under way.
        SettingError: ``as_of`` lies before that of an earlier run.
    """
    lock = FileLock(platform.deployment.var / "run.lock")
    platform.deployment.var.mkdir(parents=True, exist_ok=True)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LakeError(
            str(platform.deployment.home),
            "another run is under way",
            "one run at a time",
            "wait for it to end",
        ) from None
    try:
        return _run(platform, progress)
    finally:
        lock.release()


def _run(platform: Platform, progress: Progress) -> RunOutcome:
    platform = platform.at(platform.as_of)
    warnings.simplefilter("ignore")
    advance_clock(platform.lake, platform.as_of)
    with platform.state() as state:
        flush_decisions(state, platform.lake)
    definitions = build_definitions(platform)
    failed: list[str] = []
    waves = 0
    with open_instance(platform.deployment.var) as instance:
        _bury_killed_runs(instance)
        while True:
            waves += 1
            before = _waiting(platform)
            progress(f"第 {waves} 轮 / wave {waves}: {before} 个新文件 / new files")
            failed = [*_slices(platform, definitions, instance), *_city(definitions, instance)]
            left = _waiting(platform)
            if left == 0 or left == before:
                return RunOutcome(waves, tuple(failed))


def _bury_killed_runs(instance: dg.DagsterInstance) -> None:
    """Close the books of runs that were killed in an earlier process.

    The lock of the deployment is ours, so whatever such a run still claims (it shows as started, and holds the slot
    of the table it was writing) is held by nobody; the next run would wait for it for ever.
    """
    unfinished = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.NOT_STARTED]
    for run in instance.get_runs(dg.RunsFilter(statuses=unfinished, tags=_IN_PROCESS)):
        instance.report_run_failed(run, "被中断 / the process was killed")
        instance.event_log_storage.free_concurrency_slots_for_run(run.run_id)


def _waiting(platform: Platform) -> int:
    return len(waiting_files(platform.lake, platform.deployment, platform.release, platform.as_of))


def _slices(platform: Platform, definitions: dg.Definitions, instance: dg.DagsterInstance) -> list[str]:
    failed = []
    waiting = waiting_files(platform.lake, platform.deployment, platform.release, platform.as_of)
    for resource in sliced_resources(platform):
        name = slices_name(resource.id)
        new = {w.slice for w in waiting if w.resource_id == resource.id}
        known = set(instance.get_dynamic_partitions(name))
        instance.add_dynamic_partitions(name, sorted(new - known))
        keys = instance.get_dynamic_partitions(name)
        if keys:
            tags = {_RANGE_START: keys[0], _RANGE_END: keys[-1]}
            failed += _execute(definitions, instance, slice_job_name(resource.id), tags)
    return failed


def _city(definitions: dg.Definitions, instance: dg.DagsterInstance) -> list[str]:
    return _execute(definitions, instance, CITY_JOB, {})


def _execute(
    definitions: dg.Definitions, instance: dg.DagsterInstance, job: str, tags: dict[str, str]
) -> list[str]:
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    result = definitions.resolve_job_def(job).execute_in_process(
        instance=instance, raise_on_error=False, tags={**tags, **_IN_PROCESS}, run_config=quiet
    )
    failed = [event.step_key or job for event in result.all_events if event.is_step_failure]
    return failed or ([] if result.success else [job])
