"""Serving: shared tables and lookups on one port, the open portal on the next, with one command."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from types import FrameType
from typing import Annotated

import typer

from cli.options import HERE, AsOf, Home, open_deployment
from cli.output import say
from lake import Lake
from lake.releases import current_release
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import SettingError

_SIDES = ("serving.portal_process:portal_side", "serving.sharing_process:sharing_side")
_STOP_SECONDS = 20.0
_HEADER_MS = "10000"
"""Longest time that a request's head may take: slow clients must not hold connections."""


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
        _refuse_taken(host, number)
    environment = {**os.environ, "CIVICLAKE_HOME": str(deployment.home)}
    if as_of:
        environment["CIVICLAKE_AS_OF"] = as_of
    sides = [
        subprocess.Popen(_command(side, host, number), env=environment)
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
    asked = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    is_told = False
    while not asked and all(side.poll() is None for side in sides):
        if not is_told and all(_answers(host, number) for number in (port, port + 1)):
            is_told = True
            _tell(host, port, deployment)
        time.sleep(0.2)
    failed = [side.returncode for side in sides if side.returncode is not None]
    _stop(sides)
    return 0 if asked else next((code for code in failed if code), 1)


def _tell(host: str, port: int, deployment: Deployment) -> None:
    sharing = deployment.settings.serving.base_url or f"http://{host}:{port + 1}"
    portal = deployment.settings.portal.base_url or f"http://{host}:{port}"
    say(f"开放平台 / open portal: {portal}")
    say(f"共享服务 / shared tables: {sharing}/delta-sharing")
    say(f"按键查询 / keyed lookup: {sharing}/lookup/ENTRY")


def _stop(sides: Sequence[subprocess.Popen[bytes]]) -> None:
    for side in sides:
        if side.poll() is None:
            side.terminate()
    for side in sides:
        try:
            side.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            # What is acknowledged is durable: a kill loses nothing.
            side.kill()
            side.wait()


def _answers(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def _refuse_taken(host: str, port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise SettingError(
                f"{host}:{port}",
                "端口被占用或无权使用 / the port is taken or may not be used",
                "两个相邻的空闲端口 / two free ports, one after the other",
                "用 --port 换一个 / name another with --port",
            ) from None
