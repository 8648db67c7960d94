"""Serving: shared tables and lookups on one port, the open portal on the next, with one command."""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from typing import Annotated

import typer

from cli.options import HERE, AsOf, Home, open_deployment
from cli.output import say
from cli.served_processes import answers, end_all, noted_signals, refuse_taken, start_process
from lake import Lake
from lake.releases import current_release
from resource_catalogue.deployment import Deployment

_HEADER_MS = "10000"
"""Longest time that a request's head may take: slow clients must not hold connections."""
_SIDES = ("serving.portal_process:portal_side", "serving.sharing_process:sharing_side")


def add_to(app: typer.Typer) -> None:
    """Add the command to the main one."""
    app.command()(serve)


def serve(
    home: Home = HERE,
    port: Annotated[
        int,
        typer.Option(
            min=1,
            max=65534,
            help="开放平台端口; 共享服务用下一个 / port of the portal; sharing takes the next",
        ),
    ] = 8000,
    host: Annotated[str, typer.Option(help="地址 / address to listen on")] = "127.0.0.1",
    as_of: AsOf = None,
) -> None:
    """提供服务 / Serve the open portal, shared tables (Delta Sharing) and keyed lookup, until stopped.

    Two processes: neither can open what the other may. A pinned as_of moves on from there while they run.
    """
    deployment = open_deployment(home, as_of)
    # Opened here first: what is wrong is said in words, before anything listens.
    current_release(Lake.of(deployment))
    for number in (port, port + 1):
        refuse_taken(host, number, "两个相邻的空闲端口 / two free ports, one after the other")
    environment = {**os.environ, "CIVICLAKE_HOME": str(deployment.home)}
    if as_of:
        environment["CIVICLAKE_AS_OF"] = as_of
    sides = [
        start_process(_command(side, host, number), environment)
        for side, number in zip(_SIDES, (port, port + 1), strict=True)
    ]
    raise typer.Exit(_attended(sides, host, port, deployment))


def _command(side: str, host: str, port: int) -> list[str]:
    return [
        sys.executable, "-m", "granian", side, "--factory", "--interface", "asgi",
        "--host", host, "--port", str(port), "--workers", "1", "--no-ws",
        "--http1-header-read-timeout", _HEADER_MS, "--no-access-log", "--log-level", "warning",
    ]  # fmt: skip


def _attended(sides: Sequence[subprocess.Popen[bytes]], host: str, port: int, deployment: Deployment) -> int:
    """Hand on what asks the servers to end; when one ends by itself, end the other; return the exit code."""
    is_asked, is_told = noted_signals(), False
    while not is_asked() and all(side.poll() is None for side in sides):
        if not is_told and all(answers(host, number) for number in (port, port + 1)):
            is_told = True
            _tell(host, port, deployment)
        time.sleep(0.2)
    failed = [side.returncode for side in sides if side.returncode is not None]
    end_all(sides)
    return 0 if is_asked() else next((code for code in failed if code), 1)


def _tell(host: str, port: int, deployment: Deployment) -> None:
    sharing = deployment.settings.serving.base_url or f"http://{host}:{port + 1}"
    portal = deployment.settings.portal.base_url or f"http://{host}:{port}"
    say(f"开放平台 / open portal: {portal}")
    say(f"共享服务 / shared tables: {sharing}/delta-sharing")
    say(f"按键查询 / keyed lookup: {sharing}/lookup/ENTRY")
