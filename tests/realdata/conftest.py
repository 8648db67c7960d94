"""The whole of the public data, ingested once per session into a folder of its own.

Pytest prints what an assertion compares: tests compare numbers and names of columns, never frames with cells.
"""

import os
import resource as process
import time
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from real_city import REGISTRY, Ingestion, broken_deliveries, findings, wave

from lake import Lake
from lake.releases import publish
from lake.tables import DELIVERIES
from resource_catalogue.catalogue import Draft, load_draft
from resource_catalogue.deployment import Deployment
from resource_catalogue.profile import load_profile
from resource_catalogue.settings import load_settings

HOME = Path(__file__).parents[2] / "benchmarks" / "realdata"
VARIABLE = "CIVICLAKE_REALDATA"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every test of this folder, and skip it where the data are not there."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.realdata)
            if not os.environ.get(VARIABLE):
                item.add_marker(pytest.mark.skip(reason=f"{VARIABLE} does not name the public data"))


@pytest.fixture(scope="session")
def data() -> Path:
    """Return the folder of the public data."""
    return Path(os.environ[VARIABLE])


@pytest.fixture(scope="session")
def draft() -> Draft:
    """Return the deployment's catalogue."""
    return load_draft(HOME / "catalogue")


@pytest.fixture(scope="session")
def opened(tmp_path_factory: pytest.TempPathFactory, draft: Draft) -> Ingestion:
    """Publish the catalogue into an empty lake."""
    assert draft.faults == []
    deployment = Deployment(tmp_path_factory.mktemp("realdata"), load_settings(HOME))
    lake = Lake(deployment.lake_root)
    profile = load_profile(deployment.settings.profile)
    posts = ("data_bureau/registrar", "data_bureau/reviewer")
    return Ingestion(lake, deployment, publish(lake, draft.catalogue, profile, deployment.as_of, *posts))


@pytest.fixture(scope="session")
def first_wave(opened: Ingestion) -> Ingestion:
    """Take in the first delivery of every slice of the enterprise registry: the broken release among them."""
    started = time.perf_counter()
    wave(opened, REGISTRY)
    opened.seconds += time.perf_counter() - started
    return opened


@pytest.fixture(scope="session")
def before(first_wave: Ingestion) -> pl.DataFrame:
    """Return what was found in the broken release before the re-issue came."""
    found = findings(first_wave, broken_deliveries(first_wave)["delivery_id"].to_list())
    return found.join(
        broken_deliveries(first_wave).select("delivery_id", "slice"),
        left_on="_delivery_id",
        right_on="delivery_id",
    )


@pytest.fixture(scope="session")
def ingested(first_wave: Ingestion, before: pl.DataFrame) -> Iterator[Ingestion]:
    """Take in everything, in waves until nothing waits; the broken release was looked at before."""
    started = time.perf_counter()
    for resource in first_wave.release.listed_resources():
        while wave(first_wave, resource.id):
            pass
    first_wave.seconds += time.perf_counter() - started
    first_wave.peak_gib = process.getrusage(process.RUSAGE_SELF).ru_maxrss / 2**20
    first_wave.deliveries = first_wave.lake.read(DELIVERIES)
    yield first_wave
    rows = first_wave.deliveries["rows_received"].sum()
    print(f"\n{rows} rows in {first_wave.seconds:.0f} s, peak {first_wave.peak_gib:.2f} GiB")
