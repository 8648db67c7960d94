"""A deployment: one folder with its settings and catalogue, and ``var/`` with all that is produced.

Here: the paths and keys of a deployment. Not here: what lies in them.
"""

import datetime as dt
import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from resource_catalogue.errors import SettingError
from resource_catalogue.settings import Settings, as_of_now, load_settings


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

    def key(self, name: str) -> bytes:
        """Return the secret of that name, made on first use with mode 0600 below ``var/keys/``.

        The file appears under its name only when it is whole, so a killed run leaves no short key.
        """
        path = self.var / "keys" / f"{name}.key"
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            draft = path.with_suffix(f".{os.getpid()}")
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(32))
                file.flush()
                os.fsync(file.fileno())
            with suppress(FileExistsError):
                os.link(draft, path)
            draft.unlink()
        return path.read_bytes()
