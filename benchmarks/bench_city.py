"""Lay out a deployment for measuring: the demonstration's catalogue cut down to three feeds about persons.

Here: which of the demonstration's files are taken, and the feeds generated for them. Not here: running or timing it
(``measured_run.py``).
"""

import shutil
from pathlib import Path
from typing import Any

import yaml

from data.generator.__main__ import generate
from resource_catalogue.yaml_source import load_yaml

ROOT = Path(__file__).resolve().parent.parent
DEMO = ROOT / "data" / "demo" / "catalogue"
AS_OF = "2026-03-16T09:00:00+08:00"
ARRIVAL = AS_OF[:10]
"""The one arrival folder; corrected files of later days are left out."""
SEED = 20260316
RESOURCES = ("police.household_registration", "human_resources.insured_persons", "housing_fund.accounts")
DATASET = "population_by_division"
_AGENCIES = ("data_bureau", "data_centre", *(resource.split(".")[0] for resource in RESOURCES))
_SETTINGS = """profile = "yancheng"
as_of = "{as_of}"

[deployment]
id = "benchmark"
name = {{ zh = "示例市公共数据平台（测速）", en = "Public-data platform of the fictional city (benchmark)" }}
division_code = "329900"

[ingestion]
inbox = "{inbox}"
arrival = "folder"

[engine]
threads = {threads}
"""


def make_feeds(folder: Path, persons: int) -> Path:
    """Generate the three feeds once for all runs and return the inbox that holds them."""
    generate(SEED, folder, persons, only=RESOURCES)
    inbox = folder / "feeds"
    for arrival in inbox.iterdir():
        if arrival.name != ARRIVAL:
            shutil.rmtree(arrival)
    return inbox


def make_home(home: Path, inbox: Path, threads: int) -> Path:
    """Lay out a deployment that has never run, over an inbox that it shares with others."""
    catalogue = home / "catalogue"
    names = [
        *(f"agencies/{agency}.yml" for agency in _AGENCIES),
        *(f"resources/{resource.replace('.', '/')}.yml" for resource in RESOURCES),
        f"datasets/{DATASET}.yml",
    ]
    for name in names:
        (catalogue / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(DEMO / name, catalogue / name)
    shutil.copytree(DEMO / "code_lists", catalogue / "code_lists")
    _write_register(catalogue / "source_register" / "population.yml")
    settings = _SETTINGS.format(as_of=AS_OF, inbox=inbox.as_posix(), threads=threads)
    (home / "civiclake.toml").write_text(settings, encoding="utf-8")
    return home


def _write_register(path: Path) -> None:
    """Write the population register without the sources and comparisons of feeds that are not sent."""
    register: dict[str, Any] = load_yaml(DEMO / "source_register" / path.name).data
    entries = [entry for entry in register["entries"] if entry["source"] in RESOURCES]
    for entry in entries:
        if "compare" in entry:
            entry["compare"] = [resource for resource in entry["compare"] if resource in RESOURCES]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        yaml.safe_dump({**register, "entries": entries}, allow_unicode=True, sort_keys=False),
        encoding="utf-8",
    )
