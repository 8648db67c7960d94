"""A real SFTP server in a thread: a folder, a user with a password and one with a key; it can break off."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh

USER, PASSWORD = "exchange", "password-of-the-exchange"


@dataclass
class SftpPlace:
    """Where the server is, and how it should fail."""

    folder: Path
    port: int = 0
    known_host: str = ""
    user_key: str = ""
    cut_after: int | None = None
    served: list[tuple[str, int]] = field(default_factory=list)
    denied: str = ""
    growing: Path | None = None
    """A file that gains a byte before each look at a folder."""

    def source(self, **changes: Any) -> dict[str, Any]:
        return {
            "connector": "sftp", "host": "127.0.0.1", "port": self.port, "user": USER, "known_host": self.known_host,
            "password": "env:EXCHANGE_PASSWORD", "path": "out/*.csv", "settle_seconds": 0,
            "retry": {"attempts": 3, "first_wait_seconds": 0, "timeout_seconds": 5}, **changes,
        }  # fmt: skip

    def put(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path


class _Ssh(asyncssh.SSHServer):
    def __init__(self, place: SftpPlace) -> None:
        self._place = place

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return (
            key.export_public_key() == asyncssh.import_private_key(self._place.user_key).export_public_key()
        )


@contextlib.contextmanager
def sftp_server(folder: Path) -> Iterator[SftpPlace]:
    """Serve a folder until the block ends."""
    host_key, user_key = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(2))
    place = SftpPlace(folder, known_host=host_key.export_public_key().decode().strip())
    place.user_key = user_key.export_private_key().decode()

    class _Sftp(asyncssh.SFTPServer):
        def __init__(self, channel: asyncssh.SSHServerChannel) -> None:
            super().__init__(channel, chroot=str(folder).encode())
            self._channel, self._names = channel, {}

        def scandir(self, path: bytes) -> Any:
            if place.growing is not None:
                with place.growing.open("ab") as file:
                    file.write(b"\n")
            return super().scandir(path)

        def open(self, path: bytes, *options: Any) -> Any:
            if place.denied and path.endswith(place.denied.encode()):
                raise asyncssh.SFTPPermissionDenied("no")
            opened = super().open(path, *options)
            self._names[id(opened)] = path.decode("utf-8", "replace").rpartition("/")[2]
            return opened

        def read(self, opened: Any, offset: int, size: int) -> Any:
            place.served.append((self._names[id(opened)], offset))
            if place.cut_after is not None and offset >= place.cut_after:
                place.cut_after = None
                self._channel.get_connection().abort()
                raise asyncssh.SFTPFailure("cut")
            return super().read(opened, offset, size)

    loop = asyncio.new_event_loop()

    async def start() -> Any:
        return await asyncssh.create_server(
            lambda: _Ssh(place), "127.0.0.1", 0, server_host_keys=[host_key], sftp_factory=_Sftp
        )

    server = loop.run_until_complete(start())
    place.port = server.get_port()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield place
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
