"""Time ingest, base, checks and opening beside bare DuckDB: ``python -m benchmarks.pipeline --persons N --runs R``.

Both sides get the same files, the same number of threads and a fresh process, and take turns. The figures count only
if both sides put out the same: rows, values and findings are compared, and a difference ends the program. Here: the
order of runs and the summary. Not here: what each side does (``bench_city.py``, ``bare_duckdb.py``).
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
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.bench_city import AS_OF, DEMO, ROOT, SEED, make_feeds, make_home
from benchmarks.measured_run import CommandFailedError, Measured, run_measured
from benchmarks.outputs import Outputs, bare_outputs, differences, platform_outputs
from resource_catalogue.code_list import SHIPPED

RESULTS = Path(__file__).with_name("results")
_REGISTRAR, _REVIEWER = "data_centre/registrar", "data_bureau/reviewer"


@dataclass
class Comparison:
    """Run both sides in one working folder and keep what was measured.

    Attributes:
        folder: Working folder; what a run made is removed after it was compared.
        threads: Processors and threads of each side.
    """

    folder: Path
    threads: int
    civiclake: list[Measured] = field(default_factory=list)
    duckdb: list[Measured] = field(default_factory=list)
    outputs: Outputs = field(default_factory=dict)

    def prepare(self, persons: int) -> None:
        """Generate the feeds and gather the code lists for the bare engine."""
        self.inbox = make_feeds(self.folder / "made", persons)
        self.codes = self.folder / "codes"
        shutil.copytree(DEMO / "code_lists", self.codes)
        shutil.copyfile(SHIPPED / "divisions.csv", self.codes / "divisions_shipped.csv")

    def run(self) -> None:
        """Run each side once and compare what they made.

        Raises:
            CommandFailedError: A side failed, or the outputs differ.
        """
        home, out = self.folder / "home", self.folder / "bare"
        self.civiclake.append(self._platform(home))
        self.duckdb.append(self._bare(out))
        self.outputs = platform_outputs(home)
        found = differences(self.outputs, bare_outputs(out))
        if found:
            raise CommandFailedError(
                "the outputs differ, so that the times mean nothing:\n" + "\n".join(found)
            )
        for folder in (home, out):
            shutil.rmtree(folder)

    def _platform(self, home: Path) -> Measured:
        """Publish the catalogue, which is not counted, and run once over an empty lake."""
        make_home(home, self.inbox, self.threads)
        at = ("--home", str(home), "--as-of", AS_OF)
        by = ("--registered-by", _REGISTRAR, "--reviewed-by", _REVIEWER)
        self._measured("-m", "cli", "catalogue", "publish", *at, *by)
        return self._measured("-m", "cli", "run", *at)

    def _bare(self, out: Path) -> Measured:
        out.mkdir()
        places = (str(self.inbox), str(out), str(self.codes), str(self.threads))
        return self._measured("-m", "benchmarks.bare_duckdb", *places)

    def _measured(self, *arguments: str) -> Measured:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CIVICLAKE_")}
        environment = {**kept, "PYTHONPATH": str(ROOT)}
        return run_measured([sys.executable, *arguments], environment, self.threads, self.folder / "log.txt")


def main() -> None:
    """Read the options, measure, print and write the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pipeline", description=__doc__)
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--work", type=Path, help="folder for feeds and outputs; default: the system's own")
    parser.add_argument(
        "--results", type=Path, default=RESULTS, help="folder that takes pipeline.json and .md"
    )
    asked = parser.parse_args()
    if asked.work:
        asked.work.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="civiclake-benchmark-", dir=asked.work) as folder:
        comparison = Comparison(Path(folder), asked.threads)
        comparison.prepare(asked.persons)
        try:
            for number in range(1, asked.runs + 1):
                comparison.run()
                took = comparison.civiclake[-1].wall_s, comparison.duckdb[-1].wall_s
                print(f"run {number}: civiclake {took[0]} s, duckdb {took[1]} s", flush=True)
        except CommandFailedError as error:
            raise SystemExit(str(error)) from None
    result = summary(comparison, asked.persons)
    asked.results.mkdir(parents=True, exist_ok=True)
    (asked.results / "pipeline.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    (asked.results / "pipeline.md").write_text(page(result), encoding="utf-8")
    print(page(result))


def summary(comparison: Comparison, persons: int) -> dict[str, Any]:
    """Put the measurements into the shape of ``pipeline.json``; nothing in it names a machine."""
    sides = {"civiclake": comparison.civiclake, "duckdb": comparison.duckdb}
    figures = {name: _figures(runs) for name, runs in sides.items()}
    return {
        "persons": persons,
        "seed": SEED,
        "runs": len(comparison.civiclake),
        "threads": comparison.threads,
        "python": platform.python_version(),
        "versions": {
            name: importlib.metadata.version(name) for name in ("duckdb", "deltalake", "polars", "dagster")
        },
        "rows": {name: rows for name, (rows, _) in comparison.outputs.items() if "findings of" not in name},
        **figures,
        "ratio": {
            name: round(figures["civiclake"][name] / figures["duckdb"][name], 2)
            for name in ("median_wall_s", "median_cpu_s", "peak_mib")
        },
    }


def _figures(runs: list[Measured]) -> dict[str, Any]:
    return {
        "median_wall_s": round(statistics.median(run.wall_s for run in runs), 2),
        "median_cpu_s": round(statistics.median(run.cpu_s for run in runs), 2),
        "peak_mib": max(run.peak_mib for run in runs),
        "each": [asdict(run) for run in runs],
    }


def page(result: dict[str, Any]) -> str:
    """Write the result as a page of Markdown."""
    labels = {
        "median_wall_s": "wall time, median (s)",
        "median_cpu_s": "processor time, median (s)",
        "peak_mib": "peak memory with children (MiB)",
    }
    lines = [
        f"# Pipeline beside bare DuckDB, {result['persons']:,} persons",
        "",
        f"Runs of each side, in turn: {result['runs']}; threads: {result['threads']}; Python {result['python']}, "
        + ", ".join(f"{name} {version}" for name, version in result["versions"].items())
        + ". Made by `python -m benchmarks.pipeline`; what is compared: `benchmarks/README.md`.",
        "",
        "| | Civiclake | DuckDB | ratio |",
        "|---|---:|---:|---:|",
    ]
    for name, label in labels.items():
        own, bare = result["civiclake"][name], result["duckdb"][name]
        lines.append(f"| {label} | {own:,} | {bare:,} | {result['ratio'][name]} |")
    lines += ["", "| output, the same on both sides | rows |", "|---|---:|"]
    lines += [f"| {name} | {rows:,} |" for name, rows in result["rows"].items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
