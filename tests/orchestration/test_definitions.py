"""The graph: what is in it, what follows from what, and that a silent change of it is seen in review."""

import os
import shutil
from pathlib import Path

import dagster as dg
import pytest

from cli.publishing import publish_files
from orchestration.definitions import build_definitions
from orchestration.platform import open_platform
from resource_catalogue.deployment import Deployment

DEMO = Path(__file__).resolve().parents[2] / "data" / "demo"
SNAPSHOT = Path(__file__).with_name("graph_snapshot.txt")


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    home = tmp_path_factory.mktemp("graph") / "demo"
    shutil.copytree(DEMO, home, ignore=shutil.ignore_patterns("var", "feeds"))
    publish_files(Deployment.open(home), "data_centre/registrar", "data_bureau/reviewer")
    return build_definitions(open_platform(home))


def graph_lines(definitions: dg.Definitions) -> list[str]:
    graph = definitions.resolve_asset_graph()
    return [
        f"{key.to_user_string()} [{graph.get(key).group_name}] <- "
        + ", ".join(sorted(parent.to_user_string() for parent in graph.get(key).parent_keys))
        for key in sorted(graph.materializable_asset_keys)
    ]


def test_the_graph_of_the_demo_is_the_reviewed_one(definitions: dg.Definitions) -> None:
    lines = "\n".join(graph_lines(definitions)) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        SNAPSHOT.write_text(lines, encoding="utf-8")
    assert lines == SNAPSHOT.read_text(encoding="utf-8"), "set UPDATE_SNAPSHOTS=1 to accept the new graph"


def test_every_listed_resource_has_an_asset_with_a_check_per_rule(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    checked = {key.asset_key for key in graph.asset_check_keys}
    standard = {key for key in graph.materializable_asset_keys if key.path[0] == "standard"}
    assert len(standard) >= 15
    assert standard <= checked


def test_tasks_come_after_every_check_and_the_report_after_everything(definitions: dg.Definitions) -> None:
    graph = definitions.resolve_asset_graph()
    scores = graph.get(dg.AssetKey(["quality", "scores"])).parent_keys
    assert {key for key in graph.materializable_asset_keys if key.path[0] in ("standard", "claims")} <= scores
    report = graph.get(dg.AssetKey(["report", "run"])).parent_keys
    assert {key for key in graph.materializable_asset_keys if key.path[0] == "open"} <= report


def test_each_promised_frequency_has_a_schedule_and_new_files_a_sensor(definitions: dg.Definitions) -> None:
    schedules = {schedule.name for schedule in definitions.schedules or []}
    assert {"due_daily_schedule", "due_weekly_schedule"} & schedules
    assert [sensor.name for sensor in definitions.sensors or []] == ["arrivals"]


def test_the_sensor_asks_for_slices_first_and_for_the_city_when_none_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration import sensors

    home = tmp_path / "demo"
    shutil.copytree(DEMO, home, ignore=shutil.ignore_patterns("var"))
    publish_files(Deployment.open(home), "data_centre/registrar", "data_bureau/reviewer")
    platform = open_platform(home)
    sensor = sensors.arrival_sensor(platform, [dg.define_asset_job("unused")])
    with dg.DagsterInstance.ephemeral() as instance:
        first = sensor(dg.build_sensor_context(instance=instance))
        jobs = {request.job_name for request in first.run_requests}
        assert jobs == {"slices_police__household_registration"}
        assert {tuple(r.partition_keys) for r in first.dynamic_partitions_requests} == {("329902", "329921")}
        monkeypatch.setattr(sensors, "sliced_resources", lambda _: [])
        second = sensor(dg.build_sensor_context(instance=instance))
        assert [request.job_name for request in second.run_requests] == ["city"]
        monkeypatch.setattr(sensors, "waiting_files", lambda *_: [])
        third = sensor(dg.build_sensor_context(instance=instance, cursor=second.cursor))
        assert isinstance(third, dg.SkipReason)
