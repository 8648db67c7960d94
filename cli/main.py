"""Assemble the command and turn errors into messages with the exit code of their kind."""

import sys

import typer

from cli import catalogue_commands, delivery_commands, reading_commands, running_commands, task_commands
from cli.output import errors
from resource_catalogue.errors import CivicError

app = typer.Typer(
    name="civiclake",
    help=(
        "公共数据平台: 从机构数据到基础库、整改任务和脱敏开放数据集。\n\n"
        "From agency feeds to base databases, rectification tasks and masked open datasets.\n\n"
        "Start with: civiclake demo"
    ),
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
running_commands.add_to(app)
reading_commands.add_to(app)
app.add_typer(catalogue_commands.app, name="catalogue")
app.add_typer(delivery_commands.app, name="deliveries")
app.add_typer(task_commands.app, name="tasks")


def run() -> None:
    """Run the command; a mistake that a person can mend ends with its own exit code and no traceback."""
    try:
        app()
    except CivicError as error:
        errors.print(f"[bold red]错误 error[/] {_escaped(error.message())}")
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        errors.print("已中断 / interrupted; the next run goes on from here")
        sys.exit(130)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
