"""Measure push: ``python -m benchmarks.push.measure [batches] [single] [bare] [growth] [--seconds N]``.

Records at a steady rate while the drain goes on: what an acknowledgement takes, how soon the records stand in
``standard`` and in the base of certificates, how much memory the processes take. Beside it a bare server that appends
and syncs; and what one look of the drain takes as the tables grow.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import psutil

from benchmarks.push.push_city import AS_OF, BASE, RESOURCE, STANDARD, PushCity, Served, certificate
from benchmarks.push.steady_load import Answers, Load, Posting
from benchmarks.serving_city import free_port, serving
from ingestion.pushed_records import PushedRecords, PushedRequest
from lake.releases import current_release
from orchestration.platform import Platform
from orchestration.push_drain import PushDrain
from resource_catalogue.words import TableName

RESULTS = Path(__file__).parents[1] / "results"
_POLL_SECONDS = 0.25
_PATIENCE_SECONDS = 120


def pushed(folder: Path, rate: int, batch: int, seconds: int) -> dict[str, Any]:
    """Measure acknowledgements and how soon records stand, at a rate of records per second."""
    city = PushCity(folder / f"city_{batch}")
    with city.served(folder / f"server_{batch}.log") as served:
        _warm(city, served)
        watch = _Watch(city, served)
        load = Load(served.port, rate, batch, seconds, "measured")
        posting = Posting(load)
        while not posting.is_over:
            watch.look()
        answers = posting.answers()
        total = len(answers.acknowledged) * batch
        ends = time.monotonic() + _PATIENCE_SECONDS
        while watch.least < total and time.monotonic() < ends:
            watch.look()
    return {
        "records_per_second": rate,
        "records_in_a_request": batch,
        "seconds": seconds,
        **_told(answers, batch),
        "longest_until_in_standard_s": watch.longest(STANDARD, answers.acknowledged, batch),
        "longest_until_in_base_s": watch.longest(BASE, answers.acknowledged, batch),
        "peak_mib": {name: round(size / 2**20) for name, size in watch.peak.items()},
    }


def bare(folder: Path, rate: int, batch: int, seconds: int) -> dict[str, Any]:
    """Measure the same load on a bare server that appends and syncs."""
    port = free_port()
    environment = {**os.environ, "BARE_FILE": str(folder / f"bare_{batch}")}
    with serving([sys.executable, "-m", "benchmarks.push.bare_append", str(port)], port, environment):
        answers = Posting(Load(port, rate, batch, seconds, "bare")).answers()
    return {
        "records_per_second": rate,
        "records_in_a_request": batch,
        "seconds": seconds,
        **_told(answers, batch),
    }


def growth(folder: Path, sizes: Sequence[int], added: int = 10_000) -> list[dict[str, Any]]:
    """Measure one look of the drain that takes in so many new certificates, at several sizes of the tables."""
    city = PushCity(folder / "growth")
    lake = city.lake
    drain = PushDrain(Platform(city.deployment, lake, current_release(lake)), print)
    records = PushedRecords(city.deployment, RESOURCE)
    told: list[dict[str, Any]] = []
    there = 0
    for size in sizes:
        there = _filled(records, there, size)
        drain.look()
        there = _filled(records, there, there + added)
        begun = time.perf_counter()
        looked = drain.look()
        took = round(time.perf_counter() - begun, 2)
        if not looked.deliveries or lake.row_count(BASE) != there:
            raise SystemExit("the drain did not take everything in")
        told.append({"certificates": there, "added": added, "look_s": took})
    records.close()
    return told


def _filled(records: PushedRecords, there: int, wanted: int) -> int:
    for start in range(there, wanted, 1000):
        numbers = range(start, min(start + 1000, wanted))
        body = orjson.dumps([certificate(f"g-{number}") for number in numbers])
        records.accept([PushedRequest(f"g-{start}-{wanted}", body, "json", len(numbers))], AS_OF)
    return max(there, wanted)


class _Watch:
    """Look at the tables and the processes while records are posted.

    Attributes:
        peak: Largest resident memory in bytes: of the process that drains, and of those that answer.
    """

    def __init__(self, city: PushCity, served: Served) -> None:
        self._lake = city.lake
        self._process = psutil.Process(served.process.pid)
        self._before = {table: self._lake.row_count(table) for table in (STANDARD, BASE)}
        self._seen: dict[TableName, list[tuple[float, int]]] = {STANDARD: [], BASE: []}
        self.peak = {"draining": 0, "answering": 0}

    @property
    def least(self) -> int:
        """Return how many records stand in both tables."""
        return min(seen[-1][1] if seen else 0 for seen in self._seen.values())

    def look(self) -> None:
        """Count rows, as the tables' logs do, and memory."""
        for table, seen in self._seen.items():
            seen.append((time.monotonic(), self._lake.row_count(table) - self._before[table]))
        answering = sum(child.memory_info().rss for child in self._process.children(recursive=True))
        self.peak["answering"] = max(self.peak["answering"], answering)
        self.peak["draining"] = max(self.peak["draining"], self._process.memory_info().rss)
        time.sleep(_POLL_SECONDS)

    def longest(self, table: TableName, acknowledged: Sequence[float], batch: int) -> float | None:
        """Return how long the record that waited longest had to wait; null where not all of them came."""
        longest = 0.0
        for at, rows in self._seen[table]:
            place = rows // batch
            if place < len(acknowledged):
                longest = max(longest, at - acknowledged[place])
        return round(longest, 1) if self._seen[table][-1][1] == len(acknowledged) * batch else None


def _warm(city: PushCity, served: Served) -> None:
    """Let the engines load before anything is measured."""
    served.post(certificate("first"), "first")
    while not city.based():
        time.sleep(_POLL_SECONDS)


def _told(answers: Answers, batch: int) -> dict[str, Any]:
    took = sorted(answers.took)
    span = answers.acknowledged[-1] - answers.acknowledged[0] or 1
    return {
        "acknowledged_per_second": round((len(took) - 1) * batch / span),
        "refused": answers.refused,
        "p50_ms": round(took[len(took) // 2] * 1000, 1),
        "p99_ms": round(took[len(took) * 99 // 100] * 1000, 1),
        "most_ms": round(took[-1] * 1000, 1),
    }


@contextmanager
def _working(below: Path | None) -> Any:
    with tempfile.TemporaryDirectory(prefix="civiclake-push-", dir=below) as folder:
        yield Path(folder)


def main() -> None:
    """Read the options, measure, print and write the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.push.measure", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=["batches", "single", "bare", "growth"], default=[])
    parser.add_argument("--seconds", type=int, default=300)
    parser.add_argument("--rate", type=int, default=2000, help="records per second in `batches`")
    parser.add_argument("--single-rate", type=int, default=2000, help="records per second in `single`")
    parser.add_argument("--batch", type=int, default=100, help="records in a request of `batches`")
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--work", type=Path)
    asked = parser.parse_args()
    parts: dict[str, Callable[[Path], Any]] = {
        "batches": lambda folder: pushed(folder, asked.rate, asked.batch, asked.seconds),
        "single": lambda folder: pushed(folder, asked.single_rate, 1, asked.seconds),
        "bare": lambda folder: [
            bare(folder, asked.rate, asked.batch, asked.seconds),
            bare(folder, asked.single_rate, 1, asked.seconds),
        ],
        "growth": lambda folder: growth(folder, asked.sizes),
    }
    path = asked.results / "push.json"
    result = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name in asked.parts or parts:
        with _working(asked.work) as folder:
            result[name] = parts[name](folder)
        print(json.dumps({name: result[name]}, indent=1), flush=True)
    asked.results.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
