"""The drain of pushed records: when it looks away, what it follows, what it tells."""

import datetime as dt
import shutil
from pathlib import Path

import orjson
import pytest
from filelock import FileLock

from benchmarks.push.push_city import AS_OF, RESOURCE, PushCity, certificate
from ingestion.pushed_records import PushedRecords, PushedRequest
from lake.releases import current_release, set_state
from lake.tables import RESULTS, SCHEMAS
from orchestration.platform import Platform
from orchestration.push_drain import Drained, PushDrain


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return PushCity(tmp_path_factory.mktemp("drain") / "published").home


@pytest.fixture
def city(published: Path, tmp_path: Path) -> PushCity:
    shutil.copytree(published, tmp_path / "city")
    return PushCity(tmp_path / "city")


@pytest.fixture
def unbuilt(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Note what would be built in place of loading dbt."""
    asked: list[list[str]] = []
    monkeypatch.setattr("orchestration.push_drain.prepare_project", lambda deployment: None)
    monkeypatch.setattr(
        "orchestration.push_drain.build_models", lambda lake, release, project, names, _: asked.append(names)
    )
    return asked


def push(city: PushCity, number: str) -> None:
    records = PushedRecords(city.deployment, RESOURCE)
    records.accept([PushedRequest(number, orjson.dumps(certificate(number)), "json", 1)], AS_OF)
    records.close()


def a_drain(city: PushCity, told: list[str] | None = None) -> PushDrain:
    lake = city.lake
    heard = told if told is not None else []
    return PushDrain(Platform(city.deployment, lake, current_release(lake)), heard.append)


def test_a_look_takes_in_what_waits_and_the_next_does_nothing(
    city: PushCity, unbuilt: list[list[str]]
) -> None:
    push(city, "a")
    drain = a_drain(city)
    assert drain.look() == Drained(1, ("certificate",))
    assert drain.look() == Drained()
    assert list(city.standing()) == ["a"]
    assert unbuilt == [["certificate"]]


def test_a_drain_that_starts_builds_what_a_killed_one_may_have_left(
    city: PushCity, unbuilt: list[list[str]]
) -> None:
    assert a_drain(city).look() == Drained(0, ("certificate",))


def test_records_wait_while_other_work_holds_the_deployment(city: PushCity, unbuilt: list[list[str]]) -> None:
    push(city, "a")
    drain = a_drain(city)
    with FileLock(city.deployment.var / "run.lock"):
        assert drain.look() == Drained(is_kept_waiting=True)
        assert city.standing() == {}
    assert drain.look().deliveries == 1


def test_a_later_release_is_followed(city: PushCity, unbuilt: list[list[str]]) -> None:
    drain = a_drain(city)
    drain.look()
    push(city, "a")
    posts = ("data_centre/registrar", "data_bureau/reviewer")
    later = AS_OF + dt.timedelta(hours=1)
    set_state(city.lake, RESOURCE, "suspended", later, *posts)
    assert drain.look() == Drained()
    set_state(city.lake, RESOURCE, "listed", later, *posts)
    assert drain.look().deliveries == 1


def test_a_base_that_a_rule_stopped_in_the_last_run_stays_stopped(
    city: PushCity, unbuilt: list[list[str]]
) -> None:
    schema = SCHEMAS[RESULTS]
    given = {"rule_id": f"{RESOURCE}:x", "resource_id": RESOURCE, "severity": "block", "state": "failed"}
    row = {name: given.get(name) for name in schema.names}
    city.lake.overwrite(RESULTS, schema.empty_table().from_pylist([row], schema=schema))
    push(city, "a")
    assert a_drain(city).look() == Drained(1, ())
    assert unbuilt == []


def test_a_fault_is_told_once_and_stops_nothing_else(
    city: PushCity, unbuilt: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("植入标记")

    push(city, "a")
    told: list[str] = []
    drain = a_drain(city, told)
    with monkeypatch.context() as patch:
        patch.setattr("orchestration.push_drain.ingest_resource", broken)
        assert drain.look() == Drained(0, ("certificate",))
        drain.look()
    (heard,) = told
    assert RESOURCE in heard
    assert "ValueError" in heard
    assert "植入标记" not in heard
    assert drain.look().deliveries == 1


def test_the_loop_ends_when_it_is_asked_to(city: PushCity, unbuilt: list[list[str]]) -> None:
    answers = iter([False, False, True, True])
    a_drain(city).run(lambda: next(answers), seconds=60)
    assert len(unbuilt) == 1
