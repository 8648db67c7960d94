"""Run dbt models in this process and say what became of each.

Here: the dbt project of a deployment (shipped models and its own), its manifest, a run, and what a model is made
from. dbt's own log files are off: an engine's error text may print values.

A run whose models are all made from what their newest commits were made from does not start dbt at all.
"""

import contextlib
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from lake.claims import claim_inputs, claims_sql, contributors
from lake.store import Commit, Lake
from resource_catalogue.deployment import Deployment
from resource_catalogue.entities import ENTITIES
from resource_catalogue.errors import EngineError
from resource_catalogue.release import Release
from resource_catalogue.words import TableName, claims_table, standard_table

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


_READ = ("standard", "base", "theme", "topic", "share", "candidate", "register", "decisions")
"""Schemas of the tables that models may read."""
_BREACH = re.compile(
    r"Compilation Error in model \w+ \([^)\n]*\)\s+This model has an enforced contract that failed\."
)
"""How dbt begins the message of a broken contract; its table holds names and types of columns, never a value."""


_NAME = re.compile(r"\w+\.\w+")
_PARSE = Path("target", "partial_parse.msgpack")
"""What dbt remembers of a parse, below the project's folder."""


class _LastParse:
    """Remember what dbt remembers: all but the changed files of a project, hundreds of dbt's own among them, is read.

    dbt holds each file against its own hash, and reads everything anew where versions or settings differ.
    """

    value: bytes | None = None

    @classmethod
    def of(cls, folder: Path) -> bytes | None:
        """Return the last parse of a folder, else that of another project of this process."""
        path = folder / _PARSE
        return path.read_bytes() if path.exists() else cls.value


@dataclass(frozen=True, slots=True)
class ModelResult:
    """Say what became of one model: ``success``, or ``unchanged`` where nothing it is made from has changed."""

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

    @property
    def built_path(self) -> Path:
        """Return where is kept what the models were last built from."""
        return self.folder / "target" / "built.json"

    def manifest(self) -> dict[str, Any]:
        """Return the parsed project."""
        loaded: dict[str, Any] = json.loads(self.manifest_path.read_text(encoding="utf-8"))
        return loaded


def prepare_project(deployment: Deployment) -> DbtProject:
    """Lay out the shipped models and the deployment's own as one project and parse it where it changed."""
    patterns = ("models/**/*.sql", "models/**/*.yml", "macros/*.sql", "dbt_project.yml")
    return lay_out(deployment.var / "dbt", shipped_files(*patterns) | _files(deployment.home, patterns))


def lay_out(folder: Path, files: Mapping[str, str]) -> DbtProject:
    """Write the files of a project into a folder and parse it, where they are not those that were parsed last.

    Args:
        files: Text by path below the folder.
    """
    wanted = {**files, "profiles.yml": _PROFILE}
    # The stamp is written last: a project whose parse was killed is laid out and parsed anew.
    stamp = folder / "parsed"
    parser = f"dbt-core {version('dbt-core')}, dbt-duckdb {version('dbt-duckdb')}"
    wanted_hash = hashlib.sha256(json.dumps([parser, wanted], sort_keys=True).encode()).hexdigest()
    if not stamp.exists() or stamp.read_text(encoding="utf-8") != wanted_hash:
        stamp.unlink(missing_ok=True)
        parse = _LastParse.of(folder)
        shutil.rmtree(folder / "target", ignore_errors=True)
        for old in ("models", "macros"):
            shutil.rmtree(folder / old, ignore_errors=True)
        for name, content in wanted.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content, encoding="utf-8")
        if parse:
            (folder / "target").mkdir()
            (folder / _PARSE).write_bytes(parse)
        _invoke(folder, ["parse"])
        _LastParse.value = (folder / _PARSE).read_bytes()
        stamp.write_text(wanted_hash, encoding="utf-8")
    return DbtProject(folder)


def shipped_files(*patterns: str) -> dict[str, str]:
    """Return text by path of the files of the shipped dbt project that match any of the patterns."""
    spec = find_spec("dbt_project")
    found = {}
    for location in (spec.submodule_search_locations or ()) if spec else ():
        found.update(_files(Path(location), patterns))
    return found


def build_models(
    lake: Lake, release: Release, project: DbtProject, selection: list[str], variables: dict[str, str]
) -> list[ModelResult]:
    """Build the selected models in order of dependence, unless every one of them is as it would be built.

    Args:
        selection: Names of models.
        variables: Values of the project's variables, such as ``as_of_date``.

    Raises:
        EngineError: A model failed; it is named, its engine's text withheld. Where columns or types are not those
            of the model's contract, they are named too.
    """
    known = _built(project)
    if all(_is_current(lake, release, project, known.get(name), variables) for name in selection):
        return [ModelResult(name, str(known[name]["table"]).split(".")[0], "unchanged") for name in selection]
    return _run_dbt(lake, release, project, selection, variables)


def _run_dbt(
    lake: Lake, release: Release, project: DbtProject, selection: list[str], variables: dict[str, str]
) -> list[ModelResult]:
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    from lake.dbt_plugin import CurrentSession, DbtSession

    # The adapter keeps its engine and plugin for the life of the process: another release, or another
    # deployment, would be built by the session of the first.
    DuckDBConnectionManager.close_all_connections()
    session = CurrentSession.value = DbtSession(lake, release, _inputs(lake, project, selection))
    try:
        result = _invoke(
            project.folder, ["run", "--select", *selection, "--vars", json.dumps(variables)], check=False
        )
    finally:
        CurrentSession.value = None
        DuckDBConnectionManager.close_all_connections()
    entries = getattr(result, "results", [])
    built = {name: {**made, "variables": variables} for name, made in session.built.items()}
    project.built_path.write_text(json.dumps(_built(project) | built, indent=1), encoding="utf-8")
    _check_contracts(entries)
    results = [ModelResult(entry.node.name, entry.node.schema, str(entry.status)) for entry in entries]
    done = {model.name for model in results if model.status in ("success", "skipped")}
    failed = sorted(set(selection) - done)
    if failed or result is None:
        raise EngineError("dbt", f"not built: {', '.join(failed) or 'the run did not start'} (text withheld)")
    return results


def _inputs(lake: Lake, project: DbtProject, selection: Iterable[str]) -> dict[str, list[str]]:
    """Return, by model, the tables and views of claims that its query reads: by reference, or named outright.

    Ephemeral models become part of the query, so what they read counts, at any depth.
    """
    parsed = project.manifest()
    known = {**parsed["nodes"], **parsed["sources"]}
    tables = [str(table) for table in lake.tables(*_READ)] + [
        str(claims_table(entity)) for entity in ENTITIES
    ]
    found = {}
    wanted = set(selection)
    for model in [node for node in parsed["nodes"].values() if node["name"] in wanted]:
        within = _query_parts(model, known)
        nodes = [known[one] for part in within for one in part["depends_on"]["nodes"] if one in known]
        words = set(_NAME.findall("\n".join(part["raw_code"] for part in within)))
        read = {_relation(node) for node in nodes if node not in within} | words.intersection(tables)
        found[model["name"]] = sorted(read - {_relation(model)})
    return found


def _query_parts(model: dict[str, Any], known: Mapping[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Return a model and the ephemeral ones below it."""
    found = [model]
    for part in found:
        nodes = [known[name] for name in part["depends_on"]["nodes"] if name in known]
        found += [
            node
            for node in nodes
            if node.get("config", {}).get("materialized") == "ephemeral" and node not in found
        ]
    return found


def _relation(node: Mapping[str, Any]) -> str:
    return f"{node['schema']}.{node.get('alias') or node.get('identifier')}"


def _check_contracts(entries: Iterable[Any]) -> None:
    """Raise for the first model whose query does not give the columns and types of its contract."""
    for entry in entries:
        if entry.status == "error" and _BREACH.match(str(entry.message).strip()):
            raise EngineError(
                f"model {entry.node.schema}.{entry.node.name}",
                "; ".join(_breaches(str(entry.message))),
                "字段与类型同模型契约一致 / the columns and types of its contract",
                "更正查询或 _base.yml / correct the query or the contract",
            )


def _breaches(message: str) -> list[str]:
    """Read the rows of dbt's table: column, type by the query, type by the contract, reason."""
    rows = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in message.splitlines()]
    told = [row for row in rows if len(row) == 4 and row[0] != "column_name" and not row[0].startswith("-")]
    return [f"{name}: {made or '-'}, contract {wanted or '-'} ({why})" for name, made, wanted, why in told]


def model_commit(lake: Lake, release: Release, inputs: Iterable[str], checksum: str) -> Commit:
    """Say what a model is made from: the versions it reads, its query, and the claims as they are projected.

    Claims are views, so their standard tables count, and the views' own queries: an entry may map a column to
    another attribute without a new row anywhere.

    Args:
        inputs: Tables that the model's query names.
        checksum: Hash of the compiled query.
    """
    tables: list[TableName] = []
    views = []
    for name in sorted(inputs):
        table = TableName.parse(name)
        if table.schema == "claims" and table.name in ENTITIES:
            tables += claim_inputs(release, table.name)
            present = [r for r in contributors(release, table.name) if lake.exists(standard_table(r.id))]
            views.append(claims_sql(release, table.name, present))
        else:
            tables.append(table)
    claims = f":{hashlib.sha256(json.dumps(views).encode()).hexdigest()[:16]}" if views else ""
    return Commit(lake.versions(tables), checksum + claims)


def _built(project: DbtProject) -> dict[str, dict[str, Any]]:
    """Return what the models were last built from; nothing where it is not known."""
    try:
        loaded: dict[str, dict[str, Any]] = json.loads(project.built_path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return loaded


def _is_current(
    lake: Lake,
    release: Release,
    project: DbtProject,
    made: Mapping[str, Any] | None,
    variables: Mapping[str, str],
) -> bool:
    """Tell whether a model's newest commit is what building it now would commit; dbt need not be asked."""
    if (
        made is None
        or made["variables"] != dict(variables)
        or not (project.folder / made["compiled"]).exists()
    ):
        return False
    commit = model_commit(lake, release, made["inputs"], made["checksum"])
    table = TableName.parse(made["table"])
    if lake.is_current(table, commit):
        return True
    # A merged table of which nothing had changed has no commit for what it was last held against.
    return made.get("found_equal") == [lake.version(table), dict(commit.inputs), commit.fingerprint]


def compiled_sql(deployment: Deployment, model: str) -> str:
    """Return the SQL by which a model's table was built, over ``schema.table`` names.

    The file is the one that the parsed project names, whatever else lies beside it; and it is that of the table's
    newest commit: whoever judges the table by its query must not be given another.

    Raises:
        EngineError: The model has not run yet, or not with this query.
    """
    project = DbtProject(deployment.var / "dbt")
    node = _model_node(project, model)
    path = project.folder / _compiled_path(node) if node else None
    if node is None or path is None or not path.exists():
        raise EngineError(
            f"model {model}", "it has not been built", "a built candidate", "run the deployment first"
        )
    sql = path.read_text(encoding="utf-8")
    last = Lake.of(deployment).last_commit(TableName(node["schema"], node["alias"]))
    if last is None or last.fingerprint.partition(":")[0] != _checksum(sql):
        raise EngineError(
            f"model {model}",
            "its table was built by another query",
            "one query for both",
            "run the models again",
        )
    return sql


def _model_node(project: DbtProject, model: str) -> dict[str, Any] | None:
    if not project.manifest_path.exists():
        return None
    nodes = project.manifest()["nodes"].values()
    return next((n for n in nodes if n["resource_type"] == "model" and n["name"] == model), None)


def _compiled_path(node: Mapping[str, Any]) -> Path:
    """Return where dbt puts a model's compiled query, below the project's folder."""
    return Path("target", "compiled", node["package_name"], node["original_file_path"])


def _checksum(sql: str) -> str:
    """Return the hash that the materialisation takes of a query (dbt's ``local_md5``)."""
    return hashlib.md5(sql.encode(), usedforsecurity=False).hexdigest()


def _files(root: Path, patterns: Iterable[str]) -> dict[str, str]:
    paths = [path for pattern in patterns for path in sorted(root.glob(pattern))]
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in paths}


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

    parsed = Manifest.from_msgpack((folder / _PARSE).read_bytes(), decoder=extended_mashumuro_decoder)
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
