"""Retire replaced resources when their successors can be used (Xinjiang a24): the next release, published by a run.

Here: which resources have usable data, and the release in which what is due is retired. Not here: what is due
(``resource_catalogue/replacement.py``). Nobody decides anew: day and successor stand in a release that two posts
published, and the new one names the same posts.
"""

import datetime as dt

import polars as pl

from lake.releases import carry_out, current_release
from lake.store import Lake
from lake.tables import DELIVERIES, RESULTS
from resource_catalogue.release import EntryState, Release
from resource_catalogue.replacement import Replacement, replacements
from resource_catalogue.words import DeliveryState

_COUNTS = (str(DeliveryState.LOADED), str(DeliveryState.ACCEPTED))


def usable_resources(lake: Lake) -> set[str]:
    """Return the resources with a delivery that counts and without a rule that blocks what is built from them."""
    deliveries, results = lake.read(DELIVERIES), lake.read(RESULTS)
    if deliveries.is_empty():
        return set()
    found = set(deliveries.filter(pl.col("state").is_in(_COUNTS))["resource_id"])
    if results.is_empty():
        return found
    failed = (pl.col("severity") == "block") & (pl.col("state") == "failed")
    return found - set(results.filter(failed | (pl.col("state") == "crashed"))["resource_id"])


def replacements_on(lake: Lake, release: Release, as_of: dt.datetime) -> list[Replacement]:
    """List the replacements of a release as they stand; ``as_of`` is in the deployment's zone."""
    return replacements(release, usable_resources(lake), as_of.date())


def retire_replaced(lake: Lake, as_of: dt.datetime) -> tuple[str, ...]:
    """Publish the release in which every resource whose replacement is due is retired; none where nothing is due.

    Args:
        as_of: Instant of the run, in the deployment's zone.

    Returns:
        The resources that were retired.
    """
    release = current_release(lake)
    due = [one.resource.id for one in replacements_on(lake, release, as_of) if one.progress == "due"]
    if due:
        retired: EntryState = "retired"
        carry_out(lake, dict.fromkeys(due, retired), as_of)
    return (*due,)
