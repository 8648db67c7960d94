"""A user's mistake gives a message that says what to do, its own exit code, and no traceback."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from forks import run_command

from resource_catalogue.errors import (
    EXIT_CODES,
    CaseError,
    CivicError,
    DeliveryError,
    NotFoundError,
    NotPermitted,
)

ROOT = Path(__file__).resolve().parents[2]


def ran(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CIVICLAKE_")}
    return run_command([*arguments], {**kept, **variables})


@pytest.fixture(scope="module")
def once_made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("made") / "city"
    assert ran("init", str(home)).returncode == 0
    return home


@pytest.fixture
def made(once_made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(once_made, tmp_path / 'a "quoted" city', symlinks=True))


def test_a_new_deployment_can_be_checked_at_once_and_keeps_its_key_to_its_owner(made: Path) -> None:
    done = ran("catalogue", "check", "--home", str(made))
    assert "Traceback" not in done.stderr
    assert oct((made / "var" / "keys" / "row.key").stat().st_mode & 0o777) == "0o600"


@pytest.mark.parametrize(
    ("arguments", "variables", "code"),
    [
        (("status", "--home", "nowhere"), {}, 2),
        (("status",), {"CIVICLAKE_OPENING_KK": "3"}, 2),
        (("status",), {"CIVICLAKE_ENGINE_THREADS": "abc"}, 2),
        (("tasks", "list", "--as-of", "昨天"), {}, 2),
        (("tasks", "list", "--state", "foo"), {}, 2),
        (("catalogue", "diff", "1", "2"), {}, 3),
        (("explain", "organisation", "x"), {}, 3),
        (("status",), {"CIVICLAKE_DEMO_ACTS": "[2026"}, 2),
        (("status",), {"CIVICLAKE_DEPLOYMENT_TIME_ZONE": "Mars/Olympus"}, 2),
        (("run",), {}, 3),
        (("ui",), {}, 3),
        (("deliveries", "show", "none"), {}, 4),
        (("tasks", "show", "R-0"), {}, 4),
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


@pytest.mark.parametrize(
    ("arguments", "variables", "named"),
    [
        ((), {"CIVICLAKE_ENGINE_THREADS": "abc"}, "CIVICLAKE_ENGINE_THREADS"),
        ((), {"CIVICLAKE_OPENING_K_OPEN_TO_ALL": "-3"}, "CIVICLAKE_OPENING_K_OPEN_TO_ALL"),
        (("--as-of", "昨天"), {}, "--as-of"),
    ],
)
def test_a_wrong_value_is_blamed_on_the_option_or_variable_that_gave_it(
    made: Path, arguments: tuple[str, ...], variables: dict[str, str], named: str
) -> None:
    done = ran("tasks", "list", "--home", str(made), *arguments, **variables)
    assert named in done.stderr
    assert "civiclake.toml" not in done.stderr
    assert "期望 / expected: " in done.stderr
    assert "处理 / what to do: " in done.stderr


def test_a_settings_file_that_cannot_be_read_is_named_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "civiclake.toml").mkdir()
    done = ran("status", "--home", str(tmp_path))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "无法读写" in done.stderr


def test_schemas_are_not_written_below_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = ran("catalogue", "schema", str(tmp_path / "file" / "schemas"))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "处理 / what to do" in done.stderr


def test_a_deployment_without_a_release_is_told_the_next_command(made: Path) -> None:
    done = ran("status", "--home", str(made))
    assert done.returncode == 0
    assert "None" not in done.stdout
    assert "civiclake catalogue check" in done.stdout


def test_a_release_differs_in_lines_that_a_person_reads(made: Path) -> None:
    shutil.copytree(ROOT / "data" / "demo" / "catalogue", made / "catalogue", dirs_exist_ok=True)
    actors = ("--registered-by", "data_centre/registrar", "--reviewed-by", "data_bureau/reviewer")
    at = ("--home", str(made), "--as-of", "2026-03-16T09:00:00+08:00")
    assert ran("catalogue", "publish", *actors, *at).returncode == 0
    agency = made / "catalogue" / "agencies" / "police.yml"
    agency.write_text(
        agency.read_text(encoding="utf-8").replace("en: Police", "en: Police office", 1), encoding="utf-8"
    )
    assert ran("catalogue", "publish", *actors, *at).returncode == 0
    told = ran("catalogue", "diff", "1", "2", "--home", str(made))
    assert '修改 / changed 机构 / agency police short_name.en: "Police" → "Police office"' in told.stdout
    assert "Change(" not in told.stdout
    changes = json.loads(ran("catalogue", "diff", "1", "2", "--home", str(made), "--json").stdout)
    assert [(one["action"], one["path"], one["after"]) for one in changes] == [
        ("changed", "short_name.en", '"Police office"')
    ]


def test_every_error_has_an_exit_code_of_the_table() -> None:
    kinds = [CivicError, *CivicError.__subclasses__()]
    assert [kind for kind in kinds if kind.exit_code not in EXIT_CODES] == []
    assert NotFoundError.exit_code == CaseError.exit_code == DeliveryError.exit_code
    assert NotPermitted.exit_code != CaseError.exit_code
