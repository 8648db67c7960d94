"""SFTP: files that an agency lays out on a server, its own or one for exchange (前置机)."""

from typing import Literal

from pydantic import Field, field_validator, model_validator

from resource_catalogue.sources.remote import Host, Port, RemoteFiles, SecretReference


class SftpSource(RemoteFiles):
    """Fetch the files of an SFTP server whose paths match.

    Attributes:
        known_host: Public key of the server as in a ``known_hosts`` line (``ssh-ed25519 AAAA...``); no other is
            trusted. ``ssh-keyscan HOST`` prints it; compare it with what the server's keeper says.
        password: Reference to the password; ``key`` to a private key in OpenSSH's form.
        settle_seconds: A file is taken when its size and time of change stood still for so long.
    """

    connector: Literal["sftp"]
    host: Host
    port: Port = 22
    user: str = Field(min_length=1)
    known_host: str
    password: SecretReference | None = None
    key: SecretReference | None = None
    settle_seconds: float = Field(default=5, ge=0)

    @field_validator("known_host")
    @classmethod
    def _pinned(cls, value: str) -> str:
        if not value.startswith(("ssh-", "ecdsa-", "sk-")) or len(value.split()) < 2:
            raise ValueError("服务器公钥 / public key of the server: ssh-ed25519 AAAA...")
        return value

    @model_validator(mode="after")
    def _one_proof(self) -> "SftpSource":
        if (self.password is None) == (self.key is None):
            raise ValueError("password 与 key 二者之一 / either password or key")
        return self
