"""A deployment with an empty record, and one with three days of it."""

from pathlib import Path

import pytest
from audited_city import Audited, an_access, at, audited


@pytest.fixture
def empty(tmp_path: Path) -> Audited:
    return audited(tmp_path / "city")


@pytest.fixture
def three_days(empty: Audited) -> Audited:
    """Return three sealed days of 3, 5 and 2 records, and one record of the running day."""
    for day, count in (("2026-03-16", 3), ("2026-03-17", 5), ("2026-03-18", 2), ("2026-03-19", 1)):
        empty.record.append(*(an_access(day, request_id=f"{day}#{number}") for number in range(count)))
    empty.record.seal(empty.lake, at("2026-03-19"))
    return empty
