"""Find what waits to be taken in: files that no delivery covers yet, and deliveries to be looked at once more.

Here: telling new bytes from known ones. Not here: what becomes of a delivery (``taking.py``), nor in which order a
run takes them (``ingest.py``).
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import polars as pl

from ingestion.arrival import Arrival
from ingestion.declared import arrival_of
from ingestion.landing import delivery_id
from ingestion.seen_files import SeenFiles
from ingestion.spool import Spool
from ingestion.stale_copies import StaleCopies
from ingestion.whole_files import whole_arrivals
from resource_catalogue.deployment import Deployment
from resource_catalogue.release import Release
from resource_catalogue.replacement import refusal
from resource_catalogue.resource import Resource
from resource_catalogue.words import DeliveryState

_Rows = dict[str, dict[str, Any]]
_Known = tuple[str, str, dt.date | None]


@dataclass(frozen=True, slots=True)
class NewDelivery:
    """Hold an arrival to take in, with the hash of its bytes and its identity.

    Attributes:
        content: Empty where the arrival has a fault: its bytes are not read.
        before: Its row on record, where it was taken in before and is looked at once more.
        stale_of: Delivery of the same bytes that a later one has replaced; empty where it is no such copy.
    """

    arrival: Arrival
    content: str
    identity: str
    before: dict[str, Any] | None = None
    stale_of: str = ""


def new_deliveries(
    deployment: Deployment,
    release: Release,
    resource: Resource,
    as_of: dt.datetime,
    known: pl.DataFrame,
    decided: set[str],
) -> list[NewDelivery]:
    """List what waits for a resource, in order of delivery, equal bytes of a slice once.

    A delivery is known again by its slice and bytes, whatever its id was made from. One that could not be read, or
    is held undecided, is looked at once more under a newer release: its entry may have been what was wrong.

    Args:
        known: Its deliveries under the declaration in force.
        decided: Held deliveries that a decision takes effect on now.
    """
    rows = {row["delivery_id"]: row for row in known.to_dicts()}
    again = {identity: row for identity, row in rows.items() if _is_open(row, release, decided)}
    found = [
        NewDelivery(arrival_of(row, resource, deployment), row["content_hash"], identity, row)
        for identity, row in again.items()
    ]
    seen = SeenFiles.of(deployment, resource.id)
    arrived = whole_arrivals(resource, deployment, as_of, seen, known)
    arrived += Spool.of(deployment, resource.id).arrivals(resource, deployment, as_of)
    stale = StaleCopies(known, resource, deployment.settings.ingestion.arrival == "run")
    found += _unknown(arrived, resource, rows, seen, stale, refusal(release, resource))
    seen.save()
    there = (one for one in found if one.arrival.fault or one.arrival.path.exists())
    return sorted(there, key=lambda one: one.arrival.order_key)


def drop_recorded(
    deployment: Deployment, resource: Resource, as_of: dt.datetime, rows: Iterable[dict[str, Any]]
) -> None:
    """Let go what was fetched and is on record: landing has its bytes."""
    spool = Spool.of(deployment, resource.id)
    arrived = spool.arrivals(resource, deployment, as_of)
    if not arrived:
        return
    covered = {_of_row(row, resource) for row in rows}
    seen = SeenFiles.of(deployment, resource.id)
    for arrival in arrived:
        if _of_arrival(arrival, seen.hash_of(arrival.path), resource) in covered:
            spool.drop(arrival)
            seen.forget(arrival.path)
    seen.save()


def _is_open(row: dict[str, Any], release: Release, decided: set[str]) -> bool:
    is_undecided = row["state"] in (DeliveryState.UNREADABLE, DeliveryState.HELD)
    is_older = row["release"] < release.number and row["delivery_id"] not in decided
    return is_undecided and is_older and bool(row["content_hash"])


def _unknown(
    arrived: list[Arrival],
    resource: Resource,
    rows: _Rows,
    seen: SeenFiles,
    stale: StaleCopies,
    refused: str,
) -> Iterator[NewDelivery]:
    """Give the arrivals that no delivery on record covers; all with a fault where the resource takes none."""
    taken = set(rows)
    covered = {_of_row(row, resource) for row in rows.values()}
    for arrival in arrived:
        content = stale_of = ""
        if not arrival.fault:
            try:
                content = seen.hash_of(arrival.path)
                stale_of = stale.original(arrival, content) or ""
                if _of_arrival(arrival, content, resource) in covered and not stale_of:
                    continue
                _opened(arrival.path)
            except FileNotFoundError:
                continue  # Taken away since the folder was listed: it has not arrived.
            except OSError as error:
                arrival, content = arrival.refused(error), ""
        if refused:
            arrival, content, stale_of = replace(arrival, fault=refused), "", ""
        identity = _identity(arrival, content, resource, taken)
        if identity not in taken:
            taken.add(identity)
            covered.add(_of_arrival(arrival, content, resource))
            yield NewDelivery(arrival, content, identity, stale_of=stale_of)


def _of_row(row: dict[str, Any], resource: Resource) -> _Known:
    return _known(row["slice"], row["content_hash"], row["issued_on"], resource)


def _of_arrival(arrival: Arrival, content: str, resource: Resource) -> _Known:
    return _known(arrival.slice, content, arrival.issued_on, resource)


def _known(slice_name: str, content: str, issued_on: dt.date | None, resource: Resource) -> _Known:
    """Return by what a delivery is known again: its slice and bytes, of changes its day of issue too.

    Changes that were issued again on another day put back what other changes between the two days replaced.
    """
    return slice_name, content, issued_on if resource.update.mode == "changes" else None


def _opened(path: Path) -> None:
    """Raise OSError where a file whose hash is remembered can no longer be opened."""
    with path.open("rb"):
        pass


def _identity(arrival: Arrival, content: str, resource: Resource, taken: set[str]) -> str:
    """Return the id of a delivery: of resource, slice and bytes; of a refused file, of its name.

    Where a delivery of another slice was given that id, because slices were declared otherwise then, the next.
    """
    if not content:
        return delivery_id(resource.id, "", f"refused {arrival.file_name}")
    first = delivery_id(resource.id, arrival.slice, content)
    if first not in taken:
        return first
    numbered = (delivery_id(resource.id, arrival.slice, f"{content} {number}") for number in count(2))
    return next(identity for identity in numbered if identity not in taken)
