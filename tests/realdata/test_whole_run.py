"""The command a user types, over all of the real data: nothing lost, within memory, and the page says the same."""

import os
from pathlib import Path

import pytest

from benchmarks.realdata.measure import PAGE, Measured, measure, rows_page

ROOT = Path(__file__).resolve().parents[2]

pytestmark = [
    pytest.mark.realdata,
    # In CI the same files are taken in by the other tests of this folder, in one process.
    pytest.mark.long,
    pytest.mark.timeout(2400),
    pytest.mark.skipif(not os.environ.get("CIVICLAKE_REALDATA"), reason="CIVICLAKE_REALDATA is not set"),
]
LIMIT_MIB = 8 * 1024


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Measured:
    return measure(tmp_path_factory.mktemp("real") / "realdata")


def test_at_least_99_percent_of_the_rows_are_loaded_and_no_registry_file_is_refused(
    measured: Measured,
) -> None:
    deliveries = measured.status["deliveries"]
    received = sum(row["received"] for row in deliveries)
    assert received > 450_000
    assert sum(row["loaded"] for row in deliveries) >= 0.99 * received
    assert all(row["received"] == row["loaded"] + row["rejected"] for row in deliveries)
    refused = [row for row in deliveries if row["state"] in ("unreadable", "held")]
    assert not [row for row in refused if "enterprise_registry" in row["file"]]
    assert len(refused) <= 2


def test_the_run_stays_below_eight_gigabytes(measured: Measured) -> None:
    assert 0 < measured.peak_mib < LIMIT_MIB


def test_the_page_shows_the_rows_and_findings_of_this_run(measured: Measured) -> None:
    assert rows_page(measured.status) in PAGE.read_text(encoding="utf-8"), (
        "run python -m benchmarks.realdata.measure"
    )


def test_the_reissue_of_the_broken_registry_release_closed_its_tasks(measured: Measured) -> None:
    tasks = [
        t
        for t in measured.status["tasks"]
        if t["rule"] == "market_regulation.enterprise_registry:rejected_row:"
    ]
    assert [task["state"] for task in tasks] == ["closed"]
    assert sum(task["rows"] for task in tasks) == 2
