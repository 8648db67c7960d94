"""Measure ingestion: ``python -m benchmarks.ingestion [large] [small] --rows N --files M --runs R``.

``large``: one GBK file of N rows beside the same three outputs by hand, and beside the bare minimum. ``small``: M files
of one resource beside decoding them alone. Each side has a fresh process and as many processors; outputs are compared,
and a difference ends the program. Here: the order of runs and the summary. Not here: what a side does.
"""

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.bench_city import ROOT
from benchmarks.ingestion.by_hand import transcode
from benchmarks.ingestion.made_outputs import hand_outputs, least_rows, own_outputs
from benchmarks.ingestion.made_rows import SEED, write_feed
from benchmarks.ingestion.measured_feed import ARRIVAL, make_home
from benchmarks.measured_run import CommandFailedError, Measured, run_measured
from benchmarks.outputs import Outputs, differences

RESULTS = Path(__file__).parents[1] / "results"
SMALL_ROWS = 20
"""Rows of each small file."""
_PLACE = f"{ARRIVAL}/registry"
Runs = dict[str, list[Measured]]


def main() -> None:
    """Read the options, measure, print and write the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ingestion", description=__doc__)
    parser.add_argument(
        "parts", nargs="*", metavar="large|small", help="which parts; both where none is named"
    )
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--files", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--work", type=Path, help="folder for feeds and outputs; default: the system's own")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder that takes ingestion.json")
    asked = parser.parse_args()
    if asked.work:
        asked.work.mkdir(parents=True, exist_ok=True)
    result: dict[str, Any] = {"seed": SEED, "runs": asked.runs, "threads": asked.threads, **_versions()}
    parts: dict[str, Callable[[Path], dict[str, Any]]] = {
        "large": lambda folder: large(folder, asked.rows, asked.runs, asked.threads),
        "small": lambda folder: small(folder, asked.files, asked.runs, asked.threads),
    }
    unknown = [part for part in asked.parts if part not in parts]
    if unknown:
        parser.error(f"unknown part {unknown[0]}: choose from {', '.join(parts)}")
    for part in dict.fromkeys(asked.parts or parts):
        with tempfile.TemporaryDirectory(prefix="civiclake-benchmark-", dir=asked.work) as folder:
            try:
                result[part] = parts[part](Path(folder))
            except CommandFailedError as error:
                raise SystemExit(str(error)) from None
    asked.results.mkdir(parents=True, exist_ok=True)
    text = json.dumps(result, indent=1)
    (asked.results / "ingestion.json").write_text(text + "\n", encoding="utf-8")
    print(text)


def large(folder: Path, rows: int, runs: int, threads: int) -> dict[str, Any]:
    """Measure one file of so many rows; the sides take turns.

    Raises:
        CommandFailedError: A side failed, or the outputs differ.
    """
    inbox, text = folder / "inbox", folder / "text"
    path = inbox / _PLACE / "registry.csv"
    write_feed(path, rows)
    transcode(path, text / path.relative_to(inbox))
    measured: Runs = {"civiclake": [], "by_hand": [], "least": []}
    outputs: Outputs = {}
    for _ in range(runs):
        home, out, least = (folder / name for name in ("home", "hand", "least"))
        make_home(home, inbox, threads)
        measured["civiclake"].append(_run(folder, threads, "own_side", "ingest", home, "snapshot"))
        measured["by_hand"].append(_run(folder, threads, "by_hand", "outputs", inbox, out, threads))
        measured["least"].append(_run(folder, threads, "by_hand", "least", text, least, threads))
        outputs = own_outputs(home)
        _check(differences(outputs, hand_outputs(out)), rows, least_rows(least))
        for made in (home, out, least):
            shutil.rmtree(made)
    figures = {name: _figures(one) for name, one in measured.items()}
    return {
        "rows": rows,
        "bytes": path.stat().st_size,
        "outputs": {name: count for name, (count, _) in outputs.items()},
        **figures,
        "ratio_to_by_hand": _ratio(figures["civiclake"], figures["by_hand"]),
        "ratio_to_least": _ratio(figures["civiclake"], figures["least"]),
    }


def small(folder: Path, files: int, runs: int, threads: int) -> dict[str, Any]:
    """Measure many files of one resource, each with rows of its own, beside decoding them alone.

    Raises:
        CommandFailedError: A side failed, or rows are missing.
    """
    inbox = folder / "inbox"
    for number in range(files):
        write_feed(inbox / _PLACE / f"registry_{number:06}.csv", SMALL_ROWS, number * SMALL_ROWS)
    measured: Runs = {"civiclake": [], "decoding": []}
    for _ in range(runs):
        home = make_home(folder / "home", inbox, threads)
        measured["decoding"].append(_run(folder, threads, "own_side", "decode", home, "append"))
        measured["civiclake"].append(_run(folder, threads, "own_side", "ingest", home, "append"))
        _check([], files * SMALL_ROWS, own_outputs(home)["standard"][0])
        shutil.rmtree(home)
    figures = {name: _figures(one) for name, one in measured.items()}
    beyond = figures["civiclake"]["median_wall_s"] - figures["decoding"]["median_wall_s"]
    return {
        "files": files,
        "rows_of_each": SMALL_ROWS,
        **figures,
        "milliseconds_each_beyond_decoding": round(1000 * beyond / files, 2),
    }


def _run(folder: Path, threads: int, module: str, *arguments: object) -> Measured:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CIVICLAKE_")}
    command = [sys.executable, "-m", f"benchmarks.ingestion.{module}", *map(str, arguments)]
    return run_measured(command, {**kept, "PYTHONPATH": str(ROOT)}, threads, folder / "log.txt")


def _check(different: Sequence[str], expected: int, found: int) -> None:
    told = [*different, *([f"{found} rows, expected {expected}"] if expected != found else [])]
    if told:
        raise CommandFailedError("the outputs differ, so that the times mean nothing:\n" + "\n".join(told))


def _figures(runs: list[Measured]) -> dict[str, Any]:
    return {
        "median_wall_s": round(statistics.median(run.wall_s for run in runs), 2),
        "median_cpu_s": round(statistics.median(run.cpu_s for run in runs), 2),
        "peak_mib": max(run.peak_mib for run in runs),
        "each": [asdict(run) for run in runs],
    }


def _ratio(own: dict[str, Any], other: dict[str, Any]) -> dict[str, float]:
    return {
        name: round(own[name] / max(other[name], 0.01), 2)
        for name in ("median_wall_s", "median_cpu_s", "peak_mib")
    }


def _versions() -> dict[str, Any]:
    names = ("duckdb", "deltalake", "polars", "pyarrow")
    return {
        "python": platform.python_version(),
        "versions": {name: importlib.metadata.version(name) for name in names},
    }


if __name__ == "__main__":
    main()
