"""The report page of a run: one HTML file that needs nothing else, in both languages, to read and to print.

Here: laying out and writing. Not here: what it says (``report_figures.py``, ``findings_figures.py``). The
page loads no script, font or image; its own policy forbids it to.
"""

import datetime as dt
import os
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from casework.state import State
from lake import Lake
from reporting.report_figures import Report, gather
from reporting.words import SEVERITIES, english
from resource_catalogue.deployment import Deployment
from resource_catalogue.release import Release

_FOLDER = Path(__file__).parent


def report_path(deployment: Deployment) -> Path:
    """Return where the report page of a deployment lies."""
    return deployment.var / "report" / "run.html"


def write_report(
    deployment: Deployment, lake: Lake, state: State, release: Release, as_of: dt.datetime
) -> Path:
    """Write the report page of a run; the same content leaves the file untouched.

    Args:
        deployment: Where the page is put.
        lake: Tables of the run.
        state: Operational state, for tasks.
        release: Catalogue release of the run, with its profile.
        as_of: Instant of the run.

    Returns:
        The page, at ``var/report/run.html``.
    """
    return write_page(report_path(deployment), rendered(gather(deployment, lake, state, release, as_of)))


def write_page(path: Path, text: str) -> Path:
    """Put a page in place, whole or not at all; the same content leaves the file untouched."""
    content = text.encode()
    if path.exists() and path.read_bytes() == content:
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_bytes(content)
    draft.replace(path)
    return path


def rendered(report: Report) -> str:
    """Return the page of a report."""
    return template("report.html.j2").render(report=report, severities=SEVERITIES)


@cache
def template(name: str) -> Template:
    """Return a page's template, with the filters that all of them use."""
    environment = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["english"] = english
    environment.filters["number"] = _number
    environment.filters["percent"] = _percent
    return environment.get_template(name)


def _number(count: int | None) -> str:
    return "—" if count is None else f"{count:,}"


def _percent(part: float) -> str:
    """Return a share in percent; never 100 where something failed."""
    percent = part * 100
    if part < 1 and percent > 99.99:
        return "> 99.99 %"
    return f"{percent:.2f} %"
