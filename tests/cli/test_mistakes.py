"""A user's mistake gives a message that says what to do, its own exit code, and no traceback."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def ran(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CIVICLAKE_")}
    return subprocess.run(
        [sys.executable, "-m", "cli", *arguments],
        capture_output=True,
        text=True,
        env={**kept, "PYTHONPATH": str(ROOT), **variables},
        check=False,
    )


@pytest.fixture
def made(tmp_path: Path) -> Path:
    home = tmp_path / 'a "quoted" city'
    assert ran("init", str(home)).returncode == 0
    return home


def test_a_new_deployment_can_be_checked_at_once_and_keeps_its_key_to_its_owner(made: Path) -> None:
    done = ran("catalogue", "check", "--home", str(made))
    assert "Traceback" not in done.stderr
    assert oct((made / "var" / "keys" / "row.key").stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize(
    ("arguments", "variables", "code"),
    [
        (("status", "--home", "nowhere"), {}, 2),
        (("status",), {"CIVICLAKE_OPENING_KK": "3"}, 2),
        (("status",), {"CIVICLAKE_DEMO_ACTS": "[2026"}, 2),
        (("status",), {"CIVICLAKE_DEPLOYMENT_TIME_ZONE": "Mars/Olympus"}, 2),
        (("run",), {}, 3),
        (("ui",), {}, 3),
        (("deliveries", "show", "none"), {}, 4),
        (("tasks", "show", "R-0"), {}, 5),
    ],
)
def test_a_mistake_has_its_own_exit_code(
    made: Path, arguments: tuple[str, ...], variables: dict[str, str], code: int
) -> None:
    home = () if "--home" in arguments else ("--home", str(made))
    done = ran(*arguments, *home, **variables)
    told = done.stdout + done.stderr
    assert (done.returncode, "Traceback" in told) == (code, False), told[-800:]
    assert "error" in told


def test_a_setting_that_nobody_knows_is_refused_by_name(made: Path) -> None:
    (made / "civiclake.toml").write_text('profile = "yancheng"\nspeed = 3\n', encoding="utf-8")
    done = ran("status", "--home", str(made))
    assert done.returncode == 2
    assert "speed" in done.stderr
