"""The processes by which commands serve: how one is started, asked whether it answers, and ended.

Not here: which processes a command needs.
"""

import ctypes
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from resource_catalogue.errors import SettingError

_STOP_SECONDS = 20.0
_NICE = 19
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
"""Loaded beforehand: little is safe to do between fork and exec."""
_PR_SET_PDEATHSIG = 1


def start_process(command: Sequence[str], environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """Start a process that serves; it ends in order when this one is killed."""
    return subprocess.Popen(command, env=environment, preexec_fn=_end_with_parent if _LIBC else None)


def _end_with_parent() -> None:
    """Ask the system to end this process with its parent: nobody else would, where that is killed outright."""
    assert _LIBC is not None
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def noted_signals() -> Callable[[], bool]:
    """Note Ctrl-C and SIGTERM from now on; what is returned tells whether one came."""
    asked = False

    def stop(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        asked = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)
    return lambda: asked


def end_all(sides: Iterable[subprocess.Popen[bytes]]) -> None:
    """End processes in order; one that does not end in time is killed."""
    running = [side for side in sides if side.poll() is None]
    for side in running:
        side.terminate()
    for side in running:
        try:
            side.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            # What is acknowledged is durable: a kill loses nothing.
            side.kill()
            side.wait()


def answers(host: str, port: int) -> bool:
    """Tell whether somebody listens on a port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex((host, port)) == 0


def refuse_taken(host: str, port: int, expected: str) -> None:
    """Refuse a port that cannot be listened on.

    Raises:
        SettingError: It is taken, or may not be used.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            raise SettingError(
                f"{host}:{port}",
                "端口被占用或无权使用 / the port is taken or may not be used",
                expected,
                "用 --port 换一个 / name another with --port",
            ) from None


def give_way() -> None:
    """Let all threads of this process go last, and leave one processor to the others, so that it keeps nobody waiting.

    Priority alone does not do: Linux lets a thread that has just worked wait for each of the others on its processor,
    20 ms and more, before it counts as entitled again. Nor does the class of idle work: a processor that does nothing
    else passes for a free one, and who answers is put behind it. Priorities and processors belong to a thread: those
    that engines have started already are led, later ones inherit both.
    """
    if sys.platform != "linux":
        os.nice(_NICE)
        return
    processors = os.sched_getaffinity(0)
    for path in Path("/proc/self/task").iterdir():
        with suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, int(path.name), _NICE)
            os.sched_setaffinity(int(path.name), processors - {min(processors)} or processors)
