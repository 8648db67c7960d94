"""Options that many commands share, and opening what they name."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from casework.actors import Actor
from casework.state import State, open_state
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import SettingError
from resource_catalogue.model import Label

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


def chosen(option: str, given: str | None, known: Mapping[str, Label]) -> str | None:
    """Return the word that a filter names, itself or by its Chinese or English label.

    Raises:
        SettingError: There is no such word; all are named.
    """
    if given is None or given in known:
        return given
    named = [word for word, label in known.items() if given in (label.zh, label.en)]
    if not named:
        raise SettingError(
            f"选项 / option {option}",
            f"{given!r}: 未知 / unknown",
            ", ".join(f"{word} ({label.zh})" for word, label in known.items()),
            "选用其一 / choose one",
        )
    return named[0]


def actor_of(text: str) -> Actor:
    """Read ``agency/post``.

    Raises:
        SettingError: The text has another form.
    """
    agency, _, post = text.partition("/")
    if not agency or not post:
        raise SettingError(
            "选项 / option --as",
            repr(text),
            "机构标识/岗位 / AGENCY/POST",
            "例如 / such as --as data_centre/quality_officer",
        )
    return Actor(agency, post)
