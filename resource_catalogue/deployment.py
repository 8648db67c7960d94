"""A deployment: one folder with its settings and catalogue, and ``var/`` with all that is produced.

Here: the paths and keys of a deployment. Not here: what lies in them.
"""

import datetime as dt
import hashlib
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from resource_catalogue.errors import SettingError, own_place
from resource_catalogue.settings import Settings, as_of_now, load_settings

_KEY_BYTES = 32
_MADE_WITH = {"row": ("raw", "standard")}
"""Schemas of the lake that show that a key was in use, for deployments older than the marks of keys."""
_RESTORE = (
    "从备份恢复 var/keys；没有备份时只能删除 var（任务台账一并失去）后重新处理全部数据 / "
    "restore var/keys from a backup; without one, only deleting var (the tasks' ledger with it) and processing "
    "everything anew remains"
)


@dataclass(frozen=True, slots=True)
class Deployment:
    """Give the paths of one deployment.

    Attributes:
        home: The deployment's folder.
        settings: Its settings, overrides applied.
    """

    home: Path
    settings: Settings

    @classmethod
    def open(cls, home: Path, overrides: Mapping[str, str] | None = None) -> "Deployment":
        """Open the deployment in a folder.

        Args:
            overrides: ``CIVICLAKE_*`` variables laid over those of the environment.

        Raises:
            SettingError: The folder holds no valid ``civiclake.toml``.
        """
        home = home.absolute()
        return cls(home, load_settings(home, {**os.environ, **(overrides or {})}))

    @property
    def as_of(self) -> dt.datetime:
        """Return the instant of this run."""
        return as_of_now(self.settings)

    @property
    def var(self) -> Path:
        """Return the folder of everything produced."""
        return self.home / "var"

    @property
    def lake_root(self) -> Path:
        """Return the folder of Delta tables."""
        return self.var / "lake"

    @property
    def landing(self) -> Path:
        """Return the folder of delivered bytes and receipts."""
        return self.var / "landing"

    @property
    def lookup(self) -> Path:
        """Return the folder of the indexes that keyed lookups use."""
        return self.var / "lookup"

    @property
    def inbox(self) -> Path:
        """Return the folder that agencies' files arrive in.

        Raises:
            SettingError: The setting refers to a variable that is not set.
        """
        inbox = self.settings.ingestion.inbox
        if not inbox.startswith("env:"):
            return self.home / inbox
        variable = inbox.removeprefix("env:")
        if not os.environ.get(variable):
            raise SettingError(
                "ingestion.inbox", f"the variable {variable} is not set", "a folder's path", f"set {variable}"
            )
        return Path(os.environ[variable]).absolute()

    @property
    def catalogue(self) -> Path:
        """Return the folder of the catalogue's draft files."""
        return self.home / "catalogue"

    @property
    def casework_url(self) -> str:
        """Return the database address of the operational state."""
        return self.settings.casework.url or f"sqlite:///{self.var / 'state' / 'casework.sqlite'}"

    def secret(self, setting: str, reference: str | None) -> str:
        """Return a secret that a setting refers to by ``env:NAME`` or ``file:PATH``.

        Args:
            setting: Name of the setting, for messages; they never hold the secret.

        Raises:
            SettingError: The variable or the file is not there, or is empty.
        """
        kind, _, place = (reference or "").partition(":")
        try:
            value = (
                os.environ.get(place, "")
                if kind == "env"
                else (self.home / place).read_text(encoding="utf-8")
            )
        except (OSError, UnicodeDecodeError):
            value = ""
        if not value.strip():
            raise SettingError(
                setting,
                f"{reference}: 没有或为空 / is not there or empty",
                "存放密钥的变量或文件 / a variable or file that holds the key",
                "设置变量或写入文件，不要写进 civiclake.toml / set the variable or write the file, not civiclake.toml",
            )
        return value.strip()

    def key(self, name: str) -> bytes:
        """Return the secret of that name: 32 bytes below ``var/keys/``, mode 0600.

        It is made where nothing depends on it yet, and marked with its SHA-256 beside the folder of keys; a lost
        or exchanged key is refused, since all row keys, tasks and pseudonyms would change without a word.

        Raises:
            SettingError: The key is lost, not readable, or another than the one that the data were made with.
        """
        path = self.var / "keys" / f"{name}.key"
        with own_place(path):
            if not path.exists():
                self._refuse_loss(name, path)
                self._make_key(name, path)
            content = path.read_bytes()
            mark = self._mark(name)
            is_other = mark.exists() and mark.read_text(encoding="ascii").strip() != _fingerprint(content)
        if len(content) != _KEY_BYTES or is_other:
            raise SettingError(
                str(path),
                "密钥内容不对 / not the key that the data were made with"
                if is_other
                else f"{len(content)} 字节 / bytes",
                f"原来的密钥，{_KEY_BYTES} 字节 / the key as it was made, {_KEY_BYTES} bytes",
                _RESTORE,
            )
        return content

    def _mark(self, name: str) -> Path:
        return self.var / "key_marks" / f"{name}.sha256"

    def _refuse_loss(self, name: str, path: Path) -> None:
        """Refuse to make a key anew while anything that was made with it is there."""
        made = [self.lake_root / schema for schema in _MADE_WITH.get(name, ())]
        depending = [thing for thing in (self._mark(name), *made) if thing.exists()]
        if depending:
            raise SettingError(
                str(path),
                "密钥丢失 / the key is lost",
                f"原来的密钥，以下内容由它生成 / the key that was used for {', '.join(map(str, depending))}",
                _RESTORE,
            )

    def _make_key(self, name: str, path: Path) -> None:
        """Make a key; it appears under its name only when it is whole, so a killed run leaves no short one."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        draft = path.with_suffix(f".{os.getpid()}")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secrets.token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(draft, path)
        draft.unlink()
        mark = self._mark(name)
        mark.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        mark.write_text(_fingerprint(path.read_bytes()) + "\n", encoding="ascii")


def served_deployment() -> Deployment:
    """Open the deployment that ``CIVICLAKE_HOME`` names, as the processes of servers do."""
    return Deployment.open(Path(os.environ["CIVICLAKE_HOME"]))


def _fingerprint(key: bytes) -> str:
    return hashlib.sha256(key).hexdigest()
