"""Measure serving: ``python -m benchmarks.serving [listing] [client] [lookup] [--results FOLDER]``.

Listing beside bare Starlette that signs the same; the official client beside plain HTTP; keyed lookup at a steady
rate, the record of access included. Each pair runs in turn on one machine. ``wrk`` (Debian) drives the listing.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import statistics
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import psutil

from benchmarks.bare_listing import CAPABILITIES, FILES
from benchmarks.serving_city import LOOKED_UP, PURPOSE, ServingCity, ask, free_port, granian
from lake.shared import SharedLake
from resource_catalogue.subject_keys import ROW_KEY_NAME, subject_key_of

RESULTS = Path(__file__).with_name("results")
COLUMNS = ("credit_code", "name", "legal_form", "status", "established_on", "registrar_division_code")
_CONNECTIONS = 32
_QUERY = "/delta-sharing/shares/reader/schemas/base/tables/organisation/query"
_RATE = re.compile(r"Requests/sec:\s+([0-9.]+)")


def listing(folder: Path, seconds: int = 10, rounds: int = 3) -> dict[str, Any]:
    """Measure queries of a table of 100 files per second, and the first byte at 100,000 files."""
    city = ServingCity(folder / "listing")
    grant = city.grant(LOOKED_UP, COLUMNS, "table")
    rows = "select 'c' || i as credit_code, 'n' as name, 's' as status from range({}, {}) t(i)"
    city.fill(grant, rows.format(0, 10))
    import duckdb

    for number in range(1, FILES):
        city.append(grant, duckdb.sql(rows.format(number * 10, number * 10 + 10)).to_arrow_table())
    path = _QUERY
    with city.served() as address, bare({}) as other:
        rates = {"civiclake": [], "bare Starlette": []}
        for _ in range(rounds):
            rates["civiclake"].append(wrk(f"{address}{path}", city.token, seconds, folder))
            rates["bare Starlette"].append(wrk(f"{other}/query", "", seconds, folder))
    own, least = (statistics.median(rates[name]) for name in rates)
    return {
        "files": FILES,
        "queries_per_second": {name: [round(rate) for rate in found] for name, found in rates.items()},
        "ratio": round(own / least, 2),
        "first_byte_ms_at_100000_files": _first_byte(folder, path),
    }


def _first_byte(folder: Path, path: str) -> list[float]:
    city = ServingCity(folder / "many")
    grant = city.grant(LOOKED_UP, COLUMNS, "table")
    city.fill(grant, "select 'c' as credit_code, 'n' as name")
    city.list_files(grant, 100_000)
    took = []
    with city.served() as address:
        for _ in range(6):
            begun = time.perf_counter()
            with ask(address, path, city.token, b"{}") as answer:
                answer.read(1)
                took.append(round((time.perf_counter() - begun) * 1000, 1))
                answer.read()
    return took


def client(folder: Path, rounds: int = 3) -> dict[str, Any]:
    """Measure the official client on a table of 1 GB, in both forms, beside the same client on a plain server.

    The plain server replays the same answer with addresses of its own and hands out the same files, unsigned,
    unchecked and unrecorded. What the bytes alone take, read by nobody, is told beside it.
    """
    city = ServingCity(folder / "client")
    grant = city.grant(LOOKED_UP, COLUMNS, "table")
    numbers = ", ".join(f"random() as n{column}" for column in range(8))
    city.fill(grant, f"select {numbers} from range(16000000)", 1_000_000)
    place, answers = city.lake.path(grant.table), folder / "answers"
    answers.mkdir()
    size = sum(path.stat().st_size for path in place.glob("*.parquet"))
    found: dict[str, Any] = {"bytes": size, "files": len(list(place.glob("*.parquet")))}
    plain = {"BARE_FOLDER": str(place), "BARE_ANSWERS": str(answers)}
    with city.served() as address, bare(plain) as other:
        urls = {"platform": address, "plain HTTP": other}
        for form in ("parquet", "delta"):
            _keep_answer(city, address, other, form, answers / form)
            took: dict[str, list[float]] = {name: [] for name in urls}
            for _ in range(rounds):
                for name, url in urls.items():
                    profile = f"{city.profile(url)}#reader.base.organisation"
                    took[name].append(timed(partial(_load, profile, form)))
            own, least = (statistics.median(took[name]) for name in urls)
            found[form] = {"seconds": took, "ratio of rates": round(least / own, 2)}
        own_bytes, least_bytes = (_fetched(_addresses(city, url)) for url in urls.values())
        found["bytes alone"] = {"platform": own_bytes, "plain HTTP": least_bytes}
    return found


def _keep_answer(city: ServingCity, address: str, other: str, form: str, path: Path) -> None:
    """Keep an answer of the platform with addresses of the plain server in it."""
    lines = []
    for file, line in _listed(city, address, form):
        place = file.get("deltaSingleAction", {}).get("add") or file
        if file:
            name = "path" if form == "delta" else "url"
            place[name] = f"{other}/files/{_names(city)[file['id']]}?sp=r"
        lines.append(json.dumps(line))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _listed(city: ServingCity, address: str, form: str) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Return each line of a listing, with its file where it is one."""
    headers = {CAPABILITIES: f"responseformat={form}", "fileidhash": "parquet"}
    with ask(address, _QUERY, city.token, b"{}", headers) as answer:
        lines = [json.loads(line) for line in answer.read().splitlines()]
    return [(line.get("file", {}), line) for line in lines]


def _names(city: ServingCity) -> dict[str, str]:
    """Return the path of each file of the only table by its id."""
    lake = SharedLake(city.lake.root, frozenset({"share"}))
    (name,) = lake.tables("share")
    table = lake.table(name)
    return {file.id: file.path for file in table.snapshot().files} if table else {}


def _addresses(city: ServingCity, address: str) -> list[str]:
    return [file["url"] for file, _ in _listed(city, address, "parquet") if file]


def _fetched(urls: list[str]) -> float:
    """Return the seconds that fetching takes when nobody reads what came."""

    def fetch() -> None:
        for url in urls:
            with urllib.request.urlopen(url) as answer:
                while answer.read(1 << 20):
                    pass

    return min(timed(fetch) for _ in range(3))


def _load(url: str, form: str) -> int:
    import delta_sharing

    return len(delta_sharing.load_as_pandas(url, use_delta_format=form == "delta"))


def lookup(folder: Path, subjects: int, rate: int = 200, seconds: int = 30) -> dict[str, Any]:
    """Measure lookups at a steady rate; each counts from when it was due, not from when it was sent."""
    city = ServingCity(folder / "lookup")
    grant = city.grant(LOOKED_UP, ("credit_code", "name", "status"), "service")
    key = city.deployment.key(ROW_KEY_NAME)
    known = [f"9132990000{number:06}XX" for number in range(1000)]
    own = ", ".join(f"('{subject_key_of('organisation', [code], key)}')" for code in known)
    city.fill(
        grant,
        "select _subject_key, 'c' as credit_code, 'a' as credit_code__agency_id, 'n' as name, 'a' as name__agency_id, "
        "'s' as status, 'a' as status__agency_id, false as under_verification, null::varchar as verification_cases "
        f"from (select md5(i::varchar) as _subject_key from range({subjects - len(known)}) t(i) "
        f"union all values {own})",
    )
    begun = time.perf_counter()
    city.index(grant)
    indexed = round(time.perf_counter() - begun, 1)
    keys = [subject_key_of("organisation", [code], key) for code in known]
    with city.served() as address:
        body = [json.dumps({"keys": [one], "purpose": PURPOSE}).encode() for one in keys]
        took = asyncio.run(_steadily(address, f"/lookup/{LOOKED_UP}", city.token, body, rate, seconds))
        peak = max(p.memory_info().rss for p in psutil.Process().children(recursive=True)) // 2**20
    took.sort()
    return {
        "subjects": subjects,
        "rate_per_second": rate,
        "requests": len(took),
        "index_seconds": indexed,
        "p50_ms": round(took[len(took) // 2] * 1000, 1),
        "p99_ms": round(took[len(took) * 99 // 100] * 1000, 1),
        "most_ms": round(took[-1] * 1000, 1),
        "server_rss_mib": peak,
    }


async def _steadily(
    address: str, path: str, token: str, bodies: list[bytes], rate: int, seconds: int
) -> list[float]:
    """Send at a steady rate over a few kept connections; plain sockets take little of the machine."""
    took: list[float] = []
    numbers = iter(range(rate * seconds))
    start = time.perf_counter() + 1
    host, port = address.removeprefix("http://").split(":")

    async def connection() -> None:
        reader, writer = await asyncio.open_connection(host, int(port))
        for number in numbers:
            due, body = start + number / rate, bodies[number % len(bodies)]
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            head = (
                f"POST {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            writer.write(head.encode() + body)
            answered = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
            length = int(answered.split("content-length: ")[1].split("\r\n")[0])
            content = await reader.readexactly(length)
            took.append(time.perf_counter() - due)
            if " 200 " not in answered or b'"found"' not in content:
                raise SystemExit("a lookup was not answered")
        writer.close()

    await asyncio.gather(*(connection() for _ in range(_CONNECTIONS)))
    return took


def wrk(url: str, token: str, seconds: int, folder: Path) -> float:
    """Return how many POST requests per second wrk gets through on sixteen connections."""
    program = shutil.which("wrk")
    if program is None:
        raise SystemExit("wrk is missing: install the Debian package wrk")
    script = folder / "post.lua"
    script.write_text(
        'wrk.method = "POST"\nwrk.body = "{}"\nwrk.headers["Content-Type"] = "application/json"\n'
        f'wrk.headers["Authorization"] = "Bearer {token}"\n',
        encoding="utf-8",
    )
    command = [program, "-t1", "-c16", f"-d{seconds}s", "-s", str(script), url]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    if "Non-2xx" in told:
        raise SystemExit(told)
    found = _RATE.search(told)
    return float(found[1]) if found else 0.0


def bare(variables: dict[str, str]) -> Any:
    """Serve the bare listing; give its address."""
    from contextlib import contextmanager

    @contextmanager
    def serving() -> Any:
        port = free_port()
        with granian("benchmarks.bare_listing:app", port, {**os.environ, **variables}):
            yield f"http://127.0.0.1:{port}"

    return serving()


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that a piece of work took."""
    begun = time.perf_counter()
    work()
    return round(time.perf_counter() - begun, 2)


def main() -> None:
    """Read the options, measure, print and write the result."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.serving", description=__doc__)
    parser.add_argument("parts", nargs="*", choices=["listing", "client", "lookup"], default=[])
    parser.add_argument("--subjects", type=int, default=10_000_000)
    parser.add_argument("--results", type=Path, default=RESULTS)
    parser.add_argument("--work", type=Path)
    asked = parser.parse_args()
    path = asked.results / "serving.json"
    result = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    parts: dict[str, Callable[[Path], dict[str, Any]]] = {
        "listing": listing,
        "client": client,
        "lookup": lambda folder: lookup(folder, asked.subjects),
    }
    for name in asked.parts or parts:
        with tempfile.TemporaryDirectory(prefix="civiclake-serving-", dir=asked.work) as folder:
            result[name] = parts[name](Path(folder))
        print(json.dumps({name: result[name]}, indent=1), flush=True)
    asked.results.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
