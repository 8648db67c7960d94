"""Ingest a resource: every file that arrived becomes a delivery, and the current ones become ``standard``.

Here: which deliveries are taken in this run, and the order of the register's commits. Not here: what becomes of one
delivery (``taking.py``), nor how its rows are conformed (``standard.py``).
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from ingestion.connectors import folder
from ingestion.deliveries import current_slices, decided_deliveries, deliveries_of, record
from ingestion.landing import delivery_id
from ingestion.raw import deliveries_in_raw
from ingestion.seen_files import SeenFiles
from ingestion.standard import refresh_standard
from ingestion.taking import ROW_KEY_NAME, NewDelivery, Taking
from lake import Lake
from resource_catalogue.deployment import Deployment
from resource_catalogue.release import Release
from resource_catalogue.resource import Resource
from resource_catalogue.words import DeliveryState


@dataclass(frozen=True, slots=True)
class Ingested:
    """Say what an ingestion of one resource did.

    Attributes:
        new: Ids of deliveries that were new.
        decided: Ids of held deliveries that a decision took effect on.
        slices: Slices of ``standard`` that were written.
        waiting: Deliveries that wait for the next wave, because an earlier one of their slice was just taken.
    """

    resource_id: str
    new: tuple[str, ...]
    decided: tuple[str, ...]
    slices: tuple[str, ...]
    waiting: int = 0


def ingest_resource(
    lake: Lake,
    deployment: Deployment,
    release: Release,
    resource_id: str,
    as_of: dt.datetime,
    slices: set[str] | None = None,
) -> Ingested:
    """Take at most one new delivery per slice in, in order, and bring ``standard`` up to it.

    One at a time, so that every delivery is checked before the next replaces it; ``waiting`` tells how many are
    left for another call.

    Args:
        slices: Only these slices; null takes all.
    """
    resource = release.resource(resource_id)
    known = deliveries_of(lake, resource_id)
    decided = decided_deliveries(lake, known)
    arrived = _new_deliveries(deployment, resource, as_of, _settled(known, decided, release))
    new = [one for one in arrived if slices is None or one.arrival.slice in slices]
    first: dict[str, NewDelivery] = {}
    for one in new:
        first.setdefault(one.arrival.slice, one)
    taking = Taking(
        lake,
        deployment,
        release,
        resource,
        as_of,
        current_slices(known, resource),
        deliveries_in_raw(lake, resource),
    )
    rows = [row for one in first.values() if (row := taking.take(one)) is not None]
    for row in decided:
        if row["state"] == DeliveryState.ACCEPTED:
            taking.link(row["delivery_id"], row["slice"], row["order_key"])
    record(lake, [*rows, *decided])
    written = refresh_standard(lake, release, resource, deployment.key(ROW_KEY_NAME))
    taken = tuple(row["delivery_id"] for row in rows)
    ids = tuple(row["delivery_id"] for row in decided)
    return Ingested(resource_id, taken, ids, tuple(written), len(new) - len(first))


@dataclass(frozen=True, slots=True)
class WaitingFile:
    """Name a file that has arrived and that no delivery covers yet."""

    resource_id: str
    slice: str
    identity: str


def waiting_files(
    lake: Lake, deployment: Deployment, release: Release, as_of: dt.datetime
) -> list[WaitingFile]:
    """List the files of all listed resources that have arrived by ``as_of`` and are not taken in yet."""
    known = deliveries_of(lake)
    settled = _settled(known, decided_deliveries(lake, known), release)
    return [
        WaitingFile(resource.id, new.arrival.slice, new.identity)
        for resource in release.listed_resources()
        for new in _new_deliveries(deployment, resource, as_of, settled)
    ]


def _settled(known: pl.DataFrame, decided: list[dict[str, Any]], release: Release) -> set[str]:
    """Return the deliveries that are not taken in again.

    One that could not be read, or is held undecided, is looked at once more under a newer release: its entry may
    have been what was wrong.
    """
    open_states = [str(DeliveryState.UNREADABLE), str(DeliveryState.HELD)]
    reopened = pl.col("state").is_in(open_states) & (pl.col("release") < release.number)
    return {*known.filter(~reopened)["delivery_id"], *(row["delivery_id"] for row in decided)}


def _new_deliveries(
    deployment: Deployment, resource: Resource, as_of: dt.datetime, settled: set[str]
) -> Iterator[NewDelivery]:
    """Give the arrivals that no settled delivery covers, in order of delivery, equal bytes of a slice once."""
    covered = set(settled)
    seen = SeenFiles(deployment.landing / "seen" / f"{resource.id}.json")
    for arrival in folder.arrivals(resource, deployment, as_of):
        content = seen.hash_of(arrival.path)
        identity = delivery_id(resource.id, arrival.slice, content)
        if identity not in covered:
            covered.add(identity)
            yield NewDelivery(arrival, content, identity)
    seen.save()
