"""What every test stands on: property tests without a time limit per example, the seed drawn for this run, storages."""

import gc
import os
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings
from shares import left_out
from storages import Storage, has_swift, moto_server, swift_in

# What dbt, Dagster and Great Expectations import stays; looking through it again and again takes a tenth of the time.
gc.set_threshold(50_000, 20, 50)
settings.register_profile("shared_machine", deadline=None)
settings.load_profile("shared_machine")


def pytest_configure(config: pytest.Config) -> None:
    """Draw the seed of this run before any worker starts, so that all of them have the same."""
    os.environ.setdefault("TEST_SEED", str(random.SystemRandom().randrange(1, 1_000_000)))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out the dear tests that this run does not draw; begin with what takes minutes, lest a worker end alone."""
    items.sort(key=lambda item: "flows" not in item.path.parts)
    marked = [item for item in items if item.get_closest_marker("dear")]
    dear = [item.nodeid for item in marked if not item.get_closest_marker("long")]
    out = left_out(dear)
    if out:
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid in out])
        items[:] = [item for item in items if item.nodeid not in out]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the drawn seed on every run, also on one that passes."""
    seed = os.environ["TEST_SEED"]
    terminalreporter.write_line(f"drawn seed: {seed} (TEST_SEED={seed} draws it again)")


collect_ignore = ["swift_storage.py"]
"""Run by Debian's Python, whose packages the project does not have."""


@pytest.fixture(scope="session")
def moto_storage() -> Iterator[Storage]:
    """Serve S3 that knows conditional writes and checks no signature."""
    with moto_server() as storage:
        yield storage


@pytest.fixture(scope="session")
def swift_storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Storage]:
    """Serve S3 that checks signatures and knows no conditional writes."""
    if not has_swift():
        pytest.skip("needs_swift: apt-get install swift-proxy swift-account swift-container swift-object")
    with swift_in(tmp_path_factory.mktemp("swift")) as storage:
        yield storage
