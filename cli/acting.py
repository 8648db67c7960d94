"""What a person's act needs: deployment, current release, state, who acts and when, opened together.

Here: opening. Not here: options (``options.py``), nor what any act does (casework).
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from casework.access_tables import flush_grants
from casework.actors import Actor
from casework.state import State
from cli.options import actor_of, open_deployment, opened_state
from lake import Lake
from lake.releases import current_release
from resource_catalogue.deployment import Deployment
from resource_catalogue.release import Release


@dataclass(frozen=True, slots=True)
class Acting:
    """Hold what an act is done with, and by whom."""

    deployment: Deployment
    lake: Lake
    release: Release
    state: State
    actor: Actor

    @property
    def at(self) -> dt.datetime:
        """Return the instant that the act counts from."""
        return self.deployment.as_of

    @property
    def also_built(self) -> tuple[str, ...]:
        """Return the base databases that the deployment builds beyond those of its profile."""
        return self.deployment.settings.bases.also

    def tell_lake(self) -> None:
        """Let the lake know what became of the grants."""
        flush_grants(self.state, self.lake, self.release, self.also_built)


@contextmanager
def acting(actor: str, home: Path, as_of: str | None) -> Iterator[Acting]:
    """Open what ``--home`` and ``--as-of`` name for an act of whom ``--as`` names.

    Raises:
        SettingError: An option or setting is wrong.
        CatalogueError: No release is published.
    """
    who = actor_of(actor)
    deployment = open_deployment(home, as_of)
    lake = Lake.of(deployment)
    release = current_release(lake)
    with opened_state(deployment) as state:
        yield Acting(deployment, lake, release, state, who)
