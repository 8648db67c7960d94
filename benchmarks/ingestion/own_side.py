"""The platform's side: ``python -m benchmarks.ingestion.own_side ingest HOME MODE`` or ``decode HOME MODE``.

``ingest`` takes everything in: landing, raw, standard. ``decode`` only decodes the files of the inbox, which is what
taking in many small files is measured against.
"""

import sys
from pathlib import Path
from typing import Literal, cast

from benchmarks.ingestion.measured_feed import AS_OF, RESOURCE, the_release
from ingestion.connectors.folder import arrivals
from ingestion.decode import decode_file
from ingestion.ingest import ingest_resource
from lake import Lake
from resource_catalogue.deployment import Deployment

Mode = Literal["snapshot", "append"]


def main() -> None:
    """Read the arguments and do the work."""
    work = {"ingest": ingest, "decode": decode}[sys.argv[1]]
    work(Deployment.open(Path(sys.argv[2])), cast("Mode", sys.argv[3]))


def ingest(deployment: Deployment, mode: Mode) -> None:
    """Take in all files of the inbox."""
    lake, release = Lake.of(deployment), the_release(mode)
    while ingest_resource(lake, deployment, release, RESOURCE, AS_OF).waiting:
        pass


def decode(deployment: Deployment, mode: Mode) -> None:
    """Decode all files of the inbox and keep nothing."""
    resource = the_release(mode).resource(RESOURCE)
    for arrival in arrivals(resource, deployment, AS_OF):
        for _ in decode_file(arrival.path, resource).blocks:
            pass


if __name__ == "__main__":
    main()
