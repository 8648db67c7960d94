"""Ctrl-C and SIGTERM stop a run soon and in order; the next run goes on from there."""

import signal
import subprocess
import time
from pathlib import Path

import dagster as dg
import pytest
from civiclake import ACTS, civiclake, command, environment, status_of

from orchestration.instance import open_instance
from orchestration.interruption import Interruption, RetryUnlessStopped, breaking_off
from orchestration.run_lock import sole_run
from resource_catalogue.deployment import Deployment

SOON_SECONDS = 30
OPEN = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.NOT_STARTED]


def started_run(home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command("run", "--home", str(home), "--as-of", ACTS[0]),
        env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        # A shell that starts tests in the background has them ignore Ctrl-C, and all they start.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip


def wait_for_tables(process: subprocess.Popen[str], home: Path, schema: str) -> None:
    end = time.monotonic() + 300
    while not list((home / "var" / "lake" / schema).glob("*/_delta_log/*.json")):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < end, f"no table of {schema} in time"
        time.sleep(0.05)


@pytest.mark.dear
@pytest.mark.parametrize(
    ("number", "schema", "untouched"),
    [(signal.SIGINT, "standard", "base"), (signal.SIGTERM, "base", "open")],
)
def test_a_signal_stops_the_run_in_order_and_the_next_run_goes_on(
    city: Path, number: signal.Signals, schema: str, untouched: str
) -> None:
    process = started_run(city)
    wait_for_tables(process, city, schema)
    process.send_signal(number)
    begun = time.monotonic()
    _, told = process.communicate(timeout=300)
    assert time.monotonic() - begun < SOON_SECONDS
    assert process.returncode == 130, told
    assert "Traceback" not in told
    assert "再次运行" in told
    assert "run the same command again" in told
    assert not (city / "var" / "lake" / untouched).exists(), "later steps went on"
    with open_instance(city / "var") as instance:
        assert instance.get_runs()
        assert not instance.get_runs(dg.RunsFilter(statuses=OPEN))
    with sole_run(Deployment.open(city)):
        pass
    civiclake("run", "--home", str(city), "--as-of", ACTS[0])
    assert status_of(city)["opened"]


def query_stopped_by_a_signal() -> None:
    try:
        signal.raise_signal(signal.SIGTERM)
    except KeyboardInterrupt:
        raise RuntimeError("Query interrupted") from None


def test_what_an_engine_makes_of_a_signal_still_counts_as_the_stop_it_was() -> None:
    try:
        with pytest.raises(KeyboardInterrupt), breaking_off():
            query_stopped_by_a_signal()
        with pytest.raises(KeyboardInterrupt), breaking_off():
            pytest.fail("the next step began")
    finally:
        Interruption.asked = False


def test_a_failed_step_is_tried_again_and_a_stopped_one_is_not() -> None:
    policy = RetryUnlessStopped(max_retries=1, delay=1)
    attempts = {"fails": 0, "stops": 0}

    @dg.op(retry_policy=RetryUnlessStopped(max_retries=1, delay=0))
    def fails() -> None:
        attempts["fails"] += 1
        raise OSError

    @dg.op(retry_policy=policy)
    def stops() -> None:
        attempts["stops"] += 1
        raise KeyboardInterrupt

    @dg.job
    def both() -> None:
        fails()
        stops()

    with dg.DagsterInstance.ephemeral() as instance:
        both.execute_in_process(instance=instance, raise_on_error=False)
    assert attempts["stops"] == 1
    assert attempts["fails"] in (1, 2), "its second attempt may come after the stop"
