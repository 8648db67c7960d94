"""Fixtures of push: a deployment whose licences are pushed, made once and copied."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.push.push_city import PushCity, Served


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the deployment as it was published."""
    return PushCity(tmp_path_factory.mktemp("push") / "published").home


@pytest.fixture
def city(published: Path, tmp_path: Path) -> PushCity:
    """Return a deployment of the test's own."""
    shutil.copytree(published, tmp_path / "city")
    return PushCity(tmp_path / "city")


@pytest.fixture(scope="module")
def running(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[PushCity, Served]]:
    """Run the process that answers, its log beside the deployment."""
    home = tmp_path_factory.mktemp("answering") / "city"
    shutil.copytree(published, home)
    with PushCity(home).answering(home / "server.log") as served:
        yield PushCity(home), served


@pytest.fixture
def answering(running: tuple[PushCity, Served]) -> Served:
    """Return the running server."""
    return running[1]
