"""Catalogue releases as tables: publishing, reading back, changing an entry's state.

Here: freezing a checked catalogue into ``catalogue.releases`` and ``catalogue.entries``, and rebuilding it
from them without its files. Not here: what a release is (``resource_catalogue/release.py``), nor whether the
files agree (``resource_catalogue/catalogue_check.py``), which the caller checks before it publishes.

The entries are written first and the release's row last: a publish that is killed leaves no release, and the
next one overwrites what it left.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import get_args

import polars as pl
import pyarrow as pa
from deltalake import DeltaTable
from filelock import FileLock, Timeout
from pydantic import ValidationError

from lake.arrow_rows import arrow_rows
from lake.engine import engine_errors
from lake.release_rows import (
    ENTRIES,
    ENTRIES_SCHEMA,
    RELEASES,
    RELEASES_SCHEMA,
    Row,
    entry_rows,
    rebuilt,
    release_row,
)
from lake.store import Lake
from lake.tables import DELIVERIES
from resource_catalogue.catalogue import Catalogue
from resource_catalogue.errors import CatalogueError, LakeError
from resource_catalogue.profile import Profile
from resource_catalogue.release import EntryState, Release, catalogue_hash
from resource_catalogue.words import DeliveryState, TableName

_LOCK_SECONDS = 120


def publish(
    lake: Lake,
    catalogue: Catalogue,
    profile: Profile,
    as_of: dt.datetime,
    registered_by: str,
    reviewed_by: str,
    states: Mapping[str, EntryState] | None = None,
) -> Release:
    """Freeze a checked catalogue as the next release (目录发布; four eyes: C-16, Xinjiang a12¶1).

    Args:
        lake: Where it is kept.
        catalogue: Entries without error faults.
        profile: Jurisdiction under which they were checked.
        as_of: Instant of publication, with time zone.
        registered_by: ``agency/post`` that registered the changes.
        reviewed_by: ``agency/post`` that reviewed them; another than ``registered_by``.
        states: New state by id of a resource or dataset. An entry that is not named here keeps the state it
            had; a new one is ``listed``.

    Returns:
        The new release, or the current one where nothing has changed.

    Raises:
        CatalogueError: A post does not exist or is not in office, both are the same, or a state is given to
            an entry that is not there.
    """
    _check_posts(catalogue, as_of.date(), registered_by, reviewed_by)
    with _publishing(lake):
        current = _newest(lake)
        return _next(lake, current, catalogue, profile, as_of, (registered_by, reviewed_by), states or {})


def set_state(
    lake: Lake,
    entry_id: str,
    state: EntryState,
    as_of: dt.datetime,
    registered_by: str,
    reviewed_by: str,
) -> Release:
    """Publish the current release again with another state of one resource or dataset.

    Args:
        lake: Where releases are kept.
        entry_id: Resource or dataset, as the current release knows it.
        state: ``suspended`` and ``retired`` stop what follows the entry; ``listed`` takes it up again.
        as_of: Instant of publication, with time zone.
        registered_by: ``agency/post`` that registered the change.
        reviewed_by: ``agency/post`` that reviewed it.

    Returns:
        The new release, or the current one where the entry has that state already.

    Raises:
        CatalogueError: No release is published, it has no such entry, or a post is not as demanded.
    """
    current = current_release(lake)
    if state == "retired":
        _check_successor(lake, current, entry_id)
    return publish(
        lake, current.catalogue, current.profile, as_of, registered_by, reviewed_by, {entry_id: state}
    )


def carry_out(lake: Lake, states: Mapping[str, EntryState], as_of: dt.datetime) -> Release:
    """Publish the current release again with states that its own entries ordain: two posts reviewed them there.

    Args:
        lake: Where releases are kept.
        states: New state by id.
        as_of: Instant of publication, with time zone.
    """
    with _publishing(lake):
        current = current_release(lake)
        posts = (current.registered_by, current.reviewed_by)
        return _next(lake, current, current.catalogue, current.profile, as_of, posts, states)


def current_release(lake: Lake) -> Release:
    """Return the newest release.

    Raises:
        CatalogueError: None is published.
    """
    newest = _newest(lake)
    if newest is None:
        raise CatalogueError(
            str(RELEASES),
            "尚未发布目录 / no catalogue release is published",
            "至少一个版本 / one release at least",
            "先检查并发布目录 / check and publish the catalogue first: civiclake catalogue publish",
        )
    return newest


def release(lake: Lake, number: int) -> Release:
    """Return a release by its number, rebuilt from the tables.

    Raises:
        CatalogueError: There is no such release, or this version of the platform cannot read it.
    """
    rows = _rows(lake, RELEASES, "number", number)
    if not rows:
        known = ", ".join(map(str, release_numbers(lake)))
        raise CatalogueError(
            str(RELEASES), f"没有版本 / no release {number}", known or "—", "选用已有版本 / choose one"
        )
    try:
        return rebuilt(rows[0], _rows(lake, ENTRIES, "release", number))
    except ValidationError as error:
        raise CatalogueError(
            f"{RELEASES} {number}",
            f"{error.error_count()} × {error.title}: 与本版本不符 / not readable by this version",
            "现行格式 / the present format",
            "重新发布目录 / publish the catalogue again",
        ) from None


def release_numbers(lake: Lake) -> list[int]:
    """List the numbers of all releases, in order."""
    if not lake.exists(RELEASES):
        return []
    return sorted(lake.read(RELEASES)["number"].to_list())


def _next(
    lake: Lake,
    current: Release | None,
    catalogue: Catalogue,
    profile: Profile,
    as_of: dt.datetime,
    posts: tuple[str, str],
    states: Mapping[str, EntryState],
) -> Release:
    """Write the next release; return the current one where it says the same."""
    resolved = _resolved_states(catalogue, current.states if current else {}, states)
    content = catalogue_hash(catalogue, profile)
    if current and current.hash == content and current.states == resolved:
        return current
    number = current.number + 1 if current else 1
    _write(lake, Release(number, content, as_of, *posts, profile, catalogue, resolved))
    return release(lake, number)


def _check_successor(lake: Lake, current: Release, entry_id: str) -> None:
    """Refuse to retire a resource before its successor has data (Xinjiang a24)."""
    resource = current.catalogue.resources.get(entry_id)
    if resource is None or resource.replaced_by is None:
        return
    deliveries = lake.read(DELIVERIES)
    counts = pl.col("state").is_in([str(DeliveryState.LOADED), str(DeliveryState.ACCEPTED)])
    is_successor = pl.col("resource_id") == resource.replaced_by
    if deliveries.is_empty() or deliveries.filter(counts & is_successor).is_empty():
        raise CatalogueError(
            entry_id,
            f"替代资源 {resource.replaced_by} 尚无有效批次 / its successor has no delivery that counts",
            "先有可用的新资源，再停用原资源 / the new one usable before the old one goes",
            "待替代资源报送后再停用，或先改 replaced_by / wait for its delivery, or change replaced_by first",
        )


def _newest(lake: Lake) -> Release | None:
    numbers = release_numbers(lake)
    return release(lake, numbers[-1]) if numbers else None


def _check_posts(catalogue: Catalogue, day: dt.date, registered_by: str, reviewed_by: str) -> None:
    for role, reference in (("registered_by", registered_by), ("reviewed_by", reviewed_by)):
        agency_id, _, post = reference.partition("/")
        agency = catalogue.agencies.get(agency_id)
        if agency is None or not agency.has_post(post) or not agency.valid.contains(day):
            raise CatalogueError(
                role,
                f"{reference}: 没有此机构或岗位 / no such agency or post in office",
                "agency/post",
                "登记岗位或改用已有岗位 / register the post with the agency, or name one that exists",
            )
    if registered_by == reviewed_by:
        raise CatalogueError(
            "reviewed_by",
            f"{reviewed_by}: 登记与审核为同一岗位 / registrar and reviewer are the same",
            "两个岗位 / two posts",
            "由另一人审核 / have somebody else review",
        )


def _resolved_states(
    catalogue: Catalogue, before: Mapping[str, EntryState], given: Mapping[str, EntryState]
) -> dict[str, EntryState]:
    known = [*catalogue.resources, *catalogue.datasets]
    for entry_id, state in given.items():
        if entry_id not in known or state not in get_args(EntryState):
            raise CatalogueError(
                "states",
                f"{entry_id}: {state}",
                f"资源或数据集 / a resource or dataset: {' | '.join(get_args(EntryState))}",
                "改正标识或状态 / correct the id or the state",
            )
    return {key: given.get(key) or before.get(key) or "listed" for key in known}


@contextmanager
def _publishing(lake: Lake) -> Iterator[None]:
    """Let one process publish at a time: reading the last number and writing the next belong together."""
    folder = lake.scratch / "locks"
    folder.mkdir(parents=True, exist_ok=True)
    lock = FileLock(folder / "catalogue.publish.lock")
    try:
        lock.acquire(timeout=_LOCK_SECONDS)
    except Timeout:
        raise LakeError(
            str(RELEASES),
            "另一进程正在发布 / another process is publishing",
            "同时只有一个发布者 / one publisher at a time",
            "等待其结束 / wait for it to end",
        ) from None
    try:
        yield
    finally:
        lock.release()


def _write(lake: Lake, new: Release) -> None:
    entries = pa.Table.from_pylist(list(entry_rows(new)), schema=ENTRIES_SCHEMA)
    lake.replace_where(ENTRIES, entries, {"release": str(new.number)})
    lake.append(RELEASES, pa.Table.from_pylist([release_row(new)], schema=RELEASES_SCHEMA))


def _rows(lake: Lake, table: TableName, column: str, number: int) -> list[Row]:
    """Return the rows of one release; only files that may hold it are read."""
    if not lake.exists(table):
        return []
    with engine_errors(str(table)):
        folder = lake.path(table)
        rows: list[Row] = arrow_rows(
            DeltaTable(str(folder)), folder, filters=[(column, "=", number)]
        ).to_pylist()
    return rows
