"""Run dbt models in this process and say what became of each.

Here: the dbt project of a deployment (shipped models and its own), its manifest, and a run. dbt's own log files are
off: an engine's error text may print values.
"""

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lake.store import Lake
from resource_catalogue.deployment import Deployment
from resource_catalogue.errors import EngineError
from resource_catalogue.release import Release

_PROFILE = """civiclake:
  target: embedded
  outputs:
    embedded:
      type: duckdb
      path: ":memory:"
      threads: 1
      plugins:
        - module: lake.dbt_plugin
          alias: lake
"""


@dataclass(frozen=True, slots=True)
class ModelResult:
    """Say what became of one model."""

    name: str
    schema: str
    status: str


@dataclass(frozen=True)
class DbtProject:
    """Hold the dbt project of one deployment below ``var/dbt``."""

    folder: Path

    @property
    def manifest_path(self) -> Path:
        """Return where the parsed project lies."""
        return self.folder / "target" / "manifest.json"

    def manifest(self) -> dict[str, Any]:
        """Return the parsed project."""
        loaded: dict[str, Any] = json.loads(self.manifest_path.read_text(encoding="utf-8"))
        return loaded


def prepare_project(deployment: Deployment) -> DbtProject:
    """Lay out the shipped models and the deployment's own as one project and parse it where it changed."""
    folder = deployment.var / "dbt"
    project = DbtProject(folder)
    wanted = _project_files(deployment)
    # The stamp is written last: a project whose parse was killed is laid out and parsed anew.
    stamp = folder / "parsed"
    parser = f"dbt-core {version('dbt-core')}, dbt-duckdb {version('dbt-duckdb')}"
    wanted_hash = hashlib.sha256(json.dumps([parser, wanted], sort_keys=True).encode()).hexdigest()
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted_hash:
        stamp.unlink(missing_ok=True)
        shutil.rmtree(folder / "target", ignore_errors=True)
        for old in ("models", "macros"):
            shutil.rmtree(folder / old, ignore_errors=True)
        for name, content in wanted.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        _invoke(folder, ["parse"])
        stamp.write_text(wanted_hash, encoding="utf-8")
    return project


def build_models(
    lake: Lake, deployment: Deployment, release: Release, selection: list[str], variables: dict[str, str]
) -> list[ModelResult]:
    """Build the selected models in order of dependence.

    Args:
        selection: Names of models.
        variables: Values of the project's variables, such as ``as_of_date``.

    Raises:
        EngineError: A model failed; it is named, its engine's text withheld.
    """
    from lake.dbt_plugin import CurrentSession, DbtSession

    project = prepare_project(deployment)
    CurrentSession.value = DbtSession(lake, release)
    try:
        result = _invoke(
            project.folder, ["run", "--select", *selection, "--vars", json.dumps(variables)], check=False
        )
    finally:
        CurrentSession.value = None
    results = [
        ModelResult(entry.node.name, entry.node.schema, str(entry.status))
        for entry in getattr(result, "results", [])
    ]
    done = {model.name for model in results if model.status in ("success", "skipped")}
    failed = sorted(set(selection) - done)
    if failed or result is None:
        raise EngineError("dbt", f"not built: {', '.join(failed) or 'the run did not start'} (text withheld)")
    return results


def compiled_sql(deployment: Deployment, model: str) -> str:
    """Return the SQL of a model as it last ran, over ``schema.table`` names.

    Raises:
        EngineError: The model has not run yet.
    """
    folder = deployment.var / "dbt" / "target" / "compiled" / "civiclake" / "models"
    found = sorted(folder.rglob(f"{model}.sql"))
    if not found:
        raise EngineError(
            f"model {model}", "it has not been built", "a built candidate", "run the deployment first"
        )
    return found[0].read_text(encoding="utf-8")


def _project_files(deployment: Deployment) -> dict[str, str]:
    spec = find_spec("dbt_project")
    shipped = [Path(location) for location in (spec.submodule_search_locations or ())] if spec else []
    found = {}
    for root in (*shipped, deployment.home):
        for pattern in ("models/**/*.sql", "models/**/*.yml", "macros/*.sql", "dbt_project.yml"):
            for path in sorted(root.glob(pattern)):
                found[path.relative_to(root).as_posix()] = path.read_text(encoding="utf-8")
    found["profiles.yml"] = _PROFILE
    return found


def _invoke(folder: Path, arguments: list[str], check: bool = True) -> Any:
    from dbt.cli.main import dbtRunner

    # A change of variables makes dbt parse everything anew; what is parsed does not depend on them, so a run is
    # handed the parsed project.
    parsed = _parsed_project(folder) if arguments[0] == "run" else None
    options = ["--project-dir", str(folder), "--profiles-dir", str(folder), "--quiet"]
    options += [
        "--log-level-file",
        "none",
        "--log-level",
        "none",
        "--no-write-json" if arguments[0] == "run" else "--write-json",
    ]
    with _quiet_environment():
        outcome = dbtRunner(manifest=parsed).invoke([*arguments, *options])
    if check and not outcome.success:
        raise EngineError("dbt", f"the project cannot be parsed ({type(outcome.exception).__name__})")
    return outcome.result


def _parsed_project(folder: Path) -> Any:
    """Read the parsed project as ``parse`` left it, a fresh copy each time: a run writes into its nodes."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    parsed = Manifest.from_msgpack(
        (folder / "target" / "partial_parse.msgpack").read_bytes(), decoder=extended_mashumuro_decoder
    )
    parsed.build_flat_graph()
    return parsed


@contextlib.contextmanager
def _quiet_environment() -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update({"DO_NOT_TRACK": "1", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"})
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
