"""Run a deployment in this process: the same definitions and instance that the web pages show.

A run takes at most one delivery per slice at a time, so that each is checked before the next replaces it; waves
follow until nothing is waiting.
"""

import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import dagster as dg
from dagster._core.events import RunFailureReason

from casework.delivery_decision import flush_decisions
from ingestion.fetching import fetch_resource
from ingestion.ingest import waiting_files
from lake.clock import advance_clock
from orchestration.asset_keys import REPORT, slices_name
from orchestration.definitions import build_definitions
from orchestration.instance import open_instance
from orchestration.interruption import Interruption, noting_signals
from orchestration.jobs import CITY_JOB, REPORT_JOB, slice_job_name, sliced_resources
from orchestration.killed_runs import IN_PROCESS, bury_own
from orchestration.platform import Platform
from orchestration.run_lock import sole_run
from orchestration.stops import BUILT, blockers, stopped

_RANGE_START, _RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
_TAGS = {**IN_PROCESS, "dagster/max_retries": "0"}
"""The daemon, where it runs, may not start these again: a person does."""
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """Say what a run did.

    Attributes:
        waves: How often the whole graph ran.
        failed: Names of steps that failed; everything that does not depend on them went on.
        not_built: Assets that were to be built and are as they were before.
        blocking: Rules that stopped assets, each with those it stopped.
    """

    waves: int
    failed: tuple[str, ...] = ()
    not_built: tuple[str, ...] = ()
    blocking: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Tell whether everything was done."""
        return not (self.failed or self.not_built or self.blocking)


@dataclass
class _Wave:
    """Collect what became of the jobs of one wave."""

    failed: list[str] = field(default_factory=list)
    wanted: set[dg.AssetKey] = field(default_factory=set)
    built: set[dg.AssetKey] = field(default_factory=set)

    def outcome(self, waves: int, blocking: Mapping[str, tuple[str, ...]]) -> RunOutcome:
        """Return the outcome of a run whose last wave this was."""
        missing = sorted(key.to_user_string() for key in self.wanted - self.built)
        return RunOutcome(waves, tuple(self.failed), tuple(missing), blocking)


def run_city(platform: Platform, progress: Progress = lambda _: None) -> RunOutcome:
    """Bring everything up to what has arrived by ``as_of``.

    Raises:
        LakeError: Another run of this deployment is under way.
        SettingError: ``as_of`` lies before that of an earlier run.
        KeyboardInterrupt: A person or the system stopped it; the next run goes on from there.
    """
    with sole_run(platform.deployment):
        Interruption.asked = False
        return _run(platform, progress)


def _run(platform: Platform, progress: Progress) -> RunOutcome:
    platform = platform.at(platform.as_of)
    warnings.simplefilter("ignore")
    advance_clock(platform.lake, platform.as_of)
    with platform.state() as state:
        flush_decisions(state, platform.lake)
    definitions = build_definitions(platform)
    _fetch(platform, progress)
    waves = 0
    with open_instance(platform.deployment.var) as instance:
        bury_own(instance)
        while True:
            waves += 1
            before = _waiting(platform)
            progress(f"第 {waves} 轮 / wave {waves}: {before} 个新文件 / new files")
            wave = _Wave()
            for job, tags in _jobs(platform, instance):
                _execute(definitions, instance, job, tags, wave)
            if REPORT not in wave.built and not wave.failed:
                _execute(definitions, instance, REPORT_JOB, {}, wave)
            left = _waiting(platform)
            if left == 0 or left == before:
                return wave.outcome(waves, _blocking(platform, definitions))


def _fetch(platform: Platform, progress: Progress) -> None:
    """Ask every source on another machine once, before slices are known; one that fails is told and stops nothing."""
    for resource in platform.release.listed_resources():
        state = fetch_resource(platform.deployment, resource, platform.as_of)
        if state and state.fault:
            progress(f"来源未取全 / a source did not give all: {resource.id}\n  {state.fault}")


def _blocking(platform: Platform, definitions: dg.Definitions) -> dict[str, tuple[str, ...]]:
    """Return the rules that block after the run, each with what it stopped."""
    graph = definitions.resolve_asset_graph()
    parents = {key: graph.get(key).parent_keys for key in graph.materializable_asset_keys}
    found = blockers(platform.lake, platform.release)
    held = {key: rules for key, rules in stopped(found, parents).items() if key.path[0] in BUILT}
    return {
        rule: tuple(sorted(key.to_user_string() for key, rules in held.items() if rule in rules))
        for rule in sorted(frozenset[str]().union(*found.values()))
    }


def _waiting(platform: Platform) -> int:
    return len(waiting_files(platform.lake, platform.deployment, platform.release, platform.as_of))


def _jobs(platform: Platform, instance: dg.DagsterInstance) -> Iterator[tuple[str, dict[str, str]]]:
    """Name the jobs of one wave with their tags: the slices of each resource, then the city."""
    waiting = waiting_files(platform.lake, platform.deployment, platform.release, platform.as_of)
    for resource in sliced_resources(platform):
        name = slices_name(resource.id)
        new = {w.slice for w in waiting if w.resource_id == resource.id}
        known = set(instance.get_dynamic_partitions(name))
        instance.add_dynamic_partitions(name, sorted(new - known))
        keys = instance.get_dynamic_partitions(name)
        if keys:
            yield slice_job_name(resource.id), {_RANGE_START: keys[0], _RANGE_END: keys[-1]}
    yield CITY_JOB, {}


def _execute(
    definitions: dg.Definitions, instance: dg.DagsterInstance, job: str, tags: dict[str, str], wave: _Wave
) -> None:
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    resolved = definitions.resolve_job_def(job)
    Interruption.obey()
    with noting_signals():
        result = resolved.execute_in_process(
            instance=instance, raise_on_error=False, tags={**tags, **_TAGS}, run_config=quiet
        )
    if Interruption.asked or _was_stopped(result.all_events):
        raise KeyboardInterrupt
    failed = [event.step_key or job for event in result.all_events if event.is_step_failure]
    wave.failed += failed or ([] if result.success else [job])
    wave.wanted |= set(resolved.asset_layer.selected_asset_keys)
    wave.built |= {event.asset_key for event in result.all_events if _is_made(event) and event.asset_key}


def _is_made(event: dg.DagsterEvent) -> bool:
    return event.event_type == dg.DagsterEventType.ASSET_MATERIALIZATION


def _was_stopped(events: Iterable[dg.DagsterEvent]) -> bool:
    """Tell whether Dagster broke the run off at a signal that came while its own handler stood."""
    ends = [event for event in events if event.event_type == dg.DagsterEventType.RUN_FAILURE]
    return any(
        event.job_failure_data.failure_reason == RunFailureReason.UNEXPECTED_TERMINATION for event in ends
    )
