"""The benchmark of ingestion measures sides that put out the same, and says so when they do not."""

import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from benchmarks.bench_city import ROOT
from benchmarks.ingestion.by_hand import write_outputs
from benchmarks.ingestion.made_outputs import hand_outputs
from benchmarks.ingestion.made_rows import BLOCK_ROWS, HEADER, made_rows, write_feed
from benchmarks.outputs import differences
from norms import citizen_id, credit_code

ROWS, FILES = 3000, 20


def _measured(part: str, results: Path) -> dict[str, Any]:
    asked = (part, "--rows", str(ROWS), "--files", str(FILES), "--runs", "1", "--results", str(results))
    command = [sys.executable, "-m", "benchmarks.ingestion", *asked]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    text = (results / "ingestion.json").read_text(encoding="utf-8")
    assert platform.node() not in text
    found: dict[str, Any] = json.loads(text)[part]
    return found


def test_all_sides_put_out_the_same_and_the_ratios_are_written(tmp_path: Path) -> None:
    large = _measured("large", tmp_path)
    assert large["outputs"] == {"landing": 1, "raw": ROWS, "standard": ROWS}
    for other in ("by_hand", "least"):
        ratio = large["civiclake"]["median_wall_s"] / large[other]["median_wall_s"]
        assert large[f"ratio_to_{other}"]["median_wall_s"] == pytest.approx(ratio, abs=0.01)
        assert large[other]["peak_mib"] > 0


@pytest.mark.long
def test_many_small_files_are_measured_beside_decoding_them_alone(tmp_path: Path) -> None:
    small = _measured("small", tmp_path)
    beyond = small["civiclake"]["median_wall_s"] - small["decoding"]["median_wall_s"]
    assert small["milliseconds_each_beyond_decoding"] == pytest.approx(1000 * beyond / FILES, abs=0.01)


def test_made_rows_are_right_but_for_the_planted_faults() -> None:
    rows = next(made_rows(5000))
    assert rows.width == len(HEADER)
    for column, norm in (("credit_code", credit_code), ("operator_id", citizen_id)):
        faults = norm.normalise_series(rows[column])["value"].null_count()
        assert 0 < faults < 0.02 * rows.height
    assert rows["entry_no"].n_unique() == rows.height


def test_rows_do_not_depend_on_how_many_follow() -> None:
    blocks = [*made_rows(BLOCK_ROWS + 10)]
    assert [block.height for block in blocks] == [BLOCK_ROWS, 10]
    assert blocks[1].equals(next(made_rows(10, BLOCK_ROWS)))


def test_one_changed_value_is_a_difference(tmp_path: Path) -> None:
    write_feed(tmp_path / "inbox" / "2026-03-16" / "registry" / "registry.csv", 200)
    out = tmp_path / "out"
    out.mkdir()
    write_outputs(duckdb.connect(), tmp_path / "inbox", out)
    before = hand_outputs(out)
    (path,) = (out / "standard").iterdir()
    changed = pl.read_parquet(path).with_columns(
        name=pl.when(pl.col("_row_number") == 7).then(pl.lit("x")).otherwise("name")
    )
    changed.write_parquet(path)
    assert [line.split(":")[0] for line in differences(before, hand_outputs(out))] == ["standard"]
