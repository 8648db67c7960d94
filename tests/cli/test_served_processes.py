"""Processes that serve: what works beside them takes no time from them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_GIVING_WAY = """
import os, threading
from pathlib import Path
from cli.served_processes import give_way
before, ends = os.sched_getaffinity(0), threading.Event()
threading.Thread(target=ends.wait).start()
give_way()
threading.Thread(target=ends.wait).start()
tasks = [int(path.name) for path in Path("/proc/self/task").iterdir()]
left = [len(before - os.sched_getaffinity(task)) for task in tasks]
print(len(tasks), min(len(before) - 1, 1), *{os.getpriority(os.PRIO_PROCESS, task) for task in tasks}, *set(left))
ends.set()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs_linux: priorities and processors of threads")
def test_who_gives_way_does_so_with_all_threads_those_before_and_those_after() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.check_output([sys.executable, "-c", _GIVING_WAY], text=True, env=environment)
    threads, one_left, *found = map(int, told.split())
    assert (threads, found) == (3, [19, one_left])
