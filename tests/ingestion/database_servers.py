"""Real database servers of Debian's, private to the tests: PostgreSQL as user postgres, MariaDB as user mysql."""

import contextlib
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

POSTGRESQL = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path("/usr/lib/postgresql/bin"))
MARIADB = Path("/usr/sbin/mariadbd")


@dataclass
class Database:
    """A server with a user who may read."""

    kind: str
    host: str
    run: Callable[..., Any]
    stop: Callable[[], None]
    start: Callable[[], None]

    def source(self, **changes: Any) -> dict[str, Any]:
        return {
            "connector": "database", "kind": self.kind, "host": self.host, "database": "agency", "user": "reader",
            "password": "env:READER_PASSWORD", "retry": {"attempts": 2, "first_wait_seconds": 0, "timeout_seconds": 5},
            **({} if "query" in changes else {"table": "people"}), **changes,
        }  # fmt: skip


def _as_user(name: str, folder: Path) -> list[str]:
    if os.geteuid() != 0:
        return []
    user = pwd.getpwnam(name)
    os.chown(folder, user.pw_uid, user.pw_gid)
    return ["runuser", "-u", name, "--"]


@contextlib.contextmanager
def postgresql_server() -> Iterator[Database]:
    if not (POSTGRESQL / "initdb").exists():
        pytest.skip("needs_postgresql: apt-get install postgresql")
    import psycopg

    folder = Path(tempfile.mkdtemp(prefix="pg"))
    as_user, data = _as_user("postgres", folder), folder / "data"

    def program(name: str, *arguments: str) -> None:
        words = [*as_user, str(POSTGRESQL / name), *arguments]
        subprocess.run(words, check=True, capture_output=True, cwd=folder)

    def start() -> None:
        options = f"-c listen_addresses='' -c unix_socket_directories={folder} -c fsync=off"
        program("pg_ctl", "-D", str(data), "-w", "-l", str(folder / "log"), "-o", options, "start")

    def run(sql: str, *values: Any, database: str = "agency") -> list[Any]:
        with psycopg.connect(
            f"postgresql://postgres@/{database}?host={folder}", autocommit=True
        ) as connection:
            cursor = connection.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    program(
        "initdb", "-D", str(data), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C"
    )
    start()
    try:
        run("create database agency", database="postgres")
        run("create role reader login password 'word'")
        # The owner might write: it is the session that must not.
        run("grant all on schema public to reader")
        run("alter default privileges grant all on tables to reader")
        with_password = (data / "pg_hba.conf").read_text().replace("trust", "trust", 1)
        (data / "pg_hba.conf").write_text("local all reader scram-sha-256\n" + with_password)
        program("pg_ctl", "-D", str(data), "reload")
        yield Database(
            "postgresql",
            str(folder),
            run,
            lambda: program("pg_ctl", "-D", str(data), "-m", "fast", "stop"),
            start,
        )
    finally:
        with contextlib.suppress(subprocess.CalledProcessError):
            program("pg_ctl", "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder)


class _MariaDb:
    """A server in a folder of its own, reached by a socket only."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.socket = folder, folder / "s"
        self._as_user = _as_user("mysql", folder)
        self._words = ["--no-defaults", f"--datadir={folder / 'data'}"]
        self._running: list[subprocess.Popen[bytes]] = []
        install = [
            *self._as_user,
            "mariadb-install-db",
            *self._words,
            "--auth-root-authentication-method=normal",
        ]
        subprocess.run([*install, "--skip-test-db"], check=True, capture_output=True, cwd=folder)

    def connect(self) -> Any:
        import pymysql

        return pymysql.connect(unix_socket=str(self.socket), user="root", autocommit=True, charset="utf8mb4")

    def start(self) -> None:
        import pymysql

        options = [f"--socket={self.socket}", "--skip-networking", f"--pid-file={self.folder / 'pid'}"]
        words, quiet = [*self._as_user, str(MARIADB), *self._words, *options], subprocess.DEVNULL
        self._running.append(subprocess.Popen(words, stdout=quiet, stderr=quiet, cwd=self.folder))
        for _ in range(300):
            with contextlib.suppress(pymysql.err.OperationalError):
                self.connect().close()
                return
            time.sleep(0.1)
        raise TimeoutError("the server did not start")

    def stop(self) -> None:
        import pymysql

        if self._running:
            with contextlib.suppress(pymysql.err.Error), self.connect() as connection:
                connection.cursor().execute("shutdown")
            self._running.pop().wait(30)

    def run(self, sql: str, *values: Any) -> list[Any]:
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute("create database if not exists agency character set utf8mb4")
            cursor.execute("use agency")
            cursor.execute(sql, values or None)
            return list(cursor.fetchall())


@contextlib.contextmanager
def mariadb_server() -> Iterator[Database]:
    if not MARIADB.exists():
        pytest.skip("needs_mariadb: apt-get install mariadb-server")
    folder = Path(tempfile.mkdtemp(prefix="my"))
    server = _MariaDb(folder)
    server.start()
    try:
        server.run("create user reader identified by 'word'")
        server.run("grant all on agency.* to reader")
        yield Database("mysql", str(server.socket), server.run, server.stop, server.start)
    finally:
        server.stop()
        shutil.rmtree(folder)
