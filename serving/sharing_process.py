"""The sharing side of ``civiclake serve``: shared tables and keyed lookup in one process.

Here: putting casework, record of access, shared tables and faces together. It opens ``share.*``, its indexes and the
grants, and of the catalogue the names of its entries. Not here: the portal, which is a process of its own
(``portal_process.py``).
"""

from starlette.applications import Starlette

from audit.group_writer import GroupWriter
from audit.record import AccessRecord
from casework.state import open_state
from lake import Lake
from lake.lookup_index import LookupIndex
from lake.shared import SharedLake
from resource_catalogue.deployment import served_deployment
from serving.catalogue_names import CatalogueNames
from serving.clock import ServingClock
from serving.doors import CaseworkDoors
from serving.lookup.answers import Lookup
from serving.lookup.app import LookupServer, lookup_routes
from serving.sharing.app import sharing_app
from serving.sharing.bucket_addresses import bucket_addresses


def sharing_side() -> Starlette:
    """Return shared tables and keyed lookup of the deployment that ``CIVICLAKE_HOME`` names."""
    deployment = served_deployment()
    recorder = GroupWriter(AccessRecord.open(deployment))
    now, settings = ServingClock(deployment.as_of), deployment.settings.serving
    state = open_state(deployment.casework_url, deployment.settings.deployment.time_zone)
    entries = CatalogueNames(Lake.of(deployment))
    app = sharing_app(
        SharedLake(deployment.lake_root, frozenset({"share"})),
        CaseworkDoors(state),
        recorder,
        now,
        deployment.key("serving"),
        settings,
        addresses=bucket_addresses(deployment, now),
        entries=entries,
    )
    lookup = Lookup(LookupIndex(deployment.lookup), deployment)
    server = LookupServer(lookup, app.state.gate, recorder, now, settings, entries)
    app.router.routes.extend(lookup_routes(server))
    return app
