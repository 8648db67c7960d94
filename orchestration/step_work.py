"""The frame around every asset body: its turn at the deployment, an ordered stop, no cell value in an error."""

from collections.abc import Iterator
from contextlib import contextmanager

import dagster as dg

from orchestration.interruption import breaking_off
from orchestration.platform import Platform
from orchestration.run_lock import turn
from orchestration.shield import shielded


@contextmanager
def working(platform: Platform, key: dg.AssetKey) -> Iterator[None]:
    """Do the work of one step.

    Raises:
        KeyboardInterrupt: A person stopped the run.
        LakeError: Another run kept the deployment for too long.
        EngineError: In place of every error that is not the platform's own.
    """
    with breaking_off(), turn(platform.deployment), shielded(key):
        yield
