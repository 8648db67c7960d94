"""Commands that keep a deployment in order: thin."""

import typer

from casework.grants import list_grants
from cli.options import HERE, AsJson, AsOf, Home, open_deployment, opened_state
from cli.output import print_json, print_table, say
from lake import Lake
from lake.retention import forget_old_versions
from resource_catalogue.deployment import Deployment
from resource_catalogue.words import TableName

_REACHING = ("in_force", "suspended")
"""States of a grant whose recipient may go back to earlier versions, now or when it is taken up again."""


def add_to(app: typer.Typer) -> None:
    """Add the command to the main one."""
    app.command()(thin)


def thin(home: Home = HERE, as_of: AsOf = None, as_json: AsJson = False) -> None:
    """清理旧版本 / Forget versions of tables older than lake.keep_versions_days; what grants may reach stays."""
    deployment = open_deployment(home, as_of)
    days = deployment.settings.lake.keep_versions_days
    gone = forget_old_versions(Lake.of(deployment), deployment.as_of, days, _reached(deployment))
    if as_json:
        print_json({str(table): files for table, files in gone.items()})
        return
    if gone:
        print_table("旧版本 / earlier versions", ("表 / table", "已删除文件 / files removed"), gone.items())
    total = sum(gone.values())
    say(f"已清理 {days} 天以前的版本 / forgot what was replaced over {days} days ago: {total} 个文件 / files")


def _reached(deployment: Deployment) -> dict[TableName, int]:
    """Return the first version of each shared table that a grant with history reaches."""
    found: dict[TableName, int] = {}
    with opened_state(deployment) as state:
        for case in list_grants(state):
            first = case.grant.history_from_version
            if first is not None and case.state in _REACHING:
                found[case.grant.table] = min(first, found.get(case.grant.table, first))
    return found
