"""Assemble the command and turn errors into messages with the exit code of their kind."""

import os
import signal
import sys
from typing import NoReturn

import typer

from cli import (
    audit_commands,
    catalogue_commands,
    delivery_commands,
    feed_commands,
    form_commands,
    grant_commands,
    keeping_commands,
    object_commands,
    push_commands,
    reading_commands,
    recipient_commands,
    running_commands,
    serving_commands,
    task_commands,
)
from cli.output import errors
from resource_catalogue.errors import INTERRUPTED, CivicError, place_error

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
serving_commands.add_to(app)
push_commands.add_to(app)
keeping_commands.add_to(app)
app.add_typer(catalogue_commands.app, name="catalogue")
app.add_typer(delivery_commands.app, name="deliveries")
app.add_typer(feed_commands.app, name="feeds")
app.add_typer(object_commands.app, name="objects")
app.add_typer(task_commands.app, name="tasks")
app.add_typer(recipient_commands.app, name="recipients")
app.add_typer(grant_commands.app, name="grants")
app.add_typer(form_commands.app, name="forms")
app.add_typer(audit_commands.app, name="audit")


def run() -> None:
    """Run the command; a mistake that a person can mend ends with its own exit code and no traceback."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        app()
    except CivicError as error:
        _told(error)
    except BrokenPipeError:
        # Whoever read the output has gone, as `head` does.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        _told(place_error(error))
    except KeyboardInterrupt:
        _interrupted()
    except SystemExit as end:
        # Typer makes a KeyboardInterrupt of a command this exit code, without a word.
        if end.code == INTERRUPTED:
            _interrupted()
        raise


def _told(error: CivicError) -> NoReturn:
    errors.print(f"[bold red]错误 error[/] {_escaped(error.message())}", soft_wrap=True)
    sys.exit(error.exit_code)


def _interrupted() -> NoReturn:
    errors.print(
        "已中断, 数据完好, 再次运行同一命令即可继续 / "
        "interrupted; the data are whole, run the same command again to go on",
        soft_wrap=True,
    )
    sys.exit(INTERRUPTED)


def _escaped(text: str) -> str:
    return text.replace("[", r"\[")
