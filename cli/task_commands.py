"""Commands about rectification tasks: list, show, acknowledge, answer, accept, return, export."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from casework import acts
from casework.actors import Actor
from casework.tasks import Happening, Row, Task, list_tasks, show_task
from casework.tasks import overdue as overdue_tasks
from casework.transitions import ANSWER_LABELS, DUE_LABELS, OUTCOME_LABELS, STATE_LABELS, TRANSITIONS
from cli.acting import acting
from cli.catalogue_words import CatalogueWords
from cli.options import HERE, As, AsJson, AsOf, Home, actor_of, chosen, open_deployment, opened_state
from cli.output import (
    Column,
    both,
    counted,
    local,
    print_fields,
    print_json,
    print_table,
    say,
    stacked,
    word,
)
from cli.recording import record_access
from lake import Lake
from lake.releases import current_release
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import CivicError, own_place
from resource_catalogue.model import Label

app = typer.Typer(
    no_args_is_help=True, help="整改任务 / Rectification tasks: read them, answer them, export the sheet."
)

TaskId = Annotated[str, typer.Argument(help="任务编号 / task id such as R-2026-0001")]
Rows = Annotated[list[int] | None, typer.Option("--row", help="行号, 可多次 / row numbers; default all")]
_STATES = {str(state): label for state, label in STATE_LABELS.items()}
_COLUMNS = (
    Column("编号 / id", whole=True),
    "机构、资源 / agency, resource",
    "规则 / rule",
    Column("状态 / state", whole=True),
    Column("期限 / due on", whole=True),
    Column("行 / rows", whole=True, align="right"),
)
_ROW_COLUMNS = (
    Column("行 / row", whole=True, align="right"),
    "文件、工作表 / file, sheet",
    Column("行号 / line", whole=True, align="right"),
    "发现 / found",
    "结果 / outcome",
    "反馈 / answer",
)
_EVENT_COLUMNS = (
    "办理 / act",
    "状态 / state",
    "机构/岗位 / agency, post",
    "说明 / note",
)


@app.command("list")
def list_(
    home: Home = HERE,
    agency: Annotated[
        str | None, typer.Option(help="只看某机构, 标识或名称 / of one agency, by id or name")
    ] = None,
    state: Annotated[
        str | None, typer.Option(help=f"只看某状态 / in one state: {' | '.join(_STATES)}")
    ] = None,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="只看机构逾期未办的 / past the last day, waiting for the agency")
    ] = False,
    as_of: AsOf = None,
    as_json: AsJson = False,
) -> None:
    """列出 / List the tasks."""
    deployment = open_deployment(home, as_of)
    words = CatalogueWords.of(Lake.of(deployment))
    wanted = chosen("--agency", words.agency_named(agency) if agency else None, words.agencies())
    in_state = chosen("--state", state, _STATES)
    with opened_state(deployment) as opened:
        found = (
            overdue_tasks(opened, deployment.as_of, wanted) if overdue else list_tasks(opened, agency=wanted)
        )
    tasks = [task for task in found if in_state in (None, task.state)]
    if as_json:
        print_json([asdict(task) for task in tasks])
    else:
        print_table("整改任务 / tasks", _COLUMNS, (_cells(task, words) for task in tasks))


@app.command()
def show(task: TaskId, home: Home = HERE, as_json: AsJson = False) -> None:
    """查看 / Show one task with its rows and events."""
    deployment = open_deployment(home)
    with opened_state(deployment) as state:
        detail = show_task(state, task)
    if as_json:
        print_json(asdict(detail))
        return
    words, zone = CatalogueWords.of(Lake.of(deployment)), deployment.settings.zone()
    print_fields(task, _fields(detail.task, words, zone))
    print_table("行 / rows", _ROW_COLUMNS, (_row_cells(row, detail.task, words) for row in detail.rows))
    columns = (Column(f"时间 {zone.key} / at", whole=True), *_EVENT_COLUMNS)
    print_table("过程 / events", columns, (_event_cells(event, words, zone) for event in detail.events))


@app.command()
def acknowledge(task: TaskId, actor: As, home: Home = HERE, as_of: AsOf = None) -> None:
    """签收 / Acknowledge a task; the clock has run since its arrival."""
    with acting(actor, home, as_of) as by:
        _said(acts.acknowledge(by.state, by.release, task, by.actor, by.at))


@app.command()
def answer(
    task: TaskId,
    actor: As,
    kind: Annotated[
        str, typer.Option(help="反馈类别 / kind: corrected_elsewhere | confirmed_right | withdrawn")
    ],
    note: Annotated[str, typer.Option(help="说明, 不写个人信息 / in words, without personal data")],
    row: Rows = None,
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """反馈 / Answer a task or some of its rows."""
    with acting(actor, home, as_of) as by:
        _said(acts.answer(by.state, by.release, task, by.actor, kind, note, by.at, row or ()))


@app.command("accept")
def accept_answer(
    task: TaskId,
    actor: As,
    note: Annotated[str, typer.Option(help="说明 / a remark")] = "",
    row: Rows = None,
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """认可反馈 / Accept answers (quality officer of the raising body)."""
    with acting(actor, home, as_of) as by:
        _said(acts.accept_answer(by.state, by.release, task, by.actor, by.at, note, row or ()))


@app.command("return")
def return_answer(
    task: TaskId,
    actor: As,
    note: Annotated[str, typer.Option(help="理由 / why")],
    row: Rows = None,
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """退回反馈 / Return answers to the agency with the reason."""
    with acting(actor, home, as_of) as by:
        _said(acts.return_answer(by.state, by.release, task, by.actor, note, by.at, row or ()))


@app.command()
def export(
    task: TaskId,
    actor: As,
    out: Annotated[Path | None, typer.Option(help="目录 / folder; default var/outbox")] = None,
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """导出整改清单 / Write the XLSX sheet for the source agency: which cell of its own file to mend."""
    from casework.task_sheet import export_task
    from reporting.task_words import TaskWords

    deployment = open_deployment(home, as_of)
    lake = Lake.of(deployment)
    release = current_release(lake)
    folder = out or deployment.var / "outbox"
    with own_place(folder), opened_state(deployment) as state:
        path = export_task(
            state, lake, release, task, folder, actor_of(actor), deployment.as_of, explain=TaskWords(release)
        )
        exported = show_task(state, task).task
    _record_export(deployment, exported, actor_of(actor), path)
    say(str(path))


def _record_export(deployment: Deployment, task: Task, actor: Actor, path: Path) -> None:
    """Record that a sheet leaves the platform; one that cannot be recorded does not."""
    try:
        record_access(
            deployment,
            "export",
            task.resource,
            actor,
            rows=task.rows,
            bytes=path.stat().st_size,
            detail={"case": task.id},
        )
    except CivicError:
        path.unlink()
        raise


def _said(task: Task) -> None:
    say(f"{task.id}: {word(STATE_LABELS, task.state)}")


def _cells(task: Task, words: CatalogueWords) -> tuple[Any, ...]:
    return (
        task.id,
        f"{words.agency(task.agency).zh}\n{task.resource}",
        stacked(words.rule(task.resource, task.rule)),
        word(STATE_LABELS, task.state).replace(" / ", "\n"),
        _due(task),
        task.rows,
    )


def _due(task: Task) -> str:
    """Return the last day and whether a text prescribes it or the platform promises it."""
    basis = {
        "prescribed": "规定\nprescribed",
        "target": "平台目标\ntarget",
        "none": "无期限\nno date",
    }[task.due_basis]
    return f"{task.due_on}\n{basis}" if task.due_on else basis


def _fields(task: Task, words: CatalogueWords, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "编号 / id": task.id,
        "责任机构 / agency": f"{both(words.agency(task.agency))} ({task.agency})",
        "下发机构 / raised by": f"{both(words.agency(task.raised_by))} ({task.raised_by})",
        "资源 / resource": f"{both(words.resource(task.resource))} ({task.resource})",
        "规则 / rule": f"{both(words.rule(task.resource, task.rule))}\n{task.rule}",
        "状态 / state": word(STATE_LABELS, task.state),
        "轮次 / round": task.round,
        "等待 / waits for": _WAITING[task.waiting_for],
        f"下发 {zone.key} / opened at": local(task.opened_at, zone),
        f"收到 {zone.key} / received at": local(task.received_at, zone),
        f"办结 {zone.key} / closed at": local(task.closed_at, zone),
        "期限 / due on": f"{task.due_on or ''} {word(DUE_LABELS, task.due_basis)}".strip(),
        "暂定 / provisional": "是 / yes" if task.is_provisional else "否 / no",
        "依据 / basis": task.citation,
        "目录版本 / release": f"{task.release}, {task.profile}",
        "前一任务 / follows": task.follows,
        "各行结果 / outcomes": counted(task.outcomes, OUTCOME_LABELS),
    }


def _row_cells(row: Row, task: Task, words: CatalogueWords) -> tuple[Any, ...]:
    answer = [
        word(ANSWER_LABELS, row.answer),
        row.answer_note or "",
        word(_ANSWER_STATES, row.answer_state),
    ]
    return (
        row.number,
        "\n".join(filter(None, (row.file_name, row.sheet))),
        row.line,
        stacked(words.found(task.resource, row.rule, row.reason)),
        word(OUTCOME_LABELS, row.outcome),
        "\n".join(filter(None, answer)),
    )


def _event_cells(event: Happening, words: CatalogueWords, zone: ZoneInfo) -> tuple[Any, ...]:
    act = TRANSITIONS["rectification"].get(event.act)
    return (
        local(event.at, zone),
        both(act.label) if act else event.act,
        word(STATE_LABELS, event.to_state),
        f"{words.agency(event.agency).zh}\n{event.agency}/{event.post}",
        event.note,
    )


_WAITING = {
    "agency": "责任机构 / the agency",
    "raising_body": "下发机构 / the raising body",
    "nobody": "无 / nobody",
}
_ANSWER_STATES = {
    "given": Label(zh="待审核", en="to be decided on"),
    "accepted": Label(zh="已认可", en="accepted"),
    "returned": Label(zh="已退回", en="returned"),
}
