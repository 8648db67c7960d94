"""Which bodies of a release perform the functions that a profile names: authority and operator.

Here: reading them off a release, for every room that must name them. Not here: who may act for a body
(``casework``).
"""

import datetime as dt
from typing import Literal

from resource_catalogue.release import Release

Function = Literal["authority", "operator"]
FUNCTIONS: tuple[Function, ...] = ("authority", "operator")


def bodies(release: Release, role: str, day: dt.date) -> list[str]:
    """List the agencies with a role on a day: of the tier that the profile serves, else of the nearest above."""
    found = [agency for agency in release.catalogue.agencies_with_role(role) if agency.valid.contains(day)]
    order = [tier.id for tier in release.profile.tiers]
    above = order[order.index(release.profile.home_tier) :]
    for tier in above:
        own = sorted(agency.id for agency in found if agency.tier == tier)
        if own:
            return own
    return sorted(agency.id for agency in found)


def acting_body(release: Release, function: Function, day: dt.date) -> str:
    """Return the body that performs a function under the profile.

    Raises:
        CatalogueError: The profile names nobody who exists.
    """
    present = {role for role in FUNCTIONS if bodies(release, role, day)}
    return bodies(release, release.profile.acting(function, present), day)[0]
