"""The process of ``civiclake push`` that answers: posted records kept and acknowledged, nothing else.

``python -m serving.push_process HOST PORT``. Here: putting doors, clock and face together. Not here: taking the records
in, which another process does (``orchestration/push_drain.py``), so that decoding and building never keep an
acknowledgement waiting.
"""

import sys

from resource_catalogue.deployment import served_deployment
from serving.clock import ServingClock
from serving.push.app import PushApp, PushServer
from serving.push.doors import Doors
from serving.push.listening import listen


def push_side() -> PushApp:
    """Return the push server of the deployment that ``CIVICLAKE_HOME`` names."""
    deployment = served_deployment()
    return PushApp(PushServer(deployment, Doors(deployment), ServingClock(deployment.as_of)))


if __name__ == "__main__":
    listen(push_side(), sys.argv[1], int(sys.argv[2]))
