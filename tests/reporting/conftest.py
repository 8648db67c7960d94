"""The hand-built city, once per session: tests only read it."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from reporting_city import MARKERS, City, build_city

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ingestion"))


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Give the city to tests that only read it."""
    built = build_city(tmp_path_factory.mktemp("reporting") / "home")
    yield built
    built.state.close()


@pytest.fixture(scope="module")
def has_no_marker() -> Callable[[str], bool]:
    """Tell whether a text is free of everything planted."""
    return lambda text: not any(marker in text for marker in MARKERS)
