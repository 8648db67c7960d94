"""Serve a deployment as its operator does: one command, two ports, ended by SIGTERM."""

import contextlib
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from civiclake import command, environment

HOW_TO = Path(__file__).resolve().parents[2] / "docs" / "how-to"
_PATIENCE_SECONDS = 90


def two_free_ports() -> int:
    """Return a free port whose neighbour is free too."""
    for port in range(18_000, 19_000, 2):
        with contextlib.suppress(OSError), socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", port))
            second.bind(("127.0.0.1", port + 1))
            return port
    raise AssertionError("no two free ports")


@contextlib.contextmanager
def served(home: Path) -> Iterator[tuple[str, str]]:
    """Serve a deployment; give the addresses of the portal and of the sharing side."""
    port = two_free_ports()
    log = home / "var" / "serve.log"
    with log.open("w") as out:
        server = subprocess.Popen(
            command("serve", "--home", str(home), "--port", str(port)),
            env=environment(PYTHONUNBUFFERED="1"), stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    try:
        _wait(server, log)
        yield f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 1}"
    finally:
        server.send_signal(signal.SIGTERM)
        code = server.wait(60)
    assert code == 0, log.read_text()


def _wait(server: subprocess.Popen[bytes], log: Path) -> None:
    ends = time.monotonic() + _PATIENCE_SECONDS
    while "lookup" not in log.read_text():
        assert server.poll() is None, log.read_text()
        assert time.monotonic() < ends, log.read_text()
        time.sleep(0.2)


def python_of(page: str) -> list[str]:
    """Return the Python blocks of a how-to page, in order."""
    return re.findall(r"```python\n(.*?)```", (HOW_TO / page).read_text(encoding="utf-8"), re.DOTALL)
