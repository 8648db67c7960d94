"""Check a deployment's catalogue files and publish them; shared by ``catalogue publish`` and ``demo``."""

from casework.access_tables import flush_grants
from casework.grant_review import review_grants
from cli.options import opened_state
from expectations.checks import declarable_checks
from lake import Lake
from lake.releases import publish
from lake.tables import GRANTS
from resource_catalogue.catalogue import Draft, load_draft
from resource_catalogue.catalogue_check import check_catalogue
from resource_catalogue.deployment import Deployment
from resource_catalogue.faults import FaultyCatalogue
from resource_catalogue.inspection import CheckedFault
from resource_catalogue.profile import load_profile
from resource_catalogue.release import Release, catalogue_hash


def check_files(deployment: Deployment) -> tuple[Draft, list[CheckedFault]]:
    """Load and check the catalogue files of a deployment against its profile."""
    profile = load_profile(deployment.settings.profile)
    draft = load_draft(deployment.catalogue)
    known = frozenset(declarable_checks())
    return draft, check_catalogue(draft, profile, deployment.as_of.date(), known)


def differs_from_release(deployment: Deployment, release: Release) -> bool:
    """Tell whether the catalogue files say something else than the release in force, faulty files included."""
    draft = load_draft(deployment.catalogue)
    return bool(draft.faults) or catalogue_hash(draft.catalogue, release.profile) != release.hash


def publish_files(deployment: Deployment, registered_by: str, reviewed_by: str) -> Release:
    """Publish the checked files as the next release, or return the current one where nothing changed.

    Raises:
        FaultyCatalogue: The files have errors; all are named.
    """
    draft, checked = check_files(deployment)
    errors = [remark.fault for remark in checked if remark.severity == "error"]
    if errors:
        raise FaultyCatalogue(errors)
    profile = load_profile(deployment.settings.profile)
    release = publish(
        Lake.of(deployment), draft.catalogue, profile, deployment.as_of, registered_by, reviewed_by
    )
    follow_release(deployment, release)
    return release


def follow_release(deployment: Deployment, release: Release) -> None:
    """Let grants follow a release at once: what it shares no longer is not served until the next run."""
    lake = Lake.of(deployment)
    if not lake.exists(GRANTS):
        return
    also_built = deployment.settings.bases.also
    with opened_state(deployment) as state:
        review_grants(state, lake, release, deployment.as_of, also_built)
        flush_grants(state, lake, release, also_built)
