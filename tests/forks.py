"""Processes that begin with the platform imported: forked from a server that did so once, in each worker of the tests.

A command takes three seconds to import what it needs, a run thirteen; a whole test run starts some four hundred.
"""

import atexit
import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path

FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(
    [
        "cli.main",
        "orchestration.run",
        "orchestration.push_drain",
        "expectations.run",
        "great_expectations",
        "dbt.cli.main",
        "dbt.adapters.duckdb",
        "ingestion.connectors.push",
        "reporting.status",
    ]
)


def run_command(
    arguments: list[str], environment: dict[str, str], timeout: float = 800
) -> subprocess.CompletedProcess[str]:
    """Run ``civiclake`` in a process of its own, with its own environment, output and folder.

    Raises:
        TimeoutExpired: It has not ended within that many seconds, and was killed.
    """
    with tempfile.TemporaryDirectory() as folder:
        printed, told = Path(folder) / "stdout", Path(folder) / "stderr"
        process = FORKS.Process(
            target=_command, args=(arguments, environment, str(Path.cwd()), str(printed), str(told))
        )
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(arguments, timeout)
        texts = [path.read_text(encoding="utf-8") if path.exists() else "" for path in (printed, told)]
        return subprocess.CompletedProcess(arguments, process.exitcode, *texts)


def _command(arguments: list[str], environment: dict[str, str], folder: str, printed: str, told: str) -> None:
    """Be the command: nothing of the server is left but what it imported."""
    for number, path in ((0, os.devnull), (1, printed), (2, told)):
        opened = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = ["civiclake", *arguments]
    from cli.main import run

    try:
        run()
    finally:
        atexit._run_exitfuncs()
