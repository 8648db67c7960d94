"""The open portal of ``civiclake serve`` in a process of its own.

Here: putting what was published, forms and record of access together. Nothing that can open the lake is loaded here, so
that the process can reach opened files and its own forms only. Not here: shared tables (``sharing_process.py``).
"""

from starlette.applications import Starlette

from audit.group_writer import GroupWriter
from audit.record import AccessRecord
from casework.limits import Limits
from casework.state import open_state
from resource_catalogue.deployment import served_deployment
from resource_catalogue.profile import load_profile
from serving.clock import ServingClock
from serving.desk import PortalDesk, PublishedFacts
from serving.portal.app import portal_app
from serving.portal.ports import PortalSettings
from serving.visitors import AccountTerms, PortalVisitors, PublishedOperator


def portal_side() -> Starlette:
    """Return the open portal of the deployment that ``CIVICLAKE_HOME`` names."""
    deployment = served_deployment()
    own, folder = deployment.settings.portal, deployment.var / "open"
    settings = PortalSettings(
        base_url=own.base_url,
        secret=deployment.key("portal"),
        body_bytes=deployment.settings.serving.body_bytes,
        forms_per_hour=own.forms_per_hour,
        receipts_per_minute=own.receipts_per_minute,
        trusted_proxies=own.trusted_proxies,
        https=own.https,
        requests_per_minute=own.requests_per_minute,
        logins_per_hour=own.logins_per_hour,
        failed_logins=own.failed_logins,
        registrations_per_hour=own.registrations_per_hour,
        session_hours=own.session_hours,
    )
    state = open_state(deployment.casework_url, deployment.settings.deployment.time_zone)
    profile = load_profile(deployment.settings.profile)
    limits = Limits(targets=deployment.settings.targets)
    terms = AccountTerms(own.session_hours, own.key_days)
    visitors = PortalVisitors(state, PublishedOperator(folder, profile), settings.secret, terms)
    return portal_app(
        folder,
        GroupWriter(AccessRecord.open(deployment)),
        PortalDesk(state, PublishedFacts(folder, profile), limits),
        ServingClock(deployment.as_of),
        settings,
        visitors,
        visitors,
    )
