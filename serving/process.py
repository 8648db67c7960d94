"""The processes behind ``civiclake serve``: the sharing side and the portal, each with what it may open and no more.

Here: putting casework, record of access, shared tables and faces together. The sharing side opens ``share.*``, its
lookups and the grants; the portal opens what was published and its own forms. Not here: starting both (``cli``).
"""

import os
from pathlib import Path

from starlette.applications import Starlette

from audit.group_writer import GroupWriter
from audit.record import AccessRecord
from casework.limits import Limits
from casework.state import State, open_state
from lake.lookup_index import LookupIndex
from lake.shared import SharedLake
from resource_catalogue.deployment import Deployment
from resource_catalogue.profile import load_profile
from serving.clock import ServingClock
from serving.desk import PortalDesk, PublishedFacts
from serving.doors import CaseworkDoors
from serving.lookup.answers import Lookup
from serving.lookup.app import LookupServer, lookup_routes
from serving.portal.app import portal_app
from serving.portal.ports import PortalSettings
from serving.sharing.app import sharing_app

HOME_VARIABLE = "CIVICLAKE_HOME"


def sharing_side() -> Starlette:
    """Return shared tables and keyed lookup of the deployment that ``CIVICLAKE_HOME`` names."""
    deployment = _deployment()
    recorder = GroupWriter(AccessRecord.open(deployment))
    now, settings = ServingClock(deployment.as_of), deployment.settings.serving
    app = sharing_app(
        SharedLake(deployment.lake_root, frozenset({"share"})),
        CaseworkDoors(_state(deployment)),
        recorder,
        now,
        deployment.key("serving"),
        settings,
    )
    lookup = Lookup(LookupIndex(deployment.lookup), deployment)
    app.router.routes.extend(lookup_routes(LookupServer(lookup, app.state.gate, recorder, now, settings)))
    return app


def portal_side() -> Starlette:
    """Return the open portal of the deployment that ``CIVICLAKE_HOME`` names."""
    deployment = _deployment()
    own = deployment.settings.portal
    settings = PortalSettings(
        base_url=own.base_url,
        secret=deployment.key("portal"),
        body_bytes=deployment.settings.serving.body_bytes,
        forms_per_hour=own.forms_per_hour,
        receipts_per_minute=own.receipts_per_minute,
        trusted_proxies=own.trusted_proxies,
        https=own.https,
    )
    folder, profile = deployment.var / "open", load_profile(deployment.settings.profile)
    limits = Limits(targets=deployment.settings.targets)
    return portal_app(
        folder,
        GroupWriter(AccessRecord.open(deployment)),
        PortalDesk(_state(deployment), PublishedFacts(folder, profile), limits),
        ServingClock(deployment.as_of),
        settings,
    )


def _deployment() -> Deployment:
    return Deployment.open(Path(os.environ[HOME_VARIABLE]))


def _state(deployment: Deployment) -> State:
    return open_state(deployment.casework_url, deployment.settings.deployment.time_zone)
