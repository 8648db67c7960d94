"""A deployment with the demonstration's catalogue, and the terminal at which its commands are typed."""

from pathlib import Path
from typing import Any

import typer
from typer.testing import CliRunner, Result

from casework.state import State, open_state
from cli.publishing import publish_files
from lake import Lake
from lake.releases import current_release
from opening.portal_catalogue import write_portal_catalogue
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import CivicError

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo" / "catalogue"
AS_OF = "2026-03-16T09:00:00+08:00"
SETTINGS = f"""profile = "yancheng"
as_of = "{AS_OF}"

[deployment]
id = "city"
name = {{ zh = "示例市", en = "Example city" }}
division_code = "329900"
"""


def publish_demo(home: Path) -> Path:
    """Publish the demonstration's catalogue in a folder, for the portal too, without data."""
    home.mkdir()
    (home / "civiclake.toml").write_text(SETTINGS, encoding="utf-8")
    (home / "catalogue").symlink_to(DEMO)
    deployment = Deployment.open(home)
    publish_files(deployment, "data_centre/registrar", "data_bureau/reviewer")
    lake = Lake.of(deployment)
    write_portal_catalogue(lake, current_release(lake), deployment, deployment.as_of)
    return home


def opened(home: Path) -> State:
    return open_state(Deployment.open(home).casework_url)


class Terminal:
    """Types commands of one application, each after the same first words."""

    def __init__(self, app: typer.Typer, *lead: str) -> None:
        self._app, self._lead = app, lead

    def ran(self, *arguments: str) -> Result:
        return CliRunner().invoke(self._app, (*self._lead, *arguments))

    def done(self, *arguments: str) -> str:
        """Type what must succeed; return what it prints."""
        result = self.ran(*arguments)
        assert result.exit_code == 0, f"{arguments}: {result.output} {result.exception!r}"
        return result.output

    def told(self, kind: type[CivicError], *arguments: str) -> str:
        """Type a mistake of a kind; return its message."""
        result = self.ran(*arguments)
        assert isinstance(result.exception, kind), f"{arguments}: {result.output} {result.exception!r}"
        return result.exception.message()


def joined(**groups: Any) -> typer.Typer:
    """Return an application of some groups of commands, which loads faster than the whole."""
    app = typer.Typer()
    for name, group in groups.items():
        app.add_typer(group.app, name=name)
    return app
