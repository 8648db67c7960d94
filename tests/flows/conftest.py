"""The cities that flow tests share: the shipped demo after both acts, and a small one of a seed drawn now."""

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from civiclake import civiclake, run_act, small_city


@pytest.fixture(scope="session")
def demo_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shipped demo after ``civiclake demo``."""
    home = tmp_path_factory.mktemp("shipped") / "demo"
    civiclake("demo", "--home", str(home))
    return home


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
