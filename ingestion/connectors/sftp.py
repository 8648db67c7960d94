"""Fetch files from an SFTP server, whose key must be the declared one.

A file is taken when two looks, apart as declared, find it of the same size and age; a broken connection goes on where
it broke off.
"""

import asyncio
import datetime as dt
import posixpath
import stat
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import asyncssh

from ingestion.arrival import sayable
from ingestion.asking import Asked
from ingestion.patience import Deadline, SourceError, TryAgain
from ingestion.remote_files import FilePlace, RemoteFile, fetch_files
from ingestion.spool import Spool
from resource_catalogue.sources.sftp import SftpSource

T = TypeVar("T")
_BLOCK_BYTES = 4 * 1024 * 1024
_REFUSALS = (
    asyncssh.PermissionDenied,
    asyncssh.HostKeyNotVerifiable,
    asyncssh.KeyExchangeFailed,
    asyncssh.KeyImportError,
    asyncssh.SFTPPermissionDenied,
    asyncssh.SFTPNoSuchFile,
)
"""What asking again does not mend."""


def fetch(source: SftpSource, spool: Spool, asked: Asked) -> None:
    """Fetch the new files of the server.

    Raises:
        SourceError: It is not reached, is another than declared, or admits us not.
        SettingError: The secret referred to is not there.
    """
    password = asked.secret("password", source.password) if source.password else None
    key = asked.secret("key", source.key) if source.key else None
    fetch_files(source, spool, asked, lambda: _opened(source, password, key))


@contextmanager
def _opened(source: SftpSource, password: str | None, key: str | None) -> Iterator[FilePlace]:
    loop = asyncio.new_event_loop()
    place = _Server(source, loop)
    try:
        place.connect(password, key)
        yield place
    finally:
        place.close()
        loop.close()


class _Server:
    def __init__(self, source: SftpSource, loop: asyncio.AbstractEventLoop) -> None:
        self._source, self._loop = source, loop
        self._where = f"sftp://{source.host}:{source.port}"
        self._connection: asyncssh.SSHClientConnection | None = None
        self._deadline = Deadline(source.retry.whole_seconds)

    def connect(self, password: str | None, key: str | None) -> None:
        self._client = self._run(self._connected(password, key))

    async def _connected(self, password: str | None, key: str | None) -> asyncssh.SFTPClient:
        source = self._source
        pinned = asyncssh.import_public_key(source.known_host)
        self._connection = await asyncssh.connect(
            source.host,
            source.port,
            username=source.user,
            password=password,
            client_keys=[asyncssh.import_private_key(key)] if key else None,
            known_hosts=([pinned], [], []),
            # Nothing of the account that runs the platform: no configuration, no agent, no keys.
            config=None,
            agent_path=None,
            connect_timeout=source.retry.timeout_seconds,
            login_timeout=source.retry.timeout_seconds,
            keepalive_interval=source.retry.timeout_seconds,
        )
        # Names stay bytes: not every server's are UTF-8.
        return await self._connection.start_sftp_client(path_encoding=None)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.abort()
            self._loop.run_until_complete(asyncio.sleep(0))

    def files(self, pattern: str, is_known: Callable[[RemoteFile], bool]) -> list[RemoteFile]:
        first = {file.name: file for file in self._listed(pattern)}
        if all(map(is_known, first.values())):
            return list(first.values())
        time.sleep(self._source.settle_seconds)
        return [file for file in self._listed(pattern) if first.get(file.name) == file]

    def blocks(self, file: RemoteFile, offset: int) -> Iterator[bytes]:
        opened: asyncssh.SFTPClientFile = self._run(self._client.open(file.place, "rb"))
        try:
            while True:
                self._deadline.check(file.name)
                block = self._run(opened.read(_BLOCK_BYTES, offset))
                if not block:
                    return
                offset += len(block)
                yield block if isinstance(block, bytes) else block.encode()
        finally:
            if self._connection is not None and not self._connection.is_closed():
                self._run(opened.close())

    def is_unchanged(self, file: RemoteFile) -> bool:
        return self._file(file.place, self._run(self._client.stat(file.place))) == file

    def _listed(self, pattern: str) -> list[RemoteFile]:
        try:
            names = self._run(self._client.glob_sftpname(pattern.encode()))
        except _NothingThere:
            return []
        found = []
        for name in names:
            path = name.filename if isinstance(name.filename, bytes) else name.filename.encode()
            attributes = name.attrs
            if attributes.permissions is None or stat.S_ISLNK(attributes.permissions):
                attributes = self._run(self._client.stat(path))
            if attributes.permissions is not None and stat.S_ISREG(attributes.permissions):
                found.append(self._file(path, attributes))
        return found

    def _file(self, path: bytes, attributes: asyncssh.SFTPAttrs) -> RemoteFile:
        shown, size, changed = sayable(path), attributes.size or 0, attributes.mtime or 0
        name = f"sftp://{self._source.host}/{posixpath.normpath(shown).lstrip('/')}"
        modified = dt.datetime.fromtimestamp(changed, dt.UTC)
        return RemoteFile(posixpath.normpath(shown), name, size, modified, f"{size} {changed}", path)

    def _run(self, work: Awaitable[T]) -> T:
        """Do one step within its time; what the library raises becomes an error of ours, without its text."""
        seconds = self._source.retry.timeout_seconds
        try:
            return self._loop.run_until_complete(asyncio.wait_for(work, seconds))
        except asyncssh.SFTPNoSuchFile:
            raise _NothingThere(self._where, "没有此路径 / no such path", self._source.path) from None
        except _REFUSALS as error:
            raise _refused(self._where, error) from None
        except asyncssh.SFTPFailure as error:
            raise TryAgain(self._where, f"服务器报错 / the server failed ({type(error).__name__})") from None
        except (OSError, TimeoutError, asyncssh.Error) as error:
            raise TryAgain(
                self._where, f"连接中断或超时 / connection lost or timed out ({type(error).__name__})"
            ) from None


class _NothingThere(SourceError):
    """No path matches."""


def _refused(where: str, error: Exception) -> SourceError:
    if isinstance(error, asyncssh.HostKeyNotVerifiable | asyncssh.KeyExchangeFailed):
        return SourceError(
            where,
            "服务器公钥与登记的不同 / the server's key is not the declared one",
            "known_host",
            "向服务器管理方核实后改正；可能有人冒充 / ask the server's keeper, then correct it; it may be an impostor",
        )
    return SourceError(
        where,
        f"服务器不准许 / the server does not admit it ({type(error).__name__})",
        "user, password | key",
        "核对账号、密钥与目录权限 / check user, secret and the rights on the folder",
    )
