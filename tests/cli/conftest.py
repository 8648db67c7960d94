"""Cities whose commands are typed: the demonstration's catalogue, published or to be edited, and the reports' city."""

import shutil
import sys
from pathlib import Path

import pytest
from commanded_city import DEMO, SETTINGS, publish_demo

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "reporting"))


@pytest.fixture(scope="session")
def _published_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CIVICLAKE_AS_OF", raising=False)
        return publish_demo(tmp_path_factory.mktemp("published") / "city")


@pytest.fixture(scope="module")
def published(_published_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a deployment with the demonstration's catalogue, published for the portal too, and without data."""
    home = tmp_path_factory.mktemp("module") / "city"
    shutil.copytree(_published_once, home, symlinks=True)
    return home


@pytest.fixture
def bare_city(published: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the published deployment with an operational state of its own."""
    monkeypatch.setenv("CIVICLAKE_CASEWORK_URL", f"sqlite:///{tmp_path / 'casework.sqlite'}")
    monkeypatch.setenv("CIVICLAKE_HOME", str(published))
    return published


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a deployment with a copy of the demonstration's catalogue that may be edited, not published."""
    home = tmp_path / "city"
    home.mkdir()
    (home / "civiclake.toml").write_text(SETTINGS, encoding="utf-8")
    shutil.copytree(DEMO, home / "catalogue")
    return home
