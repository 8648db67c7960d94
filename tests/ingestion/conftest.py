"""Fixtures of ingestion: an empty inbox."""

from pathlib import Path

import pytest
from made_inbox import Inbox


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    """Return a deployment with the usual resource and an empty inbox."""
    return Inbox(tmp_path / "city")
