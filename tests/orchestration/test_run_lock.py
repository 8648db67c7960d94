"""One piece of work on a deployment at a time, whoever started it; nothing killed keeps the place."""

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from orchestration import run_lock
from orchestration.asset_keys import REGISTER
from orchestration.definitions import build_definitions
from orchestration.instance import open_instance
from orchestration.killed_runs import IN_PROCESS, bury_before_pages
from orchestration.platform import open_platform
from orchestration.run_lock import sole_pages, sole_run, turn
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import LakeError

Hold = Callable[[Path], Any]
STATUS = dg.DagsterRunStatus


def let_go(holder: subprocess.Popen[str]) -> None:
    assert holder.stdin is not None
    holder.stdin.close()
    holder.wait()


def register_result(home: Path, instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    """Execute one asset as the daemon does: nobody holds the lock for it."""
    definitions = build_definitions(open_platform(home))
    job = definitions.resolve_implicit_global_asset_job_def()
    return job.execute_in_process(instance=instance, asset_selection=[REGISTER], raise_on_error=False)


def test_a_step_of_the_daemon_does_not_work_beside_a_run(
    city: Path, hold_lock: Hold, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_lock, "PATIENCE_SECONDS", 0.5)
    holder = hold_lock(city)
    with dg.DagsterInstance.ephemeral() as instance:
        refused = register_result(city, instance)
        errors = [e.step_failure_data.error for e in refused.all_events if e.is_step_failure]
        assert len(errors) == 1
        assert "another run was still under way" in str(errors[0])
        assert not (city / "var" / "lake" / "register").exists()
        let_go(holder)
        assert register_result(city, instance).success
    assert (city / "var" / "lake" / "register").exists()


def test_a_step_that_waits_goes_on_when_the_run_ends(city: Path, hold_lock: Hold) -> None:
    holder = hold_lock(city)
    told = threading.Event()
    timer = threading.Timer(1, lambda: (told.set(), let_go(holder)))
    timer.start()
    with turn(Deployment.open(city), patience=60):
        assert told.is_set()
    timer.join()


def test_a_run_takes_its_own_turns_at_once(city: Path) -> None:
    deployment = Deployment.open(city)
    with sole_run(deployment), turn(deployment, patience=0), turn(Deployment.open(city), patience=0):
        pass
    with sole_run(deployment):
        pass


def test_a_run_is_refused_while_another_process_works_and_not_when_that_was_killed(
    city: Path, hold_lock: Hold
) -> None:
    deployment = Deployment.open(city)
    holder = hold_lock(city)
    with pytest.raises(LakeError, match="another run is under way"), sole_run(deployment):
        pytest.fail("two runs at once")
    holder.kill()
    holder.wait()
    with sole_run(deployment):
        pass


def left_behind(instance: dg.DagsterInstance, status: STATUS, tags: dict[str, str]) -> str:
    @dg.job
    def work() -> None: ...

    return instance.create_run_for_job(work, status=status, tags=tags).run_id


def test_the_pages_close_the_books_of_runs_that_were_killed(city: Path) -> None:
    deployment = Deployment.open(city)
    with open_instance(deployment.var) as instance:
        own = left_behind(instance, STATUS.STARTED, IN_PROCESS)
        daemon = left_behind(instance, STATUS.STARTED, {})
        canceling = left_behind(instance, STATUS.CANCELING, {})
        waiting = left_behind(instance, STATUS.NOT_STARTED, {})
        with sole_pages(deployment):
            bury_before_pages(deployment)
        found = {run.run_id: run.status for run in instance.get_runs()}
    assert found == {
        own: STATUS.FAILURE,
        daemon: STATUS.FAILURE,
        canceling: STATUS.CANCELED,
        waiting: STATUS.NOT_STARTED,
    }


def test_the_pages_leave_a_run_that_is_under_way_alone(city: Path, hold_lock: Hold) -> None:
    deployment = Deployment.open(city)
    with open_instance(deployment.var) as instance:
        own = left_behind(instance, STATUS.STARTED, IN_PROCESS)
        hold_lock(city)
        bury_before_pages(deployment)
        run = instance.get_run_by_id(own)
    assert run is not None
    assert run.status == STATUS.STARTED
