"""The journal: durable, chained, safe among processes, and honest about what a crash left."""

import errno
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from audited_city import Audited, an_access, audited
from hypothesis import given
from hypothesis import strategies as st

from audit.durable import locked
from audit.journal import RecordNotWritten, _canonical
from audit.verifier import ZERO, Chain, canonical
from resource_catalogue.errors import LakeError

ROOT = Path(__file__).resolve().parents[2]
DAY = "2026-03-16"
_APPENDING = """
import datetime as dt, sys
from pathlib import Path
from audit.record import AccessRecord
from resource_catalogue.access_words import Access
from resource_catalogue.deployment import Deployment
record, at = AccessRecord.open(Deployment.open(Path({home!r}))), dt.datetime(2026, 3, 16, 1, tzinfo=dt.UTC)
mark, number = sys.argv[1], 0
while number < int(sys.argv[2]):
    names = [f"{{mark}}-{{number + one}}" for one in range(number % 3 + 1)]
    record.append(*(Access(at=at, action="lookup", result="answered", request_id=name) for name in names))
    for name in names:
        print(name, flush=True)
    number += len(names)
"""


def appending(city: Audited, mark: str, count: int) -> subprocess.Popen[bytes]:
    """Start a process that appends and prints the number of each acknowledged request."""
    program = _APPENDING.format(home=str(city.deployment.home))
    return subprocess.Popen(
        [sys.executable, "-c", program, mark, str(count)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def chain_faults(city: Audited) -> list[tuple[str, str]]:
    chain = Chain()
    return [fault for record in city.records() for fault in chain.take(record)]


def test_records_are_numbered_and_each_names_the_hash_of_the_one_before(empty: Audited) -> None:
    empty.record.append(an_access(), an_access(rows=2))
    empty.reopened().record.append(an_access(rows=3))
    records = empty.records()
    assert [record["sequence"] for record in records] == [1, 2, 3]
    assert [record["previous_hash"] for record in records] == [ZERO, records[0]["hash"], records[1]["hash"]]
    assert chain_faults(empty) == []
    assert oct(empty.page(DAY).stat().st_mode & 0o777) == "0o600"


@pytest.mark.requirement("X-02")
def test_a_killed_process_loses_no_record_that_it_acknowledged(empty: Audited) -> None:
    empty.record.append(an_access(request_id="first"))
    acknowledged = {"first"}
    for number in range(10):
        child = appending(empty, f"child{number}", 1_000_000)
        assert child.stdout is not None
        seen = [child.stdout.readline() for _ in range(5 + 7 * number)]
        child.send_signal(signal.SIGKILL)
        seen += child.stdout.read().splitlines(keepends=True)
        child.wait()
        assert len(seen) >= 5
        # The last line may be cut by the kill; a record is acknowledged once its line is whole.
        acknowledged |= {line.decode().strip() for line in seen if line.endswith(b"\n")}
    city = empty.reopened()
    city.record.append(an_access(request_id="after"))
    kept = {record["request_id"] for record in city.records()}
    assert acknowledged - kept == set()
    assert city.record.verify(city.lake).faults == []


def test_processes_and_threads_that_append_at_once_make_one_chain_without_gap(empty: Audited) -> None:
    children = [appending(empty, f"process{number}", 60) for number in range(4)]
    with ThreadPoolExecutor(4) as pool:
        for number in range(40):
            pool.submit(empty.record.append, an_access(request_id=f"thread-{number}"))
    printed = [line for child in children for line in child.communicate()[0].decode().split()]
    assert len(printed) >= 4 * 60
    records = empty.records()
    assert [record["sequence"] for record in records] == list(range(1, len(records) + 1))
    assert {*printed, *(f"thread-{number}" for number in range(40))} == {r["request_id"] for r in records}
    assert chain_faults(empty) == []


@pytest.mark.parametrize(
    "left", [b'{"action":"lookup","agency_id"', b"\0" * 5000, b'{"action":\0\0\0\0\n', b"}" * 200_000]
)
def test_what_a_crash_left_half_written_is_moved_aside_and_the_chain_goes_on(
    empty: Audited, left: bytes
) -> None:
    empty.record.append(an_access(), an_access())
    with empty.page(DAY).open("ab") as file:
        file.write(left)
    city = empty.reopened()
    city.record.append(an_access(request_id="after"))
    assert [record["sequence"] for record in city.records()] == [1, 2, 3]
    assert empty.page(f"{DAY}").with_name(f"{DAY}.jsonl.torn").read_bytes() == left + b"\n"
    check = city.record.verify(city.lake)
    assert (check.faults, check.torn) == ([], [f"{DAY}.jsonl.torn"])


def test_a_half_line_that_another_process_left_is_found_by_one_that_runs_on(empty: Audited) -> None:
    empty.record.append(an_access())
    with empty.page(DAY).open("ab") as file:
        file.write(b'{"half')
    empty.record.append(an_access())
    assert chain_faults(empty) == []
    assert len(empty.records()) == 2


def test_a_last_line_that_is_no_record_stops_the_writing(empty: Audited) -> None:
    empty.record.append(an_access())
    with empty.page(DAY).open("ab") as file:
        file.write(b"[]\n")
    with pytest.raises(LakeError):
        empty.reopened().record.append(an_access())


def test_a_record_of_an_earlier_instant_stays_on_the_newest_page(empty: Audited) -> None:
    empty.record.append(an_access("2026-03-16T23:59:59"))
    empty.record.append(an_access("2026-03-17T00:00:01"), an_access("2026-03-16T23:59:59"))
    empty.record.append(an_access("2026-03-16T12:00:00"))
    assert [len(empty.page(day).read_bytes().splitlines()) for day in ("2026-03-16", "2026-03-17")] == [1, 3]
    assert chain_faults(empty) == []


def test_processes_that_know_another_page_find_the_newest_one(empty: Audited) -> None:
    other = empty.reopened()
    for day in ("2026-03-16", "2026-03-17", "2026-03-18"):
        empty.record.append(an_access(day))
        other.record.append(an_access("2026-03-16"))
    assert chain_faults(empty) == []
    assert len(empty.records()) == 6


def test_days_begin_at_midnight_of_the_deployments_zone(empty: Audited) -> None:
    empty.record.append(an_access("2026-03-17T00:30:00"))
    assert empty.records()[0]["at"].startswith("2026-03-16T16:30")
    assert empty.page("2026-03-17").exists()


@pytest.mark.parametrize("call", ["fsync", "write"])
def test_a_disk_that_refuses_is_told_and_leaves_nothing_to_build_on(
    empty: Audited, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    empty.record.append(an_access(request_id="kept"))

    def refuse(*_: object) -> int:
        raise OSError(errno.ENOSPC, "no space")

    with monkeypatch.context() as broken:
        broken.setattr(f"audit.journal.os.{call}", refuse)
        with pytest.raises(RecordNotWritten) as refused:
            empty.record.append(an_access(request_id="lost"))
    assert "nothing was answered" in refused.value.found
    empty.record.append(an_access(request_id="next"))
    assert [record["request_id"] for record in empty.records()] == ["kept", "next"]
    assert chain_faults(empty) == []


def test_files_taken_away_beside_the_pages_do_not_let_two_writers_in(empty: Audited) -> None:
    empty.record.append(an_access())
    threads = [threading.Thread(target=empty.record.append, args=(an_access(),)) for _ in range(20)]
    for number, thread in enumerate(threads):
        thread.start()
        if number % 5 == 0:
            for path in empty.record.journal.folder.glob(".*"):
                path.unlink(missing_ok=True)
    for thread in threads:
        thread.join()
    assert len(empty.records()) == 21
    assert chain_faults(empty) == []


def test_what_an_append_reads_does_not_grow_with_the_record(empty: Audited) -> None:
    for _ in range(10):
        empty.record.append(*(an_access() for _ in range(2000)))
    assert empty.page(DAY).stat().st_size > 10_000_000
    fresh = audited(empty.deployment.home)
    before = psutil.Process().io_counters().read_chars  # type: ignore[attr-defined, unused-ignore]
    fresh.record.append(an_access())
    assert psutil.Process().io_counters().read_chars - before < 400_000  # type: ignore[attr-defined, unused-ignore]
    assert fresh.records()[-1]["sequence"] == 20_001


def test_a_folder_that_vanishes_while_it_is_locked_is_told_as_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), locked(tmp_path):
        raise FileNotFoundError


def test_a_folder_that_is_not_there_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), locked(tmp_path / "missing"):
        pytest.fail("a lock on nothing was given")


_TEXT = st.text(st.characters(exclude_categories=["Cs"]))
_FIELDS = st.dictionaries(
    _TEXT, st.none() | st.integers(-(2**53), 2**53) | _TEXT | st.lists(_TEXT) | st.dictionaries(_TEXT, _TEXT)
)


@given(_FIELDS)
def test_what_is_written_is_the_form_that_the_check_of_an_export_hashes(fields: dict[str, Any]) -> None:
    assert _canonical(fields) == canonical(fields)
