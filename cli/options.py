"""Options that many commands share, and opening what they name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from casework.actors import Actor
from casework.state import State, open_state
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import SettingError

Home = Annotated[
    Path,
    typer.Option(
        "--home", envvar="CIVICLAKE_HOME", help="部署目录 / the deployment's folder", show_default=True
    ),
]
As = Annotated[
    str,
    typer.Option(
        "--as", metavar="AGENCY/POST", help="以谁的名义 / who decides, such as data_centre/quality_officer"
    ),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        "--as-of", envvar="CIVICLAKE_AS_OF", help="规则与时限的时点 / the instant rules and limits count from"
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="输出 JSON / print JSON")]
HERE = Path()


def open_deployment(home: Path, as_of: str | None = None) -> Deployment:
    """Open the deployment that ``--home`` names, at the instant that ``--as-of`` names."""
    return Deployment.open(home, {"CIVICLAKE_AS_OF": as_of} if as_of else {})


@contextmanager
def opened_state(deployment: Deployment) -> Iterator[State]:
    """Open the operational state of a deployment."""
    state = open_state(deployment.casework_url, deployment.settings.deployment.time_zone)
    try:
        yield state
    finally:
        state.close()


def actor_of(text: str) -> Actor:
    """Read ``agency/post``.

    Raises:
        SettingError: The text has another form.
    """
    agency, _, post = text.partition("/")
    if not agency or not post:
        raise SettingError("--as", f"{text!r}", "AGENCY/POST", "such as --as data_centre/quality_officer")
    return Actor(agency, post)
