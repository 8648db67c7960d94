"""Take pushed records in as they come: every few seconds into ``standard`` and the base databases of their entities.

A resident process of its own, so that dbt and the engines are loaded once, and no decoding or building keeps an
acknowledgement waiting. Between two full runs it does only this much: rules, tasks, themes, shares and datasets are
theirs, and what a rule of theirs stopped stays stopped. Not here: keeping what is pushed (``serving/push``).
"""

import datetime as dt
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import dagster as dg

from ingestion.ingest import ingest_resource
from ingestion.pushed_records import PushedRecords, WaitingRecords, cut_until
from ingestion.spool import Spool
from lake.dbt_run import build_models, prepare_project
from lake.register import refresh_register
from lake.releases import current_release, release_numbers
from orchestration.asset_keys import claims_key, standard_key, table_key
from orchestration.base_assets import built_databases, claimed
from orchestration.platform import Platform
from orchestration.run_lock import turn_if_free
from orchestration.shield import shielded
from orchestration.stops import blockers, stopped
from resource_catalogue.entities import ENTITIES
from resource_catalogue.errors import CivicError
from resource_catalogue.resource import Resource
from resource_catalogue.sources.push import PushSource
from resource_catalogue.words import base_table
from serving.clock import ServingClock

Tell = Callable[[str], None]
_POLL_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Drained:
    """Say what one look did.

    Attributes:
        deliveries: How many deliveries were taken in.
        built: Entities whose base was brought up to them.
        is_kept_waiting: Whether other work held the deployment, so that nothing was done.
    """

    deliveries: int = 0
    built: tuple[str, ...] = ()
    is_kept_waiting: bool = False


class PushDrain:
    """Drain the pushed resources of one deployment.

    Args:
        platform: The deployment; a later release of its catalogue is followed.
        tell: Takes what a person should know; the same fault is told once.
    """

    def __init__(self, platform: Platform, tell: Tell = lambda _: None) -> None:
        self._platform, self._tell = platform, tell
        self._told: dict[str, str] = {}
        # A pinned instant moves on from its pin, as that of the servers does; else the machine's clock is asked.
        pinned = platform.deployment.settings.as_of
        self._now: Callable[[], dt.datetime] = (
            ServingClock(platform.as_of) if pinned else lambda: platform.as_of
        )
        # A drain that was killed may have taken in what it did not build.
        self._unbuilt = {entity for resource in self._pushed() for entity in resource.entities}

    def run(self, is_over: Callable[[], bool], seconds: float) -> None:
        """Look every few seconds until it is over; the look in hand is ended first."""
        warnings.simplefilter("ignore")
        while not is_over():
            ends = time.monotonic() + seconds
            self.look()
            while not is_over() and time.monotonic() < ends:
                time.sleep(_POLL_SECONDS)

    def look(self) -> Drained:
        """Take in what waits and build what follows from it; a fault is told, and left to the next look."""
        try:
            self._follow_release()
            due = [resource for resource in self._pushed() if self._is_due(resource)]
            if not due and not self._unbuilt:
                return Drained()
            with turn_if_free(self._platform.deployment) as is_free:
                return self._work(due) if is_free else Drained(is_kept_waiting=True)
        except CivicError as error:
            self._note("", error.message())
            return Drained()

    def _work(self, due: list[Resource]) -> Drained:
        # Never before what came already: a pinned instant begins anew with each process.
        arrived = (Spool.of(self._platform.deployment, resource.id).latest for resource in due)
        platform = self._platform.at(max([self._now(), *filter(None, arrived)]))
        deliveries = sum(self._taken_in(platform, resource) for resource in due)
        return Drained(deliveries, self._built(platform))

    def _taken_in(self, platform: Platform, resource: Resource) -> int:
        """Take in what waits for a resource; return how many deliveries that were."""
        count, fault = 0, ""
        try:
            with shielded(standard_key(resource.id)):
                lake, release, as_of = platform.lake, platform.release, platform.as_of
                done = ingest_resource(lake, platform.deployment, release, resource.id, as_of)
            count, fault = len(done.new), done.source_fault
            self._unbuilt.update(resource.entities if done.new else ())
        except CivicError as error:
            fault = error.message()
        self._note(resource.id, fault)
        return count

    def _built(self, platform: Platform) -> tuple[str, ...]:
        """Build the bases that wait for it, but those that a rule stops; return what was built."""
        databases = built_databases(platform)
        wanted = {e: table_key(base_table(e)) for e in ENTITIES if ENTITIES[e].database in databases}
        wanted = {entity: key for entity, key in wanted.items() if entity in self._unbuilt}
        parents = {key: [claims_key(entity)] for entity, key in wanted.items()}
        held = stopped(blockers(platform.lake, platform.release), {**claimed(platform), **parents})
        names = [entity for entity, key in wanted.items() if key not in held]
        if names:
            with shielded(dg.AssetKey("push")):
                refresh_register(platform.lake, platform.release, platform.as_of.date())
                variables = {"as_of_date": platform.as_of.date().isoformat()}
                project = prepare_project(platform.deployment)
                build_models(platform.lake, platform.release, project, names, variables)
        self._unbuilt.clear()
        self._note("", "")
        return tuple(names)

    def _pushed(self) -> list[Resource]:
        listed = self._platform.release.listed_resources()
        return [resource for resource in listed if isinstance(resource.source, PushSource)]

    def _is_due(self, resource: Resource) -> bool:
        """Tell whether records wait, or a segment that a killed drain cut and did not take in."""
        deployment = self._platform.deployment
        spool = Spool.of(deployment, resource.id)
        if any((spool.folder / "files").glob("*")):
            return True
        records = WaitingRecords.of(PushedRecords.folder(deployment, resource.id))
        if records is None:
            return False
        try:
            return records.is_waiting(cut_until(spool, records.identity))
        finally:
            records.close()

    def _follow_release(self) -> None:
        lake = self._platform.lake
        if release_numbers(lake)[-1] != self._platform.release.number:
            self._platform = Platform(self._platform.deployment, lake, current_release(lake))

    def _note(self, about: str, fault: str) -> None:
        """Tell a fault when it is another than the one told last."""
        if fault and self._told.get(about) != fault:
            self._tell(f"{about}\n  {fault}" if about else fault)
        self._told[about] = fault
