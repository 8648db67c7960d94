"""The connection to the operational state: one address, migrated when opened, one writer at a time.

Here: SQLite and PostgreSQL, transactions, civil days. Not here: tables (``models.py``) and what they mean.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError
from sqlalchemy.orm import Session

from casework.migrations import upgrade
from casework.models import LedgerHead
from resource_catalogue.errors import CaseError, SettingError

_SETTING = "setting casework.url"
_WAIT_SECONDS = 120


@dataclass(frozen=True, slots=True)
class State:
    """Give transactions on the operational state.

    Attributes:
        engine: Engine whose errors never show parameters.
        zone: Time zone in which an instant becomes a day.
    """

    engine: Engine
    zone: ZoneInfo
    _watch: list[Any] = field(default_factory=list, repr=False, compare=False)

    def stamp(self) -> int | None:
        """Return a number that another commit of anybody changes; null where the database has none (PostgreSQL).

        To be called from one thread.
        """
        if self.engine.dialect.name != "sqlite":
            return None
        if not self._watch:
            # A connection of its own, which writes nothing: the number counts the commits of others only.
            self._watch.append(self.engine.raw_connection())
        cursor = self._watch[0].cursor()
        try:
            return int(cursor.execute("pragma data_version").fetchone()[0])
        finally:
            cursor.close()

    def day(self, instant: dt.datetime) -> dt.date:
        """Return the civil day of an instant; a naive one is a programming error."""
        if instant.tzinfo is None:
            raise TypeError("an instant without time zone")
        return instant.astimezone(self.zone).date()

    @contextmanager
    def read(self) -> Iterator[Session]:
        """Open a session that only reads."""
        with _plain_errors(), Session(self.engine) as session:
            yield session

    @contextmanager
    def ask(self) -> Iterator[Connection]:
        """Open a connection that only reads, for what every request asks: a tenth of a session's cost."""
        with _plain_errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Session]:
        """Open the one writing transaction: all of it is kept at the end, or nothing.

        Writers queue up: on SQLite by ``begin immediate``, elsewhere by a lock on the ledger's head.
        """
        engine = self.engine.execution_options(writes=True)
        with _plain_errors(), Session(engine) as session, session.begin():
            session.execute(select(LedgerHead).with_for_update())
            yield session

    def close(self) -> None:
        """Close all connections."""
        while self._watch:
            self._watch.pop().close()
        self.engine.dispose()


def open_state(url: str, time_zone: str = "Asia/Shanghai") -> State:
    """Open the operational state, creating and migrating it where needed.

    Args:
        url: ``sqlite:///path`` or ``postgresql://user@host/name``.
        time_zone: Zone in which days are counted.

    Raises:
        SettingError: The address is not usable or the database does not answer.
        CaseError: The database was made by a newer version of the platform.
    """
    address = _address(url)
    _make_folder(address)
    try:
        engine = create_engine(address, hide_parameters=True, connect_args=_connect_arguments(address))
    except (ModuleNotFoundError, NoSuchModuleError):
        raise SettingError(
            _SETTING,
            f"没有驱动 / no driver for {address.get_backend_name()}",
            "已安装的驱动 / an installed driver",
            "安装 / install psycopg",
        ) from None
    _listen(engine)
    with _plain_errors(address):
        upgrade(engine)
    return State(engine, ZoneInfo(time_zone))


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        raise SettingError(
            _SETTING, "不是数据库地址 / not an address", "sqlite:///path or postgresql://user@host/name"
        ) from None
    kind = address.get_backend_name()
    if kind not in ("sqlite", "postgresql"):
        raise SettingError(_SETTING, kind, "sqlite or postgresql", "选择其一 / choose one of the two")
    return address.set(drivername="postgresql+psycopg") if kind == "postgresql" else address


def _make_folder(address: URL) -> None:
    if address.get_backend_name() != "sqlite" or not address.database:
        return
    folder = Path(address.database).parent
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingError(
            _SETTING,
            f"{folder}: 不能建立 / cannot be made ({type(error).__name__})",
            "可写的目录 / a folder that can be written",
        ) from None


def _connect_arguments(address: URL) -> dict[str, Any]:
    return {"timeout": _WAIT_SECONDS} if address.get_backend_name() == "sqlite" else {}


def _listen(engine: Engine) -> None:
    """Begin SQLite's transactions ourselves: its driver begins them too late for a queue of writers."""
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode = wal", "foreign_keys = on", "synchronous = full"):
            connection.execute(f"pragma {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes")
        connection.exec_driver_sql("begin immediate" if writes else "begin")


@contextmanager
def _plain_errors(address: URL | None = None) -> Iterator[None]:
    """Turn a driver's error into one of ours, without its text: it may hold parameters or a password."""
    try:
        yield
    except DBAPIError as error:
        kind, lost = type(error.orig).__name__, error.connection_invalidated
    else:
        return
    where = address.render_as_string(hide_password=True) if address else "运行状态库 / operational state"
    if address is not None:
        raise SettingError(
            where,
            f"打不开 / cannot be opened ({kind})",
            "可连接的数据库 / a database that answers",
            f"核对设置 / see {_SETTING}",
        )
    found = "连接中断 / the connection was lost" if lost else f"数据库拒绝 / the database refused ({kind})"
    raise CaseError(where, found, "", "未保存任何内容，请再次运行 / nothing was kept; run again")
