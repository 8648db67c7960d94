"""The operational state: migrations, one writer at a time, nothing half kept, nothing shown."""

import concurrent.futures
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from casework_city import City, at, finding
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from casework import rectification
from casework.ledger import verify_ledger
from casework.migrations import HEAD, configuration
from casework.models import Base
from casework.rectification import reconcile
from casework.state import State, open_state
from casework.tasks import list_tasks
from resource_catalogue.errors import CaseError, SettingError


def test_the_migrations_make_exactly_the_tables_of_the_models(any_state: State) -> None:
    with any_state.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_opening_again_changes_nothing(any_url: str, city: City) -> None:
    first = open_state(any_url)
    city.found(finding(1))
    reconcile(first, city.lake, city.release, at("2026-02-12"))
    again = open_state(any_url)
    assert [task.id for task in list_tasks(again)] == ["R-2026-0001"]
    first.close()
    again.close()


def test_the_file_of_sqlite_is_made_with_its_folder_and_keeps_foreign_keys(state: State) -> None:
    with state.engine.connect() as connection:
        assert connection.execute(text("pragma journal_mode")).scalar() == "wal"
        assert connection.execute(text("pragma foreign_keys")).scalar() == 1
    with state.engine.begin() as connection, pytest.raises(IntegrityError):
        connection.execute(
            text(
                "insert into receipts (case_id, round, agency_id, received_at) "
                "values ('R', 1, 'x', '2026-01-01')"
            )
        )


def test_the_newest_version_is_the_one_that_opening_looks_for() -> None:
    assert ScriptDirectory.from_config(configuration()).get_current_head() == HEAD


def test_a_database_of_a_newer_version_is_refused(any_url: str) -> None:
    state = open_state(any_url)
    with state.engine.begin() as connection:
        connection.execute(text("update alembic_version set version_num = 'v9999'"))
    state.close()
    with pytest.raises(CaseError, match="v9999"):
        open_state(any_url)


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nonsense", "not an address"),
        ("mysql://host/name", "sqlite or postgresql"),
        ("sqlite:////proc/nowhere/casework.sqlite", "cannot be made"),
        ("postgresql://someone:planted-secret@/casework?host=/nowhere", "cannot be opened"),
    ],
)
def test_an_address_that_does_not_work_is_a_setting_error_without_its_password(url: str, words: str) -> None:
    with pytest.raises(SettingError, match=words) as caught:
        open_state(url)
    assert "planted-secret" not in str(caught.value)


def test_a_run_that_fails_midway_keeps_nothing(
    any_state: State, city: City, monkeypatch: pytest.MonkeyPatch
) -> None:
    city.found(finding(1), finding(2, rule_id="market.entities:type:name"))
    advance, calls = rectification.advance, 0

    def failing(*arguments: object) -> object:
        nonlocal calls
        calls += 1
        if calls == 4:
            raise RuntimeError("broken")
        return advance(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(rectification, "advance", failing)
    with pytest.raises(RuntimeError):
        reconcile(any_state, city.lake, city.release, at("2026-02-12"))
    assert list_tasks(any_state) == []
    assert verify_ledger(any_state).events == 0
    monkeypatch.undo()
    done = reconcile(any_state, city.lake, city.release, at("2026-02-12"))
    assert done.issued == ["R-2026-0001", "R-2026-0002"]


KILLED = """
import sys, time
from pathlib import Path
sys.path.insert(0, {tests!r})
from casework_city import at, build_city, finding
from casework import rectification
from casework.state import open_state

city = build_city(Path({folder!r}))
advance = rectification.advance
def slow(*arguments):
    advance(*arguments)
    print("written", flush=True)
    time.sleep(60)
rectification.advance = slow
rectification.reconcile(open_state({url!r}), city.lake, city.release, at("2026-02-12"))
"""


def test_a_killed_run_keeps_nothing_and_the_next_one_does_all(
    state: State, city: City, tmp_path: Path
) -> None:
    city.found(finding(1))
    url = state.engine.url.render_as_string()
    script = KILLED.format(tests=str(Path(__file__).parent), folder=str(tmp_path), url=url)
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    )
    assert process.stdout is not None
    assert process.stdout.readline() == b"written\n"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert verify_ledger(state).events == 0
    assert reconcile(state, city.lake, city.release, at("2026-02-12")).issued == ["R-2026-0001"]
    assert verify_ledger(state).intact


def test_two_runs_at_once_issue_each_task_once(any_url: str, city: City) -> None:
    city.found(finding(1), finding(2, rule_id="market.entities:type:name"))
    states = [open_state(any_url) for _ in range(3)]
    with concurrent.futures.ThreadPoolExecutor() as pool:
        runs = [pool.submit(reconcile, state, city.lake, city.release, at("2026-02-12")) for state in states]
        issued = sorted(len(run.result().issued) for run in runs)
    assert issued == [0, 0, 2]
    assert verify_ledger(states[0]).intact
    for state in states:
        state.close()


def test_readers_do_not_wait_for_the_writer(any_state: State) -> None:
    with any_state.write():
        started = time.monotonic()
        assert list_tasks(any_state) == []
        assert time.monotonic() - started < 20


def test_errors_of_the_database_show_no_values(any_state: State) -> None:
    with pytest.raises(CaseError, match="refused") as caught, any_state.write() as session:
        session.execute(text("insert into receipts (case_id) values ('planted')"))
    assert "planted" not in str(caught.value)
