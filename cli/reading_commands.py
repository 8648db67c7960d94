"""Commands that only read: status, explain, trace."""

from collections import Counter
from dataclasses import asdict
from typing import Annotated, Any

import typer

from cli.options import HERE, AsJson, Home, open_deployment, opened_state
from cli.output import print_json, print_table, say
from lake import Lake
from lake.releases import current_release, release_numbers
from resource_catalogue.deployment import Deployment


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (status, explain, trace):
        app.command()(command)


def status(home: Home = HERE, as_json: AsJson = False) -> None:
    """现状 / Show release, deliveries, tables, findings, tasks and opened datasets."""
    deployment = open_deployment(home)
    if as_json:
        print_json(_status(deployment))
    else:
        print_status(deployment)


def explain(
    entity: Annotated[str, typer.Argument(help="person | organisation | place | certificate | ...")],
    identifier: Annotated[
        str, typer.Argument(help="身份号码、信用代码等 / identifier; several parts joined by |")
    ],
    home: Home = HERE,
    as_json: AsJson = False,
) -> None:
    """解释 / Say for one subject which agency's value survived, which lost, by which rule, from which line."""
    from reporting.explain import explain as explain_subject

    deployment = open_deployment(home)
    lake = Lake.of(deployment)
    with opened_state(deployment) as state:
        found = explain_subject(deployment, lake, current_release(lake), entity, identifier, state)
    if as_json:
        print_json(asdict(found))
        return
    for attribute in found.attributes:
        columns = ("", "机构 / agency", "文件 / file", "工作表 / sheet", "行 / line", "规则 / rule")
        print_table(attribute.name, columns, attribute.lines())


def trace(
    table: Annotated[
        str, typer.Argument(help="表 / such as base.person or standard.police__household_registration")
    ],
    key: Annotated[str, typer.Argument(help="行键、主体键或标识 / row key, subject key or identifier")],
    home: Home = HERE,
    as_json: AsJson = False,
) -> None:
    """溯源 / Follow a row to delivery, file, sheet and line."""
    from reporting.trace import trace as trace_row

    deployment = open_deployment(home)
    lines = trace_row(deployment, Lake.of(deployment), table, key)
    if as_json:
        print_json([asdict(line) for line in lines])
        return
    columns = ("resource", "delivery_id", "file_name", "sheet", "line", "row_number")
    print_table(table, columns, [[getattr(line, name) for name in columns] for line in lines])


def print_status(deployment: Deployment) -> None:
    """Print the state of a deployment as tables."""
    found = _status(deployment)
    profile = found["profile"] or {}
    say(
        f"目录版本 / release {found['release']}; {profile.get('id')}@{profile.get('version')} {profile.get('status')}"
    )
    for part, columns in _COLUMNS.items():
        print_table(
            f"{_TITLES[part]} / {part}", columns, [[row.get(c) for c in columns] for row in found[part]]
        )


def print_summary(deployment: Deployment) -> None:
    """Print what a run came to in a few lines: counts by state, by agency, and the opened datasets."""
    found = _status(deployment)
    profile = found["profile"] or {}
    say(
        f"目录版本 / release {found['release']}; {profile.get('id')}@{profile.get('version')} {profile.get('status')}"
    )
    states = Counter(row["state"] for row in found["deliveries"])
    print_table("归集批次 / deliveries", ("状态 / state", "数 / count"), sorted(states.items()))
    tasks = Counter((row["agency"], row["state"]) for row in found["tasks"])
    rows = Counter(
        {key: sum(t["rows"] for t in found["tasks"] if (t["agency"], t["state"]) == key) for key in tasks}
    )
    lines = [(agency, state, count, rows[agency, state]) for (agency, state), count in sorted(tasks.items())]
    print_table("整改任务 / tasks", ("机构 / agency", "状态 / state", "任务 / tasks", "行 / rows"), lines)
    print_table(
        "开放数据集 / opened",
        _COLUMNS["opened"],
        [[r.get(c) for c in _COLUMNS["opened"]] for r in found["opened"]],
    )


def _status(deployment: Deployment) -> dict[str, Any]:
    from reporting.status import status as read_status

    lake = Lake.of(deployment)
    release = current_release(lake) if release_numbers(lake) else None
    with opened_state(deployment) as state:
        return read_status(deployment, lake, state, release)


_TITLES = {"deliveries": "归集批次", "findings": "问题数据", "tasks": "整改任务", "opened": "开放数据集"}
_COLUMNS = {
    "deliveries": ("resource", "slice", "file", "received", "loaded", "rejected", "state", "reason"),
    "findings": ("rule", "indicator", "severity", "agency", "count"),
    "tasks": ("id", "agency", "rule", "state", "due_on", "due_basis", "article", "rows"),
    "opened": ("dataset", "rows", "k", "files"),
}
