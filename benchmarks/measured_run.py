"""Run a command in a process of its own and measure it: wall time, processor time, peak memory with children.

Here: measuring, and the limits that make two commands comparable. Not here: what is run.
"""

import os
import resource
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

_INTERVAL_SECONDS = 0.05
_THREAD_SETTINGS = (
    "POLARS_MAX_THREADS", "RAYON_NUM_THREADS", "TOKIO_WORKER_THREADS", "OMP_NUM_THREADS", "ARROW_NUM_THREADS",
)  # fmt: skip
_SHOWN_CHARACTERS = 2000


@dataclass(frozen=True, slots=True)
class Measured:
    """Hold what one run took.

    Attributes:
        wall_s: Seconds from the start of the process to its end.
        cpu_s: Seconds of processor time of the process and its children; other work on the machine changes it less.
        peak_mib: Largest sum of resident memory over the process and its children, in MiB.
    """

    wall_s: float
    cpu_s: float
    peak_mib: float


class CommandFailedError(Exception):
    """Say that a command ended otherwise than expected, with the end of what it wrote."""


def run_measured(command: Sequence[str], environment: dict[str, str], threads: int, log: Path) -> Measured:
    """Run a command on so many processors and measure it.

    Args:
        command: Program and arguments.
        environment: Variables of the process, without limits of threads.
        threads: Processors and worker threads that it may use.
        log: File that takes what it writes.

    Raises:
        CommandFailedError: It ended with an error.
    """
    limits = dict.fromkeys(_THREAD_SETTINGS, str(threads))
    before = _children_seconds()
    with log.open("wb") as written:
        start = time.perf_counter()
        process = subprocess.Popen(
            command, env={**environment, **limits}, stdout=written, stderr=subprocess.STDOUT
        )
        _pin(process.pid, threads)
        sampler = _Sampler(process.pid)
        sampler.start()
        code = process.wait()
        wall = time.perf_counter() - start
    sampler.stop()
    if code:
        tail = log.read_text(encoding="utf-8", errors="replace")[-_SHOWN_CHARACTERS:]
        raise CommandFailedError(f"{' '.join(command)}: exit {code}\n{tail}")
    return Measured(round(wall, 2), round(_children_seconds() - before, 2), round(sampler.peak / 2**20, 1))


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _pin(pid: int, threads: int) -> None:
    """Keep the process to its share of processors, where the system can."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(pid, sorted(os.sched_getaffinity(0))[:threads])


class _Sampler(threading.Thread):
    """Watch the resident memory of a process and everything below it."""

    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self.peak = 0
        self._root = psutil.Process(pid)
        self._ended = threading.Event()

    def run(self) -> None:
        """Sample until the process has ended."""
        while not self._ended.wait(_INTERVAL_SECONDS):
            self.peak = max(self.peak, self._resident())

    def stop(self) -> None:
        """End the sampling."""
        self._ended.set()
        self.join()

    def _resident(self) -> int:
        try:
            family = [self._root, *self._root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return 0
        total = 0
        for member in family:
            try:
                total += member.memory_info().rss
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                continue
        return total
