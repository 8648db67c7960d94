"""Since when a resource is listed (目录发布): the first release since which every one listed it.

Here: reading it from the releases' tables. Not here: releases as such (``releases.py``), what is owed from then on
(``resource_catalogue/promise.py``).
"""

import datetime as dt
from typing import Any

from deltalake import DeltaTable

from lake.arrow_rows import arrow_rows
from lake.engine import engine_errors
from lake.release_rows import ENTRIES, RELEASES
from lake.store import Lake
from resource_catalogue.release import Release
from resource_catalogue.words import TableName


def listed_since(lake: Lake, release: Release) -> dict[str, dt.datetime]:
    """Return for each resource of a release since when it is listed without a break.

    A later release does not begin anew: what never delivered stays late however often the catalogue is published.
    A resource that no earlier release lists, or whose release is not in the tables, is listed since this one.
    """
    ids = [resource.id for resource in release.listed_resources()]
    since = dict.fromkeys(ids, release.published_at)
    if not (lake.exists(RELEASES) and lake.exists(ENTRIES)):
        return since
    listed = set(
        _columns(lake, ENTRIES, ("release", "id"), [("kind", "=", "resource"), ("state", "=", "listed")])
    )
    releases = _columns(lake, RELEASES, ("number", "published_at"), [("number", "<", release.number)])
    going = set(ids)
    for number, published_at in sorted(releases, reverse=True):
        going = {one for one in going if (number, one) in listed}
        since.update(dict.fromkeys(going, published_at))
    return since


def _columns(
    lake: Lake, table: TableName, names: tuple[str, ...], filters: list[tuple[str, str, object]]
) -> list[tuple[Any, ...]]:
    """Read some columns of a table; bodies of entries and profiles, which are most of it, are not asked for."""
    with engine_errors(str(table)):
        folder = lake.path(table)
        found = arrow_rows(DeltaTable(str(folder)), folder, columns=list(names), filters=filters)
    return [*zip(*(found[name].to_pylist() for name in names), strict=True)]
