"""The process of ``civiclake push`` that answers: posted records kept and acknowledged, nothing else.

Here: putting doors, clock and faces together. Not here: taking the records in, which another process does
(``orchestration/push_drain.py``), so that decoding and building never keep an acknowledgement waiting.
"""

from starlette.applications import Starlette

from resource_catalogue.deployment import served_deployment
from serving.clock import ServingClock
from serving.push.app import PushServer, push_app
from serving.push.doors import Doors


def push_side() -> Starlette:
    """Return the push server of the deployment that ``CIVICLAKE_HOME`` names."""
    deployment = served_deployment()
    return push_app(PushServer(deployment, Doors(deployment), ServingClock(deployment.as_of)))
