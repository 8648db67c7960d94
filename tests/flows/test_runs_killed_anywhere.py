"""A run killed anywhere is made whole by the next: equal rows in every table, equal status.

Two ways to kill: at uniform points of a measured run, and between every two stores (file, Delta, SQLite). Whole with
``make test-long``; a share of both otherwise. All changes of store take about half an hour on two quiet processors:
``TEST_CHANGES=30-50`` takes a part of them, and ``-s`` prints each as it is done.
"""

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from civiclake import ACTS, civiclake, command, environment, small_city
from forks import FORKS
from killed_run import run_until

WHOLE = bool(os.environ.get("TEST_WHOLE"))
POINTS = 10 if WHOLE else 1
ENOUGH = 8 if WHOLE else 1


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a small published city that has not run, with its keys made: equal keys, equal row keys."""
    home = small_city(tmp_path_factory.mktemp("killed") / "city", seed=11, persons=200, organisations=150)
    civiclake(
        "catalogue", "publish", "--home", str(home), "--as-of", ACTS[0],
        "--registered-by", "data_centre/registrar", "--reviewed-by", "data_bureau/reviewer",
    )  # fmt: skip
    from resource_catalogue.deployment import Deployment

    for name in ("row", "dataset"):
        Deployment.open(home).key(name)
    return home


@pytest.fixture(scope="module")
def whole(published: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], float, int]:
    """Return what an undisturbed run comes to, the processor seconds of the command, and the changes of store."""
    told = run_in_fork(copied(published, tmp_path_factory.mktemp("whole")))
    assert told is not None
    assert told.pop("failed") == []
    timed = copied(published, tmp_path_factory.mktemp("timed"))
    begun = children_seconds()
    subprocess.run(
        command("run", "--home", str(timed), "--as-of", ACTS[0]),
        env=environment(), stdout=subprocess.DEVNULL, check=True,
    )  # fmt: skip
    return told, children_seconds() - begun, told.pop("changes")


def children_seconds() -> float:
    """Return the processor time of the processes that ended: unlike a clock, other work does not change it."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def wait_until(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait until a run has used so much processor time; tell whether it is live then."""
    with contextlib.suppress(psutil.Error):
        while process.poll() is None:
            used = psutil.Process(process.pid).cpu_times()
            if used.user + used.system >= seconds:
                return True
            time.sleep(0.02)
    return False


def copied(home: Path, folder: Path) -> Path:
    target = folder / "city"
    shutil.copytree(home, target, symlinks=True)
    return target


def run_in_fork(home: Path, kill_at: int = 0) -> dict[str, Any] | None:
    """Run the city in a process of its own; return what it came to, null if it was killed."""
    process = FORKS.Process(target=run_until, args=(home, ACTS[0], kill_at))
    process.start()
    process.join()
    if process.exitcode == -signal.SIGKILL:
        return None
    assert process.exitcode == 0
    told: dict[str, Any] = json.loads(home.with_suffix(".json").read_text(encoding="utf-8"))
    return told


def chosen_changes(changes: int) -> list[int]:
    """Return after which changes of store to kill: all when whole, or those that TEST_CHANGES names (``30-50``)."""
    if named := os.environ.get("TEST_CHANGES"):
        first, last = named.split("-")
        return list(range(int(first), min(int(last), changes) + 1))
    return list(range(1, changes + 1)) if WHOLE else [changes // 2]


def finished(home: Path) -> dict[str, Any]:
    """Return what the next run comes to."""
    told = run_in_fork(home)
    assert told is not None
    assert told.pop("failed") == []
    del told["changes"]
    return told


@pytest.mark.dear
@pytest.mark.timeout(3600)
def test_a_run_killed_at_any_moment_is_made_whole_by_the_next(
    published: Path, whole: tuple[dict[str, Any], float, int], tmp_path: Path
) -> None:
    expected, seconds, _ = whole
    live = 0
    for point in range(1, POINTS + 1):
        home = copied(published, tmp_path / str(point))
        process = subprocess.Popen(
            command("run", "--home", str(home), "--as-of", ACTS[0]),
            env=environment(),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        if wait_until(process, seconds * point / (POINTS + 1)):
            live += 1
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        assert finished(home) == expected, f"killed at {point} of {POINTS + 1} parts of {seconds:.0f} s"
        shutil.rmtree(home)
    assert live >= ENOUGH, f"only {live} kills hit a live run"


@pytest.mark.dear
@pytest.mark.timeout(7200)
def test_a_run_killed_between_two_stores_is_made_whole_by_the_next(
    published: Path, whole: tuple[dict[str, Any], float, int], tmp_path: Path
) -> None:
    expected, _, changes = whole
    assert changes > 10

    def is_made_whole(change: int) -> bool:
        home = copied(published, tmp_path / str(change))
        assert run_in_fork(home, change) is None, f"change {change} of {changes} was not reached"
        is_equal = finished(home) == expected
        print(
            f"killed after change {change} of {changes}: {'equal' if is_equal else 'NOT EQUAL'}", flush=True
        )
        shutil.rmtree(home.parent)
        return is_equal

    chosen = chosen_changes(changes)
    with ThreadPoolExecutor(max_workers=2) as pairs:
        failed = [
            change
            for change, is_equal in zip(chosen, pairs.map(is_made_whole, chosen), strict=True)
            if not is_equal
        ]
    assert not failed, f"killed after change {failed} of {changes}"
