"""Processes that serve: what works beside them takes no time from them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
_IDLE = """
import os, threading
from pathlib import Path
from cli.served_processes import work_when_idle
ends = threading.Event()
threading.Thread(target=ends.wait).start()
work_when_idle()
threading.Thread(target=ends.wait).start()
tasks = [int(path.name) for path in Path("/proc/self/task").iterdir()]
print(len(tasks), *{os.sched_getscheduler(task) for task in tasks})
ends.set()
"""


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="this system has no class for idle work")
def test_all_threads_of_a_process_work_when_idle_those_before_and_those_after() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    told = subprocess.check_output([sys.executable, "-c", _IDLE], text=True, env=environment)
    assert [int(word) for word in told.split()] == [3, os.SCHED_IDLE]
