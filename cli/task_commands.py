"""Commands about rectification tasks: list, show, acknowledge, answer, accept, return, export."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from casework import acts
from casework.tasks import Task, list_tasks, show_task
from cli.options import HERE, As, AsJson, AsOf, Home, actor_of, open_deployment, opened_state
from cli.output import print_fields, print_json, print_table, say
from lake import Lake
from lake.releases import current_release

app = typer.Typer(
    no_args_is_help=True, help="整改任务 / Rectification tasks: read them, answer them, export the sheet."
)

TaskId = Annotated[str, typer.Argument(help="任务编号 / task id such as R-2026-0001")]
Rows = Annotated[list[int] | None, typer.Option("--row", help="行号, 可多次 / row numbers; default all")]
_SHOWN = ("id", "agency", "resource", "rule", "state", "opened_at", "due_on", "due_basis", "article", "rows")


@app.command("list")
def list_(
    home: Home = HERE,
    agency: Annotated[str | None, typer.Option(help="只看某机构 / of one agency")] = None,
    as_json: AsJson = False,
) -> None:
    """列出 / List the tasks."""
    with opened_state(open_deployment(home)) as state:
        tasks = [asdict(task) for task in list_tasks(state, agency=agency)]
    if as_json:
        print_json(tasks)
    else:
        print_table("整改任务 / tasks", _SHOWN, [[task[name] for name in _SHOWN] for task in tasks])


@app.command()
def show(task: TaskId, home: Home = HERE, as_json: AsJson = False) -> None:
    """查看 / Show one task with its rows and events."""
    with opened_state(open_deployment(home)) as state:
        detail = show_task(state, task)
    if as_json:
        print_json(asdict(detail))
        return
    print_fields(task, asdict(detail.task))
    columns = ("number", "file_name", "sheet", "line", "column", "reason", "outcome", "answer_state")
    print_table("行 / rows", columns, [[getattr(row, name) for name in columns] for row in detail.rows])
    events = ("at", "act", "from_state", "to_state", "agency", "post", "note")
    print_table(
        "过程 / events", events, [[getattr(event, name) for name in events] for event in detail.events]
    )


@app.command()
def acknowledge(task: TaskId, actor: As, home: Home = HERE, as_of: AsOf = None) -> None:
    """签收 / Acknowledge a task; the clock has run since its arrival."""
    deployment = open_deployment(home, as_of)
    release = current_release(Lake.of(deployment))
    with opened_state(deployment) as state:
        _said(acts.acknowledge(state, release, task, actor_of(actor), deployment.as_of))


@app.command()
def answer(
    task: TaskId,
    actor: As,
    kind: Annotated[str, typer.Option(help="corrected_elsewhere | confirmed_right | withdrawn")],
    note: Annotated[str, typer.Option(help="说明, 不写个人信息 / in words, without personal data")],
    row: Rows = None,
    home: Home = HERE,
    as_of: AsOf = None,
) -> None:
    """反馈 / Answer a task or some of its rows."""
    deployment = open_deployment(home, as_of)
    release = current_release(Lake.of(deployment))
    with opened_state(deployment) as state:
        _said(acts.answer(state, release, task, actor_of(actor), kind, note, deployment.as_of, row or ()))


@app.command("accept")
def accept_answer(
    task: TaskId, actor: As, note: str = "", row: Rows = None, home: Home = HERE, as_of: AsOf = None
) -> None:
    """认可反馈 / Accept answers (quality officer of the raising body)."""
    deployment = open_deployment(home, as_of)
    release = current_release(Lake.of(deployment))
    with opened_state(deployment) as state:
        _said(acts.accept_answer(state, release, task, actor_of(actor), deployment.as_of, note, row or ()))


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
    deployment = open_deployment(home, as_of)
    release = current_release(Lake.of(deployment))
    with opened_state(deployment) as state:
        _said(acts.return_answer(state, release, task, actor_of(actor), note, deployment.as_of, row or ()))


@app.command()
def export(
    task: TaskId,
    actor: As,
    out: Annotated[Path | None, typer.Option(help="目录 / folder; default var/outbox")] = None,
    home: Home = HERE,
) -> None:
    """导出整改清单 / Write the XLSX sheet for the source agency: which cell of its own file to mend."""
    from casework.task_sheet import export_task
    from reporting.task_words import TaskWords

    deployment = open_deployment(home)
    lake = Lake.of(deployment)
    release = current_release(lake)
    folder = out or deployment.var / "outbox"
    with opened_state(deployment) as state:
        path = export_task(
            state, lake, release, task, folder, actor_of(actor).agency, explain=TaskWords(release)
        )
    say(str(path))


def _said(task: Task) -> None:
    say(f"{task.id}: {task.state}")
