"""Ingest a resource: every file that arrived becomes a delivery, and the current ones become ``standard``.

Here: which deliveries are taken in this run, and the order of the register's commits. Not here: what waits
(``waiting.py``), what becomes of one delivery (``taking.py``), nor how its rows are conformed (``standard.py``).
"""

import datetime as dt
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from ingestion.declared import laid_over, read_otherwise, redeclared
from ingestion.deliveries import current_slices, decided_deliveries, deliveries_of, record
from ingestion.fetching import fetch_resource
from ingestion.raw import deliveries_in_raw
from ingestion.restatements import Restatements
from ingestion.snapshot_deletions import mark_deleted_rows
from ingestion.standard import refresh_standard
from ingestion.standing import Standing
from ingestion.taking import Taking, groups
from ingestion.waiting import NewDelivery, drop_recorded, new_deliveries
from ingestion.zip_limits import archive_bounds
from lake import Lake
from lake.tables import DELIVERIES, REJECTED_ROWS
from resource_catalogue.deployment import Deployment
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.subject_keys import ROW_KEY_NAME
from resource_catalogue.words import DeliveryState, raw_table, standard_table


@dataclass(frozen=True, slots=True)
class Ingested:
    """Say what an ingestion of one resource did.

    Attributes:
        new: Ids of deliveries that were new.
        decided: Ids of held deliveries that a decision took effect on.
        slices: Slices of ``standard`` that were written.
        waiting: Deliveries that wait for the next wave, because an earlier one of their slice was just taken.
        read_anew: Ids of deliveries that were decoded anew, because the declaration of their reading changed.
        source_fault: What the source did not give, though it was asked; empty where all is well.
    """

    resource_id: str
    new: tuple[str, ...]
    decided: tuple[str, ...]
    slices: tuple[str, ...]
    waiting: int = 0
    read_anew: tuple[str, ...] = ()
    source_fault: str = ""


def ingest_resource(
    lake: Lake,
    deployment: Deployment,
    release: Release,
    resource_id: str,
    as_of: dt.datetime,
    slices: set[str] | None = None,
    is_fetched: bool = False,
) -> Ingested:
    """Fetch what is new, take it in, in order, and bring ``standard`` up to it.

    Of snapshots one per slice, so that every delivery is checked before the next replaces it; ``waiting`` tells how
    many are left for another call. What the release in force declares otherwise is followed up first, for all slices.

    Args:
        slices: Only these slices; null takes all.
        is_fetched: Whether the source was asked in this run already.
    """
    with archive_bounds(deployment.settings.ingestion):
        return _ingested(lake, deployment, release, resource_id, as_of, slices, is_fetched)


def _ingested(
    lake: Lake,
    deployment: Deployment,
    release: Release,
    resource_id: str,
    as_of: dt.datetime,
    slices: set[str] | None,
    is_fetched: bool,
) -> Ingested:
    resource = release.resource(resource_id)
    # First of all: once rows are in the lake, a missing key counts as lost.
    key = deployment.key(ROW_KEY_NAME)
    state = None if is_fetched else fetch_resource(deployment, resource, as_of)
    taking = Taking(lake, deployment, release, resource, as_of)
    known, changed, read_anew = _followed_up(taking, deliveries_of(lake, resource_id))
    decided = {row["delivery_id"]: row for row in decided_deliveries(lake, known)}
    waiting = new_deliveries(deployment, release, resource, as_of, known, set(decided))
    asked = [one for one in waiting if slices is None or one.arrival.slice in slices]
    accepted = [row for row in decided.values() if row["state"] == DeliveryState.ACCEPTED]
    chosen = _chosen(asked, resource, {row["slice"] for row in accepted})
    standing = Standing(current_slices(known, resource), resource)
    for row in accepted:
        taking.link(row["delivery_id"], standing.before(row["slice"], row["order_key"]))
    restated = Restatements(lake, release, resource, key)
    restated.record(accepted, standing)
    record(lake, [*{**changed, **decided}.values()])
    taking = replace(taking, in_raw=deliveries_in_raw(lake, resource, [one.identity for one in chosen]))
    taken: dict[str, dict[str, Any]] = {}
    for group in groups(chosen):
        done = taking.take(group, standing)
        restated.record(done.values(), standing)
        record(lake, [*done.values()])
        taken |= done
    on_record = [*known.to_dicts(), *changed.values(), *decided.values(), *taken.values()]
    drop_recorded(deployment, resource, as_of, on_record)
    mark_deleted_rows(lake, release, resource, deliveries_of(lake, resource_id), key)
    written = refresh_standard(lake, release, resource, key)
    if taken or written:
        for table in (raw_table(resource_id), standard_table(resource_id), DELIVERIES, REJECTED_ROWS):
            lake.compact(table)
    left = len(asked) - len(chosen)
    fault = state.fault if state else ""
    return Ingested(resource_id, (*taken,), (*decided,), (*written,), left, read_anew, fault)


def _chosen(waiting: list[NewDelivery], resource: Resource, busy: set[str]) -> list[NewDelivery]:
    """Choose what is taken in this wave: of snapshots the first of each slice, of other deliveries all.

    Files that cannot be taken in are only recorded and keep nobody waiting.

    Args:
        busy: Slices in which another delivery takes effect in this wave.
    """
    if resource.update.mode != "snapshot":
        return waiting
    first: dict[str, NewDelivery] = {}
    for one in waiting:
        if not one.arrival.fault and one.arrival.slice not in busy:
            first.setdefault(one.arrival.slice, one)
    return [*(one for one in waiting if one.arrival.fault), *first.values()]


def _followed_up(
    taking: Taking, known: pl.DataFrame
) -> tuple[pl.DataFrame, dict[str, dict[str, Any]], tuple[str, ...]]:
    """Lay the declaration in force over the deliveries on record and decode anew what it reads otherwise.

    A delivery that can no longer be read gives its slice back to the one before it, which is then looked at too.

    Returns:
        The deliveries as they are now; the rows that changed; the ids of those that were decoded anew.
    """
    changed = {row["delivery_id"]: row for row in redeclared(known, taking.resource, taking.deployment)}
    known = laid_over(known, changed.values())
    read_anew: list[str] = []
    while stale := read_otherwise(known, taking.resource):
        rows = {row["delivery_id"]: taking.read_anew(row) for row in stale}
        known = laid_over(known, rows.values())
        changed.update(rows)
        read_anew += rows
    return known, changed, (*read_anew,)


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """Name a file that has arrived and that no delivery covers yet, or a delivery that is to be looked at again.

    Attributes:
        slice: Slice under the release in force.
        identity: Id of the delivery; with the release behind it where the delivery is on record already, so that
            each look at it has a name of its own.
    """

    resource_id: str
    slice: str
    identity: str


def waiting_files(
    lake: Lake, deployment: Deployment, release: Release, as_of: dt.datetime
) -> list[WaitingFile]:
    """List what waits for all listed resources.

    These are files that have arrived by ``as_of`` and are not taken in yet, and deliveries that the release in force
    declares otherwise or that are looked at once more under it.
    """
    known = deliveries_of(lake)
    decided = {row["delivery_id"] for row in decided_deliveries(lake, known)}
    return [
        one
        for resource in release.listed_resources()
        for one in _waiting_of(
            deployment, release, resource, as_of, known.filter(pl.col("resource_id") == resource.id), decided
        )
    ]


def _waiting_of(
    deployment: Deployment,
    release: Release,
    resource: Resource,
    as_of: dt.datetime,
    known: pl.DataFrame,
    decided: set[str],
) -> list[WaitingFile]:
    changed = {row["delivery_id"]: row for row in redeclared(known, resource, deployment)}
    known = laid_over(known, changed.values())
    changed.update((row["delivery_id"], row) for row in read_otherwise(known, resource))
    slices = {identity: row["slice"] for identity, row in changed.items()}
    new = new_deliveries(deployment, release, resource, as_of, known, decided)
    slices.update((one.identity, one.arrival.slice) for one in new)
    on_record = set(known["delivery_id"])
    return [
        WaitingFile(resource.id, name, f"{one}@{release.number}" if one in on_record else one)
        for one, name in slices.items()
    ]
