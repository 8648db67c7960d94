"""Fixtures of the demo: its catalogue, and a small city made once."""

from pathlib import Path

import pytest

from data.generator.__main__ import feeds_of
from data.generator.feed import Feed
from data.generator.truth import Truth
from data.generator.world import World
from resource_catalogue.catalogue import Draft, load_draft

DEMO = Path(__file__).parents[2] / "data" / "demo"


@pytest.fixture(scope="session")
def demo() -> Path:
    """Return the folder of the demo deployment."""
    return DEMO


@pytest.fixture(scope="session")
def draft(demo: Path) -> Draft:
    """Return the demo's catalogue as its files say it."""
    return load_draft(demo / "catalogue")


@pytest.fixture(scope="session")
def small_city() -> tuple[list[Feed], Truth]:
    """Return the feeds and the truth of a city of 1,500 persons and 700 organisations."""
    truth = Truth()
    return feeds_of(World.make(7, 1500, 700), truth), truth
