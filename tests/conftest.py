"""What every test stands on: property tests without a time limit per example, and the seed drawn for this run."""

import os
import random
from typing import Any

import pytest
from hypothesis import settings

settings.register_profile("shared_machine", deadline=None)
settings.load_profile("shared_machine")


def pytest_configure(config: pytest.Config) -> None:
    """Draw the seed of this run before any worker starts, so that all of them have the same."""
    os.environ.setdefault("TEST_SEED", str(random.SystemRandom().randrange(1, 1_000_000)))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the drawn seed on every run, also on one that passes."""
    seed = os.environ["TEST_SEED"]
    terminalreporter.write_line(f"drawn seed: {seed} (TEST_SEED={seed} draws it again)")
