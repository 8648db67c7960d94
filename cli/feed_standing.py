"""Commands about how feeds stand: ``feeds freshness`` and ``feeds replaced``."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import HERE, AsJson, AsOf, Home, open_deployment, opened_state
from cli.output import Column, both, print_json, print_table, stacked
from resource_catalogue.errors import NotFoundError

if TYPE_CHECKING:
    from reporting.freshness import FreshnessLine
    from reporting.replaced import ReplacedLine
    from resource_catalogue.release import Release

_FRESHNESS = (
    "机构 / agency",
    "资源 / resource",
    "承诺 / promised",
    Column("最近报送 / last delivery", whole=True),
    Column("应报 / due on", whole=True),
    "迟报 / late",
    Column("按时 / on time", align="right"),
    "曾迟到 / came late",
)
_REPLACED = (
    "原资源、机构 / old resource, agency",
    "替代资源 / successor",
    Column("停用日期 / retires on", whole=True),
    "进展 / how far",
    "使用者：授权、数据集 / users: grants, datasets",
)


def add_to(app: typer.Typer) -> None:
    """Add the commands to ``feeds``."""
    for command in (freshness, replaced):
        app.command()(command)


def freshness(
    agency: Annotated[str | None, typer.Option("--agency", help="只看一个机构 / one agency only")] = None,
    home: Home = HERE,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """及时情况 / Show promised against actual: when the next delivery is due, how late it is, how many came in time."""
    from lake import Lake
    from lake.releases import current_release
    from reporting.freshness import freshness as standing

    deployment = open_deployment(home, as_of)
    lake = Lake.of(deployment)
    release = current_release(lake)
    _known_agency(release, agency)
    lines = standing(lake, release, deployment.as_of.astimezone(deployment.settings.zone()), agency)
    if as_json:
        print_json([_freshness_json(line) for line in lines])
    else:
        print_table("报送及时情况 / freshness", _FRESHNESS, map(_freshness_cells, lines))


def replaced(home: Home = HERE, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """替代 / List replaced resources: successor, day, how far it is, and who uses the old one."""
    from lake import Lake
    from lake.releases import current_release
    from reporting.replaced import replaced_resources

    deployment = open_deployment(home, as_of)
    lake = Lake.of(deployment)
    now = deployment.as_of.astimezone(deployment.settings.zone())
    with opened_state(deployment) as state:
        lines = replaced_resources(lake, current_release(lake), now, state)
    if as_json:
        print_json([{**asdict(line), "name": both(line.name), "said": both(line.said)} for line in lines])
    else:
        print_table("被替代的资源 / replaced resources", _REPLACED, map(_replaced_cells, lines))


def _replaced_cells(line: "ReplacedLine") -> tuple[Any, ...]:
    grants = [f"{one.grant} {one.recipient}" for one in line.grants]
    return (
        f"{line.resource_id}\n{line.agency_id}",
        line.successor,
        line.retires_on,
        stacked(line.said),
        "\n".join([*grants, *line.datasets]),
    )


def _known_agency(release: "Release", agency: str | None) -> None:
    """Refuse an agency that the release does not know."""
    known = release.catalogue.agencies
    if agency is not None and agency not in known:
        raise NotFoundError(
            f"--agency {agency}", "没有此机构 / no such agency", ", ".join(known), "选用其一 / choose one"
        )


def _freshness_json(line: "FreshnessLine") -> dict[str, Any]:
    """Return a line with its labels in both languages and its share on time."""
    body = asdict(line)
    labels = ("name", "promised", "why_none")
    told = {name: both(label) if (label := getattr(line, name)) else None for name in labels}
    return {**body, **told, "is_late": line.is_late, "share_on_time": line.share_on_time}


def _freshness_cells(line: "FreshnessLine") -> tuple[Any, ...]:
    late = "" if line.days_late is None else f"{line.days_late} 个工作日\n{line.days_late} working days"
    came_late = [f"{one.due_at:%Y-%m-%d} → {one.came_at:%Y-%m-%d} (+{one.working_days})" for one in line.late]
    return (
        line.agency_id,
        line.resource_id,
        stacked(line.why_none or line.promised),
        f"{line.last_at:%Y-%m-%d %H:%M}" if line.last_at else "从未报送\nnever",
        f"{line.due_at:%Y-%m-%d}" if line.due_at else "",
        late,
        f"{line.on_time}/{line.periods}" if line.periods else "",
        "\n".join(came_late),
    )
