"""Push in real time: one process answers agencies' systems, this one takes in what they sent."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Annotated

import typer

from cli.options import HERE, AsOf, Home, open_deployment
from cli.output import errors, say
from cli.served_processes import answers, end_all, give_way, noted_signals, refuse_taken, start_process
from lake import Lake
from lake.releases import current_release
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import SettingError

_SIDE = "serving.push_process"


def add_to(app: typer.Typer) -> None:
    """Add the command to the main one."""
    app.command()(push)


def push(
    home: Home = HERE,
    port: Annotated[int, typer.Option(min=1, max=65535, help="端口 / port")] = 8010,
    host: Annotated[str, typer.Option(help="地址 / address to listen on")] = "127.0.0.1",
    as_of: AsOf = None,
) -> None:
    """接收推送 / Take pushed records in real time: acknowledge them, bring them into the bases, until stopped.

    Two processes: one keeps what is posted before it answers, this one takes it in every few seconds. Checks, tasks
    and shared tables are those of `civiclake run`; while it runs, records are acknowledged and wait.
    """
    deployment = open_deployment(home, as_of)
    _refuse_without_door(deployment)
    refuse_taken(host, port, "空闲端口 / a free port")
    environment = {**os.environ, "CIVICLAKE_HOME": str(deployment.home)}
    if as_of:
        environment["CIVICLAKE_AS_OF"] = as_of
    is_asked = noted_signals()
    side = start_process([sys.executable, "-m", _SIDE, host, str(port)], environment)
    try:
        _take_in(deployment, side, host, port, is_asked)
    finally:
        end_all([side])
    raise typer.Exit(0 if is_asked() else 1)


def _refuse_without_door(deployment: Deployment) -> None:
    """Say in words what is wrong, before anything listens.

    Raises:
        SettingError: No resource is pushed, or a token is not there.
        CatalogueError: No release is published.
    """
    from serving.push.doors import open_doors

    if not open_doors(deployment, current_release(Lake.of(deployment))):
        raise SettingError(
            "civiclake push",
            "没有推送的资源 / no resource is pushed",
            "source: {connector: push}",
            "在资源目录中声明并发布 / declare one and publish the catalogue: docs/how-to/push-records.md",
        )


def _take_in(
    deployment: Deployment, side: subprocess.Popen[bytes], host: str, port: int, is_asked: Callable[[], bool]
) -> None:
    """Take records in until the server ends, or somebody asks to stop."""

    def is_over() -> bool:
        return is_asked() or side.poll() is not None

    while not is_over() and not answers(host, port):
        time.sleep(0.1)
    if is_over():
        return
    say(f"推送地址 / records are posted to: http://{host}:{port}/push/RESOURCE")
    # Loaded while records are acknowledged already.
    from orchestration.platform import Platform
    from orchestration.push_drain import PushDrain

    # Who waits for an acknowledgement goes first.
    give_way()
    lake = Lake.of(deployment)
    drain = PushDrain(Platform(deployment, lake, current_release(lake)), _warn)
    drain.run(is_over, deployment.settings.push.drain_seconds)


def _warn(text: str) -> None:
    errors.print(text, markup=False, soft_wrap=True)
