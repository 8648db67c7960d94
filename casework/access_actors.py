"""Who may act on recipients, grants and forms: the offices that decide for a body.

Here: refusing who may not act. Not here: which body performs a function (``resource_catalogue.acting_bodies``), which
consents a grant needs (``consent_needs.py``).
"""

import datetime as dt

from casework.actors import Actor, check_known, stands_for
from casework.transitions import DATA_OFFICER, QUALITY_OFFICER
from resource_catalogue.acting_bodies import FUNCTIONS, bodies
from resource_catalogue.agency import Agency
from resource_catalogue.errors import CatalogueError, NotPermitted
from resource_catalogue.release import Release

SIGNING_POST = "first_responsible"
"""Office that may sign for its body beside the data officer."""


def lower_authority(release: Release, agency: Agency, day: dt.date) -> str:
    """Return the authority of a lower tier's agency: same tier and division.

    Raises:
        CatalogueError: The catalogue has none.
    """
    for other in release.catalogue.agencies_with_role("authority"):
        same = (other.tier, other.division_code) == (agency.tier, agency.division_code)
        if same and other.valid.contains(day):
            return other.id
    raise CatalogueError(
        f"机构 / agency {agency.id}",
        f"没有同级主管部门 / no authority of tier {agency.tier} in {agency.division_code}",
        "roles: [authority]",
        "在机构目录中登记该级主管部门 / add the authority of that tier to the catalogue",
    )


def is_lower_tier(release: Release, agency: Agency) -> bool:
    """Tell whether an agency stands below the tier that the profile serves."""
    order = [tier.id for tier in release.profile.tiers]
    if agency.tier not in order:
        return False
    return order.index(agency.tier) < order.index(release.profile.home_tier)


def check_administers(release: Release, actor: Actor, where: str, day: dt.date) -> None:
    """Refuse an actor that is no data or quality officer of the authority or the operator.

    Raises:
        NotPermitted: Agency or post is unknown, or has no say here.
    """
    check_known(release, actor)
    if not is_administrator(release, actor, day):
        raise _refusal(
            where, actor, f"主管或运营机构的 / {DATA_OFFICER} | {QUALITY_OFFICER} of authority or operator"
        )


def is_administrator(release: Release, actor: Actor, day: dt.date) -> bool:
    """Tell whether an actor is a data or quality officer of the authority or the operator."""
    own = any(actor.agency in bodies(release, role, day) for role in FUNCTIONS)
    return own and actor.post in (DATA_OFFICER, QUALITY_OFFICER)


def check_speaks_for(release: Release, actor: Actor, body: str, where: str, day: dt.date) -> None:
    """Refuse an actor whose post may not decide for a body.

    Raises:
        NotPermitted: Agency or post is unknown, of another body, or in another post.
    """
    check_known(release, actor)
    if not speaks_for(release, actor, body, day):
        raise _refusal(where, actor, f"{body}/{DATA_OFFICER}")


def speaks_for(release: Release, actor: Actor, body: str, day: dt.date) -> bool:
    """Tell whether an actor decides for a body: its data officer or head, or an officer that administers."""
    if not stands_for(release, actor.agency, body):
        return False
    return actor.post in (DATA_OFFICER, SIGNING_POST) or is_administrator(release, actor, day)


def _refusal(where: str, actor: Actor, expected: str) -> NotPermitted:
    return NotPermitted(
        where, f"{actor}: 无权办理 / may not decide this", expected, "由有权岗位办理 / let one of them act"
    )
