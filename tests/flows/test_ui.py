"""The web pages show what a run did, and a slice can be taken in again from them."""

import json
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from civiclake import civiclake, command, environment

from orchestration.instance import open_instance
from orchestration.run_lock import sole_run
from resource_catalogue.deployment import Deployment

ASSETS = """{ assetNodes { assetKey { path } assetMaterializations(limit: 1) { metadataEntries { label
  ... on IntMetadataEntry { intValue } } } assetChecksOrError { ... on AssetChecks { checks { name
  executionForLatestMaterialization { status } } } } partitionKeys } }"""
BACKFILL = """mutation($p: LaunchBackfillParams!) { launchPartitionBackfill(backfillParams: $p) { __typename
  ... on LaunchBackfillSuccess { backfillId } ... on PythonError { message } } }"""
STATE = "query($id: String!) { partitionBackfillOrError(backfillId: $id) { ... on PartitionBackfill { status } } }"
SLICED = ["standard", "police__household_registration"]

pytestmark = pytest.mark.enable_socket


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="module")
def home(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("ui") / "demo"
    return Path(shutil.copytree(demo_home, target, symlinks=True))


@pytest.fixture(scope="module")
def server(home: Path) -> Iterator[str]:
    port = free_port()
    log = (home / "ui.log").open("wb")
    process = subprocess.Popen(
        command("ui", "--home", str(home), "--port", str(port)),
        env=environment(),
        stdout=log,
        stderr=log,
        start_new_session=True,
    )
    url = f"http://127.0.0.1:{port}/graphql"
    try:
        wait_for(lambda: ask(url, "{ version }"), 240)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)


def ask(url: str, query: str, **variables: Any) -> dict[str, Any]:
    body = json.dumps({"query": query, "variables": variables}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        loaded = json.load(answer)
    assert "errors" not in loaded, loaded["errors"]
    data: dict[str, Any] = loaded["data"]
    return data


def wait_for(question: Any, seconds: float) -> Any:
    end = time.monotonic() + seconds
    while True:
        try:
            answer = question()
        except OSError:
            answer = None
        if answer:
            return answer
        assert time.monotonic() < end, "no answer in time"
        time.sleep(1)


def test_the_pages_show_every_asset_of_the_run_with_row_counts_and_check_results(server: str) -> None:
    nodes = {tuple(node["assetKey"]["path"]): node for node in ask(server, ASSETS)["assetNodes"]}
    for key in (("standard", "health__death_certificates"), ("base", "person"), ("open", "market_entities")):
        entries = nodes[key]["assetMaterializations"][0]["metadataEntries"]
        counts = [entry["intValue"] for entry in entries if entry["label"] == "dagster/row_count"]
        assert counts, key
        assert counts[0] > 0, key
    assert all(node["assetMaterializations"] for node in nodes.values())
    checks = nodes["standard", "market_regulation__market_entity_registration"]["assetChecksOrError"][
        "checks"
    ]
    results = {check["name"]: check["executionForLatestMaterialization"]["status"] for check in checks}
    assert results["unique"] == "SUCCEEDED"
    assert results["code_list"] == "FAILED"


def launched(server: str) -> str:
    """Ask for one slice to be taken in again; return the id of the backfill."""
    nodes = {tuple(node["assetKey"]["path"]): node for node in ask(server, ASSETS)["assetNodes"]}
    slices = nodes[tuple(SLICED)]["partitionKeys"]
    assert len(slices) == 2
    parameters = {"partitionNames": slices[:1], "assetSelection": [{"path": SLICED}]}
    answer = ask(server, BACKFILL, p=parameters)["launchPartitionBackfill"]
    assert answer["__typename"] == "LaunchBackfillSuccess", answer
    return str(answer["backfillId"])


def end_of(server: str, backfill: str) -> Any:
    def state() -> str | None:
        status = ask(server, STATE, id=backfill)["partitionBackfillOrError"]["status"]
        return str(status) if status.startswith(("COMPLETED", "FAILED", "CANCELED")) else None

    return wait_for(state, 300)


@pytest.mark.dear
def test_one_slice_is_taken_in_again_from_the_pages(server: str) -> None:
    assert end_of(server, launched(server)) == "COMPLETED_SUCCESS"


def worker_of(instance: dg.DagsterInstance, backfill: str) -> tuple[str, int] | None:
    """Return run and process id of a backfill's run once its step waits for its turn."""
    for run in instance.get_runs(dg.RunsFilter(tags={"dagster/backfill": backfill})):
        entries = instance.all_logs(run.run_id)
        if any("another run is under way" in entry.user_message for entry in entries):
            engine = [e.dagster_event for e in entries if e.dagster_event and e.dagster_event.is_engine_event]
            pids = [event.engine_event_data.metadata.get("pid") for event in engine]
            return run.run_id, int(str(next(pid.value for pid in pids if pid)))
    return None


@pytest.mark.dear
def test_a_run_from_the_pages_waits_for_its_turn_and_when_killed_keeps_nobody_waiting(
    server: str, home: Path
) -> None:
    with open_instance(home / "var") as instance:
        with sole_run(Deployment.open(home)):
            backfill = launched(server)
            run_id, pid = wait_for(lambda: worker_of(instance, backfill), 240)
            run = instance.get_run_by_id(run_id)
            assert run is not None
            assert run.status == dg.DagsterRunStatus.STARTED
            os.kill(pid, signal.SIGKILL)
            wait_for(lambda: instance.get_runs(_ended(run_id)), 60)
        assert end_of(server, launched(server)) == "COMPLETED_SUCCESS"


def _ended(run_id: str) -> dg.RunsFilter:
    return dg.RunsFilter(run_ids=[run_id], statuses=[dg.DagsterRunStatus.FAILURE])


def test_a_second_daemon_on_the_same_deployment_is_refused(server: str, home: Path) -> None:
    assert "its pages are open already" in civiclake("ui", "--home", str(home), expect=7)
