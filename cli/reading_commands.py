"""Commands that only read: status, explain, trace; the first one is here (``subject_commands.py`` has the others)."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import typer

from casework.transitions import STATE_LABELS
from cli.catalogue_words import CatalogueWords
from cli.delivery_commands import state_and_reason
from cli.options import HERE, AsJson, Home, open_deployment, opened_state
from cli.output import Column, both, listed, print_json, print_table, say, stacked, word
from cli.subject_commands import explain, trace
from lake import Lake
from lake.releases import current_release, release_numbers
from reporting.words import DELIVERY_STATES, PROFILE_STATUS, SEVERITIES, indicator_label
from resource_catalogue.deployment import Deployment

_DELIVERY_COLUMNS = (
    "资源、文件 / resource, file",
    Column("收到 / received", align="right"),
    Column("入库 / loaded", align="right"),
    Column("未拆分 / not split", align="right"),
    "状态、原因 / state, reason",
)
_SOURCE_COLUMNS = (
    "资源 / resource",
    "最近取数 / last asked",
    "最近成功 / last success",
    Column("件数 / files", align="right"),
    "情况 / state",
)
_FINDING_COLUMNS = (
    "资源 / resource",
    "规则 / rule",
    "指标 / indicator",
    Column("程度 / severity", whole=True),
    Column("数 / count", align="right"),
)


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


def print_status(deployment: Deployment) -> None:
    """Print the state of a deployment as tables."""
    found, words = _status(deployment), CatalogueWords.of(Lake.of(deployment))
    _say_release(found, deployment)
    if "sources" in found:
        print_table("来源 / sources", _SOURCE_COLUMNS, map(_source_cells, found["sources"]))
    for told in found.get("held_back", ()):
        say(told)
    print_table("归集批次 / deliveries", _DELIVERY_COLUMNS, map(_delivery_cells, found["deliveries"]))
    findings = (_finding_cells(row, words) for row in found["findings"])
    print_table("问题数据 / findings", _FINDING_COLUMNS, findings)
    _print_tasks(found, words)
    _print_opened(found)


def _source_cells(row: Mapping[str, Any]) -> tuple[object, ...]:
    return (
        f"{row['resource']}\n{row['connector']}",
        row["tried_at"],
        row["succeeded_at"] or "",
        row["files"],
        row["fault"] or "正常 / well",
    )


def print_summary(deployment: Deployment) -> None:
    """Print what a run came to in a few lines: counts by state, by agency, and the opened datasets."""
    found = _status(deployment)
    _say_release(found, deployment)
    states = Counter(row["state"] for row in found["deliveries"])
    lines = [(word(DELIVERY_STATES, state), count) for state, count in sorted(states.items())]
    print_table("归集批次 / deliveries", ("状态 / state", "数 / count"), lines)
    _print_tasks(found, CatalogueWords.of(Lake.of(deployment)))
    _print_opened(found)


def _say_release(found: Mapping[str, Any], deployment: Deployment) -> None:
    profile = found["profile"]
    if found["release"] is None:
        say(
            f"尚未发布目录 / no catalogue release is published yet (profile {profile['id']})\n"
            f"下一步 / next: civiclake catalogue check --home {deployment.home}, civiclake catalogue publish"
        )
        return
    standing = word(PROFILE_STATUS, profile["status"])
    say(
        f"目录版本 / release {found['release']}; 办法 / profile {profile['id']}@{profile['version']}: {standing}"
    )


def _delivery_cells(row: Mapping[str, Any]) -> tuple[Any, ...]:
    place = row["resource"] if row["slice"] == "all" else f"{row['resource']} ({row['slice']})"
    return (
        f"{place}\n{row['file']}",
        row["received"],
        row["loaded"],
        row["rejected"],
        state_and_reason(row["state"], row["reason"]),
    )


def _finding_cells(row: Mapping[str, Any], words: CatalogueWords) -> tuple[Any, ...]:
    return (
        f"{words.agency(row['agency']).zh}\n{row['resource']}",
        stacked(words.rule(row["resource"], row["rule"])),
        stacked(indicator_label(row["indicator"])),
        word(SEVERITIES, row["severity"]),
        row["count"],
    )


def _print_tasks(found: Mapping[str, Any], words: CatalogueWords) -> None:
    """Print the tasks counted by agency and state; ``civiclake tasks list`` names them one by one."""
    tasks: Counter[tuple[str, str]] = Counter()
    rows: Counter[tuple[str, str]] = Counter()
    for task in found["tasks"]:
        tasks[task["agency"], task["state"]] += 1
        rows[task["agency"], task["state"]] += task["rows"]
    lines = [
        (f"{both(words.agency(agency))} ({agency})", word(STATE_LABELS, state), count, rows[agency, state])
        for (agency, state), count in sorted(tasks.items())
    ]
    columns = (
        "机构 / agency",
        "状态 / state",
        Column("任务 / tasks", align="right"),
        Column("行 / rows", align="right"),
    )
    print_table("整改任务 / tasks", columns, lines)
    if lines:
        say("  逐条查看 / one by one: civiclake tasks list")


def _print_opened(found: Mapping[str, Any]) -> None:
    columns = (
        Column("数据集 / dataset", whole=True),
        Column("行 / rows", align="right"),
        Column("k", align="right"),
        "文件 / files",
    )
    lines = [(row["dataset"], row["rows"], row["k"], listed(row["files"])) for row in found["opened"]]
    print_table("开放数据集 / opened", columns, lines)


def _status(deployment: Deployment) -> dict[str, Any]:
    from reporting.status import status as read_status

    lake = Lake.of(deployment)
    release = current_release(lake) if release_numbers(lake) else None
    with opened_state(deployment) as state:
        return read_status(deployment, lake, state, release)
