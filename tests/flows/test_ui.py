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

import pytest
from civiclake import command, environment

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
def server(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("ui") / "demo"
    shutil.copytree(demo_home, home, symlinks=True)
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


def test_one_slice_is_taken_in_again_from_the_pages(server: str) -> None:
    nodes = {tuple(node["assetKey"]["path"]): node for node in ask(server, ASSETS)["assetNodes"]}
    slices = nodes[tuple(SLICED)]["partitionKeys"]
    assert len(slices) == 2
    parameters = {"partitionNames": slices[:1], "assetSelection": [{"path": SLICED}]}
    launched = ask(server, BACKFILL, p=parameters)["launchPartitionBackfill"]
    assert launched["__typename"] == "LaunchBackfillSuccess", launched

    def state() -> str | None:
        status = ask(server, STATE, id=launched["backfillId"])["partitionBackfillOrError"]["status"]
        return str(status) if status.startswith(("COMPLETED", "FAILED", "CANCELED")) else None

    assert wait_for(state, 300) == "COMPLETED_SUCCESS"
