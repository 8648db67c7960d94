"""The two processes of ``civiclake serve``: neither loads what opens what the other may."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.serving_city import ServingCity

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def city(tmp_path_factory: pytest.TempPathFactory) -> ServingCity:
    return ServingCity(tmp_path_factory.mktemp("processes") / "city")


def loaded(city: ServingCity, side: str) -> set[str]:
    """Return the modules that a side has loaded once it is ready to serve."""
    module, _, factory = side.partition(":")
    code = f"import sys, {module} as side; side.{factory}(); print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "CIVICLAKE_HOME": str(city.deployment.home)},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


def test_the_portal_s_process_has_nothing_that_opens_the_lake(city: ServingCity) -> None:
    modules = loaded(city, "serving.portal_process:portal_side")
    assert "serving.portal.app" in modules
    assert not modules & {
        "lake",
        "lake.store",
        "lake.shared",
        "deltalake",
        "duckdb",
        "ingestion",
        "serving.sharing",
    }


def test_the_sharing_side_s_process_has_no_page_of_the_portal(city: ServingCity) -> None:
    modules = loaded(city, "serving.sharing_process:sharing_side")
    assert "serving.sharing.app" in modules
    assert not modules & {"serving.portal", "serving.desk", "ingestion", "masking", "dbt", "dagster"}
