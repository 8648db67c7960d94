"""The cities that flow tests share: the shipped demo after both acts, and a small one of a seed drawn now."""

import os
import shutil
import sys
from pathlib import Path

import pytest
from filelock import FileLock

sys.path.insert(0, str(Path(__file__).parent))

from civiclake import civiclake, run_act, small_city


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Return the shipped demo after ``civiclake demo``: run once for all workers, a copy for each."""
    shared = tmp_path_factory.getbasetemp()
    if worker_id != "master":
        shared = shared.parent
    ran = shared / "demo_that_ran"
    with FileLock(shared / "demo.lock"):
        if not ran.exists():
            draft = shared / "demo_that_runs"
            civiclake("demo", "--home", str(draft))
            draft.rename(ran)
    return Path(shutil.copytree(ran, tmp_path_factory.mktemp("shipped") / "demo", symlinks=True))


@pytest.fixture(scope="session")
def drawn_seed() -> int:
    """Return the seed drawn for this run; it is printed at the end, so that a failure can be had again."""
    return int(os.environ["TEST_SEED"])


@pytest.fixture(scope="session")
def drawn_city(tmp_path_factory: pytest.TempPathFactory, drawn_seed: int) -> Path:
    """Return a small city of the drawn seed after its first act."""
    home = small_city(tmp_path_factory.mktemp("drawn") / "city", drawn_seed)
    run_act(home, 1)
    return home
