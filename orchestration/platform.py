"""What every asset body works on: one deployment with its lake, release and operational state."""

import datetime as dt
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from casework.state import State, open_state
from lake import Lake
from lake.releases import current_release
from resource_catalogue.deployment import Deployment
from resource_catalogue.release import Release

HOME_VARIABLE = "CIVICLAKE_HOME"


@dataclass(frozen=True)
class Platform:
    """Hold one opened deployment."""

    deployment: Deployment
    lake: Lake
    release: Release

    @property
    def as_of(self) -> dt.datetime:
        """Return the instant that rules and limits count from."""
        return self.deployment.as_of

    def at(self, as_of: dt.datetime) -> "Platform":
        """Return the same platform at one fixed instant: a run has a single now."""
        settings = self.deployment.settings.model_copy(update={"as_of": as_of})
        return replace(self, deployment=replace(self.deployment, settings=settings))

    @contextmanager
    def state(self) -> Iterator[State]:
        """Open the operational state for one piece of work."""
        state = open_state(self.deployment.casework_url, self.deployment.settings.deployment.time_zone)
        try:
            yield state
        finally:
            state.close()


def open_platform(home: Path | None = None, overrides: Mapping[str, str] | None = None) -> Platform:
    """Open a deployment that has a published release.

    Args:
        home: The deployment's folder; default the variable ``CIVICLAKE_HOME``, else the current folder.

    Raises:
        CatalogueError: No release is published.
    """
    deployment = Deployment.open(home or Path(os.environ.get(HOME_VARIABLE, ".")), overrides)
    lake = Lake.of(deployment)
    return Platform(deployment, lake, current_release(lake))
