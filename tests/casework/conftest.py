"""Databases of both kinds, and the hand-built city."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from casework_city import City, build_city
from sharing_city import build_sharing_city
from sqlalchemy import create_engine, text

from casework import passwords
from casework.state import State, open_state

BINARIES = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture
def city(tmp_path: Path) -> City:
    return build_city(tmp_path)


@pytest.fixture(scope="session")
def sharing_city(tmp_path_factory: pytest.TempPathFactory) -> City:
    """Return the city of shared entries for tests that read its release and write nothing to its lake."""
    return build_sharing_city(tmp_path_factory.mktemp("sharing"))


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash by little work, where what is shown does not depend on how much it is."""
    monkeypatch.setattr(passwords, "_COST", 4)
    monkeypatch.setattr(passwords, "_LANES", 1)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty database of the newest version, to be copied: making one takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "casework.sqlite"
    open_state(f"sqlite:///{path}").close()
    return path


@pytest.fixture
def state(tmp_path: Path, migrated_file: Path) -> Iterator[State]:
    (tmp_path / "state").mkdir()
    opened = open_state(f"sqlite:///{shutil.copy(migrated_file, tmp_path / 'state' / 'casework.sqlite')}")
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs_postgresql)])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database, of each supported kind in turn."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state' / 'casework.sqlite'}"
    new_database: Callable[..., str] = request.getfixturevalue("new_database")
    return new_database()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.needs_postgresql)])
def any_migrated_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the address of an empty database of the newest version, of each supported kind in turn."""
    if request.param == "sqlite":
        (tmp_path / "state").mkdir()
        made = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "state" / "casework.sqlite")
        return f"sqlite:///{made}"
    new_database: Callable[..., str] = request.getfixturevalue("new_database")
    return new_database(is_migrated=True)


@pytest.fixture
def any_state(any_migrated_url: str) -> Iterator[State]:
    opened = open_state(any_migrated_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def new_database() -> Iterator[Callable[..., str]]:
    """Start a private PostgreSQL server without network; each call makes an empty database, migrated if asked."""
    if not (BINARIES / "initdb").exists():
        pytest.skip(f"needs_postgresql: its programs are not in {BINARIES}")
    pytest.importorskip("psycopg", reason="needs_postgresql: the driver is not installed")
    # Not below tmp_path: the server's user cannot enter root's folders, and socket paths must be short.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    as_user = _as_server_user(folder)
    data, made = folder / "data", 0

    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [*as_user, BINARIES / program, *arguments], check=True, capture_output=True, cwd=folder
        )

    run("initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C")
    options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
    run("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")

    def made_from(template: str) -> str:
        nonlocal made
        made += 1
        server = create_engine(f"postgresql+psycopg://postgres@/postgres?host={folder}")
        with server.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"create database case{made} template {template}"))
        server.dispose()
        return f"postgresql://postgres@/case{made}?host={folder}"

    migrated = ""

    def database(is_migrated: bool = False) -> str:
        nonlocal migrated
        if not is_migrated:
            return made_from("template1")
        if not migrated:
            address = made_from("template1")
            open_state(address).close()
            migrated = f"case{made}"
        return made_from(migrated)

    try:
        yield database
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder)


def _as_server_user(folder: Path) -> list[str]:
    """Return the words that run a program as a user other than root, which the server refuses."""
    if os.geteuid() != 0:
        return []
    try:
        user = pwd.getpwnam("postgres")
    except KeyError:
        pytest.skip("needs_postgresql: it refuses root, and there is no user postgres")
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["runuser", "-u", "postgres", "--"]
