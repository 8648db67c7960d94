"""Run the command in a process of its own, with nothing of this one's settings."""

import json
import os
import shutil
import sys
from pathlib import Path
from typing import Any

from forks import run_command

ROOT = Path(__file__).resolve().parents[2]
DEMO = ROOT / "data" / "demo"
ACTS = ("2026-03-16T09:00:00+08:00", "2026-03-25T09:00:00+08:00")


def environment(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CIVICLAKE_")}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "cli", *arguments]


def civiclake(*arguments: str, expect: int = 0, **more: str) -> str:
    """Run a command and return what it printed; fail the test when it ends otherwise than expected."""
    done = run_command([*arguments], environment(**more))
    told = f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    assert done.returncode == expect, f"{arguments}: exit {done.returncode}\n{told}"
    return done.stdout + done.stderr


def status_of(home: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(civiclake("status", "--home", str(home), "--json"))
    return loaded


def small_city(home: Path, seed: int, persons: int = 400, organisations: int = 250) -> Path:
    """Lay out the demo's catalogue with feeds of another seed and size."""
    from data.generator.__main__ import generate

    shutil.copytree(DEMO, home, ignore=shutil.ignore_patterns("var", "feeds", "truth.json"))
    generate(seed, home, persons, organisations)
    return home


def run_act(home: Path, act: int, **more: str) -> str:
    """Run a city up to one act's instant, its catalogue published first."""
    as_of = ACTS[act - 1]
    civiclake(
        "catalogue", "publish", "--home", str(home), "--as-of", as_of,
        "--registered-by", "data_centre/registrar", "--reviewed-by", "data_bureau/reviewer", **more,
    )  # fmt: skip
    return civiclake("run", "--home", str(home), "--as-of", as_of, **more)


def lake_of(home: Path) -> Any:
    from lake import Lake

    return Lake(home / "var" / "lake")
