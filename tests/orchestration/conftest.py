"""A small published city that has not run, and other processes that hold its lock."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "flows"))

from civiclake import ACTS, civiclake, environment, small_city

from resource_catalogue.deployment import Deployment

Holder = Callable[[Path], subprocess.Popen[str]]

_HOLDING = """
import sys
from pathlib import Path
from orchestration.run_lock import sole_run
from resource_catalogue.deployment import Deployment
with sole_run(Deployment.open(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="session")
def published_city(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a published city with its keys made; tests copy it."""
    home = small_city(tmp_path_factory.mktemp("published") / "city", seed=11, persons=200, organisations=150)
    _publish(home)
    for name in ("row", "dataset"):
        Deployment.open(home).key(name)
    return home


def _publish(home: Path) -> None:
    """Publish the catalogue of a city at its first act."""
    civiclake(
        "catalogue", "publish", "--home", str(home), "--as-of", ACTS[0],
        "--registered-by", "data_centre/registrar", "--reviewed-by", "data_bureau/reviewer",
    )  # fmt: skip


@pytest.fixture(scope="session")
def publish() -> Callable[[Path], None]:
    """Return what publishes the catalogue files of a city once more."""
    return _publish


@pytest.fixture
def city(published_city: Path, tmp_path: Path) -> Path:
    """Return a city of the test's own."""
    return Path(shutil.copytree(published_city, tmp_path / "city", symlinks=True))


@pytest.fixture
def hold_lock() -> Iterator[Holder]:
    """Start processes that hold the lock of a deployment until their input ends."""
    started: list[subprocess.Popen[str]] = []

    def hold(home: Path) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", _HOLDING, str(home)],
            env=environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        started.append(process)
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.wait()
