"""A portal in a process of its own, for clients that speak HTTP."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

_PROGRAM = Path(__file__).with_name("portal_server.py")
_ROOT = Path(__file__).parents[2]


@contextmanager
def running_portal(folder: Path, kind: Literal["open", "login"] = "open") -> Iterator[str]:
    """Start the portal of the made city below a folder, under a text of either kind; give its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(_PROGRAM), str(folder), str(port), kind],
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(f"{address}/health", process)
            yield address
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                # Connections that a client keeps open hold a server that stops in order.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            assert process.poll() is None, "the portal ended"
            assert time.monotonic() < end, "the portal does not answer"
            time.sleep(0.2)
