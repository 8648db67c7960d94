"""Commands that make or run a deployment: init, run, demo, ui."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer

from cli.options import HERE, AsOf, Home, open_deployment, opened_state
from cli.output import console, say
from cli.reading_commands import print_summary
from lake import Lake
from lake.releases import current_release
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import SettingError
from resource_catalogue.profile import default_profile_id
from resource_catalogue.subject_keys import ROW_KEY_NAME


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for command in (init, run, demo, ui):
        app.command()(command)


def init(folder: Annotated[Path, typer.Argument(help="新部署的目录 / folder of the new deployment")]) -> None:
    """新建部署 / Make a new deployment: settings, catalogue folders, an inbox, keys with mode 0600."""
    if (folder / "civiclake.toml").exists():
        raise SettingError(
            str(folder),
            "已有部署 / there is a deployment already",
            "空目录或新目录 / an empty or a new folder",
            "换一个目录 / choose another folder",
        )
    for part in ("agencies", "resources", "source_register", "datasets", "code_lists"):
        (folder / "catalogue" / part).mkdir(parents=True, exist_ok=True)
    (folder / "inbox").mkdir(exist_ok=True)
    (folder / "civiclake.toml").write_text(
        _TEMPLATE.format(
            name=json.dumps(folder.resolve().name, ensure_ascii=False), profile=default_profile_id()
        ),
        encoding="utf-8",
    )
    deployment = Deployment.open(folder)
    deployment.key(ROW_KEY_NAME)
    say(
        f"{folder}: 已建立 / made. 下一步 / next: docs/how-to/start-a-deployment.md, "
        f"civiclake catalogue check --home {folder}"
    )


def run(home: Home = HERE, as_of: AsOf = None) -> None:
    """运行 / Take in what has arrived, build, check, raise tasks, open datasets; a second run changes nothing."""
    deployment = open_deployment(home, as_of)
    failed = _run(deployment, as_of)
    _tell_report(deployment)
    if failed:
        raise typer.Exit(1)


def demo(
    home: Annotated[Path, typer.Option("--home", help="演示部署 / the demonstration's folder")] = Path(
        "data/demo"
    ),
    profile: Annotated[
        str | None, typer.Option("--profile", help="按哪部办法 / jurisdiction profile")
    ] = None,
) -> None:
    """演示 / Run the demonstration city: publish its catalogue, then its acts one after the other.

    A folder that is not there yet, or is empty, becomes a copy of the shipped demonstration.
    """
    _copy_demo(home)
    if profile:
        os.environ["CIVICLAKE_PROFILE"] = profile
    from lake.clock import latest_as_of

    deployment = Deployment.open(home)
    acts = deployment.settings.demo.acts
    latest = latest_as_of(Lake.of(deployment))
    failed = False
    for number, instant in enumerate(acts, start=1):
        if latest is not None and instant < latest:
            continue
        say(f"第 {number} 幕 / act {number}: {instant.isoformat()}")
        act = Deployment.open(home, {"CIVICLAKE_AS_OF": instant.isoformat()})
        _publish_demo(act)
        _share_demo(act)
        failed = _run(act, instant.isoformat()) or failed
    print_summary(Deployment.open(home))
    _tell_report(deployment)
    say(f"开放数据 / opened data: {deployment.var / 'open'}")
    if failed:
        raise typer.Exit(1)


def ui(
    home: Home = HERE,
    port: Annotated[int, typer.Option(help="端口 / port")] = 3000,
    host: Annotated[str, typer.Option(help="地址 / address")] = "127.0.0.1",
) -> None:
    """打开 Dagster 页面和守护进程 / Serve the Dagster pages and run its daemon (schedules, sensors, backfills)."""
    from orchestration.instance import instance_folder
    from orchestration.killed_runs import bury_before_pages
    from orchestration.platform import open_platform
    from orchestration.run_lock import sole_pages

    # Opened here first: what is wrong with the deployment is said in words, not in Dagster's traceback.
    deployment = open_platform(home).deployment
    environment = {
        **os.environ,
        "CIVICLAKE_HOME": str(deployment.home),
        "DAGSTER_HOME": str(instance_folder(deployment.var)),
    }
    served = ("-m", "orchestration.definitions", "-p", str(port), "-h", host)
    with sole_pages(deployment):
        bury_before_pages(deployment)
        say(f"http://{host}:{port}")
        code = _serve([sys.executable, "-m", "dagster", "dev", *served], environment)
    raise typer.Exit(code)


def _serve(command: list[str], environment: dict[str, str]) -> int:
    """Run a server until it ends, hand on what asks it to end, and return its exit code."""
    server = subprocess.Popen(command, env=environment)
    # Ctrl-C reaches the server too, being of the same group; it takes its time to stop its processes.
    signal.signal(signal.SIGINT, lambda *_: None)
    signal.signal(signal.SIGTERM, lambda number, _: server.send_signal(number))
    return server.wait()


def _run(deployment: Deployment, as_of: str | None) -> bool:
    """Run with progress shown; return whether a step failed."""
    from orchestration.platform import open_platform
    from orchestration.run import run_city

    # Before anything runs: a lost key is told as such, not as the failure of every feed.
    deployment.key(ROW_KEY_NAME)
    overrides = {"CIVICLAKE_AS_OF": as_of} if as_of else {}
    with console.status("…") as status:
        outcome = run_city(open_platform(deployment.home, overrides), status.update)
    for step in outcome.failed:
        say(f"失败 / failed: {step} (civiclake ui 可查看 / shows why)")
    for rule, assets in outcome.blocking.items():
        say(f"阻断 / blocking: {rule} -> {', '.join(assets) or '-'}")
    _tell_unnoticed(deployment)
    if outcome.not_built:
        say(f"未更新, 仍为此前内容 / not updated, as they were: {', '.join(outcome.not_built)}")
    return not outcome.is_whole


def _tell_report(deployment: Deployment) -> None:
    """Name the report where there is one; a failed run may have left the earlier one, and says so itself."""
    page = deployment.var / "report" / "run.html"
    if page.exists():
        say(f"报告 / report: {page}")


def _tell_unnoticed(deployment: Deployment) -> None:
    """Tell what lies there and had no effect: files that nobody claims, catalogue files not published yet."""
    from cli.publishing import differs_from_release
    from ingestion.connectors.folder import unclaimed_files, undated_folders
    from ingestion.whole_files import files_held_back

    lake = Lake.of(deployment)
    release = current_release(lake)
    unclaimed = unclaimed_files(deployment, release.listed_resources(), deployment.as_of)
    if unclaimed:
        named = ", ".join(unclaimed[:_MOST_NAMED]) + (", …" if len(unclaimed) > _MOST_NAMED else "")
        say(f"{len(unclaimed)} 个文件不属于任何资源 / files belong to no resource: {named}")
    for told in (
        *undated_folders(deployment),
        *files_held_back(deployment, lake, release.listed_resources(), deployment.as_of),
    ):
        say(told)
    if differs_from_release(deployment, release):
        say(
            f"目录文件与版本 {release.number} 不同, 尚未发布 / the catalogue files differ from release "
            f"{release.number} and have no effect yet: civiclake catalogue publish"
        )


def _copy_demo(home: Path) -> None:
    """Copy the demonstration deployment to a new folder; an existing deployment is used as it is."""
    if (home / "civiclake.toml").exists():
        return
    if home.exists() and any(home.iterdir()):
        raise SettingError(
            str(home),
            "没有 civiclake.toml 且目录非空 / no civiclake.toml, and the folder is not empty",
            "演示部署、空目录或新目录 / a demonstration, an empty or a new folder",
            "换一个目录 / name another folder",
        )
    shipped = Path(__file__).resolve().parent.parent / "data" / "demo"
    if not (shipped / "civiclake.toml").exists():
        raise SettingError(
            str(home),
            "没有演示部署 / no demonstration here",
            "data/demo",
            "用 --home 指明 / name it with --home",
        )
    shutil.copytree(shipped, home, ignore=shutil.ignore_patterns("var", "civiclake.toml"), dirs_exist_ok=True)
    # Last: a folder counts as a deployment by this file.
    shutil.copyfile(shipped / "civiclake.toml", home / "civiclake.toml")


def _publish_demo(deployment: Deployment) -> None:
    from cli.publishing import publish_files

    bodies = _demo_bodies(deployment)
    registrar, reviewer = bodies["operator"], bodies["authority"]
    publish_files(deployment, f"{registrar}/registrar", f"{reviewer}/reviewer")


def _share_demo(deployment: Deployment) -> None:
    from cli.demo_sharing import share_demo

    with opened_state(deployment) as state:
        share_demo(deployment, state, _demo_bodies(deployment)["operator"])


def _demo_bodies(deployment: Deployment) -> dict[str, str]:
    """Return the authority and the operator of the division that the demonstration serves."""
    from resource_catalogue.catalogue import load_draft

    own = deployment.settings.deployment.division_code
    agencies = load_draft(deployment.catalogue).catalogue.agencies.values()
    return {role: agency.id for agency in agencies if agency.division_code == own for role in agency.roles}


_MOST_NAMED = 5
"""Files named on the screen; a whole misplaced folder would flood it."""
_TEMPLATE = """# Settings of this deployment; docs/settings.md explains each. CIVICLAKE_* variables override them.
profile = "{profile}"

[deployment]
id = {name}
name = {{ zh = "公共数据平台", en = "Public-data platform" }}
# Division that the platform serves; 000000 stands for the whole country.
division_code = "000000"

[ingestion]
inbox = "inbox"
arrival = "file"
"""
