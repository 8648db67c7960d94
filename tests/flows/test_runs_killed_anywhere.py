"""A run killed anywhere is made whole by the next: equal rows in every table, equal status.

Two ways to kill: at uniform points of a measured run, and between every two stores (file, Delta, SQLite). Whole with
``make test-long``; a share of both otherwise.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from civiclake import ACTS, civiclake, command, environment, lake_of, small_city, status_of

WHOLE = bool(os.environ.get("TEST_WHOLE"))
POINTS = 10 if WHOLE else 2
ENOUGH = 8 if WHOLE else 1
DRIVER = Path(__file__).with_name("killed_run.py")


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
    """Return what an undisturbed run comes to, its seconds, and its changes of store."""
    home = copied(published, tmp_path_factory.mktemp("whole"))
    begun = time.monotonic()
    done = subprocess.run(driver(home, 0), env=environment(), capture_output=True, text=True, check=True)
    seconds = time.monotonic() - begun
    changes = re.search(r"changes=(\d+) failed=0", done.stdout)
    assert changes, done.stdout
    return outcome(home), seconds, int(changes.group(1))


def copied(home: Path, folder: Path) -> Path:
    target = folder / "city"
    shutil.copytree(home, target, symlinks=True)
    return target


def driver(home: Path, kill_at: int) -> list[str]:
    return [sys.executable, str(DRIVER), str(home), ACTS[0], str(kill_at)]


def outcome(home: Path) -> dict[str, Any]:
    """Return the row hash of every table, and the status without ids, instants and versions."""
    lake = lake_of(home)
    status = status_of(home)
    for part in status.values():
        for row in part if isinstance(part, list) else ():
            for name in ("id", "opened_at", "version"):
                row.pop(name, None)
    return {"tables": {str(t): lake.row_hash(t) for t in lake.tables()}, "status": status}


def finished(home: Path) -> dict[str, Any]:
    civiclake("run", "--home", str(home), "--as-of", ACTS[0])
    return outcome(home)


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
        time.sleep(seconds * point / (POINTS + 1))
        live += process.poll() is None
        os.killpg(process.pid, signal.SIGKILL) if process.poll() is None else None
        process.wait()
        assert finished(home) == expected, f"killed at {point} of {POINTS + 1} parts of {seconds:.0f} s"
        shutil.rmtree(home)
    assert live >= ENOUGH, f"only {live} kills hit a live run"


@pytest.mark.timeout(7200)
def test_a_run_killed_between_two_stores_is_made_whole_by_the_next(
    published: Path, whole: tuple[dict[str, Any], float, int], tmp_path: Path
) -> None:
    expected, _, changes = whole
    assert changes > 10
    chosen = range(1, changes + 1) if WHOLE else [changes // 2]
    for change in chosen:
        home = copied(published, tmp_path / str(change))
        done = subprocess.run(
            driver(home, change), env=environment(), capture_output=True, start_new_session=True, check=False
        )
        assert done.returncode == -signal.SIGKILL, f"change {change} of {changes} was not reached"
        assert finished(home) == expected, f"killed after change {change} of {changes}"
        shutil.rmtree(home)
