"""The benchmark measures two sides that put out the same, and says so when they do not."""

import json
import platform
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import duckdb
import pytest

from benchmarks.bench_city import ARRIVAL, DEMO, RESOURCES, ROOT, SEED, make_feeds
from benchmarks.measured_run import CommandFailedError, run_measured
from benchmarks.outputs import bare_outputs, differences
from data.generator.__main__ import generate

PERSONS = 1500


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)


def _digests(folder: Path) -> dict[str, str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which the bare engine put out its tables."""
    folder = tmp_path_factory.mktemp("bare")
    inbox = make_feeds(folder / "made", PERSONS)
    codes = shutil.copytree(DEMO / "code_lists", folder / "codes")
    done = _run("benchmarks.bare_duckdb", str(inbox), str(folder / "out"), str(codes), "1")
    assert done.returncode == 0, done.stderr[-2000:]
    return folder / "out"


@pytest.mark.dear
def test_both_sides_put_out_the_same_and_the_ratio_is_written(tmp_path: Path) -> None:
    done = _run("benchmarks.pipeline", "--persons", str(PERSONS), "--runs", "1", "--results", str(tmp_path))
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    text = (tmp_path / "pipeline.json").read_text(encoding="utf-8")
    result = json.loads(text)
    assert result["rows"]["standard police.household_registration"] >= PERSONS
    assert result["rows"]["findings"] > 0
    assert result["ratio"]["median_wall_s"] == pytest.approx(
        result["civiclake"]["median_wall_s"] / result["duckdb"]["median_wall_s"], abs=0.01
    )
    assert platform.node() not in text + (tmp_path / "pipeline.md").read_text(encoding="utf-8")


def test_one_changed_value_in_the_base_is_a_difference(bare: Path, tmp_path: Path) -> None:
    changed = shutil.copytree(bare, tmp_path / "changed")
    duckdb.execute(
        f"copy (select * replace (case when citizen_id = (select min(citizen_id) from '{bare}/person.parquet') "
        f"then 'x' else name end as name) from '{bare}/person.parquet') to '{changed}/person.parquet'"
    )
    found = differences(bare_outputs(bare), bare_outputs(changed))
    assert [line.split(":")[0] for line in found] == ["base person"]


def test_a_missing_finding_is_a_difference(bare: Path) -> None:
    outputs = bare_outputs(bare)
    rule = next(name for name in outputs if name.startswith("findings of "))
    without = {name: value for name, value in outputs.items() if name != rule}
    assert [line.split(": ")[0] for line in differences(outputs, without)] == [rule]


def test_chosen_feeds_have_the_bytes_that_they_have_in_the_whole_city(tmp_path: Path) -> None:
    generate(SEED, tmp_path / "whole", 600)
    chosen = _digests(make_feeds(tmp_path / "chosen", 600))
    whole = _digests(tmp_path / "whole" / "feeds")
    assert {path.split("/")[1] for path in chosen} == {resource.split(".")[0] for resource in RESOURCES}
    assert chosen.items() <= whole.items()
    assert all(path.startswith(ARRIVAL) for path in chosen)


def test_a_command_that_fails_is_not_timed(tmp_path: Path) -> None:
    with pytest.raises(CommandFailedError, match="exit 3"):
        run_measured([sys.executable, "-c", "raise SystemExit(3)"], {}, 1, tmp_path / "log.txt")


def test_memory_of_children_counts(tmp_path: Path) -> None:
    held = "import time; held = bytearray(150 * 2**20); time.sleep(0.6)"
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{held}'])"
    measured = run_measured([sys.executable, "-c", child], {}, 1, tmp_path / "log.txt")
    assert measured.peak_mib > 150
